"""The host, seen from the server's event loop: what waits for it waits in a thread."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from threading import Thread
from typing import Any
from urllib.parse import quote, urlencode

from escalation.host.client import PREFIX, Answer, Client, HostError
from escalation.host.starting import ensure, found
from escalation.lsp.session import in_thread
from escalation.settings.home import state

_PATIENCE_SECONDS = 60.0
_AGAIN_SECONDS = 0.5
_MOST_RESTARTS = 5
"""How often a host that went away in the middle of a run is started again."""
FINISHED = frozenset({"completed", "failed", "cancelled"})
"""The states that a workflow ends in (`store.records`, which this room does not load)."""
Event = tuple[str, str, Any]
"""The id of an event, its type and its body."""


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The host does not do what it was asked. The message says why."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


async def host(*, start: bool) -> Client | None:
    """The host; None if none runs and none is to be started. Raises HostError."""
    folder = state()
    if not start:
        return await in_thread(lambda: found(folder))
    env = dict(os.environ)
    return await in_thread(lambda: ensure(folder, env))


async def submitted(client: Client, body: Mapping[str, object]) -> str:
    """The workflow of a submission. Raises HostError, Refused."""
    return str((await _asked(client, "POST", "/submit", body))["workflow_id"])


async def status(client: Client, workflow: str, *, files: bool = False) -> dict[str, Any]:
    """How a workflow stands. Raises HostError, Refused."""
    found: dict[str, Any] = await _asked(
        client, "GET", f"/status/{quote(workflow, safe='')}?files={str(files).lower()}"
    )
    return found


async def listed(client: Client, repository: str) -> list[dict[str, Any]]:
    """The runs of a repository, the newest first. Raises HostError, Refused."""
    query = urlencode({"repository": repository, "execute": "true", "limit": 50})
    found: list[dict[str, Any]] = (await _asked(client, "GET", f"/workflows?{query}"))["workflows"]
    return found


async def cancelled(client: Client, workflow: str) -> None:
    """Effect: a workflow ends. One that has ended already stays as it is. Raises HostError."""
    with suppress(Refused):
        await _asked(client, "DELETE", f"/workflow/{quote(workflow, safe='')}")


async def said(client: Client, workflow: str, verdict: str) -> None:
    """Effect: what the user made of a result is kept. Raises HostError."""
    body = {"workflow_id": workflow, "verdict": verdict, "feedback_id": f"{workflow}-{verdict}"}
    with suppress(Refused):
        await _asked(client, "POST", "/feedback", body)


async def _asked(client: Client, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401
    answer: Answer = await in_thread(lambda: client.request(method, PREFIX + path, body, _PATIENCE_SECONDS))
    if answer.status >= 300:
        raise Refused(answer.message, answer.status)
    return answer.body


async def followed(client: Client, workflow: str) -> AsyncIterator[Event]:
    """The events of a workflow until it has finished; a host that goes away meanwhile is started again, and goes on
    where it was. Raises HostError, Refused."""
    last, restarts = "", 0
    while True:
        try:
            async for event in _events(client, workflow, last):
                last, restarts = event[0], 0
                yield event
                if finishes(event):
                    return
        except HostError:
            restarts += 1
            if restarts > _MOST_RESTARTS:
                raise
        await asyncio.sleep(_AGAIN_SECONDS)
        again = await host(start=True)
        assert again is not None
        client = again


def finishes(event: Event) -> bool:
    """Whether a workflow is over with an event."""
    return event[1] == "state" and event[2].get("state") in FINISHED


async def _events(client: Client, workflow: str, after: str) -> AsyncIterator[Event]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | HostError | None] = asyncio.Queue()

    def tell(news: Event | HostError | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(queue.put_nowait, news)

    def read() -> None:
        try:
            for event in client.events(workflow, after):
                tell(event)
        except HostError as error:
            tell(error)
        tell(None)

    Thread(target=read, name="lsp-events", daemon=True).start()
    while (news := await queue.get()) is not None:
        if isinstance(news, HostError):
            raise news
        yield news
