"""The scripted server: speaks the Messages API on loopback and keeps a log of all that it was asked.

    async with ScriptedServer([overloaded(), text("Done.")]) as server:
        client = AsyncAnthropic(api_key="k", base_url=server.url, max_retries=0)
        ...
    assert [request.status for request in server.requests] == [529, 200]
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

from escalation.scripted import counting, streaming, validation, wire
from escalation.scripted.offered import MODELS, Model, record
from escalation.scripted.request import Request
from escalation.scripted.script import Error, Reply, Script, Silence, answer_to, bad_request, unauthorized

_JSON = "application/json"


class ScriptedServer:
    """A server for one event loop, on a free port of 127.0.0.1 (`port` to choose one).

    `models` None: it does not list them. `key`: what requests must come with; None takes any. `counts`: whether it
    counts tokens. `on_request` is called with each request as it arrives.
    """

    def __init__(
        self,
        script: Script,
        *,
        models: Sequence[Model] | None = MODELS,
        key: str | None = None,
        counts: bool = True,
        port: int = 0,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self.requests: list[Request] = []
        """All that arrived, in that order, also those that were no good."""
        self._script = script
        self._models = models
        self._key = key
        self._counts = counts
        self._port = port
        self._on_request = on_request
        self._taken = Counter[str]()
        self._caches: defaultdict[str, set[str]] = defaultdict(set)
        self._serving = set[asyncio.Task[None]]()
        self._happened = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> ScriptedServer:
        loop = asyncio.get_running_loop()

        def connection() -> wire.Connection:
            return wire.Connection(asyncio.StreamReader(limit=1 << 18, loop=loop), self._connected, loop)

        self._server = await loop.create_server(connection, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None, "the server is not running"
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    @property
    def calls(self) -> list[Request]:
        """The requests for an answer: what the script was asked for."""
        return [request for request in self.requests if request.path == "/v1/messages"]

    @property
    def open(self) -> list[Request]:
        """The requests whose answer has not ended."""
        return [request for request in self.requests if request.closed_at is None]

    async def received(self, count: int) -> None:
        """Waits until so many requests have arrived."""
        async with self._happened:
            await self._happened.wait_for(lambda: len(self.requests) >= count)

    async def idle(self) -> None:
        """Waits until no request is open: what a client closed is seen a moment later."""
        async with self._happened:
            await self._happened.wait_for(lambda: not self.open)

    # ---- one connection

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        writer.transport.set_write_buffer_limits(0)  # so that `drain` means sent
        try:
            while await self._exchange(reader, writer, gone):
                pass
        except ConnectionError:
            pass  # the client has gone; the request's record says so
        finally:
            writer.close()
            self._serving.discard(task)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gone: asyncio.Event) -> bool:
        """One request and its answer. Whether the connection serves for another one."""
        try:
            request = await wire.read_request(reader, writer)
        except wire.BadRequest as problem:
            await _Response(writer, None).error(Error(problem.status, "invalid_request_error", str(problem)))
            return False
        if request is None:
            return False
        request.number = len(self.requests) + 1
        self.requests.append(request)
        if self._on_request is not None:
            self._on_request(request)
        await self._tell()
        answering = asyncio.create_task(self._answer(request, _Response(writer, request)))
        leaving = asyncio.create_task(gone.wait())
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            request.closed_by = "server" if answering.done() and not answering.exception() else "client"
            return request.closed_by == "server" and answering.result() and not writer.is_closing()
        finally:
            request.closed_by = request.closed_by or "server"
            request.closed_at = time.monotonic()
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
            await self._tell()

    async def _tell(self) -> None:
        async with self._happened:
            self._happened.notify_all()

    # ---- one request

    async def _answer(self, request: Request, response: _Response) -> bool:
        """Answers a request. Whether the connection serves for another one."""
        if self._key is not None and request.key != self._key:
            return await response.error(unauthorized())
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v1", "messages"]:
                return await self._message(request, response)
            case "POST", ["v1", "messages", "count_tokens"] if self._counts:
                problem = validation.problem(request)
                return await response.either(problem, {"input_tokens": counting.counted(request)})
            case "GET", ["v1", "models"] if self._models is not None:
                return await response.json(200, _page(self._models, request.query))
            case "GET", ["v1", "models", name] if self._models is not None:
                found = next((record(model) for model in self._models if model.id == name), None)
                return await response.either(None if found else Error(404, "not_found_error", f"model: {name}"), found)
            case _, ["v1", "messages"] | ["v1", "messages", "count_tokens"] | ["v1", "models", *_]:
                if request.method not in ("GET", "POST") or request.path.startswith(f"/v1/{_OTHER[request.method]}"):
                    return await response.error(Error(405, "invalid_request_error", "Method Not Allowed"))
        return await response.error(Error(404, "not_found_error", f"{request.path} is not here."))

    async def _message(self, request: Request, response: _Response) -> bool:
        if problem := validation.problem(request):
            return await response.error(problem)
        answer = answer_to(self._script, request, self._taken)
        match answer:
            case Error():
                return await response.error(answer)
            case Silence(how="hang"):
                await asyncio.Event().wait()
            case Silence():
                return response.cut()
        assert isinstance(answer, Reply)
        usage = answer.usage or counting.usage(request, answer, self._caches[request.model])
        await asyncio.sleep(answer.wait)
        answered = streaming.message(answer, usage, request.model, request.number)
        if not request.body.get("stream"):
            return await response.whole(answer, answered)
        return await response.stream(answer, streaming.events(answer, usage, request.model, request.number))


_OTHER = {"GET": "messages", "POST": "models"}


def _page(models: Sequence[Model], query: Mapping[str, str]) -> dict[str, Any]:
    """A page of the list, as `limit` and `after_id` ask for it."""
    ids = [model.id for model in models]
    start = ids.index(query["after_id"]) + 1 if query.get("after_id") in ids else 0
    limit = int(query["limit"]) if query.get("limit", "").isdecimal() else 20
    shown = models[start : start + limit]
    return {
        "data": [record(model) for model in shown],
        "has_more": start + limit < len(models),
        "first_id": shown[0].id if shown else None,
        "last_id": shown[-1].id if shown else None,
    }


class _Response:
    """The answer to one request on its connection. Each way of answering says whether the connection stays."""

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
        match reply.ending:
            case "error":
                return await self.error(Error(529, "overloaded_error", "Overloaded"))
            case "malformed":
                return await self._send(200, _JSON, data[: len(data) // 2], {})
            case "cut" | "reset" | "stall":
                self._head(200, _JSON, {"content-length": str(len(data))})
                await self._write(data[: len(data) // 2])
                return await self._break(reply)
        return await self._send(200, _JSON, data, {})

    async def stream(self, reply: Reply, events: Iterator[streaming.Event]) -> bool:
        """A reply as a stream of events, up to where it ends."""
        broken = reply.ending != "whole"
        self._head(200, "text/event-stream; charset=utf-8", {"transfer-encoding": "chunked"})
        sent = 0
        for event in takewhile(lambda event: not (broken and event.delta and sent >= reply.after), events):
            if broken and event.data.startswith(b"event: message_"):
                if not event.data.startswith(b"event: message_start"):
                    break  # it has fewer deltas than asked for: it breaks at its end
            if event.delta:
                await asyncio.sleep(reply.pause)
                sent += 1
            await self._write(wire.chunk(event.data))
        match reply.ending:
            case "error":
                await self._write(wire.chunk(streaming.event(**streaming.OVERLOADED).data))
            case "malformed":
                await self._write(wire.chunk(b'event: content_block_delta\ndata: {"type": "content_blo\n\n'))
            case "cut" | "reset" | "stall":
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


@contextmanager
def running(script: Script, **options: Any) -> Iterator[ScriptedServer]:  # noqa: ANN401 - those of ScriptedServer
    """A server in a thread of its own, for callers that are not asynchronous."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="scripted", daemon=True)
    thread.start()
    server = ScriptedServer(script, **options)
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        yield server
        asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
