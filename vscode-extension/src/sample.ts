// The sample: a file of the user's own that checks a password, with a change that is not saved yet.

import { type ExtensionContext, Range, Uri, WorkspaceEdit, window, workspace } from 'vscode';

const CHANGED = '    return given.hex() == expected';
const BY = '    return hmac.compare_digest(given.hex(), expected)';
const TEXT = `"""A sample, of your own: change it and see what the judgement says.

One line is changed already and not saved: look above its function,
hover over the name, open the light bulb. What is saved is silent.
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
${CHANGED}


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

/** Effect: writes the sample, opens it, and makes the change. */
export async function trySample(context: ExtensionContext): Promise<void> {
  const file = Uri.joinPath(context.globalStorageUri, 'sample', 'login.py');
  await workspace.fs.writeFile(file, new TextEncoder().encode(TEXT));
  const document = await workspace.openTextDocument(file);
  await window.showTextDocument(document, { preview: false });
  const start = document.getText().indexOf(CHANGED);
  if (start < 0) return; // it was opened before and has been changed
  const edit = new WorkspaceEdit();
  const range = new Range(document.positionAt(start), document.positionAt(start + CHANGED.length));
  edit.replace(file, range, BY);
  await workspace.applyEdit(edit);
}
