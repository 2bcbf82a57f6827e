from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.analysis.hunks import Hunk, common_prefix, common_suffix, hunks

# Few distinct lines, all line ends, a last line without one: texts that share much with each other.
_lines = st.lists(
    st.sampled_from([b"a\n", b"b\n", b"\n", b"a\r\n", b"  a\n", b"b\r", b"\x00\n", b"\xff\n"]), max_size=30
)
_tail = st.sampled_from([b"", b"a", b"bb", b"\r"])
_text = st.builds(lambda lines, tail: b"".join(lines) + tail, _lines, _tail)


def split(text: bytes) -> list[bytes]:
    """The trivial reference: every line with its line end."""
    return re.findall(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)


def apply(old: bytes, new: bytes, found: tuple[Hunk, ...]) -> bytes:
    before, after = split(old), split(new)
    result: list[bytes] = []
    at = 0
    for hunk in found:
        first, end = hunk.old_range
        result += before[at:first]
        result += after[slice(*hunk.new_range)]
        at = end
    return b"".join(result + before[at:])


@given(_text, _text)
@settings(max_examples=400, deadline=None)
def test_applying_the_hunks_to_the_old_text_gives_the_new_one(old: bytes, new: bytes):
    assert apply(old, new, hunks(old, new)) == new


@given(_lines, _lines, _lines, _lines, st.integers(0, 300))
@settings(max_examples=200, deadline=None)
def test_it_holds_behind_and_before_a_long_common_part(head, old, new, tail, filler):
    common = b"".join(b"line %d\n" % n for n in range(filler))
    before = common + b"".join([*head, *old, *tail]) + common
    after = common + b"".join([*head, *new, *tail]) + common
    found = hunks(before, after)
    assert apply(before, after, found) == after
    gaps = [(one.old_range[1], two.old_range[0]) for one, two in pairwise(found)]
    assert all(end < start for end, start in gaps), "ordered, disjoint, not adjacent"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"", b"", ()),
        (b"", b"a\nb\n", (Hunk(0, 0, 1, 2),)),
        (b"a\nb\n", b"", (Hunk(1, 2, 0, 0),)),
        (b"a\nb\nc\n", b"a\nx\nc\n", (Hunk(2, 1, 2, 1),)),
        (b"a\nc\n", b"a\nb\nc\n", (Hunk(1, 0, 2, 1),)),
        (b"a\nb\nc\n", b"a\nc\n", (Hunk(2, 1, 1, 0),)),
        (b"a\nb", b"a\nb\n", (Hunk(2, 1, 2, 1),)),
        (b"a\r\nb\r\n", b"a\r\nb\n", (Hunk(2, 1, 2, 1),)),
        (b"a\rb\rc", b"a\rx\rc", (Hunk(2, 1, 2, 1),)),
        (b"a\r", b"a\n", (Hunk(1, 1, 1, 1),)),
        (b"a\nb\nc\nd\ne\n", b"A\nb\nc\nd\nE\n", (Hunk(1, 1, 1, 1), Hunk(5, 1, 5, 1))),
        (b"a\r\nb\rc\n", b"a\r\nb\rd\n", (Hunk(3, 1, 3, 1),)),
    ],
)
def test_hunks_are_those_of_a_unified_diff_without_context(old, new, expected):
    assert hunks(old, new) == expected


def test_an_added_function_is_reported_whole():
    function = b"def %s(x):\n    if x:\n        return 1\n    return 2\n\n\n"
    old = function % b"a" + function % b"c"
    new = function % b"a" + function % b"b" + function % b"c"
    assert hunks(old, new) == (Hunk(6, 0, 7, 6),)


def test_a_small_edit_in_a_large_text_is_one_small_hunk():
    lines = [b"    value_%d = compute(%d)\n" % (n, n) for n in range(20_000)]
    old = b"".join(lines)
    lines[12_345] = b"    value = 1\n"
    assert hunks(old, b"".join(lines)) == (Hunk(12_346, 1, 12_346, 1),)


@given(st.binary(max_size=2000), st.binary(max_size=50), st.binary(max_size=50), st.binary(max_size=2000))
def test_common_ends(head, one, two, tail):
    old, new = head + one + tail, head + two + tail
    size = common_prefix(old, new)
    assert old[:size] == new[:size]
    assert size == min(len(old), len(new)) or old[size] != new[size]
    limit = min(len(old), len(new))
    size = common_suffix(old, new, limit)
    assert old[len(old) - size :] == new[len(new) - size :]
    assert size == limit or old[-size - 1] != new[-size - 1]
