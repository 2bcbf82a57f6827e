"""Learning: what people say and what runs bring becomes the calibration that the next judgement is made with."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from time import time
from typing import Any

from escalation.history.learning import DAY, DAYS, learned
from escalation.repository import calibration
from escalation.settings.home import home
from escalation.store.records import Feedback
from escalation.store.store import Store

_MAX_BYTES = 16 * 1024 * 1024
_log = logging.getLogger(__name__)


def learn(store: Store, repository: str) -> None:
    """Effect: the calibration of a repository is made anew. Raises StoreError. Takes its time: for a thread."""
    now = int(time() * 1000)
    cases = store.cases(since=now - DAYS * DAY, repository=repository)
    calibration.write(learned(cases, repository=repository, now=now))


def of_the_editor(file: Path | None = None) -> Iterator[Feedback]:
    """What was said in an editor while no host was there: the lines of `feedback.jsonl`. Each has an id that its text
    makes, so that reading them again adds nothing."""
    path = file or home() / "feedback.jsonl"
    try:
        data = path.read_bytes()[-_MAX_BYTES:]
    except OSError:
        return
    damaged = 0
    for line in data.splitlines():
        if (found := _feedback(line)) is not None:
            yield found
        elif line.strip():
            damaged += 1
    if damaged:
        _log.warning("%s: %d damaged lines are passed over", path, damaged)


def _feedback(line: bytes) -> Feedback | None:
    try:
        said: Any = json.loads(line)
        at = int(datetime.fromisoformat(said["when"]).timestamp() * 1000)
        confidence = said.get("confidence")
        return Feedback(
            id=f"editor-{blake2b(line, digest_size=16).hexdigest()}",
            at=at,
            verdict="needed_opus",
            repository=str(said.get("root") or ""),
            reason=str(said.get("reason") or ""),
            path=str(said.get("path") or ""),
            note=str(said.get("note") or ""),
            confidence=float(confidence) if confidence is not None else None,
            should_escalate=said.get("recommended_route", "L3") != "L3",
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
