"""The endpoints, as a router that others can mount:

    app.include_router(router, prefix="/v1/escalation", tags=["escalation"])

It finds its `Service` in `app.state.escalation`, where the app's lifespan has to put it, and lets in everybody: who may
ask is the app's to say (`security.Door` is what the host itself uses).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from escalation import __version__
from escalation.api import judgements, sse, standing
from escalation.api.answers import Lasting
from escalation.api.endpoint import Endpoint
from escalation.api.errors import Failure, documented, documented_beside_a_stream, ended
from escalation.api.schemas import (
    Analysis,
    AskedChange,
    AskedFeedback,
    AskedSubmission,
    AskedValidation,
    Cancelled,
    Detection,
    Health,
    Millis,
    Name,
    Recorded,
    Status,
    Submitted,
    Validation,
    Workflows,
)
from escalation.api.submissions import submission_of
from escalation.store.errors import UnknownWorkflow
from escalation.store.records import FINISHED, Feedback, State, Told
from escalation.workflow.following import Progress
from escalation.workflow.judging import Judged
from escalation.workflow.service import Service

_USUAL = (401, 403, 405, 500)
_BODY = (*_USUAL, 400, 413, 415, 422, 503)
_READ = (*_USUAL, 422, 503)

router = APIRouter(route_class=Endpoint, generate_unique_id_function=lambda route: route.name)


def _service(request: Request) -> Service:
    service: Service | None = getattr(request.app.state, "escalation", None)
    if service is None:
        raise Failure(503, "The app has no service. Set `app.state.escalation` in its lifespan (docs/api.md).")
    return service


Known = Annotated[Service, Depends(_service)]
WorkflowId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9._:-]{1,100}$", description="As `POST /submit` gave it.", examples=["0198f2c4"])
]


# Judging: nothing is kept


@router.post("/analyze", response_model=Analysis, responses=documented(*_BODY), summary="Judge a change")
async def analyze(asked: AskedChange, service: Known) -> Response:
    """How complex, how important and how risky a change is, and whether the strong model is worth its price. Nothing
    is kept and no model is asked."""
    judged = await service.judge(submission_of(asked))
    return _judged(judged, judgements.analysis(judged.assessment))


@router.post("/detect", response_model=Detection, responses=documented(*_BODY), summary="Find reasons to escalate")
async def detect(asked: AskedChange, service: Known) -> Response:
    """The triggers of a change: reasons that speak for the strong model, each with the places it stands on."""
    judged = await service.judge(submission_of(asked))
    return _judged(judged, judgements.detection(judged.assessment))


@router.post("/validate", response_model=Validation, responses=documented(*_BODY), summary="Check a trigger")
async def validate(asked: AskedValidation, service: Known) -> Response:
    """Checks a trigger against the rules: yours, with its context; or those of a change, which are found first."""
    if asked.trigger_data is not None and asked.context is not None:
        validation = judgements.validation_of_trigger
        return Lasting(_encoded(await asyncio.to_thread(validation, asked, asked.trigger_data, asked.context)))
    judged = await service.judge(submission_of(asked))
    return _judged(judged, await asyncio.to_thread(judgements.validation_of_change, asked, judged.assessment))


def _judged(judged: Judged, answer: object) -> Response:
    """What lies in a workspace may change without the request."""
    return Lasting(_encoded(answer)) if judged.workspace is None else _json(answer)


# Workflows


_THEN = {
    name: {"operationId": name, "parameters": {"workflow_id": "$response.body#/workflow_id"}}
    for name in ("status", "events", "cancel")
}
"""What can be asked with the id of a new workflow."""


@router.post(
    "/submit",
    response_model=Submitted,
    responses={200: {"links": _THEN}, **documented(*_BODY)},
    summary="Decide, and have it done",
)
async def submit(asked: AskedSubmission, service: Known) -> Response:
    """Decides on a change at once and keeps the decision. With `execute`, models then work on it: the answer does not
    wait for them; follow `GET /events/{workflow_id}` or ask `GET /status/{workflow_id}`."""
    return _json(standing.submitted(await service.submit(submission_of(asked))))


@router.get(
    "/status/{workflow_id}", response_model=Status, responses=documented(*_READ, 404), summary="How a workflow stands"
)
async def status(
    workflow_id: WorkflowId,
    service: Known,
    files: Annotated[bool, Query(description="With the files that the result changes.")] = False,
) -> Response:
    """Its state and how it came to it, what was decided, what each tier spent, what came of it."""
    answer = await asyncio.to_thread(_status, service, workflow_id)
    if files and (result := await service.result(workflow_id)) is not None:
        answer |= {
            "files": result.files,
            "base_digests": result.base_digests,
            "files_complete": result.complete,
        }
    return _json(answer)


def _status(service: Service, id: str) -> dict[str, Any]:
    store = service.store
    workflow = store.workflow(id)
    if workflow is None:
        raise _unknown()
    return standing.status(workflow, store.attempts(id), _states(service, id), store.feedback(id))


def _states(service: Service, id: str) -> list[Told]:
    states: list[Told] = []
    after = 0
    while told := service.store.events(id, after):
        states += [one for one in told if one.type == "state"]
        after = told[-1].number
    return states


def _unknown() -> Failure:
    return Failure(404, "There is no such workflow. It may have been pruned; `GET /workflows` lists those there are.")


async def _followed(
    workflow_id: WorkflowId,
    service: Known,
    after: Annotated[
        str,
        Query(pattern=rf"^$|{sse.ID}", description="The id of the last event you have; all without.", examples=["7"]),
    ] = "",
    last_event_id: Annotated[
        str,
        Header(
            alias="Last-Event-ID",
            pattern=rf"^$|{sse.ID}",
            description="What a browser's EventSource sends of itself when it connects again; wins over `after`.",
        ),
    ] = "",
) -> AsyncGenerator[Progress, None]:
    """The news of a workflow that there is. Raises Failure before anything is sent."""
    if await asyncio.to_thread(service.store.workflow, workflow_id) is None:
        raise _unknown()
    return service.follow(workflow_id, last_event_id or after)


@router.get(
    "/events/{workflow_id}",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Server-sent events; `data` is JSON. The last one is a `state` that says `completed`, "
            "`failed` or `cancelled`. A comment (`: ping`) comes when nothing else does.",
            "content": {"text/event-stream": {"example": sse.EXAMPLE}},
        },
        **documented_beside_a_stream(*_READ, 404),
    },
    summary="Follow a workflow",
)
async def events(
    followed: Annotated[AsyncGenerator[Progress, None], Depends(_followed)],
) -> AsyncIterator[ServerSentEvent]:
    """What happens in it, as it happens: states, passes, tool calls, and what the models say. What was told before
    comes first; to go on after a cut, send the last id."""
    async with aclosing(followed):  # who hangs up is no longer told
        async for progress in followed:
            yield sse.sent(progress)


@router.get(
    "/workflows", response_model=Workflows, responses=documented(*_READ), summary="The workflows, the newest first"
)
async def workflows(  # noqa: PLR0917 - FastAPI fills them by name
    service: Known,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at once.")] = 50,
    cursor: Annotated[
        str, Query(max_length=500, pattern=r"^[A-Za-z0-9_=.:-]*$", description="Of the answer before this one.")
    ] = "",
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    repository: Annotated[Name, Query(description="Only those of this repository.")] = "",
    execute: Annotated[bool | None, Query(description="Only those that models worked on, or did not.")] = None,
    since: Annotated[Millis, Query(description="Only those created at or after this time.")] = 0,
) -> Response:
    """A page of them; `cursor` fetches the next."""

    def read() -> dict[str, Any]:
        try:
            page = service.store.workflows(
                limit=limit, cursor=cursor, state=state, repository=repository, execute=execute, since=since
            )
        except ValueError:
            raise Failure(
                422, "`cursor` is not one of ours. Take it from the answer before, or leave it out."
            ) from None
        return {"workflows": [standing.summary(one) for one in page.workflows], "cursor": page.cursor}

    return _json(await asyncio.to_thread(read))


@router.delete(
    "/workflow/{workflow_id}",
    response_model=Cancelled,
    responses=documented(*_READ, 404, 409),
    summary="Cancel a workflow",
)
async def cancel(workflow_id: WorkflowId, service: Known) -> Response:
    """Ends a workflow, queued or running: no further request to a model begins. Cancelling it again changes nothing and
    says the same; one that has ended otherwise gives 409."""
    workflow = await service.cancel(workflow_id)
    if workflow is None:
        raise _unknown()
    if workflow.state in FINISHED and workflow.state != "cancelled":
        raise ended(workflow.state)
    return _json(standing.cancelled(workflow))


@router.post(
    "/feedback", response_model=Recorded, responses=documented(*_BODY, 404), summary="Say how good a recommendation was"
)
async def feedback(asked: AskedFeedback, service: Known) -> Response:
    """What later recommendations in this repository learn from."""
    said = Feedback(
        id=asked.feedback_id or uuid4().hex,
        at=time.time_ns() // 1_000_000,
        verdict=asked.verdict,
        workflow=asked.workflow_id,
        repository=asked.repository,
        reason=asked.reason,
        path=asked.path,
        note=asked.note,
        requester=asked.requester,
        confidence=asked.confidence,
        should_escalate=asked.should_escalate,
    )
    try:
        await service.feedback(said)
    except UnknownWorkflow:
        raise _unknown() from None
    return _json({"feedback_id": said.id, "message": "It is recorded. Later recommendations learn from it."})


# What the host knows


@router.get(
    "/statistics",
    responses={
        200: {"description": "Rates with their number of cases and 95 % intervals (docs/validation.md)."},
        **documented(*_READ),
    },
    summary="How good the recommendations were",
)
async def statistics(
    service: Known,
    days: Annotated[int, Query(ge=1, le=3_650, description="From how many days until now.")] = 30,
    repository: Annotated[Name, Query(description="Of this repository; of all if it is empty.")] = "",
) -> dict[str, Any]:
    """Rates of escalation and of success, false positives and negatives, costs by tier and per solved task, how well
    confidence is calibrated, how often each reason was right, a series by day; and `repositories`, those there are."""
    return await asyncio.to_thread(_statistics, service, days, repository)


def _statistics(service: Service, days: int, repository: str) -> dict[str, Any]:
    from escalation.history import record
    from escalation.history import statistics as figures

    now = time.time_ns() // 1_000_000
    cases = service.store.cases(since=now - days * 86_400_000, repository=repository)
    found = figures.statistics(cases, days=days, now=now, repository=repository)
    return record.record(found) | {"repositories": list(service.store.repositories())}


@router.get("/health", response_model=Health, responses=documented(403, 405), summary="Whether the host answers")
async def health() -> Response:
    """Needs no token and says nothing else."""
    return _json({"status": "ok", "version": __version__})


def _json(answer: object) -> Response:
    return Response(_encoded(answer), media_type="application/json")


def _encoded(answer: object) -> bytes:
    try:
        return msgspec.json.encode(answer)
    except UnicodeEncodeError:  # git knows names of files that are no text
        return json.dumps(msgspec.to_builtins(answer), ensure_ascii=False).encode("utf-8", "replace")
