"""Answers that were given before: a judgement of texts is a function of the request, the settings, the rules and what
was learnt, so the same request gets the same bytes, from memory."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from escalation.decision.validation import get_trigger_validator
from escalation.repository.calibration import file_of
from escalation.settings.home import configuration

_BYTES = 32 * 1024 * 1024
"""What is kept at most."""


class Lasting(Response):
    """An answer that depends on the request, and what `key_of` looks at, alone."""

    media_type = "application/json"


class Answers:
    """The answers of one app, the least recently used of which go first. Belongs to one event loop."""

    def __init__(self, most_bytes: int = _BYTES) -> None:
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._most, self._size = most_bytes, 0

    def get(self, key: bytes) -> bytes | None:
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: bytes, answer: bytes) -> None:
        self._size += len(answer) - len(self._kept.pop(key, b""))
        self._kept[key] = answer
        while self._size > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest)


def answers_of(app: Starlette) -> Answers:
    """The app's own."""
    if not hasattr(app.state, "escalation_answers"):
        app.state.escalation_answers = Answers()
    answers: Answers = app.state.escalation_answers
    return answers


def key_of(request: Request, body: bytes) -> bytes:
    """All that a lasting answer depends on."""
    digest = sha256(body)
    digest.update(repr((request.scope["path"], _stamp(configuration()), _stamp(file_of("").parent), _rules())).encode())
    return digest.digest()


def _stamp(place: Path) -> tuple[int, int, int] | None:
    """Another one for a file that was written since, and for a folder in which one was replaced."""
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _rules() -> tuple[int, ...]:
    """How many rules of each kind there are: they can only be appended to."""
    validator = get_trigger_validator()
    return tuple(len(rules) for rules in vars(validator).values() if isinstance(rules, list))
