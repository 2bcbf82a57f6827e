"""What a run made of a text, made of what the user has typed meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.analysis.rebase import rebased

BASE = b"one\ntwo\nthree\nfour\nfive\n"
LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"d\n", b"\n"]), max_size=12).map(b"".join)


@pytest.mark.parametrize(
    ("after", "current", "expected"),
    [
        (b"ONE\ntwo\nthree\nfour\nfive\n", b"one\ntwo\nthree\nfour\nFIVE\n", b"ONE\ntwo\nthree\nfour\nFIVE\n"),
        (b"one\nfour\nfive\n", b"one\ntwo\nthree\nfour\nfive\nsix\n", b"one\nfour\nfive\nsix\n"),
        (b"zero\n" + BASE, BASE + b"six\n", b"zero\n" + BASE + b"six\n"),
        (b"ONE\ntwo\nthree\nfour\nFIVE\n", b"ONE\ntwo\nthree\nfour\nfive\n", b"ONE\ntwo\nthree\nfour\nFIVE\n"),
    ],
    ids=["a line each", "lines gone, one more", "at both ends", "one change of both"],
)
def test_changes_of_different_lines_come_together(after, current, expected):
    assert rebased(BASE, after, current) == expected
    assert rebased(BASE, current, after) == expected


@pytest.mark.parametrize(
    ("after", "current"),
    [
        (b"one\nTWO\nthree\nfour\nfive\n", b"one\nzwei\nthree\nfour\nfive\n"),
        (b"one\nTWO\nthree\nfour\nfive\n", b"one\ntwo\nTHREE\nfour\nfive\n"),
        (b"one\nx\ntwo\nthree\nfour\nfive\n", b"one\ny\ntwo\nthree\nfour\nfive\n"),
        (b"", b"one\ntwo\nthree\nfour\nfive\nsix\n"),
    ],
    ids=["the same line", "lines that touch", "two insertions at one place", "all gone"],
)
def test_what_touches_is_left_to_a_person(after, current):
    assert rebased(BASE, after, current) is None


@given(base=LINES, after=LINES)
def test_without_a_change_of_the_users_it_is_the_result(base, after):
    assert rebased(base, after, base) == after


@given(base=LINES, current=LINES)
def test_without_a_change_of_the_run_it_is_the_users_text(base, current):
    assert rebased(base, base, current) == current


@given(base=LINES, after=LINES, current=LINES)
def test_it_does_not_matter_who_came_first(base, after, current):
    assert rebased(base, after, current) == rebased(base, current, after)
