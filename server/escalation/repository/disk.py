"""Values kept on disk between runs: MessagePack files below `settings.home`, replaced whole and at once."""

from __future__ import annotations

import logging
import os
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec

from escalation.settings.home import home

_log = logging.getLogger(__name__)

T = TypeVar("T")


def file_of(kind: str, place: str) -> Path:
    """The file that keeps the value of one `kind` for one `place` (a path)."""
    name = blake2b(os.fsencode(place), digest_size=16).hexdigest()
    return home() / kind / f"{name}.msgpack"


def load(file: Path, type: type[T]) -> T | None:
    """What is kept; None if there is nothing, or nothing that this program wrote."""
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=type)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("%s is read anew: %s", file, error)
        return None


def save(file: Path, value: object) -> None:
    """Effect: keeps a value. Where that is not possible it is not kept; the next run does the work again."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(file, msgspec.msgpack.encode(value))
    except OSError as error:
        _log.warning("%s is not kept: %s", file, error)


def replace(file: Path, data: bytes, mode: int = 0o600) -> None:
    """Effect: replaces a file at once: whoever reads it sees the old one or the new one. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}-")
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, mode)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
