"""The table that says what a case tells of whether the strong model was needed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from escalation.history.needed import ROWS, SILENT, Facts, answer

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"

ALONE = Facts(recommended=False, worked="default", outcome="success", verified=True)
STRONG = Facts(recommended=True, worked="strong", outcome="success", verified=True, signal="recommended")
ONLY_JUDGED = Facts(recommended=True)

# What happened, what people said (the newest first), whether it was needed, and the row that says so.
CASES = {
    "nothing ran and nobody spoke": (ONLY_JUDGED, (), None, ""),
    "the strong model ran, as recommended": (STRONG, (), None, ""),
    "it was asked for although nothing recommended it": (replace(STRONG, recommended=False), ("accepted",), None, ""),
    "a person: it needed Opus": (ALONE, ("needed_opus",), True, "needed_opus"),
    "a person: not needed": (STRONG, ("dismissed",), False, "dismissed"),
    "the default model's result was taken": (ALONE, ("accepted",), False, "accepted_default"),
    "the strong one's result was taken": (STRONG, ("accepted",), True, "accepted_strong"),
    "the judgement was accepted": (ONLY_JUDGED, ("accepted",), True, "accepted_judgement"),
    "the judgement for the default model, too": (Facts(recommended=False), ("accepted",), False, "accepted_judgement"),
    "the default model's result was thrown away": (ALONE, ("discarded",), True, "discarded_default"),
    "the strong one's result was thrown away": (STRONG, ("discarded",), None, ""),
    "a draft failed": (replace(STRONG, signal="verification"), (), True, "draft_failed"),
    "a draft did not apply": (replace(STRONG, signal="edits", recommended=False), (), True, "draft_failed"),
    "a draft asked for help": (replace(STRONG, signal="phrase"), (), True, "draft_asked"),
    "a draft created a class": (replace(STRONG, signal="structure"), (), None, ""),
    "a draft that was dropped unseen": (replace(STRONG, signal="recommended"), (), None, ""),
    "alone, and its result failed": (replace(ALONE, verified=False), (), True, "default_failed"),
    "alone, and not finished": (replace(ALONE, outcome="partial_success"), (), True, "default_failed"),
    "alone, and it passed": (ALONE, (), False, "default_succeeded"),
    "alone, unverified": (replace(ALONE, verified=None), (), None, ""),
    "alone, and the endpoint failed": (replace(ALONE, outcome="failed", verified=None), (), None, ""),
    "alone, and out of time": (replace(ALONE, outcome="timeout", verified=None), (), None, ""),
    "alone, by the fallback": (replace(ALONE, outcome="fallback_success"), (), None, ""),
    "alone, against a policy": (replace(ALONE, recommended=True, policy=True), (), None, ""),
    "alone, against a policy, taken": (replace(ALONE, recommended=True, policy=True), ("accepted",), None, ""),
    "alone, against a recommendation": (replace(ALONE, recommended=True), (), False, "default_succeeded"),
    "a person beats the run": (ALONE, ("needed_opus",), True, "needed_opus"),
    "the newest word counts": (STRONG, ("needed_opus", "dismissed"), True, "needed_opus"),
    "that says something": (STRONG, ("discarded", "dismissed"), False, "dismissed"),
    "else the run": (replace(STRONG, signal="verification"), ("discarded",), True, "draft_failed"),
}


@pytest.mark.parametrize(("facts", "words", "needed", "row"), CASES.values(), ids=CASES)
def test_what_a_case_says(facts, words, needed, row):
    found = answer(facts, words)
    assert (found.needed, found.row) == (needed, row)
    assert (found == SILENT) == (needed is None)


def test_every_row_speaks_in_some_case():
    assert {row.name for row in ROWS} == {row for _, _, _, row in CASES.values()} - {""}


def test_the_page_shows_the_table():
    answers = {"needed": "needed", "not_needed": "not needed", "as_recommended": "as recommended"}
    shown = re.findall(
        r"(?m)^\| (\w.*?) \| (needed|not needed|as recommended) \| (person|run) \| (yes|) ?\|$", PAGE.read_text()
    )
    assert shown == [(row.says, answers[row.answer], row.basis, "yes" if row.proxy else "") for row in ROWS]
