"""Anchors: where in the current text something is shown that happened in either text of a change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from escalation.analysis.change import FileChange
from escalation.text.document import Document

Span = tuple[int, int]


def lines(document: Document, start: int, end: int) -> tuple[int, int]:
    """First and last line (from 1) of a byte range; an empty range has the line it stands in."""
    return document.line_at(start) + 1, document.line_at(max(start, end - 1)) + 1


def current_line(change: FileChange, base_line: int) -> int:
    """The line of `current` (from 1) that stands for a line of `base`: the same line, or where its hunk is
    shown."""
    shift = 0
    for hunk, (first, last) in zip(change.hunks, change.current_lines, strict=False):
        start, end = hunk.old_range
        if base_line <= start:
            break
        if base_line <= end:
            return min(last, first + base_line - 1 - start)
        shift += hunk.new_lines - hunk.old_lines
    return max(1, base_line + shift)


def touches(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether one of the ordered, disjoint `spans` has a byte in `start`..`end`; an empty span counts where
    it stands strictly inside."""
    index = bisect_right(spans, (end, end))
    for low, high in reversed(spans[max(0, index - 2) : index]):
        if (low < end and start < high) or (low == high and start < low < end):
            return True
    return False


def overlap(spans: Sequence[Span], start: int, end: int) -> Span:
    """The part of `start`..`end` that the spans cover, from the first covered byte to the last; all of it if
    none is."""
    parts = [(max(low, start), min(high, end)) for low, high in spans if low < end and start < high]
    return (parts[0][0], parts[-1][1]) if parts else (start, end)
