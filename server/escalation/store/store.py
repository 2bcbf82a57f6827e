"""The store: everything that is written and read, in short transactions. It may be used from several threads, and by
several processes on one database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    Table,
    Update,
    delete,
    func,
    or_,
    select,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from escalation.store import cases, rows, tables
from escalation.store.cursor import LARGEST, Place, decoded, encoded
from escalation.store.errors import explained
from escalation.store.records import (
    FINISHED,
    Attempt,
    Case,
    Completion,
    Decision,
    Feedback,
    Page,
    Request,
    State,
    Told,
    Workflow,
)

_PART = 500
"""How many workflows are looked up or deleted at once."""

_T = TypeVar("_T")
_Insert = postgresql.Insert | sqlite.Insert


class Store:
    """Every method raises StoreError where the database fails; one that writes about a workflow raises UnknownWorkflow
    where there is none."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._insert: Callable[[Any], _Insert] = (
            postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        )

    # What is written

    def begin(self, request: Request, decision: Decision | None, *, state: State, host: str, at: int) -> None:
        """The first one of an id, and of a request id, wins."""
        standing = {
            "state": state,
            "updated": at,
            "finished": at if state in FINISHED else None,
            "host": host,
            "cancelling": False,
        }
        row = rows.values(request) | standing
        with self._writing() as connection:
            if self._added(connection, tables.workflow, row) and decision:
                self._put_decision(connection, request.id, decision)

    def decide(self, workflow: str, decision: Decision) -> None:
        """The last one wins."""
        with self._writing() as connection:
            self._put_decision(connection, workflow, decision)

    def tell(self, told: Sequence[Told]) -> None:
        """The first event of a number stays. The one of the type `state` with the highest number says the state."""
        if not told:
            return
        c = tables.event.c
        # In one order, so that two who tell the same at once never wait for each other both ways.
        ordered = sorted(told, key=attrgetter("workflow", "number"))
        new = self._insert(tables.event).on_conflict_do_nothing().returning(c.workflow, c.number)
        with self._writing() as connection:
            kept = {tuple(row) for row in connection.execute(new, [rows.values(each) for each in ordered])}
            for each in ordered:
                if each.type == "state" and (each.workflow, each.number) in kept:
                    kept.remove((each.workflow, each.number))
                    connection.execute(_moved(each))

    def attempt(self, attempt: Attempt) -> None:
        """The last one of a workflow, number and model wins, but nothing unfinished replaces what has finished."""
        new = self._insert(tables.attempt)
        replaces = or_(tables.attempt.c.finished.is_(None), new.excluded.finished.is_not(None))
        with self._writing() as connection:
            connection.execute(_replacing(new, where=replaces), rows.values(attempt))

    def complete(self, workflow: str, completion: Completion, at: int) -> None:
        """The first one wins. A state moves by being told, not by this."""
        row = rows.values(completion) | {"workflow": workflow, "at": at}
        with self._writing() as connection:
            self._added(connection, tables.completion, row)

    def take(self, workflow: str, host: str) -> None:
        """Notes who works on it now."""
        with self._writing() as connection:
            connection.execute(_of(workflow).values(host=host))

    def request_cancel(self, workflow: str) -> bool:
        """Whether there was something to cancel: a workflow that has not finished."""
        unfinished = _of(workflow).where(tables.workflow.c.finished.is_(None))
        with self._writing() as connection:
            return connection.execute(unfinished.values(cancelling=True)).rowcount > 0

    def add_feedback(self, feedback: Feedback) -> bool:
        """Whether it is new: the first one of an id stays."""
        row = rows.values(feedback) | {"workflow": feedback.workflow or None}
        with self._writing() as connection:
            return self._added(connection, tables.feedback, row)

    def prune(self, before: int) -> tuple[str, ...]:
        """Deletes the workflows that finished before `before`, with all their rows, and the feedback from before it
        that belongs to no workflow. Returns the ids of the workflows."""
        pruned: list[str] = []
        while part := self._prune_some(before):
            pruned += part
        c = tables.feedback.c
        with self._writing() as connection:
            connection.execute(delete(tables.feedback).where(c.workflow.is_(None), c.at < before))
        return tuple(pruned)

    # What is read

    def workflow(self, id: str) -> Workflow | None:
        return self._workflow(tables.workflow.c.id == id)

    def by_request_id(self, request_id: str) -> Workflow | None:
        return self._workflow(tables.workflow.c.request_id == request_id)

    def workflows(
        self,
        *,
        limit: int = 50,
        cursor: str = "",
        state: State | None = None,
        repository: str = "",
        execute: bool | None = None,
        since: int = 0,
    ) -> Page:
        """The newest first; `since` is about their creation. Raises ValueError for a cursor that no page gave."""
        c = tables.workflow.c
        wanted = rows.workflows().where(c.created >= min(since, LARGEST))
        if cursor:
            wanted = wanted.where(tuple_(c.created, c.id) < tuple_(*decoded(cursor)))
        if state is not None:
            wanted = wanted.where(c.state == state)
        if repository:
            wanted = wanted.where(c.repository == repository)
        if execute is not None:
            wanted = wanted.where(c.execute == execute)
        newest = wanted.order_by(c.created.desc(), c.id.desc()).limit(limit + 1)
        found = self._read(newest, rows.workflow_of)
        more = len(found) > limit
        return Page(found[:limit], encoded(_place(found[limit - 1])) if more else "")

    def unfinished(self, host: str = "") -> tuple[Workflow, ...]:
        """The oldest first; those of all hosts where none is named."""
        c = tables.workflow.c
        wanted = rows.workflows().where(c.finished.is_(None)).order_by(c.created, c.id)
        return self._read(wanted.where(c.host == host) if host else wanted, rows.workflow_of)

    def cancelling(self, workflows: Collection[str]) -> frozenset[str]:
        """Those of them that somebody wants cancelled."""
        c = tables.workflow.c
        asked = sorted(workflows)
        parts = [asked[start : start + _PART] for start in range(0, len(asked), _PART)]
        found = [self._read(select(c.id).where(c.id.in_(part), c.cancelling), _first) for part in parts]
        return frozenset(id for part in found for id in part)

    def events(self, workflow: str, after: int = 0, limit: int = 1000) -> tuple[Told, ...]:
        c = tables.event.c
        wanted = rows.EVENTS.where(c.workflow == workflow, c.number > min(after, LARGEST)).limit(limit)
        return self._read(wanted, rows.told_of)

    def last_event(self, workflow: str) -> int:
        """Its number; 0 where there is none."""
        c = tables.event.c
        (last,) = self._read(select(func.max(c.number)).where(c.workflow == workflow), _first)
        return last or 0

    def attempts(self, workflow: str) -> tuple[Attempt, ...]:
        return self._read(rows.ATTEMPTS.where(tables.attempt.c.workflow == workflow), rows.attempt_of)

    def feedback(self, workflow: str) -> tuple[Feedback, ...]:
        return self._read(rows.FEEDBACK.where(tables.feedback.c.workflow == workflow), rows.feedback_of)

    def repositories(self) -> tuple[str, ...]:
        known = union(select(tables.workflow.c.repository), select(tables.feedback.c.repository))
        return tuple(sorted(filter(None, self._read(known, _first))))

    def cases(self, *, since: int = 0, repository: str = "") -> Iterator[Case]:
        """The oldest first, read in parts; `since` is about their creation. They come without what is
        bulky: the assessment holds its `costs` only, the diff and the models' text are empty."""
        return cases.cases(self._read, since=since, repository=repository)

    def export(self, *, since: int = 0) -> Iterator[dict[str, Any]]:
        """The decision log, the oldest first, as what JSON can hold: a dictionary for each workflow, with its events,
        attempts and feedback, and one for each feedback without a workflow, whose `request` is None."""
        return cases.export(self._read, since=since)

    def ping(self) -> None:
        """Raises StoreError where the database does not answer."""
        self._read(select(1), _first)

    def close(self) -> None:
        self._engine.dispose()

    # How

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with explained(self._engine.url), self._writer.begin() as connection:
            yield connection

    def _read(self, wanted: Executable, record: Callable[[Row[Any]], _T]) -> tuple[_T, ...]:
        with explained(self._engine.url), self._engine.connect() as connection:
            return tuple(map(record, connection.execute(wanted).all()))

    def _workflow(self, condition: ColumnElement[bool]) -> Workflow | None:
        return next(iter(self._read(rows.workflows().where(condition), rows.workflow_of)), None)

    def _added(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        """Whether there was none of its key yet."""
        new = self._insert(table).on_conflict_do_nothing().returning(*table.primary_key)
        return connection.execute(new, row).first() is not None

    def _put_decision(self, connection: Connection, workflow: str, decision: Decision) -> None:
        row = rows.values(decision) | {"workflow": workflow, "costs": decision.assessment.get("costs")}
        connection.execute(_replacing(self._insert(tables.decision)), row)

    def _prune_some(self, before: int) -> list[str]:
        c = tables.workflow.c
        # What another host is about to delete is its own.
        old = select(c.id).where(c.finished < before).limit(_PART).with_for_update(skip_locked=True)
        with self._writing() as connection:
            some = list(connection.scalars(old))
            connection.execute(delete(tables.workflow).where(c.id.in_(some)))
            return some


def _replacing(new: _Insert, where: ColumnElement[bool] | None = None) -> _Insert:
    """The row of the same key, in all but its key."""
    key = [column.name for column in new.table.primary_key]
    others = {column.name: column for column in new.excluded if column.name not in key}
    return new.on_conflict_do_update(index_elements=key, set_=others, where=where)


def _of(workflow: str) -> Update:
    return update(tables.workflow).where(tables.workflow.c.id == workflow)


def _moved(told: Told) -> Update:
    """The state that an event tells, unless a later one has been told."""
    state = told.body["state"]
    return (
        _of(told.workflow)
        .where(tables.workflow.c.state_number < told.number)
        .values(
            state=state,
            state_number=told.number,
            updated=told.at,
            finished=told.at if state in FINISHED else None,
        )
    )


def _first(row: Row[Any]) -> Any:  # noqa: ANN401 - whatever the only column holds
    return row[0]


def _place(workflow: Workflow) -> Place:
    return workflow.request.created, workflow.id
