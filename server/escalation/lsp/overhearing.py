"""Overhearing: what a client hears without having asked: runs that other windows began, results that waited for it,
recommendations."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from lsprotocol import types

from escalation.host.client import Client, HostError
from escalation.lsp import hosted, runs
from escalation.lsp.hosted import Refused
from escalation.lsp.project import Project
from escalation.lsp.results import offer
from escalation.lsp.run_progress import RunProgress
from escalation.lsp.runs import Run, is_finished, record
from escalation.lsp.session import Session, in_thread

_WATCH_SECONDS = 3.0


async def listened(session: Session, run: Run, client: Client, progress: RunProgress | None) -> None:
    """Effect: follows a run to its end."""
    async for event in hosted.followed(client, run.workflow):
        run.hear(event)
        _tell(session, run, event)
        if progress is not None:
            progress.report(run, event)
    current = await hosted.host(start=True)
    assert current is not None
    await runs.settle(run, current)
    if not run.waiting:
        await in_thread(lambda: runs.forget(run.workflow))


def _tell(session: Session, run: Run, event: hosted.Event) -> None:
    if session.events:
        id, type, body = event
        session.server.protocol.notify(
            "escalation/event", {"workflow": run.workflow, "id": id, "type": type, "body": body}
        )


async def look_for_waiting(session: Session, project: Project) -> None:
    """Effect: what was running, or had finished, when this editor was closed is there again, and is offered."""
    root = project.root
    if root is None:
        return
    for workflow in await in_thread(lambda: runs.remembered(root)):
        if workflow in session.runs:
            continue
        found = session.runs[workflow] = Run(workflow, root, "", own=True)
        try:
            client = await hosted.host(start=True)
            assert client is not None
            await runs.settle(found, client)
            if not is_finished(found):
                await listened(session, found, client, None)
        except Refused:  # pruned
            del session.runs[workflow]
            await in_thread(lambda name=workflow: runs.forget(name))  # type: ignore[misc]
            continue
        except HostError as error:
            session.say_once(str(error), types.MessageType.Warning)
            return
        if not found.waiting:
            await in_thread(lambda name=workflow: runs.forget(name))  # type: ignore[misc]
        elif session.events:
            _tell(session, found, ("", "run.waiting", record(session, found)))
        else:
            await offer(session, found)


async def watch(session: Session) -> None:
    """Effect: a client with a view of ours hears of the runs that other windows begin."""
    overheard: set[str] = set()
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        for root in runs.roots(session):
            for found in await runs.known(session, root):
                if (
                    not is_finished(found)
                    and found.working is None
                    and found.workflow not in overheard
                    and not found.own
                ):
                    overheard.add(found.workflow)
                    session.start(_overhear(session, found))


async def _overhear(session: Session, found: Run) -> None:
    with suppress(HostError, Refused):
        client = await hosted.host(start=False)
        if client is not None:
            await listened(session, found, client, None)


def recommend(session: Session, project: Project) -> None:
    """Effect: a client with a view of ours hears what is recommended for the pending change."""
    assessment = project.assessment
    if not session.events or assessment is None:
        return
    cost = next((one for one in assessment.costs.routes if one.route == assessment.recommended_route), None)
    told = {
        "shouldEscalate": assessment.should_escalate,
        "confidence": assessment.confidence,
        "route": assessment.recommended_route,
        "model": assessment.recommended_model,
        "summary": assessment.summary,
        "cost": {"p10": cost.p10, "p50": cost.p50, "p90": cost.p90} if cost and cost.p50 is not None else None,
    }
    for buffer in project.buffers.values():
        if session.recommended.get(buffer.uri) != told:
            session.recommended[buffer.uri] = told
            session.server.protocol.notify("escalation/recommendation", {"uri": buffer.uri, **told})
