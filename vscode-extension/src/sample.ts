// The sample: code that checks a password, as a new file that is nowhere on disk.

import { window, workspace } from 'vscode';

const TEXT = `"""A sample: not saved anywhere. Change it and see what the judgement says.

Look at the line above each function, hover over its name, or open the light bulb.
"""

import hashlib
import hmac
import secrets
import time

ATTEMPTS = 5


def verify_password(stored: str, password: str) -> bool:
    """Whether the password is the one that is stored."""
    salt, expected = stored.split("$")
    given = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1)
    return hmac.compare_digest(given.hex(), expected)


def login(user: str, password: str, users: dict, failures: dict, sessions: dict) -> str | None:
    """A session token, or nothing: the password is wrong, or the account is locked."""
    if user not in users or failures.get(user, 0) >= ATTEMPTS:
        return None
    if not verify_password(users[user], password):
        failures[user] = failures.get(user, 0) + 1
        return None
    token = secrets.token_urlsafe(32)
    sessions[token] = (user, time.time() + 3600)
    return token


def authorize(token: str, role: str, sessions: dict, roles: dict) -> bool:
    """Whether whoever has the token may act in a role."""
    user, expires = sessions.get(token, (None, 0))
    return user is not None and time.time() < expires and role in roles.get(user, ())
`;

/** Effect: opens the sample. */
export async function trySample(): Promise<void> {
  const document = await workspace.openTextDocument({ language: 'python', content: TEXT });
  await window.showTextDocument(document, { preview: false });
}
