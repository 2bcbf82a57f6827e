"""Imports: which modules a file names, in every language that has an `imports.scm`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from escalation.syntax.language import query
from escalation.syntax.tree import SyntaxTree


@dataclass(frozen=True, slots=True)
class Import:
    """One module named at byte range `start`..`end`, as the language spells it without quotes (``a.b``,
    ``./a``, ``crate::a``, ``a/b.h``). `names` are what is taken from it, ``*`` for all; `relative` counts
    Python's leading dots (Ruby's `require_relative` has one)."""

    module: str
    names: tuple[str, ...] = ()
    relative: int = 0
    start: int = 0
    end: int = 0


def imports(tree: SyntaxTree) -> tuple[Import, ...]:
    """The imports of a file in document order, wherever they stand; empty for a language without imports."""
    found = query(tree.document.language, "imports")
    if found is None:
        return ()
    named: dict[tuple[int, int, str, int], list[str]] = {}
    for _, captures in tree_sitter.QueryCursor(found).matches(tree.root):
        node = captures["import"][0]
        names = [_text(name) for name in captures.get("name", ())]
        for module, relative in _modules(captures):
            key = (node.start_byte, node.end_byte, module, relative)
            kept = named.setdefault(key, [])
            kept.extend(name for name in names if name not in kept)
    return tuple(
        Import(module, tuple(names), relative, start, end)
        for (start, end, module, relative), names in sorted(named.items(), key=lambda item: item[0])
    )


def _modules(captures: dict[str, list[tree_sitter.Node]]) -> Iterator[tuple[str, int]]:
    """The modules of one match, each with its leading dots."""
    for node in captures.get("module", ()):
        text = _text(node)
        dots = len(text) - len(text.lstrip(".")) if node.type == "relative_import" else 0
        yield text[dots:].strip(), dots
    for node in captures.get("relative", ()):
        yield _text(node), 1
    for node in captures.get("child", ()):
        yield f"self::{_text(node)}", 0
    for node in captures.get("tree", ()):
        yield from ((module, 0) for module in _expanded(_text(node)))
    for node in captures.get("file", ()):
        if path := _LITERAL.search(_text(node)):
            yield path[1].lstrip("/"), 0


# The last string of an expression that computes a path.
_LITERAL = re.compile(r"[\"']([^\"'$]+)[\"'][^\"']*$")
_ALIAS = re.compile(r"\s+as\s+\w+$")


def _expanded(text: str) -> Iterator[str]:
    """Every path in a tree of paths: ``a::{b, c::{self, d as e}}`` has ``a::b``, ``a::c`` and ``a::c::d``."""
    opening = text.find("{")
    if opening < 0:
        path = _ALIAS.sub("", text.strip()).removeprefix("function ").removeprefix("const ")
        yield re.sub(r"::(self|\*)$", "", path).strip("\\ ")
        return
    depth, start = 0, opening + 1
    for index in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if (depth == 1 and text[index] == ",") or (depth == 0 and text[index] == "}"):
            if part := text[start:index].strip():
                yield from _expanded(text[:opening] + part)
            start = index + 1
        if depth == 0:
            break


def _text(node: tree_sitter.Node) -> str:
    text = (node.text or b"").decode("utf-8", "replace").strip()
    if len(text) > 1 and (text[0], text[-1]) in _QUOTES:
        return text[1:-1]
    return text


_QUOTES = frozenset({('"', '"'), ("'", "'"), ("`", "`"), ("<", ">")})
