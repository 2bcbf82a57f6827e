"""Records to rows and back: fields and columns have the same names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Row, Select, Table, select

from escalation.store.records import Attempt, Completion, Decision, Feedback, Request, Told, Workflow
from escalation.store.tables import attempt, completion, decision, event, feedback, workflow

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@cache
def names(record: type[Any], without: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record) if field.name not in without)


def values(record: DataclassInstance) -> dict[str, Any]:
    """The record's fields, as the columns take them."""
    return {name: getattr(record, name) for name in names(type(record))}


def columns(table: Table, wanted: Iterable[str]) -> tuple[Column[Any], ...]:
    return tuple(table.c[name] for name in wanted)


REQUEST, DECISION, COMPLETION = names(Request), names(Decision), names(Completion)
_BRIEF_DECISION = names(Decision, ("assessment",))
_BRIEF_COMPLETION = names(Completion, ("diff", "text"))
STANDING = ("state", "updated", "finished", "host", "cancelling")

ATTEMPTS = select(*columns(attempt, names(Attempt))).order_by(attempt.c.workflow, attempt.c.number, attempt.c.started)
EVENTS = select(*columns(event, names(Told))).order_by(event.c.workflow, event.c.number)
FEEDBACK = select(*columns(feedback, names(Feedback))).order_by(feedback.c.at, feedback.c.id)


def workflows(*, brief: bool = False) -> Select[Any]:
    """Workflows with their decisions and completions, in no order; `workflow_of` reads the rows. Briefly, without what
    is bulky: of the assessment there are the costs only, and neither the diff nor the models' text."""
    chosen = (
        *columns(workflow, (*REQUEST, *STANDING)),
        *columns(decision, ("workflow", *(_BRIEF_DECISION if brief else DECISION))),
        *columns(completion, ("workflow", *(_BRIEF_COMPLETION if brief else COMPLETION))),
        *columns(decision, ("costs",) if brief else ()),
    )
    return select(*chosen).select_from(workflow.outerjoin(decision).outerjoin(completion))


def workflow_of(row: Row[Any], *, brief: bool = False) -> Workflow:
    rest = iter(row)
    request = Request(**dict(zip(REQUEST, rest, strict=False)))
    standing = dict(zip(STANDING, rest, strict=False))
    # zip asks the first of its arguments first, so that each takes what is its own from the rest.
    decided = next(rest)
    judged = dict(zip(_BRIEF_DECISION if brief else DECISION, rest, strict=False))
    completed = next(rest)
    came = dict(zip(_BRIEF_COMPLETION if brief else COMPLETION, rest, strict=False))
    if brief and (costs := next(rest)) is not None:
        judged["assessment"] = {"costs": costs}
    return Workflow(
        request=request,
        decision=None if decided is None else Decision(**judged),
        completion=None if completed is None else Completion(**came),
        **standing,
    )


def attempt_of(row: Row[Any]) -> Attempt:
    return Attempt(**row._mapping)


def told_of(row: Row[Any]) -> Told:
    return Told(**row._mapping)


def feedback_of(row: Row[Any]) -> Feedback:
    return Feedback(**{**row._mapping, "workflow": row.workflow or ""})
