"""The port file: where the user's one host answers, and the token it takes. Only its user may read it."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

NAME = "host.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFile:
    """What a host says of itself. `host` and `port` are where a client on this machine reaches it."""

    pid: int
    host: str
    port: int
    token: str = field(repr=False)
    version: str
    started: int
    """Milliseconds since the epoch."""

    @property
    def base(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


def read(folder: Path) -> PortFile | None:
    """The port file of a state folder; None if there is none, or none that a host has written."""
    try:
        table = json.loads((folder / NAME).read_bytes())
        found = PortFile(**table)
    except (OSError, ValueError, TypeError):
        return None
    kinds = [(found.pid, int), (found.host, str), (found.port, int), (found.token, str), (found.version, str)]
    return found if all(isinstance(value, kind) for value, kind in kinds) else None


def write(folder: Path, port_file: PortFile) -> None:
    """Effect: replaces the port file at once, with the mode 0600. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".host-")  # mkstemp: 0600
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(port_file), stream)
        os.replace(temporary, folder / NAME)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove(folder: Path) -> None:
    """Effect: nobody finds the host any more."""
    with suppress(OSError):
        (folder / NAME).unlink()
