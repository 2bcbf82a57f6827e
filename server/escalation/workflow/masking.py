"""Masking: the secrets of a run, which this process has and the databases have not.

Those of the submission are masked at the door, before anything is kept; those of files that a model opens are masked by
the run, and once more where its result is kept. Each has placeholders of its own, so that none stands for two.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from escalation.decision.assessment import Assessment
from escalation.flow.events import Result
from escalation.flow.redaction import Redactor
from escalation.flow.secrets import made_by_machine
from escalation.repository.files import decode
from escalation.repository.inside import read_inside
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot
from escalation.workflow.commission import Commission, derived, digest, masked_files
from escalation.workflow.judging import document

_WORD = re.compile(rb"[^\s\"'`,;:()\[\]{}<>]{16,}")
"""What is long enough to be masked wherever it stands."""


@dataclass
class Secrets:
    """`door` is None where the values of the submission's secrets are lost."""

    seed: str
    placeholders: frozenset[str]
    """Those of the door."""
    door: Redactor | None
    late: Redactor
    lost: bool = field(init=False)

    def __post_init__(self) -> None:
        known = {one.placeholder for one in self.door.masked} if self.door is not None else set()
        self.lost = not self.placeholders <= known

    def restore(self, text: str) -> str:
        restored = self.late.restore(text)
        return self.door.restore(restored) if self.door is not None else restored

    def mask(self, text: str) -> str:
        """A text from outside, as it may be kept and sent. Never by the door: where that was rebuilt it may have fewer
        placeholders than before, and would give one away twice."""
        return self.late.mask(text)

    def true(self, result: Result) -> Result:
        """A result with all secrets where they were."""
        return Result(self._true(result.base), self._true(result.snapshot), result.changed)

    def learn(self, base: Snapshot) -> None:
        """Effect: what the files of a run, with their true texts, name as secrets is masked wherever it stands."""
        self.late.mask_snapshot(base)

    def rest(self) -> None:
        """Effect: only what restoring needs is held."""
        for redactor in (self.door, self.late):
            if redactor is not None:
                redactor.forget_documents()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to restore."""
        return not (self.placeholders or self.late.masked)

    def _true(self, snapshot: Snapshot) -> Snapshot:
        return Snapshot({path: self._restored(found) for path, found in snapshot.items()})

    def _restored(self, found: Document) -> Document:
        return self.door.restore_document(found) if self.door is not None else found


def fresh(commission: Commission, door: Redactor | None, keys: Collection[str]) -> Secrets:
    """Those of a commission whose redactor is at hand, or was not to be had."""
    placeholders = frozenset(one.placeholder for one in commission.masked)
    return Secrets(commission.seed, placeholders, door, Redactor(tuple(keys), derived(commission.seed, "result")))


def rebuilt(commission: Commission, keys: Collection[str]) -> Secrets:
    """Those of a commission of an earlier life: the files are masked once more, and only if each becomes what is kept
    do its placeholders stand for the same. Reads the workspace."""
    if not commission.masked:
        return fresh(commission, Redactor(tuple(keys), bytes.fromhex(commission.seed)), keys)
    kept = commission.snapshot()
    door = Redactor(tuple(keys), bytes.fromhex(commission.seed))
    again = masked_files(door, {path: _true_text(commission, path, found) for path, found in kept.items()})
    same = all(again[path].data == found.data for path, found in kept.items())
    return fresh(commission, door if same else None, keys)


def missing(text: str, placeholders: Collection[str]) -> bool:
    """Whether a text still holds one of these."""
    return "REDACTED_" in text and any(placeholder in text for placeholder in placeholders)


def may_quote(task: str, assessment: Assessment) -> bool:
    """Whether what is kept of a judgement may hold a key that only a file tells to be one: reading all files for what
    they name as secrets costs more than the judgement."""
    words = _WORD.findall(f"{task} {assessment!r}".encode("utf-8", "replace"))
    return any(made_by_machine(word) for word in words)


def _true_text(commission: Commission, path: str, kept: Document) -> Document:
    """The file of the workspace, if it is still the one that was masked; else what is kept of it."""
    if commission.request.root:
        data = read_inside(commission.request.root, path)
        found = decode(data, path).document if isinstance(data, bytes) else None
        if found is not None and digest(found.text) == commission.digests.get(path):
            return document(path, found.text)
    return kept
