"""Following: who watches a workflow hears what is kept of it, and between that what the models say, as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from escalation.store.records import FINISHED, Told


@dataclass(frozen=True, slots=True)
class Progress:
    """A piece of news. `id` is the number of an event that is kept ("7"), or that of the last one and a count for a
    piece of text ("7.3"), which is not kept: who comes back asks for what is after the last id that he has."""

    id: str
    type: str
    body: Mapping[str, Any]

    @property
    def place(self) -> tuple[int, int]:
        return place(self.id)

    @property
    def last(self) -> bool:
        """Whether nothing comes after it."""
        return self.type == "state" and self.body.get("state") in FINISHED


def place(id: str) -> tuple[int, int]:
    """The order of ids. Raises ValueError for what was never one."""
    number, _, piece = id.partition(".")
    found = int(number or 0), int(piece or 0)
    if min(found) < 0:
        raise ValueError(f"{id[:20]!r} is no id of an event")
    return found


def kept(told: Told) -> Progress:
    """An event as those who follow hear it."""
    return Progress(str(told.number), told.type, told.body)


@dataclass(slots=True)
class Channel:
    """What those who follow a running workflow hear of at once. Belongs to one event loop."""

    number: int = 0
    pieces: list[Progress] = field(default_factory=list)
    """The pieces of text since the last event."""
    listeners: set[asyncio.Queue[Progress | None]] = field(default_factory=set)

    def tell(self, told: Told) -> None:
        """An event that has been kept."""
        self.number, self.pieces = told.number, []
        self._send(kept(told))

    def say(self, type: str, body: Mapping[str, Any]) -> None:
        """A piece of text."""
        self.pieces.append(Progress(f"{self.number}.{len(self.pieces) + 1}", type, body))
        self._send(self.pieces[-1])

    def close(self) -> None:
        """Nothing more comes from this process."""
        for listener in self.listeners:
            listener.put_nowait(None)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Progress | None]]:
        """What comes from now on, after the pieces that no event has followed yet; None at its end."""
        queue: asyncio.Queue[Progress | None] = asyncio.Queue()
        for piece in self.pieces:
            queue.put_nowait(piece)
        self.listeners.add(queue)
        try:
            yield queue
        finally:
            self.listeners.discard(queue)

    def _send(self, progress: Progress) -> None:
        for listener in self.listeners:
            listener.put_nowait(progress)
