"""What clients ask of runs: two doors to one coroutine (`escalation/run` for our own clients, the command
`escalation.run` for every other one). `docs/protocol.md` lists them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from lsprotocol import types

from escalation import __version__
from escalation.host.client import HostError
from escalation.lsp import hosted, runs
from escalation.lsp.convert import arguments as of
from escalation.lsp.errand import errand
from escalation.lsp.hosted import Refused
from escalation.lsp.overhearing import listened
from escalation.lsp.results import AskedFiles, offer
from escalation.lsp.run_progress import RunProgress
from escalation.lsp.runs import Failed, Run, is_finished, record
from escalation.lsp.session import Session, in_thread, show
from escalation.repository.spending import DayLedger
from escalation.settings.endpoints import endpoints, key


@dataclass(frozen=True, slots=True)
class AskedRun:
    """`route` is one of the flow's (`auto`, `L3`, `L4`, `two-pass`) or of the assessment's."""

    uri: str
    range: dict[str, dict[str, int]] | None = None
    task: str = ""
    route: str = "auto"
    reason: str = ""
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class AskedStatus:
    start: bool = False


async def run(session: Session, params: object) -> dict[str, Any]:
    """`escalation/run`: ends when the run has; cancelled by `$/cancelRequest`. Its progress goes to the client's
    `workDoneToken`, if it gave one."""
    token = params.get("workDoneToken") if isinstance(params, dict) else None
    return await _run(session, of(AskedRun, params), token)


async def command(session: Session, arguments: list[Any]) -> dict[str, Any]:
    """`escalation.run`: the same for clients that know commands only; they are asked what to do with the result."""
    answer = await _run(session, of(AskedRun, arguments[0] if arguments else {}), session.command_token())
    if "code" in answer:
        show(session, answer["message"], types.MessageType.Warning)
    elif (found := session.runs.get(answer["workflow"])) is not None and found.waiting:
        session.start(offer(session, found))
    return answer


async def _run(session: Session, asked: AskedRun, token: types.ProgressToken | None) -> dict[str, Any]:
    found = await session.ready(asked.uri)
    if found is None:
        return _failure(Failed("failed", f"{asked.uri} is not open, or not judged"))
    project, buffer = found
    if project.root is None:
        return _failure(Failed("failed", "Save the file first: the models work on the files of a folder."))
    if problem := runs.missing_key(project.settings):
        return _failure(problem)
    place = msgspec.convert(asked.range, types.Range) if asked.range else None
    encoding = session.capabilities.encoding
    task = asked.task.strip() or errand(project, buffer, place, encoding, reason=asked.reason, symbol=asked.symbol)
    # All of one moment, with no other message handled in between: what is sent is what the result is compared with.
    given = runs.given(project, buffer)
    body = runs.submission(project, buffer, given, task, asked.route)
    begun = Run("", project.root, task, asked.route, own=True, started=runs.now(), base=given)
    begun.working = asyncio.current_task()
    progress = RunProgress(session, token)
    await progress.begin("Opus escalation")
    try:
        await _carried_out(session, begun, body, progress)
    except asyncio.CancelledError:
        if begun.workflow and not session.leaving:
            with suppress(HostError):
                await runs.end(session, begun)
        raise
    except HostError as error:
        return _failure(Failed("no_host", str(error)))
    except Refused as refused:
        return _failure(Failed("failed", str(refused)))
    finally:
        begun.working = None
        progress.end(begun.message or begun.state)
    return record(session, begun)


async def _carried_out(session: Session, run: Run, body: Mapping[str, object], progress: RunProgress) -> None:
    """Effect: the host does the run. Raises HostError, Refused."""
    client = await hosted.host(start=True)
    assert client is not None
    if client.note:
        session.say_once(client.note)
    # Once it has begun to be sent it must not be lost: a cancelled run is cancelled by its name.
    sending = asyncio.create_task(hosted.submitted(client, body))
    try:
        run.workflow = await asyncio.shield(sending)
    except asyncio.CancelledError:
        run.workflow = await sending
        raise
    session.runs[run.workflow] = run
    await in_thread(lambda: runs.remember(run))
    await listened(session, run, client, progress)


def _failure(failed: Failed) -> dict[str, Any]:
    answer = {"code": failed.code, "message": failed.message}
    return {**answer, "variable": failed.variable} if failed.variable else answer


async def listed(session: Session, params: object) -> list[dict[str, Any]]:
    """`escalation/runs`: those of the projects that are open, the newest first."""
    found = [run for root in runs.roots(session) for run in await runs.known(session, root)]
    return [record(session, run) for run in sorted(found, key=lambda run: -run.started)]


async def status(session: Session, params: object) -> dict[str, Any]:
    """`escalation/status`: the host, what was spent today, and which keys there are."""
    asked = of(AskedStatus, params)
    message = ""
    try:
        client = await hosted.host(start=asked.start)
    except HostError as error:
        client, message = None, str(error)
    project = next(iter(session.projects.values()), None)
    known = endpoints(project.settings) if project else {}
    spent = await in_thread(lambda: DayLedger().spent_today())
    return {
        "version": __version__,
        "host": {
            "running": client is not None,
            "message": message,
            "dashboard": f"{client.base}/?token={client.token}" if client else None,
        },
        "spentToday": spent,
        "keys": [
            {"endpoint": name, "variable": one.key_variable, "present": bool(key(one, os.environ))}
            for name, one in known.items()
            if one.key_variable
        ],
    }


async def cancel(session: Session, params: object) -> dict[str, Any]:
    """`escalation/cancel`, and the command of that name: a run by its workflow, or a command by its token."""
    if isinstance(params, dict) and "token" in params:
        task = session.server.protocol.tasks.get(params["token"])
        return {"cancelled": task is not None and task.cancel()}
    asked = of(AskedFiles, params)
    found = session.runs.get(asked.workflow)
    if found is None or is_finished(found):
        return {"cancelled": False}
    if found.working is not None:
        return {"cancelled": found.working.cancel()}
    with suppress(HostError):
        await runs.end(session, found)
    return {"cancelled": True}


async def cancel_command(session: Session, arguments: list[Any]) -> dict[str, Any]:
    """`escalation.cancel`"""
    return await cancel(session, arguments[0] if arguments else {})
