"""Right, wrong, missed, spared: what a case says of a recommendation, and of each of its reasons."""

from __future__ import annotations

import pytest

from escalation.history.outcomes import judged, solved
from tests.history.cases import HARD, NOW, POLICY, WEAK, case, editor, said

FINDINGS = {
    "recommended and needed": (case(said("needed_opus")), "right"),
    "recommended and not needed": (case(said("dismissed")), "wrong"),
    "not recommended and needed": (case(said("needed_opus"), recommended=False), "missed"),
    "neither": (case(tier="L3", recommended=False, reasons=(WEAK,)), "spared"),
    "a draft failed where nothing was recommended": (
        case(tier="L3->L4->L3", signal="verification", recommended=False, reasons=(WEAK,)),
        "missed",
    ),
    "nobody knows": (case(tier="L4->L3", signal="recommended"), "unknown"),
    "nothing happened yet": (case(), "unknown"),
    "Sonnet alone sufficed, against the recommendation": (case(tier="L3"), "wrong"),
    "Sonnet alone sufficed, against a policy": (case(tier="L3", reasons=(POLICY,)), "unknown"),
    "a cancelled run": (case(tier="L3", outcome="cancelled", verified=None), "unknown"),
    "in the editor: needed": (editor(said("needed_opus")), "missed"),
    "in the editor: needed, and it was recommended": (editor(said("needed_opus", should_escalate=True)), "right"),
    "in the editor: dismissed": (editor(said("dismissed", reason="api_design")), "wrong"),
    "in the editor: a reason that recommended nothing": (
        editor(said("dismissed", reason="api_design", should_escalate=False)),
        "spared",
    ),
    "in the editor: taken, nobody knows what": (editor(said("accepted")), "unknown"),
    "nothing at all": (editor(), "unknown"),
}


@pytest.mark.parametrize(("given", "finding"), FINDINGS.values(), ids=FINDINGS)
def test_findings(given, finding):
    assert judged(given).finding == finding


def test_the_newest_word_counts_whatever_the_order():
    first, last = said("dismissed", at=NOW - 5), said("needed_opus", at=NOW)
    assert judged(case(first, last)).finding == judged(case(last, first)).finding == "right"


def by_reason(given):
    return {one.reason: one.finding for one in judged(given).reasons}


def test_a_dismissal_of_one_reason_says_nothing_of_the_other():
    given = case(said("dismissed", reason=HARD.reason), reasons=(HARD, POLICY))
    assert by_reason(given) == {HARD.reason: "wrong", POLICY.reason: "unknown"}
    assert judged(given).finding == "unknown"


def test_who_dismisses_every_reason_dismisses_the_recommendation():
    words = [said("dismissed", reason=one.reason) for one in (HARD, POLICY)]
    assert judged(case(*words, reasons=(HARD, POLICY))).finding == "wrong"


def test_one_success_of_the_default_model_is_no_word_on_a_policy():
    """Insurance is not wrong because the house did not burn."""
    given = case(tier="L3", reasons=(HARD, POLICY))
    assert by_reason(given) == {HARD.reason: "wrong", POLICY.reason: "unknown"}
    assert judged(given).finding == "unknown"


def test_a_reason_that_was_seen_and_did_not_suffice_was_missed():
    assert by_reason(case(said("needed_opus"), recommended=False, reasons=(WEAK,))) == {WEAK.reason: "missed"}
    assert by_reason(case(tier="L3", recommended=False, reasons=(WEAK,))) == {WEAK.reason: "unknown"}


def test_a_reason_that_only_a_person_saw_was_missed():
    given = case(said("needed_opus", reason="api_design"), recommended=False, reasons=())
    assert by_reason(given) == {"api_design": "missed"}


def test_a_reason_that_the_validation_refused_did_not_speak():
    refused = type(HARD)(HARD.reason, "high", 0.4, "invalid")
    assert by_reason(case(said("dismissed"), reasons=(refused, POLICY))) == {
        HARD.reason: "unknown",
        POLICY.reason: "wrong",
    }


SOLVED = {
    "it succeeded": (case(tier="L3"), True),
    "by the fallback": (case(tier="L4->L3", outcome="fallback_success"), True),
    "unverified": (case(tier="L3", verified=None), True),
    "its verification failed": (case(tier="L3", verified=False), False),
    "in part": (case(tier="L3", outcome="partial_success", verified=False), False),
    "in part, and taken": (case(said("accepted"), tier="L3", outcome="partial_success"), True),
    "thrown away": (case(said("discarded"), tier="L3"), False),
    "thrown away, then taken": (case(said("discarded", at=1), said("accepted", at=2), tier="L3"), True),
    "not needed, but taken": (case(said("dismissed"), tier="L3"), True),
    "failed": (case(tier="L3", outcome="failed", verified=None), False),
    "out of time": (case(tier="L3", outcome="timeout", verified=None), False),
    "cancelled": (case(tier="L3", outcome="cancelled"), None),
    "only decided on": (case(), None),
    "a word in the editor": (editor(said("accepted")), None),
}


@pytest.mark.parametrize(("given", "expected"), SOLVED.values(), ids=SOLVED)
def test_what_is_solved(given, expected):
    assert solved(given) is expected


FAILED = {
    "alone, and it passed": (case(tier="L3"), False),
    "alone, and a policy changes nothing about that": (case(tier="L3", reasons=(POLICY,)), False),
    "alone, and thrown away": (case(said("discarded"), tier="L3"), True),
    "alone, failed, and taken all the same": (case(said("accepted"), tier="L3", verified=False), False),
    "a draft that failed": (case(said("accepted"), tier="L3->L4->L3", signal="verification"), True),
    "never tried": (case(said("accepted"), tier="L4->L3", signal="recommended"), None),
    "a wish is no observation": (case(said("needed_opus"), tier="L4->L3", signal="recommended"), None),
    "nothing ran": (case(said("accepted")), None),
}


@pytest.mark.parametrize(("given", "expected"), FAILED.values(), ids=FAILED)
def test_whether_the_default_model_failed(given, expected):
    assert judged(given).failed is expected
