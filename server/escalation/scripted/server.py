"""The scripted server: speaks the Messages API on loopback and keeps a log of all that it was asked.

async with ScriptedServer([overloaded(), text("Done.")]) as server:
    client = AsyncAnthropic(api_key="k", base_url=server.url, max_retries=0)
    ...
assert [request.status for request in server.requests] == [529, 200]
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from escalation.scripted import counting, streaming, validation, wire
from escalation.scripted.offered import MODELS, Model, record
from escalation.scripted.request import Request
from escalation.scripted.response import Response
from escalation.scripted.script import (
    Error,
    Reply,
    Script,
    Silence,
    answer_to,
    bad_request,
    unauthorized,
    unknown_model,
)

_MESSAGES, _COUNT, _MODELS = "/v1/messages", "/v1/messages/count_tokens", "/v1/models"
_METHODS = {_MESSAGES: "POST", _COUNT: "POST", _MODELS: "GET"}


class ScriptedServer:
    """A server for one event loop, on a free port of 127.0.0.1 (`port` to choose one).

    `models` None: it does not list them. `key`: what requests must come with; None takes any. `counts`: whether it
    counts tokens. What a function of the script raises is answered with 400, and raised again when the server ends.
    """

    def __init__(
        self,
        script: Script,
        *,
        models: Sequence[Model] | None = MODELS,
        key: str | None = None,
        counts: bool = True,
        port: int = 0,
    ) -> None:
        self.requests: list[Request] = []
        """All that arrived, in that order, also those that the API refuses."""
        self._script = script
        self._models = models
        self._key = key
        self._counts = counts
        self._port = port
        self._taken = Counter[str]()
        self._caches: defaultdict[str, set[str]] = defaultdict(set)
        self._serving = set[asyncio.Task[None]]()
        self._happened = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._problem: Exception | None = None

    async def __aenter__(self) -> ScriptedServer:
        loop = asyncio.get_running_loop()

        def connection() -> wire.Connection:
            return wire.Connection(asyncio.StreamReader(limit=1 << 18, loop=loop), self._connected, loop)

        self._server = await loop.create_server(connection, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        if self._problem is not None:
            raise self._problem

    @property
    def url(self) -> str:
        assert self._server is not None, "the server is not running"
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    @property
    def calls(self) -> list[Request]:
        """The requests for an answer: what the script was asked for."""
        return [request for request in self.requests if request.path == _MESSAGES]

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

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
        task = asyncio.create_task(self._serve(reader, writer, gone))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
        writer.transport.set_write_buffer_limits(0)  # so that `drain` means sent
        try:
            while await self._exchange(reader, writer, gone):
                pass
        except ConnectionError:
            pass  # the client has gone; the request's record says so
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gone: asyncio.Event) -> bool:
        """One request and its answer. Whether the connection serves for another one."""
        try:
            request = await wire.read_request(reader, writer)
        except wire.BadRequest as problem:
            await Response(writer, None).error(Error(problem.status, "invalid_request_error", str(problem)))
            await wire.drained(reader, writer)
            return False
        if request is None:
            return False
        request.number = len(self.requests) + 1
        self.requests.append(request)
        await self._tell()
        answering = asyncio.create_task(self._answer(request, Response(writer, request)))
        leaving = asyncio.create_task(gone.wait())
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            request.closed_by = "server" if answering.done() else "client"
            return answering.done() and answering.result() and not writer.is_closing()
        except ConnectionError:
            request.closed_by = "client"
            raise
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

    async def _answer(self, request: Request, response: Response) -> bool:
        """Answers a request. Whether the connection serves for another one."""
        if problem := self._refusal(request):
            return await response.error(problem)
        if request.path == _MESSAGES:
            return await self._message(request, response)
        if request.path == _COUNT:
            return await response.either(validation.problem(request), {"input_tokens": counting.counted(request)})
        if request.path == _MODELS:
            return await response.json(200, _page(self._models or (), request.query))
        name = request.path.removeprefix(f"{_MODELS}/")
        found = next((record(model) for model in self._models or () if model.id == name), None)
        return await response.either(None if found else unknown_model(name), found)

    def _refusal(self, request: Request) -> Error | None:
        """Why a request is no good, whatever its body says."""
        method = "GET" if request.path.startswith(f"{_MODELS}/") else _METHODS.get(request.path)
        offered = self._models is not None if method == "GET" else self._counts or request.path != _COUNT
        if method is None or not offered:
            return Error(404, "not_found_error", f"{request.path} is not here.")
        if method != request.method:
            return Error(405, "invalid_request_error", f"{request.path} takes {method}.")
        return unauthorized() if self._key is not None and request.key != self._key else None

    async def _message(self, request: Request, response: Response) -> bool:
        if problem := validation.problem(request):
            return await response.error(problem)
        try:
            answer = answer_to(self._script, request, self._taken)
        except Exception as error:  # noqa: BLE001 - raised again at the end
            self._problem = self._problem or error
            return await response.error(bad_request(f"The script failed: {error!r}"))
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


@contextmanager
def running(script: Script, **options: Any) -> Iterator[ScriptedServer]:  # noqa: ANN401 - those of ScriptedServer
    """A server in a thread of its own, for callers that are not asynchronous."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="scripted", daemon=True)
    thread.start()
    server = ScriptedServer(script, **options)
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        try:
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
