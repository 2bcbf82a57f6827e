"""Entities: the classes and functions of a file by address, with all that belongs to them.

An address is `path` or `path::Qualified.name`, with the names of `syntax.symbols`. Where several entities of a file
have one name (overloads, redefinitions) they are `name#1`, `name#2` … in the order of the text. What belongs to an
entity (decorators, attributes, `export`, the comment directly above) is data: `data/entities.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from threading import Lock
from typing import Any

import tree_sitter

from escalation.flow.outcome import Refusal
from escalation.syntax.language import languages
from escalation.syntax.symbols import Symbol, symbols
from escalation.syntax.tree import SyntaxTree, parse, reparse
from escalation.text.document import ByteEdit, Document

_MOST_TREES = 48
_MOST_NEAREST = 5
_MOST_SHOWN = 20
_MOST_COMPARED = 2000
_ORDINAL = re.compile(r"#\d+(?=\.|$)")
_TAIL = re.compile(rb"[ \t]*[;,]?[ \t]*")
BLANK = b" \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Rules:
    """How entities stand in the text of a language; `data/entities.toml` says what each word means."""

    wrappers: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    signatures: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    closer: bool = True
    class_end: bool = False
    indent: str = "    "
    blank: int = 1
    empty: str = ""
    deeper: bool = False
    docstrings: frozenset[str] = frozenset()
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A class or function and all that belongs to it, at the bytes `start`..`end`."""

    name: str
    """As it is addressed in its file."""
    symbol: Symbol
    start: int
    end: int
    code: int
    """Where the comments directly above it end."""
    tail: int
    """Where what may stand behind it on its last line begins: `;`, `,`, a comment."""
    whole: bool
    """Whether its lines are all its own; then `start` is where its first line starts."""
    indent: bytes
    node: tree_sitter.Node = field(repr=False, compare=False)


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("escalation.flow").joinpath("data/entities.toml").read_text("utf-8"))


@cache
def rules_of(language: str) -> Rules:
    """The rules of a language; those of none for a language that has no entities."""
    row = languages().get(language)
    found: dict[str, Any] = dict(_table().get(row.family, {})) if row else {}
    found.update((key, frozenset(value)) for key, value in found.items() if isinstance(value, list))
    return Rules(**found)


@cache
def _comments() -> tuple[frozenset[str], re.Pattern[bytes]]:
    row = _table()["comments"]
    return frozenset(row["types"]), re.compile(row["not_attached"].encode())


def split(address: str) -> tuple[str, str | None]:
    """The path of an address and the name in it, None for the file itself. `::` in a name is a `.`."""
    path, separator, name = address.partition("::")
    return path.strip(), name.strip().replace("::", ".") if separator else None


class _Trees:
    """The trees of the documents that were looked at last. A tree is what its document says, so that sharing them
    changes no answer."""

    def __init__(self) -> None:
        self._trees: OrderedDict[Document, SyntaxTree | None] = OrderedDict()
        self._lock = Lock()

    def get(self, document: Document) -> SyntaxTree | None:
        with self._lock:
            if document in self._trees:
                self._trees.move_to_end(document)
                return self._trees[document]
        tree = parse(document)
        self.put(document, tree)
        return tree

    def known(self, document: Document) -> SyntaxTree | None:
        with self._lock:
            return self._trees.get(document)

    def put(self, document: Document, tree: SyntaxTree | None) -> None:
        with self._lock:
            self._trees[document] = tree
            while len(self._trees) > _MOST_TREES:
                self._trees.popitem(last=False)


_TREES = _Trees()


def tree_of(document: Document) -> SyntaxTree | None:
    """The tree of a document, None if its language has no grammar."""
    return _TREES.get(document)


def spliced(document: Document, start: int, end: int, new: bytes) -> Document:
    """The document with the bytes `start`..`end` replaced; it comes from no editor."""
    old = document.lines
    lines = old.replace(start, end, new)
    result = Document(document.uri, document.language, lines)
    if known := _TREES.known(document):
        new_end = start + len(new)
        edit = ByteEdit(start, end, new_end, old.point(start), old.point(end), lines.point(new_end))
        _TREES.put(result, reparse(known, result, [edit]))
    return result


@lru_cache(maxsize=128)
def named(document: Document) -> Mapping[str, Symbol]:
    """The entities of a document by the names that address them, in the order of the text."""
    tree = tree_of(document)
    found = symbols(tree) if tree else ()
    counts, seen, result = Counter(symbol.name for symbol in found), Counter[str](), {}
    for symbol in found:
        seen[symbol.name] += 1
        several = counts[symbol.name] > 1
        result[f"{symbol.name}#{seen[symbol.name]}" if several else symbol.name] = symbol
    return result


def plain(name: str) -> str:
    """A name without the numbers that tell it from others of its name."""
    return _ORDINAL.sub("", name)


def find(document: Document, name: str, path: str = "") -> Entity | Refusal:
    """The entity of that name, or why there is not exactly one."""
    known = named(document)
    wanted = name if name in known else name.replace("::", ".")
    if wanted not in known and plain(wanted) in known and wanted.endswith("#1"):
        wanted = plain(wanted)
    if wanted in known:
        return _entity(document, wanted, known[wanted])
    if several := [other for other in known if plain(other) == wanted]:
        shown = tuple(f"{other} (line {line_of(document, known[other])})" for other in several[:_MOST_SHOWN])
        message = f"{_in(path)} has {len(several)} entities of the name `{wanted}`. Name one of them by its number."
        return Refusal(message, path, shown, "ambiguous")
    if tree_of(document) is None:
        message = f"{_in(path)} has no entities that can be named: send its path with `find`, or the whole file."
        return Refusal(message, path, (), "not_found")
    return Refusal(f"{_in(path)} has no entity `{wanted}`.", path, nearest(wanted, known), "not_found")


def line_of(document: Document, symbol: Symbol) -> int:
    """The line, from 1, of a symbol's name."""
    return document.line_at(symbol.name_start) + 1


def _in(path: str) -> str:
    return f"`{path}`" if path else "The file"


def nearest(name: str, candidates: Iterable[str], separator: str = ".") -> tuple[str, ...]:
    """The candidates that come closest to a name: first those with the same last part."""
    known = list(candidates)
    last = plain(name).rsplit(separator, 1)[-1].casefold()
    same = [other for other in known if plain(other).rsplit(separator, 1)[-1].casefold() == last]
    if len(known) > _MOST_COMPARED:  # a large workspace: those that share a part of the name
        parts = {part for part in name.casefold().split(separator) if part}
        known = [other for other in known if not parts.isdisjoint(other.casefold().split(separator))][:_MOST_COMPARED]
    close = get_close_matches(name, known, n=_MOST_NEAREST, cutoff=0.5)
    return tuple(dict.fromkeys([*same, *close]))[:_MOST_NEAREST]


def _entity(document: Document, name: str, symbol: Symbol) -> Entity:
    tree, rules = tree_of(document), rules_of(document.language)
    assert tree is not None, "a document without a tree has no symbols"
    return _Extent(document, tree.root, rules).of(name, symbol)


class _Extent:
    """Finds out what belongs to a symbol."""

    def __init__(self, document: Document, root: tree_sitter.Node, rules: Rules) -> None:
        self.document, self.data, self.root, self.rules = document, document.data, root, rules
        self.comments, self.not_attached = _comments()

    def of(self, name: str, symbol: Symbol) -> Entity:
        node = self._outermost(symbol)
        begin = min(node.start_byte, symbol.start)
        tail = self._trimmed(max(node.end_byte, symbol.end), symbol.start)
        end = self._behind(tail)
        line = self.document.line_at(begin)
        start, content = self.document.lines.line(line)
        indent = content[: len(content) - len(content.lstrip())]
        if end is None or self.data[start:begin].strip():
            return Entity(name, symbol, begin, tail, begin, tail, False, indent, node)
        first, code = self._above(line, symbol)
        if self.rules.deeper:
            end = self._below(end, indent)
        return Entity(name, symbol, first, end, code, tail, True, indent, node)

    def _outermost(self, symbol: Symbol) -> tree_sitter.Node:
        node = self.root.named_descendant_for_byte_range(symbol.start, symbol.end) or self.root
        while (parent := node.parent) is not None and parent.type in self.rules.wrappers:
            if sum(child.type == node.type for child in parent.named_children) > 1:
                break
            node = parent
        return node

    def _trimmed(self, end: int, start: int) -> int:
        """The end without the white space that some grammars count in."""
        while end > start and self.data[end - 1] in BLANK:
            end -= 1
        return end

    def _behind(self, end: int) -> int | None:
        """Where the last line of an entity ends; None if something else stands on it."""
        _, line_end = self.document.line_span(self.document.line_at(max(end - 1, 0)))
        match = _TAIL.match(self.data, end, line_end)
        at = match.end() if match else end
        if at >= line_end:
            return max(line_end, end)
        node = self.root.descendant_for_byte_range(at, at + 1)
        is_comment = node is not None and self._comment(node) is not None
        return line_end if is_comment and node is not None and self._trimmed(node.end_byte, at) <= line_end else None

    def _comment(self, node: tree_sitter.Node) -> tree_sitter.Node | None:
        """The comment that a node is, or is part of."""
        current: tree_sitter.Node | None = node
        while current is not None and current.type not in self.comments:
            current = current.parent
        return current

    def _above(self, line: int, symbol: Symbol) -> tuple[int, int]:
        """Where the comments and what else is attached above a line begin, and where the topmost comments end."""
        top = code = self.document.lines.start(line)
        while line > 0:
            start, content = self.document.lines.line(line - 1)
            last = start + len(content.rstrip()) - 1
            node = self._ending_at(last) if content.strip() else None
            if node is None or not self._belongs(node, symbol):
                break
            line = self.document.line_at(node.start_byte)
            begin = self.document.lines.start(line)
            if self.data[begin : node.start_byte].strip():
                break
            top = begin
            if node.type not in self.comments:
                code = begin
        return top, code

    def _ending_at(self, last: int) -> tree_sitter.Node | None:
        """The comment or attached node whose last byte is at `last`, or is followed there by a semicolon."""
        for at in (last, last - 1) if self.data[last : last + 1] == b";" else (last,):
            found, node = None, self.root.descendant_for_byte_range(at, at + 1)
            while node is not None and self._trimmed(node.end_byte, node.start_byte) == at + 1:
                if node.type in self.comments or node.type in self.rules.attached:
                    found = node
                node = node.parent
            if found is not None:
                return found
        return None

    def _belongs(self, node: tree_sitter.Node, symbol: Symbol) -> bool:
        text = self.data[node.start_byte : node.start_byte + 120]
        if node.type in self.comments:
            return not self.not_attached.match(text)
        if node.type in self.rules.signatures:
            declared = node.child_by_field_name("declaration") or node
            name = declared.child_by_field_name("name")
            own = self.data[symbol.name_start : symbol.name_end]
            return declared.type.endswith("signature") and name is not None and name.text == own
        return True

    def _below(self, end: int, indent: bytes) -> int:
        """The end of the comments below that are indented deeper."""
        for line in range(self.document.line_at(max(end - 1, 0)) + 1, self.document.line_count):
            start, content = self.document.lines.line(line)
            text = content.strip()
            if not text:
                continue
            if not text.startswith(b"#") or len(content) - len(content.lstrip()) <= len(indent):
                break
            end = start + len(content)
        return end


def text_of(document: Document, entity: Entity) -> str:
    """The text of an entity as it stands in its file, the indentation of its first line included."""
    return document.data[entity.start : entity.end].decode("utf-8", "replace")


def starts_with_comment(tree: SyntaxTree) -> bool:
    """Whether the first thing in a text is a comment."""
    types = _comments()[0]
    node: tree_sitter.Node | None = tree.root
    while node is not None and node.type not in types:
        node = next((child for child in node.children if child.type != "php_tag"), None)
    return node is not None


def bodies_in(node: tree_sitter.Node, types: Collection[str]) -> tree_sitter.Node | None:
    """The body of the class that a node is or wraps."""
    level = [node]
    for _ in range(5):
        if found := next((child for item in level for child in item.named_children if child.type in types), None):
            return found
        level = [child for item in level for child in item.named_children]
    return None
