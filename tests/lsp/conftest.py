from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp.harness import InProcess


@pytest.fixture
async def client() -> InProcess:
    return InProcess()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the program keeps lies in a folder of the test's own, and git reads nobody's configuration."""
    home = tmp_path / "home of tests"
    home.mkdir()
    monkeypatch.setenv("ESCALATION_HOME", str(home))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """A git repository with one commit: an authentication module and a harmless one."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "auth.py").write_text(AUTH, "utf-8")
    (root / "plain.py").write_text("def area(w, h):\n    return w * h\n", "utf-8")
    git(root, "init", "-q", "-b", "main")
    commit(root, "first")
    return root


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Jane Doe", "-c", "user.email=jane@example.org")
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


AUTH = '''"""Sessions and tokens."""

import hmac
import secrets

import jwt


def issue_token(user, private_key):
    """Sign an access token."""
    claims = {"sub": user.id, "nonce": secrets.token_hex(8)}
    return jwt.encode(claims, private_key, algorithm="RS256")


def verify_password(stored_hash, salt, password):
    """Compare a password with its stored hash."""
    candidate = hmac.new(salt, password.encode(), "sha256").digest()
    return hmac.compare_digest(stored_hash, candidate)


def check_access_token(token, public_key, revoked):
    """Verify the signature of an access token; None if it is not valid."""
    try:
        claims = jwt.decode(token, public_key, algorithms=["RS256"])
    except jwt.InvalidTokenError:
        return None
    if claims["jti"] in revoked:
        return None
    return claims
'''
