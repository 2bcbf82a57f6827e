"""Clock: seconds of work. What passes while the process is stopped or the machine sleeps is none, so that a closed
laptop does not end a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

_TICK = 0.25
"""Seconds between two looks at the time."""
_LATEST = 2.0
"""Seconds that one tick counts at most: a loop may be busy, but not for longer."""


class Clock:
    """The working time of one run, which has `seconds` of it."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._looked = monotonic()
        self.charged = 0.0

    def left(self) -> float:
        """Seconds of work that are left."""
        self._tick()
        return self._left

    def charge(self, seconds: float) -> None:
        """Takes off what the run worked in an earlier life."""
        self._left -= seconds
        self.charged += seconds

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Within it the task is ended by TimeoutError when no time is left."""
        self._looked = monotonic()
        async with asyncio.timeout(None) as timeout:
            watch = asyncio.create_task(self._watch(timeout))
            try:
                yield
            finally:
                watch.cancel()

    async def _watch(self, timeout: asyncio.Timeout) -> None:
        while (left := self.left()) > 0:
            await asyncio.sleep(min(left, _TICK))
        timeout.reschedule(asyncio.get_running_loop().time())

    def _tick(self) -> None:
        now = monotonic()
        self._left -= min(now - self._looked, _LATEST)
        self._looked = now
