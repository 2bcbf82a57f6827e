"""A document: one immutable text with uri, language and version.

The text is held as UTF-8 bytes, the form tree-sitter reads; offsets are byte offsets. Lines end at ``\\n``,
``\\r\\n`` or ``\\r`` and nowhere else (LSP 3.17, "Text Documents"), as Python's tokenizer counts them too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from escalation.text.lines import Lines, LineStarts

# Characters that are two units of UTF-16.
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


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


@dataclass(frozen=True, init=False)
class Document:
    """One text; `language` is an id of `syntax.language`, `version` the client's (None: from disk or git).

    Lone surrogates, which JSON can carry, are kept as the three bytes they would take in UTF-8.
    """

    uri: str
    language: str
    lines: Lines = field(repr=False)
    version: int | None

    def __init__(self, uri: str, language: str, data: bytes | Lines, version: int | None = None) -> None:
        object.__setattr__(self, "uri", uri)
        object.__setattr__(self, "language", language)
        object.__setattr__(self, "lines", data if isinstance(data, Lines) else Lines(data))
        object.__setattr__(self, "version", version)

    @classmethod
    def of(cls, text: str, *, uri: str = "", language: str = "", version: int | None = None) -> Document:
        return cls(uri, language, text.encode("utf-8", "surrogatepass"), version)

    @property
    def data(self) -> bytes:
        """The text as UTF-8."""
        return self.lines.data

    @property
    def digest(self) -> str:
        """What the text is recognised by, in this process and in others."""
        return blake2b(self.data, digest_size=16).hexdigest()

    @property
    def text(self) -> str:
        return _decode(self.data)

    @property
    def line_starts(self) -> Sequence[int]:
        """Byte offset of each line's first byte; an empty text has one line."""
        return LineStarts(self.lines)

    @property
    def line_count(self) -> int:
        return self.lines.count

    def line_at(self, offset: int) -> int:
        """The line (from 0) that holds the byte at `offset`."""
        return self.lines.line_at(offset)

    def line_span(self, line: int) -> tuple[int, int]:
        """Byte range of a line without its line end."""
        start, data = self.lines.line(line)
        return start, start + len(data)

    def offset(self, position: Position, encoding: Encoding) -> int:
        """Byte offset of a position. Beyond the line or the text it is clamped, as LSP demands; inside a
        character (between the halves of a surrogate pair, inside a UTF-8 sequence) it is its start."""
        if position.line >= self.lines.count:
            return self.lines.size
        start, data = self.lines.line(max(position.line, 0))
        return start + _units_to_bytes(data, max(position.character, 0), encoding)

    def position(self, offset: int, encoding: Encoding) -> Position:
        """The position of a byte offset."""
        line = self.lines.line_at(offset)
        start, data = self.lines.line(line)
        return Position(line, _bytes_to_units(data[: offset - start], encoding))

    def edit(self, edits: Sequence[Edit], version: int | None, encoding: Encoding) -> tuple[Document, list[ByteEdit]]:
        """Apply `edits` in turn, each to the result of the one before (LSP `contentChanges`)."""
        document, applied = self, []
        for edit in edits:
            document, byte_edit = document._edited(edit, encoding)
            applied.append(byte_edit)
        return Document(self.uri, self.language, document.lines, version), applied

    def _edited(self, edit: Edit, encoding: Encoding) -> tuple[Document, ByteEdit]:
        old, start, end = self.lines, 0, self.lines.size
        if edit.start is not None and edit.end is not None:
            start, end = sorted((self.offset(edit.start, encoding), self.offset(edit.end, encoding)))
        new = edit.text.encode("utf-8", "surrogatepass")
        lines = old.replace(start, end, new)
        new_end = start + len(new)
        applied = ByteEdit(start, end, new_end, old.point(start), old.point(end), lines.point(new_end))
        return Document(self.uri, self.language, lines, self.version), applied


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # bytes from a disk or from git need not be UTF-8
        return data.decode("utf-8", "replace")


def _units_to_bytes(line: bytes, units: int, encoding: Encoding) -> int:
    if line.isascii() or units >= len(line):  # no encoding has more units than UTF-8 has bytes
        return min(units, len(line))
    if encoding is Encoding.UTF8:
        while line[units] & 0xC0 == 0x80:
            units -= 1
        return units
    text = _decode(line)
    if encoding is Encoding.UTF32:
        return len(text[:units].encode("utf-8", "surrogatepass"))
    index = units
    for pairs, match in enumerate(_ASTRAL.finditer(text)):
        if match.start() + pairs + 1 >= units:
            index = min(units - pairs, match.start())
            break
        index = units - pairs - 1
    return len(text[:index].encode("utf-8", "surrogatepass"))


def _bytes_to_units(prefix: bytes, encoding: Encoding) -> int:
    if encoding is Encoding.UTF8 or prefix.isascii():
        return len(prefix)
    text = _decode(prefix)
    if encoding is Encoding.UTF32:
        return len(text)
    return len(text) + len(_ASTRAL.findall(text))
