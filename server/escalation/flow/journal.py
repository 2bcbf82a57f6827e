"""Journal: the answers that a run has been paid, so that a run that is resumed need not pay for them again.

A run that is resumed does everything once more from its beginning, and each request that it made before is answered
from the journal, at once. What is recorded counts only for the very request that it answered: if the world has changed
meanwhile, so have the requests, and they are made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from escalation.flow.messages import Answer, ModelFailure, Request


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a request before. `first_content` and `seconds` are how long it took until its first content came
    and in all."""

    outcome: Answer | ModelFailure
    seconds: float
    first_content: float | None = None


class Journal(Protocol):
    """What a run remembers beyond its process."""

    async def recall(self, request: Request) -> Recorded | None:
        """What came of this request before; each record is told once. None where it was never answered."""
        ...

    async def record(self, request: Request, make: Callable[[], Awaitable[Recorded]]) -> Recorded:
        """Makes a request and records what comes of it, before anything is done with it."""
        ...


class NoJournal:
    """That of a run that ends with its process."""

    async def recall(self, request: Request) -> Recorded | None:
        return None

    async def record(self, request: Request, make: Callable[[], Awaitable[Recorded]]) -> Recorded:
        return await make()
