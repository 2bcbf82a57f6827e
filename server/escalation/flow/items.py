"""Items: one thing of a comma-separated list, put in or taken out in the way the list is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

import tree_sitter

_COMMA = re.compile(rb"[ \t]*,")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_COMMENT = (b"#", b"//", b"/*")
# What holds a list of things that are imported.
_LISTS = frozenset(
    {
        *("import_statement", "import_from_statement", "future_import_statement"),
        *("import_clause", "named_imports", "object_pattern"),
        *("use_list", "namespace_use_group", "namespace_use_declaration"),
    }
)
_NO_ITEMS = frozenset({"string", "namespace_name"})


def line_start(data: bytes, at: int) -> int:
    """Where the line of a byte begins."""
    return max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1


def line_break(data: bytes, at: int) -> tuple[int, int]:
    """The first line end from a byte on, as a range; the end of the text where there is none."""
    found = _LINE_END.search(data, at)
    return found.span() if found else (len(data), len(data))


def with_item(data: bytes, items: Sequence[tree_sitter.Node], index: int, text: bytes, end: bytes) -> bytes:
    """The text with an item more before `items[index]`, or behind the last one. `items` are not empty."""
    if index == 0:
        at = items[0].start_byte
        gap = end + data[line_start(data, at) : at] if _alone(data, items) else b" "
        return data[:at] + text + b"," + gap + data[at:]
    before = items[index - 1].end_byte
    if not _alone(data, items):
        return data[:before] + b", " + text + data[before:]
    first = items[0].start_byte
    line = end + data[line_start(data, first) : first] + text
    comma = _COMMA.match(data, before)
    behind = comma.end() if comma else before
    at = line_break(data, behind)[0]
    rest = data[behind:at].strip()
    if rest and not rest.startswith(_COMMENT):
        at = behind
    if comma:
        return data[:at] + line + b"," + data[at:]
    return data[:before] + b"," + data[before:at] + line + data[at:]


def without_item(data: bytes, node: tree_sitter.Node, statement: tree_sitter.Node) -> bytes | None:
    """The text without an item of a statement; None if the statement has no other."""
    while node != statement and node.parent is not None:
        siblings = _siblings(node)
        if len(siblings) > 1:
            return _cut(data, siblings, siblings.index(node))
        node = node.parent
    return None


def _siblings(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    parent = node.parent
    if parent is None or parent.type not in _LISTS:
        return [node]
    module = parent.child_by_field_name("module_name")
    return [c for c in parent.named_children if not c.is_extra and c.type not in _NO_ITEMS and c != module]


def _cut(data: bytes, items: list[tree_sitter.Node], index: int) -> bytes:
    node = items[index]
    start = line_start(data, node.start_byte)
    comma = _COMMA.match(data, node.end_byte)
    stop, following = line_break(data, comma.end() if comma else node.end_byte)
    rest = data[comma.end() if comma else node.end_byte : stop].strip()
    on_its_own = _alone(data, [node]) and (not rest or rest.startswith(_COMMENT))
    if not on_its_own or data[:start].rstrip().endswith(b"\\"):
        if index:
            return data[: items[index - 1].end_byte] + data[node.end_byte :]
        return data[: node.start_byte] + data[items[1].start_byte :]
    if comma is None and index and (last := _COMMA.match(data, items[index - 1].end_byte)):
        return data[: items[index - 1].end_byte] + data[last.end() : start] + data[following:]
    return data[:start] + data[following:]


def _alone(data: bytes, items: Sequence[tree_sitter.Node]) -> bool:
    """Whether each item begins a line."""
    return all(not data[line_start(data, item.start_byte) : item.start_byte].strip() for item in items)
