"""A run: what it has opened, masked and spent so far. The one owner of that state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from escalation.analysis.change import Change
from escalation.flow.clock import Clock
from escalation.flow.diff import changed_paths
from escalation.flow.engine import Engine, Job
from escalation.flow.events import Event, Redaction, Result
from escalation.flow.outcome import Refusal
from escalation.flow.redaction import Redactor
from escalation.flow.sources import ABSENT
from escalation.flow.spending import Purse
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

Emit = Callable[[Event], None]


class Run:
    """`base` are the files as the run saw them first, masked; it grows when a model asks for more of them."""

    def __init__(self, job: Job, engine: Engine, emit: Emit) -> None:
        self.job, self.engine, self.emit = job, engine, emit
        self.purse = Purse(engine.ledger, engine.settings.budget, engine.settings.daily_budget)
        self.clock = Clock(engine.settings.timeout)
        self._redactor = Redactor(engine.keys, job.seed)
        self._told = 0
        self._true = dict(job.snapshot)
        self.base = self._redactor.mask_snapshot(job.snapshot)
        self.task = self._redactor.mask(job.task, "the task")
        self.change = self._masked(job.change)

    def tell_masked(self) -> None:
        """Effect: tells of what has been masked since the last time."""
        masked = self._redactor.masked
        if len(masked) > self._told:
            self.emit(Redaction(masked[self._told :]))
            self._told = len(masked)

    def open(self, path: str, snapshot: Snapshot) -> Snapshot | Refusal:
        """A snapshot that holds the file at `path`, if there is one; unless the run knew it before and a model has
        taken it away."""
        if path in snapshot or path in self.base:
            return snapshot
        read = self.engine.sources.read(path)
        if isinstance(read, Document):
            self._true[path] = read
            masked = self._redactor.mask_document(path, read)
            self.base = self.base.with_document(path, masked)
            self.tell_masked()
            return snapshot.with_document(path, masked)
        return snapshot if read == ABSENT else Refusal(f"{path} {read}.", path, reason="private")

    def mask(self, text: str) -> str:
        """A text from outside the snapshot, as it may leave."""
        return self._redactor.mask(text)

    def mangled(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What looks like the placeholder of a secret in the changed files and stands for none."""
        changed = (snapshot[path].text for path in changed_paths(self.base, snapshot) if path in snapshot)
        return tuple(word for text in changed for word in self._redactor.foreign(text))

    def result(self, snapshot: Snapshot) -> Result:
        """The texts before and after, with the secrets where they were."""
        changed = changed_paths(self.base, snapshot)
        after = {path: self._true[path] for path in snapshot if path in self._true and path not in changed}
        restored = {path: self._redactor.restore_document(snapshot[path]) for path in changed if path in snapshot}
        return Result(Snapshot(self._true), Snapshot({**after, **restored}), changed)

    def _masked(self, change: Change) -> Change:
        def masked(path: str, document: Document | None) -> Document | None:
            return self._redactor.mask_document(path, document) if document is not None else None

        return Change(
            tuple(
                replace(file, base=masked(file.path, file.base), current=masked(file.path, file.current))
                for file in change.files
            ),
            change.task,
        )
