"""What the outcomes of a repository taught, kept in one small file each: the host writes it, whoever judges reads it.

`settings.home.state()`/history/<repository>.json, readable by its user only. It holds counts and figures, no text.
"""

from __future__ import annotations

import logging
import os
from hashlib import blake2b
from pathlib import Path

from escalation.decision.history import NO_HISTORY, History, HistoryError, from_json, to_json
from escalation.repository import disk
from escalation.settings.home import state
from escalation.settings.load import Problem

_log = logging.getLogger(__name__)

_MOST_BYTES = 4 * 1024 * 1024


def file_of(repository: str | os.PathLike[str]) -> Path:
    """The file of a repository, by its root or by the name that clients give it. It need not exist."""
    return state() / "history" / f"{blake2b(os.fsencode(repository), digest_size=8).hexdigest()}.json"


def read(repository: str | os.PathLike[str]) -> tuple[History, tuple[Problem, ...]]:
    """The history of a repository, and what is wrong with its file; one that is damaged teaches nothing."""
    file = file_of(repository)
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise HistoryError("it is too large")
        history = from_json(data)
        if history.repository != os.fspath(repository):
            raise HistoryError("it is about another repository")
    except FileNotFoundError:
        return NO_HISTORY, ()
    except (OSError, HistoryError) as error:
        message = f"{file} is not used, so nothing is calibrated: {error}; delete it, and the host writes it anew"
        return NO_HISTORY, (Problem(message),)
    return history, ()


def write(history: History) -> None:
    """Effect: keeps the history of its repository, in the place of an older one. Where that is not possible, what is
    there goes on to count."""
    file = file_of(history.repository)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.replace(file, to_json(history))
    except OSError as error:
        _log.warning("%s is not kept: %s", file, error)
