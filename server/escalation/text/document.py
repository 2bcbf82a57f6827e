"""A document: one immutable text with uri, language and version.

The text is held as UTF-8 bytes, the form tree-sitter reads; offsets are byte offsets. Lines end at ``\\n``, ``\\r\\n``
or ``\\r`` and nowhere else (LSP 3.17, "Text Documents"), which is also how Python's tokenizer counts them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

_LINE_END = re.compile(rb"\r\n|\n|\r")


class Encoding(StrEnum):
    """The unit of `Position.character` (LSP `positionEncoding`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text: `line` from 0, `character` from 0 in units of an `Encoding`."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `start`..`end` by `text`; `start` None replaces the whole document."""

    start: Position | None
    end: Position | None
    text: str


@dataclass(frozen=True, slots=True)
class ByteEdit:
    """One applied edit in the terms of tree-sitter: byte offsets and (row, byte column) points.

    Rows here end at ``\\n`` only, as tree-sitter counts them.
    """

    start_byte: int
    old_end_byte: int
    new_end_byte: int
    start_point: tuple[int, int]
    old_end_point: tuple[int, int]
    new_end_point: tuple[int, int]


@dataclass(frozen=True)
class Document:
    """One text; `language` is an id of `syntax.language`, `version` the client's (None: from disk or git)."""

    uri: str
    language: str
    data: bytes = field(repr=False)
    version: int | None = None

    @classmethod
    def of(cls, text: str, *, uri: str = "", language: str = "", version: int | None = None) -> Document:
        return cls(uri, language, text.encode("utf-8", "surrogatepass"), version)

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "surrogatepass")

    @cached_property
    def line_starts(self) -> Sequence[int]:
        """Byte offset of each line's first byte; an empty text has one line."""
        return [0, *(m.end() for m in _LINE_END.finditer(self.data))]

    @property
    def line_count(self) -> int:
        return len(self.line_starts)

    def line_at(self, offset: int) -> int:
        """The line (from 0) that holds the byte at `offset`."""
        return bisect_right(self.line_starts, offset) - 1

    def line_span(self, line: int) -> tuple[int, int]:
        """Byte range of a line without its line end."""
        start = self.line_starts[line]
        end = self.line_starts[line + 1] if line + 1 < self.line_count else len(self.data)
        while end > start and self.data[end - 1] in b"\r\n":
            end -= 1
        return start, end

    def offset(self, position: Position, encoding: Encoding) -> int:
        """Byte offset of a position; beyond the line or the text it is clamped, as LSP demands."""
        if position.line >= self.line_count:
            return len(self.data)
        start, end = self.line_span(position.line)
        return start + _units_to_bytes(self.data[start:end], position.character, encoding)

    def position(self, offset: int, encoding: Encoding) -> Position:
        """The position of a byte offset."""
        line = self.line_at(offset)
        start = self.line_starts[line]
        return Position(line, _bytes_to_units(self.data[start:offset], encoding))

    def edit(self, edits: Sequence[Edit], version: int | None, encoding: Encoding) -> tuple[Document, list[ByteEdit]]:
        """Apply `edits` in turn, each to the result of the one before (LSP `contentChanges`)."""
        document, applied = self, []
        for edit in edits:
            document, byte_edit = document._edited(edit, encoding)
            applied.append(byte_edit)
        return Document(self.uri, self.language, document.data, version), applied

    def _edited(self, edit: Edit, encoding: Encoding) -> tuple[Document, ByteEdit]:
        start, end = 0, len(self.data)
        if edit.start is not None and edit.end is not None:
            start, end = self.offset(edit.start, encoding), self.offset(edit.end, encoding)
        end = max(start, end)
        new = edit.text.encode("utf-8", "surrogatepass")
        data = self.data[:start] + new + self.data[end:]
        applied = ByteEdit(
            start, end, start + len(new), _point(self.data, start), _point(self.data, end), _point(data, start + len(new))
        )
        return Document(self.uri, self.language, data, self.version), applied


def _point(data: bytes, offset: int) -> tuple[int, int]:
    return data.count(b"\n", 0, offset), offset - (data.rfind(b"\n", 0, offset) + 1)


def _units_to_bytes(line: bytes, units: int, encoding: Encoding) -> int:
    if encoding is Encoding.UTF8 or line.isascii():
        return min(units, len(line))
    text = line.decode("utf-8", "surrogatepass")
    if encoding is Encoding.UTF32:
        return len(text[:units].encode("utf-8", "surrogatepass"))
    count = 0
    for index, char in enumerate(text):
        if count >= units:
            return len(text[:index].encode("utf-8", "surrogatepass"))
        count += 2 if ord(char) > 0xFFFF else 1
    return len(line)


def _bytes_to_units(prefix: bytes, encoding: Encoding) -> int:
    if encoding is Encoding.UTF8 or prefix.isascii():
        return len(prefix)
    text = prefix.decode("utf-8", "replace")
    if encoding is Encoding.UTF32:
        return len(text)
    return len(text) + sum(ord(char) > 0xFFFF for char in text)
