"""Reading many: in parts of a few queries each, so that neither the memory nor the number of queries grows with the
number of workflows, and nobody who writes waits for a reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from heapq import merge
from itertools import islice
from typing import Any, Protocol, TypeVar

from sqlalchemy import Row, Select, tuple_

from escalation.store import rows, tables
from escalation.store.cursor import LARGEST
from escalation.store.records import Attempt, Case, Feedback, Told, Workflow

_PART, _WHOLE_PART = 500, 50
"""How many workflows are read at once: without what is bulky, and with it."""

_T = TypeVar("_T")
_Owned = TypeVar("_Owned", Attempt, Feedback, Told)


class Read(Protocol):
    """Reads rows, as records, in a transaction of its own."""

    def __call__(self, wanted: Select[Any], record: Callable[[Row[Any]], _T], /) -> tuple[_T, ...]: ...


def cases(read: Read, *, since: int = 0, repository: str = "", brief: bool = True) -> Iterator[Case]:
    """The oldest first."""
    worked = _worked(read, since, repository, brief)
    return merge(worked, _alone(read, since, repository), key=_age)


def export(read: Read, *, since: int = 0) -> Iterator[dict[str, Any]]:
    """As what JSON can hold, the oldest first."""
    found = cases(read, since=since, brief=False)
    while some := list(islice(found, _WHOLE_PART)):
        ids = [case.workflow.id for case in some if case.workflow]
        events = _by_workflow(read(rows.EVENTS.where(tables.event.c.workflow.in_(ids)), rows.told_of))
        for case in some:
            yield _exported(case, events[case.workflow.id] if case.workflow else ())


def _worked(read: Read, since: int, repository: str, brief: bool) -> Iterator[Case]:
    c = tables.workflow.c
    wanted = rows.workflows(brief=brief).order_by(c.created, c.id).limit(_PART if brief else _WHOLE_PART)
    if repository:
        wanted = wanted.where(c.repository == repository)
    after = (min(since, LARGEST), "")
    while some := read(wanted.where(tuple_(c.created, c.id) > after), partial(rows.workflow_of, brief=brief)):
        after = (some[-1].request.created, some[-1].id)
        ids = [workflow.id for workflow in some]
        attempts = _by_workflow(read(rows.ATTEMPTS.where(tables.attempt.c.workflow.in_(ids)), rows.attempt_of))
        feedback = _by_workflow(read(rows.FEEDBACK.where(tables.feedback.c.workflow.in_(ids)), rows.feedback_of))
        yield from (Case(workflow, attempts[workflow.id], feedback[workflow.id]) for workflow in some)


def _alone(read: Read, since: int, repository: str) -> Iterator[Case]:
    """Feedback that belongs to no workflow."""
    c = tables.feedback.c
    wanted = rows.FEEDBACK.where(c.workflow.is_(None)).limit(_PART)
    if repository:
        wanted = wanted.where(c.repository == repository)
    after = (min(since, LARGEST), "")
    while some := read(wanted.where(tuple_(c.at, c.id) > after), rows.feedback_of):
        after = (some[-1].at, some[-1].id)
        yield from (Case(None, (), (feedback,)) for feedback in some)


def _by_workflow(owned: Iterable[_Owned]) -> dict[str, tuple[_Owned, ...]]:
    found: dict[str, tuple[_Owned, ...]] = defaultdict(tuple)
    for each in owned:
        found[each.workflow] += (each,)
    return found


def _age(case: Case) -> tuple[int, str]:
    if case.workflow:
        return case.workflow.request.created, case.workflow.id
    return case.feedback[0].at, case.feedback[0].id


def _exported(case: Case, events: Sequence[Told]) -> dict[str, Any]:
    workflow: Workflow | None = case.workflow
    standing = asdict(workflow) if workflow else dict.fromkeys(rows.names(Workflow))
    return standing | {
        "events": [asdict(told) for told in events],
        "attempts": [asdict(attempt) for attempt in case.attempts],
        "feedback": [asdict(feedback) for feedback in case.feedback],
    }
