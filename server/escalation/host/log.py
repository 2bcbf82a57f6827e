"""The log of the host: one file that only its user may read, small, with times and levels.

What users wrote never gets into it: neither source text nor tasks nor what came with a request. Messages of exceptions
may repeat such text, so of an exception only its type and the places in our code are kept."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import BinaryIO

NAME = "host.log"
_MOST_BYTES = 1_000_000
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def begin(folder: Path, quiet: Sequence[str] = ()) -> None:
    """Effect: this process logs to the log of its state folder, and to standard error, too, unless that is the same:
    all of it where a supervisor reads it, warnings and worse where a person does. Of the `quiet` loggers only warnings
    and worse are kept. Raises OSError."""
    file = folder / NAME
    opened(folder).close()
    kept = RotatingFileHandler(file, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace")
    kept.rotator = _rotated
    handlers: list[logging.Handler] = [kept]
    if sys.stderr is not None and not _is_standard_error(file):
        handlers.append(logging.StreamHandler())
        handlers[-1].setLevel(logging.WARNING if sys.stderr.isatty() else logging.NOTSET)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        handler.addFilter(_without_messages)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    for name in quiet:
        logging.getLogger(name).setLevel(logging.WARNING)


def opened(folder: Path) -> BinaryIO:
    """The log, to append to: what a process writes before it can log goes there, too. Raises OSError."""
    return open(os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_lines(folder: Path, count: int, since: int = 0) -> list[str]:
    """The last lines of the log, from the byte `since` on; none if there is no log."""
    try:
        with (folder / NAME).open("rb") as stream:
            stream.seek(since)
            return stream.read().decode("utf-8", "replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def size(folder: Path) -> int:
    """Bytes of the log."""
    try:
        return (folder / NAME).stat().st_size
    except FileNotFoundError:
        return 0


def _rotated(source: str, target: str) -> None:
    """Effect: copies the log and empties it. It is not renamed, for a process that was started with it as its standard
    error goes on writing to it."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as copy:
        copy.write(Path(source).read_bytes())
    os.truncate(source, 0)


def _is_standard_error(file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(sys.stderr.fileno()), file.stat())
    except (OSError, ValueError, AttributeError):  # there is none
        return False


def _without_messages(record: logging.LogRecord) -> bool:
    """Keeps a record, and of its exception what is ours."""
    if record.exc_info and record.exc_info[0] is not None and record.exc_text is None:
        kind, _, trace = record.exc_info
        places = (f"  {place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(trace))
        record.exc_text = "\n".join((*places, f"  {kind.__module__}.{kind.__qualname__}"))
    return True
