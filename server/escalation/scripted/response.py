"""The answer to one request, on its connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

from escalation.scripted import streaming, wire
from escalation.scripted.request import Request
from escalation.scripted.script import Error, Reply, overloaded

_JSON = "application/json"
_BREAKS = ("cut", "reset", "stall")


class Response:
    """Each way of answering says whether the connection stays."""

    def __init__(self, writer: asyncio.StreamWriter, request: Request | None) -> None:
        self._writer = writer
        self._request = request
        wanted = request.headers.get("connection", "").lower() if request else "close"
        self._stays = "close" not in wanted

    async def either(self, problem: Error | None, body: Mapping[str, Any] | None) -> bool:
        return await (self.error(problem) if problem else self.json(200, body or {}))

    async def error(self, error: Error) -> bool:
        headers = {"retry-after": error.retry_after} if error.retry_after else {}
        if error.html:
            return await self._send(error.status, "text/html", error.message.encode(), headers)
        details = {"details": {"error_code": error.code}} if error.code else {}
        found = {"type": error.type, "message": error.message, **details}
        return await self.json(error.status, {"type": "error", "error": found, "request_id": self._id}, headers)

    async def json(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> bool:
        return await self._send(status, _JSON, json.dumps(body, ensure_ascii=False).encode(), headers or {})

    async def whole(self, reply: Reply, body: Mapping[str, Any]) -> bool:
        """A reply to a request that is not streamed; one that fails midway breaks in the middle of its body."""
        data = json.dumps(body, ensure_ascii=False).encode()
        if reply.ending == "error":
            return await self.error(overloaded())
        if reply.ending in _BREAKS:
            self._head(200, _JSON, {"content-length": str(len(data))})
            await self._write(data[: len(data) // 2])
            return await self._break(reply)
        data = data[: len(data) // 2] if reply.ending == "malformed" else data
        return await self._send(200, _JSON, data, {})

    async def stream(self, reply: Reply, events: Iterator[streaming.Event]) -> bool:
        """A reply as a stream of events, up to where it ends."""
        self._head(200, "text/event-stream; charset=utf-8", {"transfer-encoding": "chunked"})
        for event in events:
            await asyncio.sleep(reply.pause if event.delta else 0)
            await self._write(wire.chunk(event.data))
        if reply.ending in _BREAKS:
            return await self._break(reply)
        await self._write(wire.chunk(b""))
        return self._stays

    def cut(self, *, reset: bool = False) -> bool:
        wire.cut(self._writer, reset=reset)
        return False

    async def _break(self, reply: Reply) -> bool:
        if reply.ending == "stall":
            await asyncio.Event().wait()
        return self.cut(reset=reply.ending == "reset")

    async def _send(self, status: int, type: str, body: bytes, headers: Mapping[str, str]) -> bool:
        self._head(status, type, {**headers, "content-length": str(len(body))})
        await self._write(body)
        return self._stays

    def _head(self, status: int, type: str, headers: Mapping[str, str]) -> None:
        if self._request is not None:
            self._request.status = status
        connection = {} if self._stays else {"connection": "close"}
        self._writer.write(wire.head(status, {"content-type": type, "request-id": self._id, **headers, **connection}))

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    @property
    def _id(self) -> str:
        return f"req_scripted_{self._request.number if self._request else 0:04}"
