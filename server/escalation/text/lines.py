"""An immutable text in blocks of whole lines, each with its own line index.

An edit rebuilds the blocks it touches and shares the others, so a keystroke costs much the same in 300 lines
as in 60,000. Lines end at ``\\n``, ``\\r\\n`` or ``\\r``; every block but the last ends where a line ends,
so that a ``\\r\\n`` is never split between two blocks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload

_LINE_END = re.compile(rb"\r\n|\n|\r")
# Small enough that splitting one block is a few microseconds, large enough that a big file has few of them.
_BLOCK = 4096


class _Block:
    """Some whole lines. `line_ends` counts its line ends, `rows` only its ``\\n``."""

    __slots__ = ("_starts", "data", "line_ends", "rows")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.rows = data.count(b"\n")
        self.line_ends = self.rows
        if b"\r" in data:
            self.line_ends += data.count(b"\r") - data.count(b"\r\n")
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """Offset of each line in the block, and the offset behind its last line end."""
        if self._starts is None:
            # Of bytes, splitlines knows these three line ends and no other.
            self._starts = list(accumulate(map(len, self.data.splitlines(keepends=True)), initial=0))
            if not self.data.endswith((b"\n", b"\r")) and self.data:
                self._starts.pop()
        return self._starts


def _split(data: bytes) -> list[_Block]:
    blocks, at = [], 0
    while len(data) - at > 2 * _BLOCK:
        match = _LINE_END.search(data, at + _BLOCK)
        if match is None:
            break
        blocks.append(_Block(data[at : match.end()]))
        at = match.end()
    if at < len(data):
        blocks.append(_Block(data[at:]))
    return blocks


def _sums(sums: list[int], first: int, last: int, values: list[int]) -> list[int]:
    """Running sums after the values `first` .. `last` became `values`."""
    new = [*sums[:first], *accumulate(values, initial=sums[first])]
    if len(new) == 1 and last + 2 == len(sums):
        return [0, 0]  # nothing is left: one empty block
    shift = new[-1] - sums[last + 1]
    return new + (sums[last + 2 :] if shift == 0 else [value + shift for value in sums[last + 2 :]])


class Lines:
    """The text `data` of `size` bytes in `count` lines (an empty text has one). Offsets are bytes, from 0."""

    __slots__ = ("_blocks", "_data", "_lines", "_offsets", "_rows", "count", "size")

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data
        self._blocks = _split(data) or [_Block(b"")]
        # What lies before each block, and behind the last one.
        self._offsets = list(accumulate([len(b.data) for b in self._blocks], initial=0))
        self._lines = list(accumulate([b.line_ends for b in self._blocks], initial=0))
        self._rows = list(accumulate([b.rows for b in self._blocks], initial=0))
        self.size, self.count = len(data), self._lines[-1] + 1

    def _spliced(self, first: int, last: int, blocks: list[_Block]) -> Lines:
        """The text with the blocks `first` .. `last` replaced by `blocks`."""
        result = Lines.__new__(Lines)
        result._data = None
        result._blocks = [*self._blocks[:first], *blocks, *self._blocks[last + 1 :]] or [_Block(b"")]
        result._offsets = _sums(self._offsets, first, last, [len(b.data) for b in blocks])
        result._lines = _sums(self._lines, first, last, [b.line_ends for b in blocks])
        result._rows = _sums(self._rows, first, last, [b.rows for b in blocks])
        result.size, result.count = result._offsets[-1], result._lines[-1] + 1
        return result

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lines):
            return NotImplemented
        return self is other or (self.size == other.size and self.data == other.data)

    def __hash__(self) -> int:
        return hash(self.data)

    def __repr__(self) -> str:
        return f"Lines({self.count} lines, {self.size} bytes)"

    @property
    def data(self) -> bytes:
        """The whole text; joined on the first call."""
        if self._data is None:
            self._data = b"".join([block.data for block in self._blocks])
        return self._data

    def _block_at(self, offset: int) -> int:
        return bisect_right(self._offsets, offset, 1, len(self._blocks)) - 1

    def _block_of_line(self, line: int) -> int:
        return bisect_right(self._lines, line, 1, len(self._blocks)) - 1

    def start(self, line: int) -> int:
        """Offset of a line's first byte; `line` is in 0 .. count - 1."""
        index = self._block_of_line(line)
        return self._offsets[index] + self._blocks[index].starts[line - self._lines[index]]

    def line_at(self, offset: int) -> int:
        """The line that holds the byte at `offset`; the last line for the end of the text."""
        index = self._block_at(offset)
        return self._lines[index] + bisect_right(self._blocks[index].starts, offset - self._offsets[index]) - 1

    def line(self, line: int) -> tuple[int, bytes]:
        """Offset of a line and its bytes without the line end."""
        index = self._block_of_line(line)
        block, nth = self._blocks[index], line - self._lines[index]
        start = block.starts[nth]
        end = block.starts[nth + 1] if nth + 1 < len(block.starts) else len(block.data)
        return self._offsets[index] + start, block.data[start:end].rstrip(b"\r\n")

    def point(self, offset: int) -> tuple[int, int]:
        """(row, byte column) of an offset as tree-sitter counts: rows end at ``\\n`` only."""
        index = self._block_at(offset)
        data, inside = self._blocks[index].data, offset - self._offsets[index]
        row, column = (
            self._rows[index] + data.count(b"\n", 0, inside),
            inside - data.rfind(b"\n", 0, inside) - 1,
        )
        if row > self._rows[index]:
            return row, column
        # The row began in an earlier block: at most one block back, unless lone \r ends lines here.
        column = inside
        while index and not (data := self._blocks[index - 1].data).endswith(b"\n"):
            index -= 1
            newline = data.rfind(b"\n")
            column += len(data) - newline - 1
            if newline >= 0:
                break
        return row, column

    def replace(self, start: int, end: int, new: bytes) -> Lines:
        """The text with the bytes `start` .. `end` replaced by `new`."""
        first, last = self._block_at(start), self._block_at(end)
        blocks = self._blocks
        head = blocks[first].data[: start - self._offsets[first]]
        data = head + new + blocks[last].data[end - self._offsets[last] :]
        if last + 1 < len(blocks) and not _ends_line(data, blocks[last + 1].data):
            last += 1
            data += blocks[last].data
        if first and data.startswith(b"\n") and blocks[first - 1].data.endswith(b"\r"):
            first -= 1
            data = blocks[first].data + data
        return self._spliced(first, last, _split(data))


def _ends_line(data: bytes, following: bytes) -> bool:
    if data.endswith(b"\r"):
        return not following.startswith(b"\n")
    return data.endswith(b"\n")


class LineStarts(Sequence[int]):
    """The offsets of all lines of a text, looked up when asked for."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return self._lines.count

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self._lines.start(line) for line in range(*index.indices(len(self)))]
        return self._lines.start(range(len(self))[index])

    def __iter__(self) -> Iterator[int]:
        return map(self._lines.start, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._lines)
