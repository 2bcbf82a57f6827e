"""HTTP/1.1 on an asyncio stream, without a framework, so that a connection can be cut."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from escalation.scripted.request import Request

MAX_BODY = 32 * 1024 * 1024
"""Bytes, as the API has it."""
_LINGER = 2.0  # seconds


class BadRequest(Exception):  # noqa: N818 - the name of the status
    """What came is no request that can be answered; the connection is of no more use."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Connection(asyncio.StreamReaderProtocol):
    """A stream that tells when its other end has gone, also while nobody reads."""

    def __init__(self, reader: asyncio.StreamReader, serve: Any, loop: asyncio.AbstractEventLoop) -> None:  # noqa: ANN401
        super().__init__(reader, lambda reader, writer: serve(reader, writer, self.gone), loop)
        self.gone = asyncio.Event()

    def eof_received(self) -> bool | None:
        self.gone.set()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        super().connection_lost(exc)


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """The next request of a connection; None when it has ended. Raises BadRequest."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest(431, "The headers are too long.") from None
    arrived = time.monotonic()
    first, *lines = head.strip().split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    if version != "HTTP/1.1" or not target:
        raise BadRequest(400, "Not a request of HTTP/1.1.")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    raw = await _body(reader, headers)
    if raw is None:
        return None
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, raw, arrived, body=_parsed(raw))


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes | None:
    """The body; None if the connection ended within it."""
    try:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await _chunks(reader)
        size = int(headers.get("content-length") or 0)
        if not 0 <= size <= MAX_BODY:
            raise BadRequest(413, "Request exceeds the maximum size")
        return await reader.readexactly(size)
    except ValueError:
        raise BadRequest(400, "The length of the body is no number.") from None
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if not 0 < size <= MAX_BODY - len(body):
            raise BadRequest(413, "Request exceeds the maximum size")
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return body


def _parsed(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def head(status: int, headers: Mapping[str, str]) -> bytes:
    phrase = responses.get(status, "Overloaded")
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """A piece of a body in chunks; the last one is empty."""
    return b"%x\r\n%s\r\n" % (len(data), data)


async def drained(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ends the answer and takes what the client still sends: a connection closed with bytes unread is reset, and the
    answer is lost."""
    writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            while await reader.read(1 << 16):
                pass


def cut(writer: asyncio.StreamWriter, *, reset: bool = False) -> None:
    """Closes a connection at once; the other end sees an end of file, or a reset."""
    if reset and (connection := writer.get_extra_info("socket")) is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
