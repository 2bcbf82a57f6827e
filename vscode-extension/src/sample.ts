// The sample: code that checks a password, as a new file that is nowhere on disk.

import { window, workspace } from 'vscode';

const TEXT = `"""A sample: not saved anywhere. Change it and see what the judgement says.

Look at the line above each function, hover over its name, or open the light bulb.
"""

import hashlib
import hmac
import secrets


def hash_password(password: str) -> str:
    """The password as it is stored: salt and digest."""
    salt = secrets.token_hex(16)
    digest = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1)
    return f"{salt}${'$'}{digest.hex()}"


def verify_password(stored: str, password: str) -> bool:
    """Whether the password is the stored one."""
    salt, expected = stored.split("$")
    given = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1)
    return hmac.compare_digest(given.hex(), expected)


def greeting(name: str) -> str:
    return f"Hello, {name}!"
`;

/** Effect: opens the sample. */
export async function trySample(): Promise<void> {
  const document = await workspace.openTextDocument({ language: 'python', content: TEXT });
  await window.showTextDocument(document, { preview: false });
}
