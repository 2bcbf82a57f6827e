"""Messages on a pair of byte streams: the framing of LSP's base protocol, and the threads' boundary.

One thread reads and does nothing else; everything that is understood is understood on the event loop.
Whatever has arrived already is known to the loop (`Inbox.waiting`), so a burst of edits is judged once.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any, Protocol

_LENGTH = re.compile(rb"^\s*content-length\s*:\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)
_CHUNK = 1 << 16
_MOST_HEADERS = 1 << 16


class Reader(Protocol):
    """The end of a pipe that gives at most `size` bytes, as soon as there are any; b"" at its end."""

    def read(self, size: int, /) -> bytes | None: ...


class Stream(Protocol):
    """The end of a pipe that takes bytes."""

    def write(self, data: bytes, /) -> object: ...
    def flush(self) -> object: ...


class Framing:
    """Cuts a stream of bytes into message bodies. A header block without a length is skipped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The bodies that `chunk` completes."""
        self._buffer += chunk
        while True:
            if self._length is None:
                end = self._buffer.find(b"\r\n\r\n")
                if end < 0:
                    if len(self._buffer) > _MOST_HEADERS:  # they are none: wait for the end of whatever it is
                        del self._buffer[:-3]
                    return
                match = _LENGTH.search(self._buffer[:end])
                del self._buffer[: end + 4]
                self._length = int(match[1]) if match else None
                continue
            if len(self._buffer) < self._length:
                return
            body = bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
            self._length = None
            yield body


class Writer:
    """Writes messages until the other side is gone; what is sent after that is dropped, not complained
    about."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.closed = False

    def write(self, data: bytes) -> None:
        """Effect: sends `data` unless the client is gone."""
        if self.closed:
            return
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):  # a broken pipe, or a stream that was closed
            self.closed = True

    def close(self) -> None:
        """Effect: drops everything that is still to be sent."""
        self.closed = True


class Inbox:
    """Bodies that arrived and wait for the loop, handled one per turn in their order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, handle: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._handle = handle
        self._bodies: deque[bytes] = deque()
        self._exhausted = False
        self.ended: asyncio.Future[None] = loop.create_future()

    @property
    def waiting(self) -> bool:
        return bool(self._bodies)

    def pump(self, reader: Reader) -> None:
        """Effect: reads until the stream ends; runs in a thread of its own."""
        framing = Framing()
        try:
            while chunk := reader.read(_CHUNK):
                if bodies := list(framing.feed(chunk)):
                    self._loop.call_soon_threadsafe(self._arrived, bodies)
        except (OSError, ValueError):
            pass  # the stream was closed under our hands, which is an end like any other
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_of_stream)

    def _end_of_stream(self) -> None:
        self._exhausted = True
        if not self._bodies:
            self.end()

    def end(self) -> None:
        """Effect: ends `serve`, now."""
        if not self.ended.done():
            self.ended.set_result(None)

    def _arrived(self, bodies: list[bytes]) -> None:
        idle = not self._bodies
        self._bodies.extend(bodies)
        if idle:
            self._next()

    def _next(self) -> None:
        body = self._bodies[0]
        if len(self._bodies) > 1:
            # The next message waits a turn, so that what this one starts begins on the state this one saw.
            self._loop.call_soon(self._next)
        self._bodies.popleft()
        self._handle(body)
        if self._exhausted and not self._bodies:
            self.end()


async def serve(reader: Reader, handle: Callable[[bytes], None], started: Callable[[Inbox], None]) -> None:
    """Hand each message body to `handle` on the running loop until the stream ends."""
    inbox = Inbox(asyncio.get_running_loop(), handle)
    started(inbox)
    Thread(target=inbox.pump, args=(reader,), name="lsp-reader", daemon=True).start()
    await inbox.ended


def decode(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """The JSON value of a message body. Raises ValueError."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("the message is nested too deeply") from error
