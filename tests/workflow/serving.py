"""A service in a test: in the test's own process, on files, its models a scripted server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from escalation.scripted.request import Request
from escalation.scripted.script import Silence
from escalation.scripted.server import ScriptedServer
from escalation.store.records import FINISHED, Workflow
from escalation.workflow.following import Progress
from escalation.workflow.service import Service
from escalation.workflow.submission import Submission
from tests.workflow.hosting import APP, KEY, three_tiers

SECRET = "ghp_" + "n0tAr3alT0ken" * 3


@asynccontextmanager
async def serving(
    folder: Path, script: Any = None, *, env: dict[str, str] | None = None, **fields: Any
) -> AsyncIterator[tuple[Service, ScriptedServer]]:
    """`fields` are those of `Service.opened`."""
    async with ScriptedServer(three_tiers() if script is None else script) as server:
        given = {"ESCALATION_BASE_URL": server.url, "ANTHROPIC_API_KEY": KEY, **(env or {})}
        async with Service.opened(folder=folder, env=given, **fields) as service:
            yield service, server


def task(words: str = "Make greet polite.", **fields: Any) -> Submission:
    """One that is to be done, in two passes."""
    given: dict[str, Any] = {"contents": {"app.py": APP}, "requested": "two-pass", "execute": True, **fields}
    return Submission(task=words, **given)


def hanging(request: Request) -> Silence:
    return Silence("hang")


async def finished(service: Service, id: str) -> Workflow:
    """The workflow at its end."""
    async with asyncio.timeout(120):
        async for _ in service.follow(id):
            pass
    found = service.store.workflow(id)
    assert found is not None
    assert found.state in FINISHED
    return found


async def heard(service: Service, id: str, after: str = "") -> list[Progress]:
    """All that who follows hears."""
    async with asyncio.timeout(120):
        return [progress async for progress in service.follow(id, after)]


async def until(ready: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not ready():
            await asyncio.sleep(0.02)
