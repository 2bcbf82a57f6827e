"""Line ends and indentation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.flow.layout import encoded, laid, line_end, step, unified
from tests.flow.editing import document


@pytest.mark.parametrize(
    ("data", "end"),
    [(b"", "\n"), (b"a", "\n"), (b"a\nb\r\n", "\n"), (b"a\r\nb\r\nc\n", "\r\n"), (b"a\rb\rc\n", "\r")],
)
def test_a_file_has_the_line_end_of_most_of_its_lines(data, end):
    assert line_end(data) == end


@given(st.text(st.sampled_from("a\n"), max_size=20), st.sampled_from(["\n", "\r\n", "\r"]))
def test_line_ends_come_and_go(text, end):
    assert unified(encoded(text, end).decode()) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("if a:\n  b\n  if c:\n    d\n", "  "),
        ("\tx\n\t\ty\n", "\t"),
        ("a\n\n   b\n", "   "),
        ("a\nb\n", "    "),
    ],
)
def test_one_step_is_what_most_lines_show(text, found):
    assert step(document("a.py", text), "    ") == found


IN_PLACE = "    def f(self):\n        if a:\n            b\n"
LAID = "    def f(self):\n        if a:\n            b"


@pytest.mark.parametrize(
    "text",
    [
        IN_PLACE,
        "\n\n" + IN_PLACE + "\n  \n",
        "def f(self):\n    if a:\n        b",
        "            def f(self):\n                if a:\n                    b",
    ],
)
def test_text_of_any_base_indentation_is_laid_as_its_place_has_it(text):
    assert laid(text, "    ", "    ", "python") == LAID


def test_a_first_line_at_the_margin_is_told_from_a_text_at_the_margin_by_the_lines_that_were_there():
    text = "def f(self):\n        if a:\n            b"
    assert laid(text, "    ", "    ", "python", frozenset(LAID.split("\n"))) == LAID


def test_or_by_the_last_line():
    assert laid("void f() {\n        a();\n    }", "    ", "    ", "java") == "    void f() {\n        a();\n    }"
    assert laid("void f() {\n    a();\n}", "\t", "\t", "java") == "\tvoid f() {\n\t    a();\n\t}"


def test_tabs_and_spaces_stay_but_for_the_base():
    assert laid("  f() {\n  \ta();\n  }", "\t", "\t", "javascript") == "\tf() {\n\t\ta();\n\t}"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", 'def f():\n    x = """\n a\n"""', '  def f():\n      x = """\n a\n"""'),
        ("python", 'def f():\n    """One.\n\n    Two.\n    """', '  def f():\n      """One.\n\n      Two.\n      """'),
        ("javascript", "f() {\n  g(`\na`);\n}", "  f() {\n    g(`\na`);\n  }"),
        ("bash", "f() {\n  cat <<E\nx\nE\n}", "  f() {\n    cat <<E\nx\nE\n  }"),
        ("php", "function f() {\n  $a = <<<E\nx\nE;\n}", "  function f() {\n    $a = <<<E\nx\nE;\n  }"),
    ],
)
def test_the_lines_of_a_string_literal_stay_where_they_are_but_a_docstring_moves(language, text, expected):
    assert laid(text, "  ", "  ", language) == expected


def test_lines_less_indented_than_the_first_stay():
    assert laid("    f();\n#if X\n    g();", "", "", "c") == "f();\n#if X\ng();"


def test_nothing_is_nothing():
    assert laid(" \n\n", "  ", "  ", "python") == ""
