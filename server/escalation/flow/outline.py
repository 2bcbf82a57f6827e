"""Outlines: what a file declares and imports, a line for each class and function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from escalation.syntax.imports import Import, imports
from escalation.syntax.symbols import Kind, Symbol, symbols
from escalation.syntax.tree import parse
from escalation.text.document import Document

_LONGEST_SIGNATURE = 160
_LONGEST_LINE = 400
"""Bytes of a line that are read as a signature; a minified file is one line."""
_MOST_LINES = 8
"""Lines of a signature."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A class or function by its qualified name, on the lines `first` to `last`, from 1, inclusive."""

    name: str
    kind: Kind
    first: int
    last: int
    depth: int
    """How many declarations are around it."""
    signature: str
    obvious: bool = True
    """Whether its name is that of the declaration around it and the one its signature shows."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file declares, in the order of the text, an outer one before those in it; and what it imports."""

    declared: tuple[Declared, ...] = ()
    imports: tuple[Import, ...] = ()


@lru_cache(maxsize=256)
def outline(document: Document) -> Outline:
    """The outline of a document; an empty one if its language has no grammar. Nameless functions are left out.

    The passes of a run see the same documents, so each is parsed once."""
    tree = parse(document)
    if tree is None:
        return Outline()
    declared, around = [], list[Symbol]()
    for symbol in symbols(tree):
        if symbol.kind == "lambda":
            continue
        while around and around[-1].end < symbol.end:
            around.pop()
        declared.append(_declared(document, symbol, around))
        around.append(symbol)
    return Outline(tuple(declared), imports(tree))


def _declared(document: Document, symbol: Symbol, around: Sequence[Symbol]) -> Declared:
    first, last = document.line_at(symbol.start), document.line_at(max(symbol.start, symbol.end - 1))
    signature = _signature(document, symbol, last)
    prefix = f"{around[-1].name}." if around else ""
    own = symbol.name.removeprefix(prefix)
    obvious = symbol.name.startswith(prefix) and "." not in own and own in signature
    return Declared(symbol.name, symbol.kind, first + 1, last + 1, len(around), signature, obvious)


def _signature(document: Document, symbol: Symbol, last: int) -> str:
    """The line of the name, and those that follow while its brackets are open."""
    line = document.line_at(symbol.name_start)
    start, data = document.lines.line(line)
    if len(data) > _LONGEST_LINE:
        data = data[symbol.start - start :] if symbol.start >= start else data
    text = _read(data)
    for following in range(line + 1, min(last, line + _MOST_LINES) + 1):
        if len(text) > _LONGEST_SIGNATURE or text.count("(") <= text.count(")"):
            break
        text += (" " if not text.endswith("(") else "") + _read(document.lines.line(following)[1])
    return text if len(text) <= _LONGEST_SIGNATURE else f"{text[:_LONGEST_SIGNATURE]}…"


def _read(data: bytes) -> str:
    return data[:_LONGEST_LINE].decode("utf-8", "replace").strip()
