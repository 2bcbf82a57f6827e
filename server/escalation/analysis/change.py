"""A change: what became of each file between a base and now, with the task behind it if one is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from escalation.analysis.hunks import Hunk, hunks, line_ends
from escalation.text.document import Document

Status = Literal["added", "deleted", "modified", "renamed"]
Span = tuple[int, int]


@dataclass(frozen=True)
class FileChange:
    """One file of a change; `path` is relative to the root, with `/`.

    `base` is the file before (None: it did not exist), `current` the file now (None: it is gone).
    `base_path` is set for a renamed file only. `problem` says in plain words why the content is not judged;
    then both documents are None, and `recorded` and `counted` hold what is known without them. `note` is a
    reservation about content that is judged.
    """

    path: str
    base: Document | None = None
    current: Document | None = None
    base_path: str | None = None
    problem: str | None = None
    note: str | None = None
    recorded: Status | None = None
    counted: tuple[int, int] | None = None  # lines added and deleted

    @property
    def status(self) -> Status:
        if self.recorded is not None:
            return self.recorded
        if self.base_path is not None:
            return "renamed"
        if self.base is None and self.current is not None:
            return "added"
        return "deleted" if self.current is None and self.base is not None else "modified"

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """The line diff; a file that came or went is one hunk."""
        return hunks(self.base.data if self.base else b"", self.current.data if self.current else b"")

    @property
    def lines_added(self) -> int:
        return self.counted[0] if self.counted else sum(hunk.new_lines for hunk in self.hunks)

    @property
    def lines_deleted(self) -> int:
        return self.counted[1] if self.counted else sum(hunk.old_lines for hunk in self.hunks)

    @property
    def base_lines(self) -> int:
        """The number of lines before the change."""
        return _lines_of(self.base) if self.base else 0

    @cached_property
    def current_spans(self) -> tuple[Span, ...]:
        """Byte range of each hunk in `current`; an empty range where lines were only deleted."""
        return _spans(self.current, [hunk.new_range for hunk in self.hunks])

    @cached_property
    def base_spans(self) -> tuple[Span, ...]:
        """Byte range of each hunk in `base`; an empty range where lines were only added."""
        return _spans(self.base, [hunk.old_range for hunk in self.hunks])

    @property
    def current_lines(self) -> tuple[tuple[int, int], ...]:
        """First and last line of each hunk in `current`, from 1, inclusive, to be shown. A hunk that only
        deletes shows at the line that now follows it, or at the last one."""
        if self.current is None:
            return ()
        last = max(1, _lines_of(self.current))
        shown = []
        for hunk in self.hunks:
            first, end = hunk.new_range
            shown.append((first + 1, end) if hunk.new_lines else (min(first + 1, last),) * 2)
        return tuple(shown)


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody is about to do, in their words; `files` are the paths they named, existing or not."""

    description: str
    type: str = ""
    priority: str = ""
    requester: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """The files of a change, ordered by path, and the task it serves."""

    files: tuple[FileChange, ...] = ()
    task: Task | None = None

    @property
    def lines_added(self) -> int:
        return sum(file.lines_added for file in self.files)

    @property
    def lines_deleted(self) -> int:
        return sum(file.lines_deleted for file in self.files)


def line_count(data: bytes) -> int:
    """The number of lines as diffs count them: a line end at the very end starts no further line."""
    return line_ends(data) + (bool(data) and data[-1] not in b"\r\n")


def _lines_of(document: Document) -> int:
    """The same of a document, which knows its lines without counting."""
    data = document.data
    return document.line_count - 1 + (bool(data) and data[-1] not in b"\r\n")


def _spans(document: Document | None, ranges: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    if document is None:
        return tuple((0, 0) for _ in ranges)
    starts, size = document.line_starts, len(document.data)

    def offset(line: int) -> int:
        return starts[line] if line < len(starts) else size

    return tuple((offset(first), offset(end)) for first, end in ranges)
