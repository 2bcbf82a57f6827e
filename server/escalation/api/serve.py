"""The host's process: elected by a lock, on a socket of its own, found by its port file, gone when nobody needs it."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from escalation import __version__
from escalation.host import log, port_file
from escalation.host.client import PREFIX, HostError
from escalation.host.lock import elected, private
from escalation.host.port_file import PortFile
from escalation.host.running import PATH

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from escalation.api.traffic import Traffic
    from escalation.workflow.service import Service

    Handler = Callable[[Request], Awaitable[Response]]

_log = logging.getLogger(__name__)

_LET_GO_SECONDS = 5
"""How long answers that are under way are waited for when the host ends."""
_DAY = 86_400
_TURN = 0.001
"""Seconds that a thread may keep the interpreter while another wants it. Judging would keep it for five times as long,
as Python has it, and each answer that needs no judging would wait for that, several times over."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_UNDISTURBED = ("dbos", "sqlalchemy", "alembic", "uvicorn.error", "asyncio", "httpx2", "filelock")
"""Loggers of others, of which only warnings are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a host is to be."""

    folder: Path
    """The state folder."""
    env: Mapping[str, str]
    host: str
    port: int
    """0 for any free one."""
    token: str = field(repr=False)
    database: str = field(repr=False)
    """A URL; empty for SQLite in the state folder."""
    roots: tuple[Path, ...] | None
    """Workspaces that it may read; None for all that its user may."""
    max_concurrent: int
    idle_exit: float
    """Seconds without use after which it ends; 0 for never."""
    keep_days: int
    """Days that workflows are kept; 0 keeps them for good."""


def is_loopback(host: str) -> bool:
    """Whether an address, or a name, is this machine's own. Raises HostError for a name that nobody knows."""
    return ip_address(_address(host)[1]).is_loopback


def serve(serving: Serving, ready: Callable[[PortFile], None]) -> None:
    """Serves until it is told to end, or nobody needs it. `ready` is called once it answers.

    Raises Taken if the user has a host already, HostError if this one cannot begin."""
    for number in _SIGNALS:
        signal.signal(number, _end)
    sys.setswitchinterval(_TURN)
    gc.disable()  # until it answers: imports make no garbage, and looking for it takes a tenth of the time
    private(serving.folder)
    with elected(serving.folder):
        port_file.remove(serving.folder)  # of one that was killed
        log.begin(serving.folder, _UNDISTURBED)
        logging.getLogger("uvicorn.access").addFilter(_without_query)
        with closing(_bound(serving.host, serving.port)) as bound:
            asyncio.run(_serve(serving, bound, ready))
        _log.info("ended")


def _end(*_: object) -> None:
    """Told to end where nothing is served yet, or any more."""
    raise SystemExit(0)


def _address(host: str) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise HostError(f"{host} is no address of this machine ({error.strerror}): see --host") from None
    return found[0][0], str(found[0][4][0])


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket: the port is ours from here on, however long the rest takes. Raises HostError."""
    family, address = _address(host)
    try:
        bound = socket.create_server((address, port), family=family, backlog=512)
    except OSError as error:
        advice = "choose another with --port, or 0 for any that is free" if port else "see --host"
        raise HostError(f"cannot listen on {address}, port {port} ({error.strerror}): {advice}") from None
    # Connections inherit it. asyncio sets it on sockets of its own making only; without it the second half of an answer
    # waits for the client's word that it has the first: 40 ms.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def _told(serving: Serving, bound: socket.socket) -> PortFile:
    """What the host says of itself: an address that is every address is reached at this machine's own."""
    address, port = bound.getsockname()[:2]
    if ip_address(address).is_unspecified:
        address = "::1" if ":" in address else "127.0.0.1"
    return PortFile(
        pid=os.getpid(),
        host=address,
        port=port,
        token=serving.token,
        version=__version__,
        started=time.time_ns() // 1_000_000,
    )


async def _serve(serving: Serving, bound: socket.socket, ready: Callable[[PortFile], None]) -> None:
    """Raises HostError."""
    from escalation.api.app import create_app
    from escalation.api.traffic import Traffic
    from escalation.store.errors import StoreError
    from escalation.workflow.service import Service, ServiceError

    told = _told(serving, bound)
    async with AsyncExitStack() as stack:
        try:
            service = await stack.enter_async_context(
                Service.opened(
                    database=serving.database,
                    folder=serving.folder,
                    env=serving.env,
                    roots=serving.roots,
                    max_concurrent=serving.max_concurrent,
                )
            )
        except (ServiceError, StoreError) as error:
            raise HostError(str(error)) from None
        except Exception as error:  # noqa: BLE001 - the durable runs raise what their database raises
            _log.info("cannot begin", exc_info=True)
            raise HostError(_cannot_open(serving, error)) from None
        app = create_app(service, token=serving.token, hosts=_names(serving, told))
        traffic = Traffic(app, unnoticed=f"{PREFIX}/health")
        host = _Host(serving, told, service, traffic, ready)
        app.router.routes[:0] = host.routes()  # before what the dashboard catches
        await host.run(bound)


def _cannot_open(serving: Serving, error: Exception) -> str:
    where = "the database of --database" if serving.database else str(serving.folder / "workflows.db")
    advice = "check that it can be reached" if serving.database else "is it damaged? Moved away, it begins anew"
    return f"the durable runs in {where} cannot be opened ({type(error).__name__}): {advice}"


def _names(serving: Serving, told: PortFile) -> tuple[str, ...]:
    """What requests may call the host by. Where others reach it, it has names that it cannot know."""
    from escalation.api.security import LOOPBACK

    return (*LOOPBACK, told.host) if is_loopback(serving.host) else ("*",)


class _Host:
    """A host from its first answer to its end."""

    def __init__(
        self,
        serving: Serving,
        told: PortFile,
        service: Service,
        traffic: Traffic,
        ready: Callable[[PortFile], None],
    ) -> None:
        self._serving = serving
        self._told = told
        self._service = service
        self._traffic = traffic
        self._ready = ready
        self._server: uvicorn.Server | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._leaving = False

    async def run(self, bound: socket.socket) -> None:
        """Serves until the host leaves."""
        import uvicorn

        configuration = uvicorn.Config(
            self._traffic,
            lifespan="off",  # what the app needs is opened before it and closed after it
            loop="asyncio",
            http="h11",
            ws="none",
            log_config=None,
            server_header=False,
            proxy_headers=True,  # a proxy on this machine says whether it was asked over TLS
            timeout_graceful_shutdown=_LET_GO_SECONDS,
            callback_notify=self.tick,
            timeout_notify=0,
        )
        self._server = uvicorn.Server(configuration)
        try:
            await self._server.serve(sockets=[bound])
        finally:
            self.leave("the server has stopped")
            if self._keeping is not None:
                self._keeping.cancel()

    async def tick(self) -> None:
        """Effect: what is to be done each second, the first time as soon as the host answers."""
        if self._keeping is None:
            self._begin()
            self._traffic.used()
        if self._service.busy():
            self._traffic.used()
        if not self._can_be_found():
            self.leave("its port file is gone, or another host's: was the state folder deleted?")
        limit = self._serving.idle_exit
        if limit and self._traffic.unused_seconds() >= limit:
            self.leave(f"nobody has needed it for {limit:g} s")

    def leave(self, why: str) -> None:
        """Effect: nobody finds the host from now on; what it serves comes to its end. What runs goes on at the next
        start."""
        if self._leaving or self._server is None:
            return
        self._leaving = True
        _log.info("ends: %s", why)
        if self._can_be_found():
            port_file.remove(self._serving.folder)
        self._traffic.let_go()
        self._server.should_exit = True

    def routes(self) -> list[Route]:
        """What only programs on this machine ask: who is there, to end, and to delete what is old."""
        from starlette.responses import JSONResponse
        from starlette.routing import Route

        from escalation.api import errors
        from escalation.store.errors import StoreError

        async def tell(_: Request) -> JSONResponse:
            return JSONResponse({"pid": self._told.pid, "version": __version__, "busy": self._service.busy()})

        async def stop(request: Request) -> JSONResponse:
            only_idle = (await request.body()) == b'{"only_idle": true}'
            if only_idle and (self._service.busy() or self._traffic.under_way > 1):
                return JSONResponse({"busy": True}, 409)
            self.leave("it was asked to")
            return JSONResponse({"busy": self._service.busy()}, 202)

        async def prune(request: Request) -> Response:
            before = _before(await request.body())
            if before is None:
                return errors.response(422, "`before` is a time in milliseconds since the epoch.")
            try:
                return JSONResponse({"workflows": await self._service.prune(before)})
            except StoreError as error:
                return errors.response(503, str(error))

        def near(handler: Handler) -> Handler:
            async def handle(request: Request) -> Response:
                address = request.client.host if request.client else ""
                return await handler(request) if self._is_near(address) else errors.response(404)

            return handle

        return [
            Route(PATH, near(tell), methods=["GET"], include_in_schema=False),
            Route(f"{PATH}/stop", near(stop), methods=["POST"], include_in_schema=False),
            Route(f"{PATH}/prune", near(prune), methods=["POST"], include_in_schema=False),
        ]

    def _is_near(self, address: str) -> bool:
        """Whether a client is on this machine."""
        with suppress(ValueError):
            return address == self._told.host or ip_address(address).is_loopback
        return False

    def _can_be_found(self) -> bool:
        told = port_file.read(self._serving.folder)
        return told is not None and told.pid == self._told.pid

    def _begin(self) -> None:
        """Effect: the host can be found, ends when it is told to, and does what can wait until now."""
        gc.enable()
        gc.freeze()  # what is there now stays: it need not be looked at again
        self._keeping = asyncio.create_task(_keep(self._service, self._serving.keep_days))
        threading.Thread(target=_warm, daemon=True).start()
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:  # not the server's own handlers: they end the process before the store is closed
            signal.signal(number, lambda number, _: loop.call_soon_threadsafe(self._signalled, number))
        port_file.write(self._serving.folder, self._told)
        _log.info("version %s answers at %s, process %d", __version__, self._told.base, self._told.pid)
        self._ready(self._told)

    def _signalled(self, number: int) -> None:
        if self._leaving and self._server is not None:
            self._server.force_exit = True  # told twice
        self.leave(signal.Signals(number).name)


def _before(body: bytes) -> int | None:
    """The time that a request to prune names."""
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    before = asked.get("before") if isinstance(asked, dict) else None
    return before if isinstance(before, int) and not isinstance(before, bool) else None


async def _keep(service: Service, days: int) -> None:
    """Effect: once a day, deletes what is kept long enough."""
    from escalation.store.errors import StoreError

    while days:
        try:
            count = await service.prune(time.time_ns() // 1_000_000 - days * _DAY * 1000)
        except StoreError as error:
            _log.warning("nothing is pruned today: %s", error)
        else:
            _log.info("pruned %d workflows older than %d days", count, days)
        await asyncio.sleep(_DAY)


def _warm() -> None:
    """Imports what the first run needs; it takes a second that nobody waits for."""
    from escalation.flow.client import warm

    warm()


def _without_query(record: logging.LogRecord) -> bool:
    """Keeps a line of the access log without the query, which may hold a token or what somebody looks for, and none of
    who only asks whether the host is there."""
    if isinstance(record.args, tuple) and len(record.args) == 5:
        address, method, path, *rest = record.args
        path = str(path).partition("?")[0]
        record.args = (address, method, path, *rest)
        return path not in (PATH, f"{PREFIX}/health")
    return True
