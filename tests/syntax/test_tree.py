"""Trees: parsed, and reparsed to what parsing from scratch gives."""

from __future__ import annotations

from escalation.syntax.tree import parse, reparse
from escalation.text.document import Document, Edit, Encoding, Position


def test_a_reparsed_tree_equals_a_fresh_one_and_says_what_changed() -> None:
    before = Document.of("def f():\n    pass\n", language="python")
    tree = parse(before)
    assert tree is not None
    assert tree.dirty is None
    place = Position(1, 4)
    after, edits = before.edit([Edit(place, place, "if x: ")], None, Encoding.UTF8)
    again, fresh = reparse(tree, after, edits), parse(after)
    assert fresh is not None
    assert str(again.root) == str(fresh.root)
    assert again.dirty
    assert any(start <= 13 and end >= 19 for start, end in again.dirty)


def test_a_language_without_a_grammar_has_no_tree() -> None:
    assert parse(Document.of("{}", language="json")) is None
    assert parse(Document.of("x", language="no such language")) is None
