"""A project: one repository or folder, what was read of it, and the judgement of its pending change.

The pending change is the open buffers over the working tree over the index, against `HEAD`; where there is no
git, the open buffers against the files on disk. `judge` does no I/O: it looks at the buffers that changed and
at what was read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types

from escalation.analysis.change import Change, FileChange
from escalation.analysis.facts import NOTHING, FileFacts, Surroundings, TouchedFunction, facts_of
from escalation.analysis.source import Source
from escalation.decision.assess import assess
from escalation.decision.assessment import Assessment, Trigger
from escalation.decision.dismissals import NONE, Dismissals
from escalation.decision.history import NO_HISTORY, History
from escalation.decision.policies import excludes
from escalation.decision.prices import Rates
from escalation.repository.files import MAX_BYTES, too_large
from escalation.settings.load import Problem
from escalation.settings.schema import Settings
from escalation.text.document import ByteEdit, Document

log = logging.getLogger("escalation.lsp")


@dataclass(eq=False)
class Buffer:
    """One open text. `path` is relative to the project's root; `uri` is the client's spelling."""

    uri: str
    document: Document
    path: str = ""
    judged: bool = True  # False: kept in step only (output panels, diffs of the editor's own)
    source: Source | None = None
    facts: FileFacts | None = None
    stale: bool = True  # edited since the last judgement
    diagnostics: tuple[types.Diagnostic, ...] = ()
    told: bool = False  # the client has the diagnostics of this version

    @property
    def too_large(self) -> bool:
        return self.document.lines.size > MAX_BYTES

    def edit(self, document: Document, edits: list[ByteEdit]) -> None:
        """Effect: the buffer's text is now `document`, which came from the old one by `edits`."""
        self.document, self.stale, self.told = document, True, False
        if self.source is not None:
            self.source = None if self.too_large else self.source.edited(document, edits)


@dataclass(frozen=True, slots=True)
class Base:
    """A file before the change: None and None if it did not exist."""

    document: Document | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the disk said when it was last asked. Immutable: a new reading replaces the old one."""

    settings: Settings = field(default_factory=Settings)
    problems: tuple[Problem, ...] = ()
    dismissals: Dismissals = NONE
    rates: Rates = field(default_factory=dict)
    past: History = NO_HISTORY
    """What the outcomes of the repository taught."""
    pending: Mapping[str, FileChange] = field(default_factory=dict)
    facts: Mapping[str, FileFacts] = field(default_factory=dict)
    bases: Mapping[str, Base] = field(default_factory=dict)


@dataclass(eq=False)
class Project:
    """`root` is None for texts that lie nowhere (untitled ones). Before the first `reading` nothing is
    judged."""

    root: Path | None
    buffers: dict[str, Buffer] = field(default_factory=dict)
    reading: Reading | None = None
    surroundings: Surroundings = NOTHING
    change: Change = field(default_factory=Change)  # what `assessment` is about
    assessment: Assessment | None = None
    told: tuple[Problem, ...] = ()  # the problems of the settings that the client knows of

    @property
    def settings(self) -> Settings:
        return self.reading.settings if self.reading else Settings()

    def buffer_at(self, path: str) -> Buffer | None:
        """The open buffer of a file."""
        return next((buffer for buffer in self.buffers.values() if buffer.path == path), None)

    def judge(self) -> None:
        """Effect: brings the assessment up to date with the buffers; those whose base is not read yet stay
        stale."""
        reading = self.reading
        if reading is None:
            return
        open_files = dict(self._open_files(reading))
        buffers = {buffer.path: buffer for buffer in self.buffers.values()}
        files = {path: file for path, file in reading.pending.items() if path not in buffers} | open_files
        facts = {path: fact for path, fact in reading.facts.items() if path not in buffers}
        facts |= {path: buffer.facts for path, buffer in buffers.items() if buffer.facts is not None}
        self.change = Change(tuple(files[path] for path in sorted(files)))
        self.assessment = assess(
            self.change,
            settings=reading.settings,
            surroundings=self.surroundings,
            facts=facts,
            dismissals=reading.dismissals,
            rates=reading.rates,
            history=reading.past,
        )

    def _open_files(self, reading: Reading) -> Iterator[tuple[str, FileChange]]:
        for buffer in self.buffers.values():
            base = reading.bases.get(buffer.path)
            if base is None or not buffer.judged:
                continue
            change = _file_change(buffer, base)
            if change is None:
                # The first edit then starts from what is known of the base, not from nothing.
                buffer.source = base.source
            if buffer.stale:
                buffer.facts = _examined(buffer, base, change) if change else None
                buffer.stale = False
            if change is not None:
                yield buffer.path, change

    def reread(self, reading: Reading) -> None:
        """Effect: `reading` is what is known of the disk from now on."""
        before, self.reading = self.reading, reading
        for buffer in self.buffers.values():
            old = before.bases.get(buffer.path) if before else None
            if old is not reading.bases.get(buffer.path):
                buffer.stale = True

    def touched(self, buffer: Buffer) -> tuple[TouchedFunction, ...]:
        """The functions of a buffer that the change touches."""
        if buffer.facts is None or excludes(self.settings, buffer.path):
            return ()
        return buffer.facts.touched

    def triggers_at(self, buffer: Buffer, first_line: int, last_line: int) -> list[Trigger]:
        """The triggers with evidence in these lines (from 1, inclusive) of a buffer, strongest first."""
        found = [
            trigger
            for trigger in (self.assessment.triggers if self.assessment else ())
            if any(
                e.path == buffer.path and e.start_line <= last_line and first_line <= e.end_line
                for e in trigger.evidence
            )
        ]
        return sorted(found, key=lambda t: (-t.priority.rank, -t.confidence, t.reason))


def _file_change(buffer: Buffer, base: Base) -> FileChange | None:
    """The change of an open file; None if it is as it was."""
    document = buffer.document
    if base.document is not None and base.document.lines == document.lines:
        return None
    if buffer.too_large:
        return FileChange(buffer.path, problem=too_large(), recorded="modified" if base.document else "added")
    return FileChange(buffer.path, base=base.document, current=document)


def _examined(buffer: Buffer, base: Base, change: FileChange) -> FileFacts:
    if change.problem is None and buffer.source is None:
        buffer.source = Source.of(buffer.document)
    return facts_of(change, buffer.source, base.source)
