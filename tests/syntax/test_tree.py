"""Trees: parsed, and reparsed to what parsing from scratch gives."""

from __future__ import annotations

from escalation.syntax.tree import edited_span, parse, reparse
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


def test_what_several_edits_put_in_is_told_in_the_final_text() -> None:
    before = Document.of("a = 1\nb = 2\nc = 3\n", language="python")
    low, high = Position(0, 0), Position(2, 0)
    after, edits = before.edit([Edit(high, high, "x"), Edit(low, low, "yy")], None, Encoding.UTF8)
    assert after.text == "yya = 1\nb = 2\nxc = 3\n"
    assert edited_span(edits) == ((0, after.text.index("x") + 1),)
    assert edited_span(edits[:1]) == ((12, 13),)
    assert edited_span([]) == ()


def test_a_language_without_a_grammar_has_no_tree() -> None:
    assert parse(Document.of("{}", language="json")) is None
    assert parse(Document.of("x", language="no such language")) is None
