"""Substance: does an edit change code, or only comments, docstrings and layout?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import tree_sitter

from escalation.syntax.tree import SyntaxTree

_LIMIT = 20_000
"""Tokens compared per hunk; a hunk with more is taken to change code."""


_CLOSING = frozenset((b")", b"]", b"}"))
_QUOTES = {b"'": b'"', b"'''": b'"""'}
_EITHER_QUOTE = frozenset(("python", "javascript", "typescript", "tsx"))
"""Languages in which both kinds of quotes mean the same."""
_STATEMENT = re.compile(r"_(statement|definition)$")


def same_code(base: SyntaxTree, base_span: tuple[int, int], tree: SyntaxTree, span: tuple[int, int]) -> bool:
    """Whether two byte ranges hold the same tokens, but for comments, docstrings and what formatters change: layout,
    the kind of quotes, a comma in front of a closing bracket."""
    quotes = _QUOTES if tree.document.language in _EITHER_QUOTE else {}
    old, new = _formatted(code_tokens(base, *base_span), quotes), _formatted(code_tokens(tree, *span), quotes)
    for _ in range(_LIMIT):
        left, right = next(old, None), next(new, None)
        if left != right:
            return False
        if left is None:
            return True
    return False


def _formatted(tokens: Iterator[bytes], quotes: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """Tokens as one formatter would write them."""
    held = b""
    for token in tokens:
        if held and token not in _CLOSING:
            yield held
        held = b"," if token == b"," else b""
        if not held:
            yield quotes.get(token, token)
    if held:
        yield held


def code_tokens(tree: SyntaxTree, start: int, end: int) -> Iterator[bytes]:
    """The tokens of code in a byte range. Where blocks are written by indentation alone, each statement is marked with
    its depth; the comma that makes a tuple of one is marked, too."""
    data, cursor = tree.document.data, tree.root.walk()
    indented = tree.document.language == "python"
    if not _enter(cursor, start):
        return
    while True:
        node = cursor.node
        assert node is not None
        if node.start_byte >= end and not (node.start_byte == node.end_byte == start):
            return
        if node.end_byte > start and not _is_prose(node):
            if indented and node.start_byte >= start and _STATEMENT.search(node.type):
                yield b"%d" % _depth(node)
            if node.child_count == 0:
                yield b"(,)" if node.type == "," and _makes_tuple(node) else data[node.start_byte : node.end_byte]
            elif _enter(cursor, start):
                continue
        if not _advance(cursor):
            return


def _depth(node: tree_sitter.Node | None) -> int:
    """How many blocks a node stands in."""
    depth = 0
    while node is not None:
        depth += node.type == "block"
        node = node.parent
    return depth


def _makes_tuple(comma: tree_sitter.Node) -> bool:
    return comma.parent is not None and comma.parent.type == "tuple" and comma.parent.named_child_count == 1


def _enter(cursor: tree_sitter.TreeCursor, start: int) -> bool:
    return cursor.goto_first_child_for_byte(start) is not None


def _advance(cursor: tree_sitter.TreeCursor) -> bool:
    while not cursor.goto_next_sibling():
        if not cursor.goto_parent():
            return False
    return True


def _is_prose(node: tree_sitter.Node) -> bool:
    if "comment" in node.type:
        return True
    return node.type == "expression_statement" and node.child_count == 1 and node.children[0].type == "string"
