"""What goes through the app: who is served at this moment, since when nobody is, and which streams can be let go."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Traffic:
    """An ASGI app around another. Belongs to one event loop."""

    def __init__(self, app: ASGIApp, *, unnoticed: str) -> None:
        """`unnoticed` is the path of requests that are no use of the host: who only watches asks for its health."""
        self.under_way = 0
        self._app = app
        self._unnoticed = unnoticed
        self._last = time.monotonic()
        self._streams = set[asyncio.Task[object]]()
        self._leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == self._unnoticed:
            await self._app(scope, receive, send)
            return
        self.under_way += 1
        try:
            await self._served(scope, receive, send)
        finally:
            self.under_way -= 1
            self.used()

    def used(self) -> None:
        """Effect: the time without use begins anew."""
        self._last = time.monotonic()

    def unused_seconds(self) -> float:
        """How long nobody has been served; 0 while somebody is."""
        return 0.0 if self.under_way else time.monotonic() - self._last

    def let_go(self) -> None:
        """Effect: ends the streams, and those that would begin: whoever follows one can go on where it ended."""
        self._leaving = True
        for task in self._streams:
            task.cancel()

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stream(message):
                self._streams.add(task)
                if self._leaving:
                    task.cancel()
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except asyncio.CancelledError:
            if not (self._leaving and task in self._streams):
                raise
            task.uncancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._streams.discard(task)


def _is_stream(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in start["headers"])
