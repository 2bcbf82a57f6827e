"""Taking: what a submission leaves behind when it is taken: a workflow that was decided on and, where it is to be done,
the commission of a run. From here on every secret has its placeholder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from secrets import token_hex
from typing import Any
from uuid import uuid4

from escalation.decision.assessment import Assessment
from escalation.flow.context import Focus
from escalation.flow.engine import Job
from escalation.flow.redaction import Redactor
from escalation.repository.files import shown
from escalation.repository.git import RepositoryError
from escalation.repository.jobs import prepared
from escalation.settings.schema import Settings
from escalation.store.records import Completion, Decision, Request, State, Told
from escalation.store.store import Store
from escalation.text.snapshot import Snapshot
from escalation.workflow import recorder, running
from escalation.workflow.commission import Commission, commissioned
from escalation.workflow.judging import Judged, document, judge
from escalation.workflow.masking import Secrets, fresh, may_quote
from escalation.workflow.submission import BadSubmission, Roots, Submission

Keys = Callable[[Settings], tuple[str, ...]]
LEFT_OUT = "host.left_out"
"""An event: files that are never sent, with the reasons."""
_SEED_BYTES = 16


@dataclass(frozen=True)
class Taken:
    """A submission as it is kept. `told` are its events until now."""

    request: Request
    decision: Decision
    told: tuple[Told, ...]
    message: str
    commission: Commission | None = None
    secrets: Secrets | None = None


def take(submission: Submission, roots: Roots, env: Mapping[str, str], keys: Keys) -> Taken:
    """Judges a submission. Raises BadSubmission. Takes its time: for a thread."""
    received = running.now()
    judged = judge(submission, roots=roots, env=env)
    decided = running.now()
    submission = judged.submission
    seed = token_hex(_SEED_BYTES)
    door = Redactor(keys(judged.settings), bytes.fromhex(seed))
    request = _request(submission, received)
    if not submission.execute:
        if may_quote(submission.task, judged.assessment):
            door.mask_snapshot(Snapshot({file.path: file.current for file in judged.pending.files if file.current}))
        request = replace(request, task=door.mask(submission.task), metadata=_metadata(submission, door))
        decision = _decided(judged, door)
        told = _told(request, received, decided, judged.assessment)
        told.append(_state(request, len(told) + 1, decided, "completed", "it was to be decided on, not done"))
        return Taken(request, decision, tuple(told), judged.assessment.summary)
    job, paths, left_out = _job(judged)
    settings = _settings(judged)
    check = submission.check or (settings.flow.check if judged.workspace is not None else "")
    door.mask_snapshot(Snapshot(dict(sorted(job.snapshot.items()))))
    decision = _decided(judged, door)
    told = _told(request, received, decided, judged.assessment)
    commission = commissioned(
        job,
        door,
        request=request,
        decision=decision,
        told=told,
        settings=settings,
        paths=paths,
        check=check,
        seed=seed,
    )
    told += _more(commission, left_out, decided)
    # Last of all: a host that takes the run up masks the same things before, and must come to the same placeholders.
    request = replace(commission.request, metadata=_metadata(submission, door))
    commission = replace(commission, told=tuple(told), request=request)
    secrets = fresh(commission, door, keys(settings))
    return Taken(commission.request, decision, commission.told, judged.assessment.summary, commission, secrets)


def keep(store: Store, taken: Taken, host: str) -> None:
    """Effect: the workflow is in the store. Raises StoreError."""
    if taken.commission is not None:
        running.begin(store, taken.commission, host)
        return
    request, at = taken.request, taken.told[-1].at
    store.begin(request, taken.decision, state="initialized", host=host, at=request.created)
    store.complete(request.id, Completion(message=taken.message), at)
    store.tell(taken.told)


def _decided(judged: Judged, door: Redactor) -> Decision:
    """With names of files as JSON can have them."""
    return recorder.decided(judged.assessment, judged.settings, lambda text: shown(door.mask(text)))


def _request(submission: Submission, received: int) -> Request:
    """The same request id is the same workflow, whoever takes it."""
    given = submission.request_id
    id = blake2b(given.encode(), digest_size=16).hexdigest() if given else uuid4().hex
    return Request(
        id=id,
        request_id=given or id,
        created=received,
        repository=submission.repository or submission.root,
        root=submission.root,
        requester=submission.requester,
        task_type=submission.task_type,
        priority=submission.priority,
        execute=submission.execute,
    )


def _metadata(submission: Submission, door: Redactor) -> Mapping[str, Any]:
    plain = submission.metadata.items()
    return {door.mask(name): door.mask(value) if isinstance(value, str) else value for name, value in plain}


def _settings(judged: Judged) -> Settings:
    """Those of the workspace, with what the submission says."""
    asked = {"budget": judged.submission.budget, "timeout": judged.submission.timeout}
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    return replace(judged.settings, flow=replace(judged.settings.flow, **given))


def _job(judged: Judged) -> tuple[Job, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What is to be done, the paths of the workspace, and what is not sent. Raises BadSubmission."""
    submission, pending = judged.submission, judged.pending
    focus = tuple(Focus(path) for path in submission.files)
    sent = {path: document(path, text) for path, text in submission.contents.items()}
    if judged.workspace is None:
        job = Job(submission.task, Snapshot(sent), submission.requested, focus, pending, judged.assessment)
        return job, (), judged.left_out
    try:
        ready = prepared(
            judged.workspace,
            submission.task,
            pending,
            judged.assessment,
            focus=focus,
            requested=submission.requested,
            overlay=sent,
        )
    except RepositoryError as problem:
        raise BadSubmission(str(problem)) from None
    return ready.job, tuple(ready.sources.paths), (*judged.left_out, *ready.left_out)


def _told(request: Request, received: int, decided: int, assessment: Assessment) -> list[Told]:
    """The states until the decision. The three of judging are one computation; what is kept is when it began, and
    when it was done."""
    found = f"{len(assessment.triggers)} reasons" if len(assessment.triggers) != 1 else "one reason"
    words = {"deciding": f"{found} found: {assessment.summary}"}
    told = [_state(request, 1, received, "initialized", "it was submitted")]
    for state, reason in recorder.JUDGING:
        at = decided if state == "deciding" else received
        told.append(_state(request, len(told) + 1, at, state, words.get(state, reason)))
    return told


def _more(commission: Commission, left_out: tuple[tuple[str, str], ...], at: int) -> list[Told]:
    """What else is to be known before anything runs."""
    first = len(commission.told) + 1
    bodies: list[tuple[str, Mapping[str, Any]]] = []
    if left_out:
        bodies.append((LEFT_OUT, {"files": [{"path": shown(path), "reason": why} for path, why in left_out]}))
    if commission.masked:
        bodies.append(("meta.redaction", {"masked": [asdict(one) for one in commission.masked]}))
    return [Told(commission.id, first + index, at, type, body) for index, (type, body) in enumerate(bodies)]


def _state(request: Request, number: int, at: int, state: State, reason: str) -> Told:
    return Told(request.id, number, at, "state", {"state": state, "reason": reason})
