"""The editors that `.ci/editors` unpacked or that stand on the PATH, and a repository to open in them.

Each editor is started once for its module: a script in the editor's own language does what a user does and writes
down what it saw; the tests judge that report. Nothing here needs the network.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repository.checkout import Checkout

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("ESCALATION_EDITORS") or Path.home() / ".cache" / "opus-escalation-editors")
SECONDS = 120  # only so that a script that hangs fails
PACKAGES = ("http", "email")  # of the standard library: real code around the module that is edited

AUTH = '''\
"""Passwords and sessions of the web front."""

import hashlib
import hmac
import secrets

ROUNDS = 600_000


def hash_password(password: str) -> str:
    """The salted hash that is kept instead of `password`."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${_stretch(password, salt)}"


def verify_password(stored: str, password: str) -> bool:
    """Whether `password` is the one that `stored` was made from."""
    salt, expected = stored.split("$")
    given = _stretch(password, bytes.fromhex(salt))
    return hmac.compare_digest(given, expected)


def new_session(user: str, sessions: dict[str, str]) -> str:
    """A session token for an authenticated user."""
    token = secrets.token_urlsafe(32)
    sessions[token] = user
    return token


def _stretch(password: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS).hex()
'''


@dataclass(frozen=True)
class Editor:
    """An editor that can be started: `command` takes its arguments, `name` says which it is."""

    name: str
    command: str


@dataclass(frozen=True)
class Visit:
    """What an editor saw, and the repository as it left it. `failure` is what it printed if it gave up on the way."""

    report: Mapping[str, object]
    repository: Path
    failure: str

    def completed(self) -> Visit:
        """Itself. Effect: skips the test if the editor gave up: one test says so, with everything it printed."""
        if self.failure:
            pytest.skip("the editor gave up on the way")
        return self


def editors(program: str, least: tuple[int, int]) -> list[Editor]:
    """All versions of `program` from `least` on: the unpacked ones, and the one on the PATH."""
    unpacked = [(folder.name, str(folder / "bin" / program)) for folder in sorted(CACHE.glob("*"))]
    found = [(name, command) for name, command in unpacked if os.access(command, os.X_OK)]
    if on_path := shutil.which(program):
        found.append(("path", on_path))
    return [Editor(f"{program}-{name}", command) for name, command in found if _version(command) >= least]


def parameters(program: str, least: tuple[int, int]) -> list[object]:
    """One pytest parameter per editor; a skipped one if there is none."""
    found = editors(program, least)
    wanted = ".".join(map(str, least))
    reason = f"no {program} {wanted} or newer: run .ci/editors"
    return [pytest.param(e, id=e.name) for e in found] or [
        pytest.param(None, id=program, marks=pytest.mark.skip(reason=reason))
    ]


def visit(
    editor: Editor,
    arguments: list[str],
    repository: Path,
    folder: Path,
    *,
    given: Mapping[str, str] = {},
    seconds: float = SECONDS,
) -> Visit:
    """Runs an editor's script on `repository`; what the editor writes for itself goes below `folder`."""
    report, home = folder / "report.json", folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    ours = {
        "SERVER": json.dumps([sys.executable, "-m", "escalation", "lsp"]),
        "FILE": str(repository / "shop" / "auth.py"),
        "REPORT": str(report),
    }
    done = subprocess.run(
        [editor.command, *arguments],
        cwd=repository,
        env=environment(home) | ours | given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        check=False,
    )
    if done.returncode == 0 and report.exists():
        return Visit(json.loads(report.read_text("utf-8")), repository, "")
    logs = "".join(f"\n--- {log.name}\n{log.read_text('utf-8', 'replace')}" for log in home.rglob("lsp.log"))
    return Visit({}, repository, f"{editor.name} ended with {done.returncode}:\n{done.stdout}{logs}")


def make_repository(folder: Path) -> Path:
    """A git repository with one commit: packages of the standard library and a module that authenticates."""
    library = Path(sysconfig.get_path("stdlib"))
    for package in PACKAGES:
        shutil.copytree(library / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    Checkout.create(folder).commit({"shop/__init__.py": "", "shop/auth.py": AUTH})
    return folder


def environment(home: Path) -> dict[str, str]:
    """The environment of somebody who has set up nothing."""
    kept = {name: value for name, value in os.environ.items() if not re.match("XDG_|GIT_|ESCALATION_|NVIM|EMACS", name)}
    ours = {"HOME": str(home), "ESCALATION_HOME": str(home / "escalation"), "GIT_CONFIG_NOSYSTEM": "1"}
    return kept | ours | {"LC_ALL": "C.UTF-8"}


def _version(command: str) -> tuple[int, int]:
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=30, check=False)
    number = re.search(r"(\d+)\.(\d+)", done.stdout)
    return (int(number[1]), int(number[2])) if number else (0, 0)
