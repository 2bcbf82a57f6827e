"""Spending: no call is made that could cost more than the run, or the day, has left."""

from __future__ import annotations

from typing import Protocol


class Ledger(Protocol):
    """What the runs of a day have spent, in USD; shared by all processes of a user."""

    def reserve(self, usd: float, ceiling: float) -> str | None:
        """Sets the worst case of a call aside. None if the day's sum would exceed `ceiling`; else what to settle."""
        ...

    def settle(self, reservation: str, usd: float) -> None:
        """Replaces a reservation by what the call did cost."""
        ...
