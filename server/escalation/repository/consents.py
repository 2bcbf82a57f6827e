"""Consents: the commands of a repository's own settings that its user agreed to run.

Somebody else wrote them. As with direnv, a consent is for one command in one workspace: another text asks again.
"""

from __future__ import annotations

import json
import os
from datetime import date
from hashlib import blake2b
from pathlib import Path

from escalation.repository import disk
from escalation.settings.home import home


def allowed(root: str | os.PathLike[str], command: str) -> bool:
    """Whether the user agreed to run `command` in the workspace at `root`."""
    return _file(root, command).is_file()


def allow(root: str | os.PathLike[str], command: str) -> None:
    """Effect: remembers that the user agreed. Raises OSError."""
    file = _file(root, command)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = {"root": os.path.realpath(root), "command": command, "when": date.today().isoformat()}
    disk.replace(file, json.dumps(record).encode())


def _file(root: str | os.PathLike[str], command: str) -> Path:
    place = f"{os.path.realpath(root)}\0{command}".encode("utf-8", "surrogateescape")
    return home() / "consents" / f"{blake2b(place, digest_size=20).hexdigest()}.json"
