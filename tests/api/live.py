"""A host in a thread of the tests: the real app with a real service, on a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import uvicorn

from escalation.api.app import create_app
from escalation.workflow.service import Service

TOKEN = "a-token-of-the-tests"
PREFIX = "/v1/escalation"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """The status and the code of an error, whose form is checked."""
        assert set(self.json) == {"error"}, self.json
        assert set(self.json["error"]) == {"code", "message"}
        return self.status, self.json["error"]["code"]

    @property
    def message(self) -> str:
        return self.json["error"]["message"]


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    id: str
    type: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Live:
    """Where a host answers."""

    port: int
    service: Service
    folder: Path
    home: Path
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request with the token. `body` is sent as JSON, bytes as they are; `headers` replace ours, those that
        are empty are left out."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, self.path(path), data, {k: v for k, v in sent.items() if v})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def path(self, path: str) -> str:
        """A name is one of the API's endpoints, what begins with a slash is a path."""
        return path if path.startswith("/") else f"{PREFIX}/{path}"

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: object, **headers: str) -> Answer:
        return self.ask("POST", path, body, **headers)

    @contextmanager
    def following(self, id: str, query: str = "", **headers: str) -> Iterator[Iterator[Event]]:
        """The events of a workflow, while it is followed."""
        with self.streaming(id, query, **headers) as response:
            yield events_in(response)

    @contextmanager
    def streaming(self, id: str, query: str = "", **headers: str) -> Iterator[HTTPResponse]:
        """The same as it comes, line by line."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        try:
            connection.request("GET", self.path(f"events/{id}{query}"), headers=sent)
            response = connection.getresponse()
            assert response.status == 200, response.read()
            assert response.getheader("content-type").startswith("text/event-stream")
            yield response
        finally:
            connection.close()

    def events(self, id: str, query: str = "", **headers: str) -> list[Event]:
        """All of them, to the end."""
        with self.following(id, query, **headers) as events:
            return list(events)


def events_in(response: HTTPResponse) -> Iterator[Event]:
    """The events of a stream; comments are passed over."""
    found: dict[str, str] = {}
    for line in response:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name in ("id", "event", "data"):
            found[name] = value
        elif not name and found:
            yield Event(found["id"], found["event"], json.loads(found["data"]))
            found = {}


def raw(port: int, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """A request as it stands; the status and the body."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, response.read()


@contextmanager
def served(make: Callable[[], AbstractAsyncContextManager[Any]]) -> Iterator[tuple[int, Any]]:
    """Serves the app that `make` opens, in a thread; its port, and what else `make` gave."""
    ready, results = threading.Event(), []
    stop: list[Callable[[], None]] = []

    async def main() -> None:
        async with make() as (app, more):
            config = uvicorn.Config(app, port=0, log_config=None, ws="none", timeout_graceful_shutdown=2)
            server = uvicorn.Server(config)
            loop = asyncio.get_running_loop()

            def end() -> None:
                loop.call_soon_threadsafe(setattr, server, "should_exit", True)

            stop.append(end)
            serving = asyncio.create_task(server.serve())
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            results.append((server.servers[0].sockets[0].getsockname()[1], more))
            ready.set()
            await serving

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - it is raised again by who waits
            results.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(30)
    try:
        if not results or isinstance(results[0], BaseException):
            raise RuntimeError("the host does not begin") from (results[0] if results else None)
        yield results[0]
    finally:
        if stop:
            stop[0]()
        thread.join(30)
    assert not thread.is_alive()


@contextmanager
def live(
    folder: Path, home: Path, env: Mapping[str, str] | None = None, roots: Sequence[Path] | None = None
) -> Iterator[Live]:
    """A host on SQLite files in `folder`."""

    @asynccontextmanager
    async def make() -> AsyncIterator[tuple[Any, Service]]:
        async with Service.opened(folder=folder, env=dict(env or {}), roots=roots) as service:
            yield create_app(service, token=TOKEN), service

    with served(make) as (port, service):
        yield Live(port, service, folder, home)
