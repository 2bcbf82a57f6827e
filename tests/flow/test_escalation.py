"""The four signals by which the default model shows that it needs help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from escalation.flow.escalation import needs_escalation
from escalation.flow.events import CheckResult, SyntaxProblem, Verdict
from escalation.flow.outcome import Created


@dataclass(frozen=True)
class Worked:
    text: Sequence[str | Mapping[str, object]] = ()
    created: Sequence[Created] = ()
    verdict: Verdict | None = None
    unapplied: Sequence[str] = ()


def checked(status: str, code: int | None) -> Verdict:
    return Verdict(check=CheckResult("make test", status, 1.0, code))  # type: ignore[arg-type]


PASSED = Verdict(check=CheckResult("make test", "passed", 1.0, 0))
BROKEN = Verdict((SyntaxProblem("a.py", 3, "unexpected `)`"), SyntaxProblem("b.py", 1, "missing `}`")))


@pytest.mark.parametrize(
    "text",
    [
        "This needs a new section for billing.",
        "The module NEEDS STRUCTURAL change: the cache has to move.",
        "I would escalate this.",
        "Escalation is the better way.",
        {"type": "text", "text": "It Needs Structural work"},
        {"text": "please ESCALATE"},
    ],
)
def test_a_phrase_in_what_it_says_is_a_signal(text):
    assert needs_escalation(Worked(text=("Fine so far.", text))).kind == "phrase"


@pytest.mark.parametrize(
    "text",
    [
        "Done: the rate limit is 5 a minute.",
        "A new section was not needed.",
        {"type": "image", "source": "escalate"},
        {"type": "text", "text": None},
        "",
    ],
)
def test_other_words_are_none(text):
    assert needs_escalation(Worked(text=(text,))) is None


def test_a_phrase_of_the_task_itself_says_nothing():
    worked = Worked(text=("The privilege escalation is closed.",))
    assert needs_escalation(worked, task="Close the privilege escalation in sudo.py") is None
    assert needs_escalation(Worked(text=("It needs structural work",)), task="Fix the escalation").kind == "phrase"


@pytest.mark.parametrize("kind", ["package", "module", "class", "schema"])
def test_structure_is_a_signal(kind):
    signal = needs_escalation(Worked(created=(Created(kind, "app/limits.py"),)))
    assert (signal.kind, signal.reason) == ("structure", f"it created structure: {kind} app/limits.py")


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (BROKEN, "its result has a new syntax error at a.py:3 and 1 more"),
        (checked("failed", 2), "the check `make test` failed with exit code 2"),
        (checked("timeout", None), "the check `make test` ran out of time"),
    ],
)
def test_a_failed_verification_is_a_signal(verdict, reason):
    signal = needs_escalation(Worked(verdict=verdict))
    assert (signal.kind, signal.reason) == ("verification", reason)


def test_an_edit_that_would_not_apply_is_a_signal():
    signal = needs_escalation(Worked(unapplied=("app.py has no function `lgoin`.",)))
    assert (signal.kind, signal.reason) == (
        "edits",
        "its edits could not be applied: app.py has no function `lgoin`.",
    )


@pytest.mark.parametrize("verdict", [None, Verdict(), PASSED, checked("not_run", None)])
def test_a_pass_that_does_its_work_needs_no_help(verdict):
    assert needs_escalation(Worked(text=("Done.",), verdict=verdict)) is None
