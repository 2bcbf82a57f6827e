"""Openings: where a file begins to import, when it has no import of a kind yet."""

from __future__ import annotations

import re

import tree_sitter

from escalation.flow.items import line_break, line_start
from escalation.flow.layout import line_end
from escalation.flow.statements import Manner
from escalation.syntax.tree import SyntaxTree


def opened(tree: SyntaxTree, rules: Manner, text: str, kind: int) -> bytes:
    """The text with its first import of a kind, behind what must stand before it."""
    data, end = tree.document.data, line_end(tree.document.data).encode()
    line = text.encode()
    if tree.document.language == "go":
        line = b"import (" + end + b"\t" + line.removeprefix(b"import ") + end + b")"
    container, last = _opening(tree, rules, kind)
    if last is None:
        return _at_start(data, line, end, container, tree.document.language)
    at = last.start_byte + len((last.text or b"").rstrip())
    stop, following = line_break(data, at)
    inner = _inner_indent(data, container)
    if data[at:stop].strip() and not _comment_follows(last, data, stop):  # something else on the same line
        return data[:at] + end + inner + line + end + data[at:].lstrip(b" \t")
    blank = following == len(data) or not data[following : line_break(data, following)[0]].strip()
    gap = end if blank else b""
    return data[:stop] + end + gap + inner + line + data[stop:]


def _comment_follows(node: tree_sitter.Node, data: bytes, stop: int) -> bool:
    following = node.next_named_sibling
    return following is not None and "comment" in following.type and following.end_byte <= stop


def _inner_indent(data: bytes, container: tree_sitter.Node) -> bytes:
    if container.parent is None or not container.named_children:
        return b""
    first = container.named_children[-1].start_byte
    before = data[line_start(data, first) : first]
    return b"" if before.strip() else before


def _at_start(data: bytes, line: bytes, end: bytes, container: tree_sitter.Node, language: str) -> bytes:
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    if container.parent is not None and container.type == "compound_statement":  # `namespace A {` of PHP
        at = container.start_byte + 1
        return data[:at] + end + (_inner_indent(data, container) or b"    ") + line + data[at:]
    rest = data[len(mark) :]
    if not rest.strip():
        return mark + line + end + rest
    blank = not rest[: line_break(rest, 0)[0]].strip()
    gap = b"" if blank else end * (2 if re.match(rb"async def |def |class |@", rest) and language == "python" else 1)
    return mark + line + end + gap + rest


def _opening(tree: SyntaxTree, rules: Manner, kind: int) -> tuple[tree_sitter.Node, tree_sitter.Node | None]:
    """What imports stand in, and the last node that must stand before them."""
    earlier = {type_ for types in rules.kinds[:kind] for type_ in types}
    container, last = tree.root, None
    nodes = container.named_children
    while True:
        header: list[tree_sitter.Node] = []
        for node in nodes:
            if not ("comment" in node.type or _heads(node, rules) or _is_earlier(node, earlier)):
                break
            header.append(node)
        inner = _holder(nodes[len(header)] if len(header) < len(nodes) else None)
        if inner is None:
            return container, (_without_comments(tree, header, nodes) or last)
        container, nodes = inner, _contents(inner)
        last = inner if inner.type == "preproc_ifdef" else None
        if last is not None:
            last, nodes = nodes[0], nodes[1:]


def _heads(node: tree_sitter.Node, rules: Manner) -> bool:
    first = node.named_children[0].type if node.named_children else ""
    return (node.type in rules.before or f"{node.type}/{first}" in rules.before) and not (
        node.child_by_field_name("body")
    )


def _is_earlier(node: tree_sitter.Node, earlier: set[str]) -> bool:
    return node.type in earlier and not node.child_by_field_name("body")


def _holder(node: tree_sitter.Node | None) -> tree_sitter.Node | None:
    """The guard of a header file, or the body of a namespace of PHP."""
    if node is None:
        return None
    if node.type == "namespace_definition":
        return node.child_by_field_name("body")
    inside = _contents(node) if node.type == "preproc_ifdef" and node.next_named_sibling is None else []
    guard = node.child_by_field_name("name")
    if inside and guard and inside[0].type == "preproc_def" and (node.text or b"").startswith(b"#ifndef"):
        return node if inside[0].child_by_field_name("name").text == guard.text else None  # type: ignore[union-attr]
    return None


def _contents(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    name = node.child_by_field_name("name")
    return [child for child in node.named_children if child != name]


_MAGIC = re.compile(
    rb"#!|.*(coding[:=]|frozen_string_literal|@flow|@ts-|eslint|shellcheck|go:build|\+build)", re.DOTALL
)
_LICENCE = re.compile(rb"copyright|licen[cs]e|spdx|all rights reserved", re.IGNORECASE)


def _without_comments(
    tree: SyntaxTree, header: list[tree_sitter.Node], nodes: list[tree_sitter.Node]
) -> tree_sitter.Node | None:
    """The last node of a header, but for comments that belong to what follows: they touch it, and are neither a
    licence nor for a tool."""
    following = nodes[len(header)] if len(header) < len(nodes) else None
    kept = len(header)
    while (
        kept and following is not None and "comment" in header[kept - 1].type and _touches(header[kept - 1], following)
    ):
        following = header[kept - 1]
        kept -= 1
    dropped = header[kept:]
    if any(_LICENCE.search(node.text or b"") for node in dropped):
        return header[-1]
    magic = [node for node in dropped if _MAGIC.match(node.text or b"")]
    return magic[-1] if magic else header[kept - 1] if kept else None


def _touches(one: tree_sitter.Node, other: tree_sitter.Node) -> bool:
    last = one.start_point[0] + (one.text or b"").rstrip().count(b"\n")
    return other.start_point[0] <= last + 1
