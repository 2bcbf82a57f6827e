"""Spending: what the runs of a day have spent, in a file that all processes of a user share.

Each line is a record: `{"id": …, "usd": …, "state": "reserved"}`, later the same id once more as `settled`. A
reservation that was never settled, because its process died, counts in full.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from escalation.flow.spending import OverBudget
from escalation.settings.home import home

_log = logging.getLogger(__name__)


class DayLedger:
    """Implements `flow.spending.Ledger`. A day is one of the local calendar. Raises OverBudget where the file cannot be
    written: what is not recorded could be spent twice."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or home() / "spending"

    def reserve(self, usd: float, ceiling: float) -> str | None:
        day = date.today().isoformat()
        with self._locked():
            if not math.isfinite(usd) or _sum(self._file(day)) + max(usd, 0.0) > ceiling:
                return None
            reservation = f"{day}/{uuid4().hex}"
            self._append(reservation, max(usd, 0.0), "reserved")
        return reservation

    def settle(self, reservation: str, usd: float) -> None:
        if not math.isfinite(usd):
            return  # the reservation stands: it is the worst case
        with self._locked():
            self._append(reservation, max(usd, 0.0), "settled")

    def spent_today(self) -> float:
        """USD, with what is set aside for calls under way."""
        return _sum(self._file(date.today().isoformat()))

    def _file(self, day: str) -> Path:
        return self._folder / f"{day}.jsonl"

    def _append(self, reservation: str, usd: float, state: str) -> None:
        day, _, id = reservation.partition("/")
        line = json.dumps({"id": id, "usd": usd, "state": state}) + "\n"
        descriptor = os.open(self._file(day), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with open(descriptor, "ab") as file:
            # After a record that was cut off in the middle a new line begins.
            cut = file.tell() and os.pread(descriptor, 1, file.tell() - 1) != b"\n" if hasattr(os, "pread") else False
            file.write(b"\n" + line.encode() if cut else line.encode())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _lock(descriptor)
                yield
            finally:
                os.close(descriptor)  # which unlocks
        except OSError as error:
            raise OverBudget(
                f"the day's spending cannot be recorded in {self._folder} ({os.strerror(error.errno or 0)}),"
                " so no ceiling could be kept; make the folder writable or set ESCALATION_HOME"
            ) from error


def _lock(descriptor: int) -> None:
    """Waits for its turn. Raises OSError."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _sum(file: Path) -> float:
    """What the records of a file add up to; lines that are damaged are passed over, and logged."""
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return 0.0
    amounts: dict[str, float] = {}
    damaged = 0
    for line in lines:
        if (found := _record(line)) is not None:
            amounts[found[0]] = found[1]
        elif line:
            damaged += 1
    if damaged:
        _log.warning("%s: %d damaged lines do not count", file, damaged)
    return math.fsum(amounts.values())


def _record(line: bytes) -> tuple[str, float] | None:
    try:
        found: Any = json.loads(line)
        id, usd = str(found["id"]), float(found["usd"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (id, usd) if math.isfinite(usd) and usd >= 0 else None
