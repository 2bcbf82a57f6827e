"""Events: captures in the order of the text, a container before what is in it."""

from __future__ import annotations

from escalation.syntax.events import events
from escalation.syntax.tree import SyntaxTree, parse
from escalation.text.document import Document

RANKS = {name: rank for rank, name in enumerate(("body", "class", "function", "name", "parameters"))}
TEXT = "class A:\n    def f(self): pass\n    def g(self): pass\n"


def tree(text: str, language: str = "python") -> SyntaxTree:
    found = parse(Document.of(text, language=language))
    assert found is not None
    return found


def named(found: SyntaxTree, span: tuple[int, int] | None = None) -> list[str]:
    ranks = {rank: name for name, rank in RANKS.items()}
    return [
        f"{ranks[rank]} {found.document.data[start:-end].split()[0].decode()}"
        for start, end, rank, _ in events(found, ("outline",), RANKS, span)
        if ranks[rank] in ("class", "function", "name")
    ]


def test_events_come_in_the_order_of_the_text() -> None:
    assert named(tree(TEXT)) == ["class class", "name A", "function def", "name f", "function def", "name g"]


def test_a_span_brings_what_is_around_it_whole() -> None:
    at = TEXT.index("def g") + 5
    assert named(tree(TEXT), (at, at + 1)) == ["class class", "name A", "function def", "name g"]


def test_a_language_without_the_query_has_no_events() -> None:
    assert events(tree("x=1\n"), ("nothing",), RANKS) == []
