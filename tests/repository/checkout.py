"""A real repository in a temporary directory, driven with the git program."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_IDENTITY = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "Ann"), ("EMAIL", "ann@example.org"))
}


@dataclass(frozen=True)
class Checkout:
    root: Path

    @classmethod
    def create(cls, root: Path) -> Checkout:
        root.mkdir(parents=True, exist_ok=True)
        checkout = cls(root)
        checkout.git("init", "-q", "-b", "main")
        return checkout

    def git(self, *arguments: str, check: bool = True, **environment: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**clean_environment(), **_IDENTITY, **environment},
            capture_output=True,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout.decode("utf-8", "surrogateescape")

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def commit(self, files: dict[str, str | bytes] | None = None, message: str = "x", **environment: str) -> str:
        for path, text in (files or {}).items():
            self.write(path, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, **environment)
        return self.git("rev-parse", "HEAD").strip()


def clean_environment() -> dict[str, str]:
    """The environment without what would make git look elsewhere or read somebody's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
