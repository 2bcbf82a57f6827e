from __future__ import annotations

import pytest

from escalation.analysis.change import Change, FileChange
from escalation.text.document import Document


def changed(base: str | None, current: str | None, **more) -> FileChange:
    def document(text):
        return None if text is None else Document.of(text, language="python")

    return FileChange("a.py", base=document(base), current=document(current), **more)


@pytest.mark.parametrize(
    ("change", "status", "added", "deleted"),
    [
        (changed(None, "a\nb\n"), "added", 2, 0),
        (changed("a\nb", None), "deleted", 0, 2),
        (changed("a\n", "b\n"), "modified", 1, 1),
        (changed("a\n", "a\n", base_path="b.py"), "renamed", 0, 0),
        (changed(None, None, problem="binary", recorded="added"), "added", 0, 0),
        (changed(None, None, problem="too large", recorded="deleted", counted=(0, 9)), "deleted", 0, 9),
        (changed(None, None, problem="binary"), "modified", 0, 0),
        (changed(None, ""), "added", 0, 0),
    ],
)
def test_status_and_size(change, status, added, deleted):
    assert (change.status, change.lines_added, change.lines_deleted) == (status, added, deleted)


def test_spans_and_lines_of_hunks():
    change = changed("a\nb\nc\nd\n", "a\nB\nc\nd\nnew")
    assert [change.current.data[slice(*span)] for span in change.current_spans] == [b"B\n", b"new"]
    assert [change.base.data[slice(*span)] for span in change.base_spans] == [b"b\n", b""]
    assert change.current_lines == ((2, 2), (5, 5))
    assert change.base_lines == 4


@pytest.mark.parametrize(
    ("base", "current", "lines"),
    [
        ("a\nb\nc\n", "a\nc\n", ((2, 2),)),
        ("a\nb\n", "a\n", ((1, 1),)),
        ("a\n", "", ((1, 1),)),
        ("a\n", None, ()),
        ("", "é\r\nb\r\n", ((1, 2),)),
    ],
)
def test_lines_to_show(base, current, lines):
    assert changed(base, current).current_lines == lines


def test_the_size_of_a_change_is_that_of_its_files():
    change = Change((changed("a\n", "b\n"), changed(None, "x\ny\n")))
    assert (change.lines_added, change.lines_deleted) == (3, 1)
