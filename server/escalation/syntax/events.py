"""Events: the captures of a query in the order of the text, a container before what is in it.

tree-sitter hands captures over by name, unordered; a sweep over events does in one pass what a recursive walk would do,
several times faster and to any depth.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import tree_sitter

from escalation.syntax.language import query
from escalation.syntax.tree import SyntaxTree

Event = tuple[int, int, int, tree_sitter.Node]
"""(start, -end, rank, node): start and end in bytes; the rank of the capture's name breaks ties of equal ranges."""
_START, _MINUS_END = itemgetter(0), itemgetter(1)


def events(
    tree: SyntaxTree, names: tuple[str, ...], ranks: Mapping[str, int], span: tuple[int, int] | None = None
) -> list[Event]:
    """The events of the queries `names`, sorted. With a `span` only matches that reach into these bytes, but those
    whole: an enclosing class comes with its name. Captures that begin with `_` only serve their pattern."""
    compiled = query(tree.document.language, *names)
    if compiled is None:
        return []
    cursor = tree_sitter.QueryCursor(compiled)
    if span is None:
        found = [
            (node.start_byte, -node.end_byte, ranks[name], node)
            for name, nodes in sorted(cursor.captures(tree.root).items(), key=lambda item: ranks.get(item[0], -1))
            if name[0] != "_"
            for node in nodes
        ]
    else:
        cursor.set_byte_range(span[0], max(span[1], span[0] + 1))
        seen = {
            (node.start_byte, -node.end_byte, ranks[name], node.id): node
            for _, captures in cursor.matches(tree.root)
            for name, nodes in captures.items()
            if name[0] != "_"
            for node in nodes
        }
        found = [(start, end, rank, node) for (start, end, rank, _), node in seen.items()]
        found.sort(key=itemgetter(2))
    # Performance: two stable sorts by numbers are faster than one by tuples; ranks are in order already.
    found.sort(key=_MINUS_END)
    found.sort(key=_START)
    return found
