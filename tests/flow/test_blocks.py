"""Exact blocks of text: one place or none."""

from __future__ import annotations

import pytest

from tests.flow.editing import changed, of, refused

CONFIG = "a: 1\n\nb:\n  - x\n  - y\n\nc: 3\n"


@pytest.mark.parametrize(
    ("find", "text", "expected"),
    [
        ("  - x", "  - z", CONFIG.replace("- x", "- z")),
        ("- x\n  - y", "- z", "a: 1\n\nb:\n  - z\n\nc: 3\n"),
        ("  - x\n", "", "a: 1\n\nb:\n  - y\n\nc: 3\n"),
        ("c: 3", "c: 3\nd: 4\n", CONFIG + "d: 4\n"),
        ("c: 3\n", "d: 4", "a: 1\n\nb:\n  - x\n  - y\n\nd: 4\n"),
        (": 1", ": 2", CONFIG.replace("1", "2")),
    ],
)
def test_a_block_is_replaced_as_it_was_sent(find, text, expected):
    for end in ("\n", "\r\n"):
        files = of({"a.yaml": CONFIG.replace("\n", end)})
        assert changed(files, "update", "a.yaml", find=find, text=text) == expected.replace("\n", end)


@pytest.mark.parametrize(
    ("find", "expected"),
    [
        ("  - x", "a: 1\n\nb:\n  - y\n\nc: 3\n"),
        ("b:\n  - x\n  - y\n", "a: 1\n\nc: 3\n"),
        ("c: 3", "a: 1\n\nb:\n  - x\n  - y\n"),
        (": 1", "a\n\nb:\n  - x\n  - y\n\nc: 3\n"),
    ],
)
def test_a_removed_block_of_whole_lines_takes_its_lines(find, expected):
    assert changed(of({"a.yaml": CONFIG}), "remove", "a.yaml", find=find) == expected


def test_a_file_without_a_final_newline_stays_so():
    assert changed(of({"a.yaml": "a: 1\nb: 2"}), "remove", "a.yaml", find="b: 2") == "a: 1"


def test_a_block_may_be_looked_for_in_an_entity():
    files = of({"a.py": "def f():\n    return 1\n\n\ndef g():\n    return 1\n"})
    assert changed(files, "update", "a.py::g", find="return 1", text="return 2").endswith("return 2\n")
    assert refused(files, "update", "a.py::h", find="return 1", text="").reason == "not_found"


def test_a_block_that_occurs_more_than_once_tells_its_lines():
    refusal = refused(of({"a.txt": "x\ny\nx\n"}), "update", "a.txt", find="x", text="z")
    assert (refusal.reason, refusal.path) == ("ambiguous", "a.txt")
    assert "occurs 2 times in `a.txt` (lines 1, 3)" in refusal.message


def test_a_block_that_differs_in_white_space_is_shown_as_it_is():
    refusal = refused(of({"a.py": "x\nif a:\n\tb()\n"}), "update", "a.py", find="if a:\n    b()", text="")
    assert "lines 2-3 of `a.py` differ from `find` in white space" in refusal.message
    assert refusal.nearest == ("line 2: `if a:`", "line 3: `\tb()`")


def test_a_block_that_is_not_there_brings_the_lines_most_like_it():
    refusal = refused(of({"a.py": "import os\nresult = compute(1)\n"}), "remove", "a.py", find="result = compute(2)")
    assert refusal.reason == "not_found"
    assert refusal.nearest == ("line 2: `result = compute(1)`",)


@pytest.mark.parametrize("find", [" ", "\n\n"])
def test_white_space_is_no_block(find):
    assert "`find` is empty" in refused(of({"a.txt": "a \n\n"}), "remove", "a.txt", find=find).message


def test_a_block_is_text_and_no_pattern():
    assert changed(of({"a.txt": "a.b\naxb\n"}), "update", "a.txt", find="a.b", text=r"\1\n") == "\\1\\n\naxb\n"
