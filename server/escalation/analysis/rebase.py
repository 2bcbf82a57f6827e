"""Rebasing: what somebody made of a text, made of what has become of the text meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from escalation.analysis.hunks import hunks

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """The lines from `first` up to `end` (from 0) become `lines`."""

    first: int
    end: int
    lines: tuple[bytes, ...]


def rebased(base: bytes, after: bytes, current: bytes) -> bytes | None:
    """`current` with the changes that lead from `base` to `after`. None where the two changed the same lines, or lines
    that touch: then only a person can say what is right."""
    if current in (base, after):
        return after
    edits = sorted({*_edits(base, after), *_edits(base, current)})
    if any(later.first <= earlier.end for earlier, later in pairwise(edits)):
        return None
    lines = _LINE.findall(base)
    pieces: list[bytes] = []
    at = 0
    for edit in edits:
        pieces += [*lines[at : edit.first], *edit.lines]
        at = edit.end
    return b"".join([*pieces, *lines[at:]])


def _edits(old: bytes, new: bytes) -> list[_Edit]:
    lines = _LINE.findall(new)
    found = []
    for hunk in hunks(old, new):
        first, end = hunk.new_range
        found.append(_Edit(*hunk.old_range, tuple(lines[first:end])))
    return found
