"""What `read_entity` shows."""

from __future__ import annotations

from typing import Any

import pytest

from escalation.flow import tools
from escalation.flow.messages import ToolCall
from escalation.flow.outcome import Applied, Outcome
from escalation.flow.reading import MAX_ANSWER
from escalation.text.snapshot import Snapshot
from tests.flow.editing import of

FILES = of(
    {
        "a.py": "class A:\n    # About f.\n    def f(self):\n        return 1\n\n\nx = 1\n",
        "empty.py": "",
        "long.py": "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(1000)) + "class Last: ...",
        "long.txt": "é" * 20 + "\n" + "b" * 100_000 + "\nc\n",
    }
)


def read(files: Snapshot, entity: str, **fields: Any) -> Outcome:
    return tools.apply(files, ToolCall("t", "read_entity", {"entity": entity, **fields}))


def answer(entity: str, **fields: Any) -> str:
    outcome = read(FILES, entity, **fields)
    assert isinstance(outcome, Applied), outcome
    assert (outcome.snapshot, outcome.changed, outcome.created) == (FILES, (), ())
    return outcome.answer


def test_a_file_is_shown_as_it_is():
    assert answer("a.py") == f"`a.py`, lines 1-7 of 7:\n{FILES['a.py'].text.rstrip()}"
    assert answer("empty.py") == "`empty.py` is empty."


def test_an_entity_is_shown_with_what_belongs_to_it():
    assert answer("a.py::A.f") == ("`a.py::A.f`, lines 2-4 of 7:\n    # About f.\n    def f(self):\n        return 1")


@pytest.mark.parametrize(("lines", "shown"), [("2-3", "2-3"), ("7", "7-7"), ("6-", "6-7"), (" 6 - 900", "6-7")])
def test_some_lines_of_a_file(lines, shown):
    assert answer("a.py", lines=lines).startswith(f"`a.py`, lines {shown} of 7:\n")


def test_some_lines_of_an_entity():
    assert answer("a.py::A", lines="3-100") == "`a.py::A`, lines 3-4 of 7:\n    def f(self):\n        return 1"
    refusal = read(FILES, "a.py::A", lines="6-7")
    assert "stands on the lines 1-4" in refusal.answer


@pytest.mark.parametrize("lines", ["0", "3-2", "8", "a", "-", "1,2", "1-2-3", "99999999"])
def test_lines_that_are_none(lines):
    assert "must be like `10-40`, within 1-7" in read(FILES, "a.py", lines=lines).answer


def test_of_a_long_file_the_outline():
    shown = answer("long.py")
    assert len(shown.encode()) <= MAX_ANSWER + 300
    assert "1-2: function f0" in shown
    assert "has 4001 lines" in shown


def test_a_long_part_is_cut_and_says_how_to_go_on():
    shown = answer("long.py", lines="1-4000")
    assert len(shown.encode()) <= MAX_ANSWER + 300
    assert shown.endswith("-4000)")


def test_a_long_line_is_cut():
    shown = answer("long.txt", lines="2")
    assert len(shown) <= MAX_ANSWER + 300
    assert "(this line goes on)" in shown
