"""Conditions: what they understand, and that they can never run code."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.settings.conditions import ConditionError, check, holds

NAMES = {"priority": "high", "lines_changed": 120, "strength": 0.75, "has_task": False, "empty": ()}

TRUE = [
    'priority == "high"',
    'priority in ("high", "critical")',
    'priority not in ["low"]',
    "lines_changed > 50 and strength >= 0.75",
    "lines_changed > 500 or strength < 1",
    "not has_task",
    "not (has_task or lines_changed < 100)",
    "0 < strength < 1",
    "100 < lines_changed <= 120 != 7",
    "  lines_changed != 0  ",
    "True",
]


@pytest.mark.parametrize("expression", TRUE)
def test_true(expression):
    assert holds(expression, NAMES)
    assert not holds(f"not ({expression.strip()})", NAMES)


FORBIDDEN = {
    "a call": "__import__('os').system('true')",
    "a built-in": "print(1)",
    "an attribute": "priority.upper",
    "a subscript": "priority[0]",
    "a lambda": "lambda: 1",
    "a comprehension": "[x for x in priority]",
    "arithmetic": "lines_changed * 9**9**9",
    "a negative": "lines_changed > -1",
    "an assignment": "(x := 1)",
    "a condition of its own": "1 if has_task else 2",
    "a format": "f'{priority}'",
    "a set": "priority in {'high'}",
    "a star": "(*empty,)",
    "identity": "has_task is False",
    "two expressions": "1; 2",
    "a statement": "import os",
    "nothing": "",
    "an unknown name": "lines > 3",
    "a mix of types": "priority > 3",
    "no container": "3 in lines_changed",
    "a null": "\0",
    "depth": "(" * 400 + "1" + ")" * 400,
    "a deep not": "not " * 20_000 + "1",
}


@pytest.mark.parametrize("expression", FORBIDDEN.values(), ids=FORBIDDEN)
def test_everything_else_is_refused_with_one_line(expression):
    with pytest.raises(ConditionError) as error:
        holds(expression, NAMES)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("expression", TRUE)
def test_what_holds_can_be_checked_before(expression):
    check(expression, NAMES)


_AT_LAST = ("a mix of types", "no container")  # seen when there are values
BEFORE = {name: expression for name, expression in FORBIDDEN.items() if name not in _AT_LAST}


@pytest.mark.parametrize("expression", BEFORE.values(), ids=BEFORE)
def test_what_is_refused_is_refused_without_values(expression):
    with pytest.raises(ConditionError) as late:
        holds(expression, NAMES)
    with pytest.raises(ConditionError) as early:
        check(expression, NAMES)
    assert str(early.value) == str(late.value)


def test_a_check_sees_what_an_evaluation_would_not_reach():
    assert not holds("has_task and lines > 3", NAMES)
    with pytest.raises(ConditionError, match="unknown name `lines`"):
        check("has_task and lines > 3", NAMES)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ConditionError, match=r"unknown name `line`; known are .*lines_changed"):
        holds("line > 3", NAMES)


@given(st.text(max_size=60))
def test_any_text_is_an_answer_or_a_condition_error(text):
    with suppress(ConditionError):
        assert holds(text, NAMES) in (True, False)
        check(text, NAMES)
