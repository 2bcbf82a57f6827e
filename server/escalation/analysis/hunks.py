"""Hunks: what a line diff between two texts says, as line ranges.

The diff is libgit2's (Myers, with git's indent heuristic, so that an added function is reported from its
own first line to its own last one). Before it runs, the common beginning and end are cut off by comparing
blocks of bytes: a small edit in a large text costs little more than comparing the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Lines of the common beginning and end that the diff still sees: the heuristic slides hunks within them.
_SLIDING_ROOM = 64
_LONE_CR = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Hunk:
    """`old_lines` lines from line `old_start` became `new_lines` lines from line `new_start`.

    Lines count from 1 and end where those of `Document` do. As in a unified diff without context, a side
    without lines starts at the line *before* the place (0: the beginning of the text).
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int

    @property
    def old_range(self) -> tuple[int, int]:
        """The lines of the old text as indices from 0, end exclusive; empty for an insertion."""
        first = self.old_start - 1 if self.old_lines else self.old_start
        return first, first + self.old_lines

    @property
    def new_range(self) -> tuple[int, int]:
        """The lines of the new text as indices from 0, end exclusive; empty for a deletion."""
        first = self.new_start - 1 if self.new_lines else self.new_start
        return first, first + self.new_lines


def hunks(old: bytes, new: bytes) -> tuple[Hunk, ...]:
    """The hunks that turn `old` into `new`: in order, disjoint, never adjacent, always the same ones."""
    if old == new:
        return ()
    start = _back(old, _line_start(old, common_prefix(old, new)))
    end = _common_line_end(old, new, start)
    before = line_ends(old[:start])
    return tuple(
        Hunk(hunk.old_start + before, hunk.old_lines, hunk.new_start + before, hunk.new_lines)
        for hunk in _diff(old[start : len(old) - end], new[start : len(new) - end])
    )


def common_prefix(old: bytes, new: bytes) -> int:
    """The number of bytes both begin with: blocks of doubling size until one differs, then bisection in
    it."""
    low, size, limit = 0, 256, min(len(old), len(new))
    while low < limit and old[low : low + size] == new[low : low + size]:
        low += size
        size *= 2
    high = min(low + size, limit)
    low = min(low, limit)
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_suffix(old: bytes, new: bytes, limit: int) -> int:
    """The number of bytes both end with, at most `limit`."""
    low, size = 0, 256
    while low < limit and _tail(old, low, low + size) == _tail(new, low, low + size):
        low += size
        size *= 2
    high = min(low + size, limit)
    low = min(low, limit)
    while low < high:
        middle = (low + high + 1) // 2
        if _tail(old, low, middle) == _tail(new, low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def line_ends(data: bytes) -> int:
    """The number of line ends (``\\n``, ``\\r\\n`` or ``\\r``)."""
    count = data.count(b"\n")
    return count + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else count


def _tail(data: bytes, low: int, high: int) -> bytes:
    return data[max(0, len(data) - high) : len(data) - low]


def _line_start(data: bytes, offset: int) -> int:
    return data.rfind(b"\n", 0, offset) + 1


def _back(data: bytes, offset: int) -> int:
    for _ in range(_SLIDING_ROOM):
        if not offset:
            break
        offset = _line_start(data, offset - 1)
    return offset


def _common_line_end(old: bytes, new: bytes, start: int) -> int:
    """The length of the common end behind `start`, from a line start on, less the sliding room."""
    size = common_suffix(old, new, min(len(old), len(new)) - start)
    # What is cut off begins right behind a line end that is common, too: that line end stays in the middle.
    offset = len(old) - size
    for _ in range(_SLIDING_ROOM + 1):
        offset = old.find(b"\n", offset) + 1
        if not offset:
            return 0
    return len(old) - offset


def _diff(old: bytes, new: bytes) -> list[Hunk]:
    import pygit2  # 30 ms, which the start of the language server need not wait for
    from pygit2.enums import DiffOption

    patch = pygit2.Patch.create_from(
        _newlines(old),
        _newlines(new),
        flag=DiffOption.FORCE_TEXT | DiffOption.INDENT_HEURISTIC,
        context_lines=0,
        interhunk_lines=0,
    )
    return [Hunk(hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines) for hunk in patch.hunks]


def _newlines(data: bytes) -> bytes:
    """`data` with a ``\\n`` behind each lone ``\\r``, for libgit2 knows no other line end. The NUL keeps the
    mapping one-to-one, so texts that differ only in their line ends still differ."""
    return _LONE_CR.sub(b"\r\0\n", data) if b"\r" in data else data
