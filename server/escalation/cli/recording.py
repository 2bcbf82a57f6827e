"""Recording: a run of the command line becomes part of the history.

The store is opened while the models work and written when they are done, in a thread of its own, so that nobody waits
for it. The run is what was asked for: what keeps its history from being written is said in one line, and that is all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import time
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from escalation.cli.visible import one_line
from escalation.flow.events import Event, TierStart

if TYPE_CHECKING:
    from escalation.flow.engine import Job
    from escalation.repository.workspace import Workspace
    from escalation.store.records import State, Verdict
    from escalation.store.store import Store

HOST = "command line"
"""Who works on such a run, in the place of a host's name."""
_PATIENCE_SECONDS = 20.0
_Found = TypeVar("_Found")
_FIRST: tuple[State, str] = ("initialized", "it was asked for on the command line")
Heard = tuple[Event, int]
"""An event, and when it was told (milliseconds since the epoch)."""


@dataclass(frozen=True)
class Subject:
    """What runs where, since when. `keys` are the keys in use, which no text that is kept may hold."""

    id: str
    workspace: Workspace
    job: Job
    keys: tuple[str, ...]
    began: int

    @property
    def root(self) -> str:
        return str(self.workspace.root)


class Recording:
    """Effect: keeps one run, from `begin` to `close`. One that came to no event is not kept."""

    def __init__(self) -> None:
        self._subject: Subject | None = None
        self._heard: list[Heard] = []
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._store: Future[Store] | None = None
        self._written: list[Future[None]] = []

    def begin(self, workspace: Workspace, job: Job, keys: tuple[str, ...]) -> None:
        """A run is about to begin."""
        self._subject = Subject(uuid4().hex, workspace, job, keys, _now())

    def tell(self, event: Event) -> None:
        """An event of the run."""
        self._heard.append((event, _now()))
        if isinstance(event, TierStart):
            self._opening()

    def end(self) -> None:
        """Effect: the run is being written."""
        subject, heard = self._subject, tuple(self._heard)
        if subject is not None and heard:
            self._later(lambda store: _write(store, subject, heard))

    def judged(self, verdict: Verdict) -> None:
        """Effect: what the user says of the result is being written."""
        subject, at = self._subject, _now()
        if subject is not None:
            self._later(lambda store: _feedback(store, subject, verdict, at))

    def close(self) -> None:
        """Effect: waits for a while until everything is written, and says what kept it from being."""
        done, late = wait(self._written, timeout=_PATIENCE_SECONDS)
        problems = [problem for written in done if (problem := written.exception()) is not None]
        if late or problems:
            why = _words(problems[0]) if problems else "another program keeps it locked; end that one"
            print(f"escalation: this run is not in the history: {one_line(why)}", file=sys.stderr)
        self._calls.put(None)

    def _opening(self) -> Future[Store]:
        if self._store is None:
            self._store = self._called(_opened)
            Thread(target=_carry_out, args=(self._calls, self._store), name="history", daemon=True).start()
        return self._store

    def _later(self, write: Callable[[Store], None]) -> None:
        store = self._opening()
        self._written.append(self._called(lambda: write(store.result())))

    def _called(self, call: Callable[[], _Found]) -> Future[_Found]:
        """What the thread will have made of a call."""
        future: Future[_Found] = Future()

        def carry_out() -> None:
            try:
                future.set_result(call())
            except Exception as problem:  # noqa: BLE001 - whatever it is: the run is not to suffer from it
                future.set_exception(problem)

        self._calls.put(carry_out)
        return future


def _carry_out(calls: SimpleQueue[Callable[[], None] | None], store: Future[Store]) -> None:
    """The thread. It ends with the process: what it is then in the midst of is a transaction, which leaves nothing."""
    while (call := calls.get()) is not None:
        call()
    if store.exception() is None:
        store.result().close()


def _now() -> int:
    return int(time() * 1000)


def _words(problem: BaseException) -> str:
    from escalation.store.errors import StoreError

    return str(problem) if isinstance(problem, StoreError) else f"{type(problem).__name__}: {problem}"


def _opened() -> Store:
    """Raises StoreError."""
    from escalation.settings.home import state
    from escalation.store.opening import open_store, sqlite_url

    return open_store(sqlite_url(state()))


def _write(store: Store, subject: Subject, heard: Sequence[Heard]) -> None:
    """Effect: a run that is over, and what the repository learns from it. Raises StoreError."""
    from escalation.flow.redaction import Redactor
    from escalation.store.records import Request
    from escalation.workflow import recorder
    from escalation.workflow.learning import learn

    job, began = subject.job, subject.began
    redactor = Redactor(subject.keys, job.seed)
    redactor.mask_snapshot(job.snapshot)  # it learns them: the task may name what only a file tells to be a secret
    request = Request(
        id=subject.id,
        request_id=subject.id,
        created=began,
        repository=subject.root,
        root=subject.root,
        task=redactor.mask(job.task, "the task"),
        execute=True,
    )
    decision = None
    if job.assessment is not None:
        decision = recorder.decided(job.assessment, subject.workspace.settings, redactor.mask)
    store.begin(request, decision, state="initialized", host=HOST, at=began)
    course = recorder.Course(subject.id)
    for state, reason in (_FIRST, *recorder.JUDGING):
        course, entry = recorder.stated(course, state, reason, began)
        recorder.write(store, entry, began)
    for event, at in heard:
        course, entry = recorder.heard(course, event, at)
        recorder.write(store, entry, at)
    learn(store, subject.root)


def _feedback(store: Store, subject: Subject, verdict: Verdict, at: int) -> None:
    """Effect: what the user says of the result, and what the repository learns from it. Raises StoreError."""
    from escalation.store.records import Feedback
    from escalation.workflow.learning import learn

    name = f"{subject.id}:{verdict}"
    store.add_feedback(Feedback(id=name, at=at, verdict=verdict, workflow=subject.id, repository=subject.root))
    learn(store, subject.root)
