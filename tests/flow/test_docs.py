"""`docs/flow.md` describes every event and every field."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from escalation.flow.events import (
    CheckResult,
    Event,
    FlowOutcome,
    Masked,
    MergedCall,
    SignalKind,
    SyntaxProblem,
    Verdict,
)
from escalation.flow.messages import Usage

PAGE = (Path(__file__).parents[2] / "docs" / "flow.md").read_text("utf-8")
EVENTS = get_args(Event)


def section(event: type) -> str:
    """The rows of an event."""
    found = re.search(rf"^\| \*\*`{re.escape(event.type)}`\*\*.*?(?=^\| \*\*|^$)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/flow.md does not have {event.type}"
    return found[0]


def test_the_page_has_the_events_and_no_others():
    assert set(re.findall(r"^\| \*\*`([\w.]+)`\*\*", PAGE, re.MULTILINE)) == {event.type for event in EVENTS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_every_field_of_an_event_is_described(event):
    rows = re.findall(r"^\| (`.*?) \|", section(event), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == {field.name for field in fields(event)}


@pytest.mark.parametrize("kind", [Masked, SyntaxProblem, CheckResult, Verdict, MergedCall, Usage])
def test_what_events_hold_is_described(kind):
    assert [field.name for field in fields(kind) if f"`{field.name}`" not in PAGE] == []


@pytest.mark.parametrize("value", [*get_args(FlowOutcome), *get_args(SignalKind)])
def test_outcomes_and_signals_are_described(value):
    assert f"`{value}`" in PAGE
