"""What a judgement makes of the past of its repository, and how that is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.decision.assess import assess
from escalation.decision.history import (
    Advice,
    Calibration,
    History,
    HistoryError,
    Performance,
    from_json,
    to_json,
)
from escalation.decision.markdown import markdown
from escalation.decision.proportion import Proportion
from escalation.decision.record import record
from escalation.settings.schema import Settings
from tests.decision.notation import by_reason, change_of, judged
from tests.decision.specification import SPECIFICATION

EVERY = [case for examples in SPECIFICATION.values() for case in (*examples.fires, *examples.silent)]
TOKENS = change_of(SPECIFICATION["critical_security"].fires[0].diff)
HARD = change_of(SPECIFICATION["algorithm_complexity"].fires[0].diff)
DOUBT = Calibration(((0.0, 0.0), (0.95, 0.3), (1.0, 1.0)), "isotonic", 40)
TRUST = Calibration(((0.0, 0.5), (1.0, 1.0)), "beta-binomial", 12)
KNOWN = dict.fromkeys(("critical_security", "algorithm_complexity"), Performance(right=5, wrong=2, missed=1))

UNIT = st.floats(0, 1)
LINES = st.lists(UNIT, min_size=1, max_size=6, unique=True).flatmap(
    lambda xs: st.lists(UNIT, min_size=len(xs), max_size=len(xs)).map(
        lambda ys: tuple(zip(sorted(xs), sorted(ys), strict=True))
    )
)


@given(LINES, st.lists(UNIT, max_size=20))
def test_a_calibration_rises_and_stays_between_0_and_1(points, stated):
    values = [Calibration(points, "isotonic", 40).apply(x) for x in sorted(stated)]
    assert values == sorted(values)
    assert all(0.0 <= value <= 1.0 for value in values)


@given(UNIT)
def test_without_points_it_changes_nothing(stated):
    assert Calibration().apply(stated) == Calibration(n=3).apply(stated) == stated


@given(LINES)
def test_at_its_points_it_is_what_they_say(points):
    line = Calibration(points, "isotonic", 40)
    assert all(line.apply(x) == pytest.approx(y) for x, y in points)


def test_it_says_where_it_comes_from():
    assert Calibration().source == "not calibrated"
    assert Calibration(n=1).source == "not calibrated: 1 outcome of this repository is too few"
    assert Calibration(n=5).source == "not calibrated: 5 outcomes of this repository are too few"
    assert TRUST.source == "calibrated on 12 outcomes of this repository (beta-binomial)"


@given(st.builds(Performance, *[st.integers(0, 10**6)] * 3), LINES)
def test_it_is_kept_as_json(performance, points):
    history = History(
        repository="/caf\udce9".encode("utf-8", "replace").decode(),
        at=1,
        days=90,
        reasons={"api_design": performance},
        difficulty=Calibration(points, "isotonic", 40),
        advice=Advice("x", 0.5, 0.4, 0.6, 40),
    )
    assert from_json(to_json(history)) == history


@given(st.binary(max_size=200))
def test_what_it_did_not_write_is_refused_in_one_line(data):
    with pytest.raises(HistoryError) as error:
        from_json(data)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("case", EVERY, ids=[case.name for case in EVERY])
def test_without_history_nothing_changes(case):
    change = change_of(case.diff, case.task, case.files)
    few = History(repository="/work/shop", reasons={"api_design": Performance(3, 4, 2)}, difficulty=Calibration(n=7))
    plain, with_few = assess(change), assess(change, history=few)
    for one, other in zip(plain.validation.triggers, with_few.validation.triggers, strict=True):
        assert one.calibrated == one.confidence == other.calibrated
        assert one.checks == other.checks
    assert replace(with_few, validation=plain.validation) == plain


def test_the_confidence_that_counts_is_the_calibrated_one():
    plain, doubted = assess(TOKENS), assess(TOKENS, history=History(reasons=KNOWN, consequence=DOUBT))
    (before, after) = (one.validation.triggers[0] for one in (plain, doubted))
    assert (plain.should_escalate, doubted.should_escalate) == (True, False)
    assert after.confidence == before.confidence
    assert after.calibrated == pytest.approx(DOUBT.apply(after.confidence), abs=1e-4)
    assert doubted.summary == (
        f"The default model will do: a confidence of {after.calibrated:.2f} is below min_confidence; it was "
        f"{after.confidence:.2f} before it was calibrated on 40 outcomes of this repository (isotonic)."
    )
    assert f"{after.calibrated:.2f} ({after.confidence:.2f} before it was calibrated" in markdown(doubted)


def test_it_may_speak_for_the_strong_model_too():
    plain, trusted = assess(HARD), assess(HARD, history=History(reasons=KNOWN, difficulty=TRUST))
    assert (plain.should_escalate, trusted.should_escalate) == (False, True)
    assert trusted.confidence >= 0.7


def test_each_question_has_its_own():
    easily = Settings(min_confidence=0.5)
    assert assess(TOKENS, history=History(reasons=KNOWN, difficulty=DOUBT)).should_escalate
    assert assess(HARD, settings=easily, history=History(reasons=KNOWN, consequence=DOUBT)).should_escalate
    assert not assess(HARD, settings=easily, history=History(reasons=KNOWN, difficulty=DOUBT)).should_escalate


def test_what_was_learnt_of_other_reasons_does_not_silence_one():
    """Thirty dismissals of an API contract say nothing of security."""
    others = {"api_design": Performance(wrong=30), "critical_security": Performance(right=3, wrong=3, missed=1)}
    found = assess(TOKENS, history=History(reasons=others, consequence=DOUBT))
    (checked,) = (one for one in found.validation.triggers if one.reason == "critical_security")
    assert found.should_escalate
    assert checked.calibrated == checked.confidence
    assert checked.calibration == "not calibrated: 7 outcomes of this repository are too few"


def test_the_probability_of_failing_is_calibrated_and_says_so():
    plain, taught = assess(TOKENS).costs, assess(TOKENS, history=History(failure=TRUST)).costs
    assert plain.failure_source == "shipped default, not calibrated on this repository"
    assert taught.failure_source == ("shipped default, calibrated on 12 outcomes of this repository (beta-binomial)")
    assert plain.failure_uncalibrated == taught.failure_uncalibrated == plain.failure_probability
    assert taught.failure_probability == pytest.approx(TRUST.apply(plain.failure_probability), abs=1e-3)
    assert taught.expected_saving > plain.expected_saving


def test_a_reason_that_was_mostly_wrong_has_a_check_against_it():
    (check,) = _hit_rate(Performance(right=1, wrong=19))
    assert not check.passed
    assert check.detail == "right in 5% of 20 outcomes, 95 % interval 1% to 24%"
    (check,) = _hit_rate(Performance(right=10, wrong=10))
    assert check.passed
    assert _hit_rate(Performance(right=0, wrong=7, missed=50)) == []


def _hit_rate(performance):
    history = History(reasons={"critical_security": performance})
    checks = assess(TOKENS, history=history).validation.triggers[0].checks
    return [check for check in checks if (check.kind, check.name) == ("history", "hit_rate")]


def test_advice_is_shown_with_the_costs():
    advised = assess(TOKENS, history=History(advice=Advice("Opus is the cheaper one here.", 0.5, 0.4, 0.6, 60)))
    assert advised.costs.advice == "Opus is the cheaper one here."
    assert "Opus is the cheaper one here." in markdown(advised).partition("## Cost")[2]
    assert advised.should_escalate == assess(TOKENS).should_escalate


def test_the_record_has_it():
    found = record(assess(TOKENS, history=History(reasons=KNOWN, consequence=DOUBT)))
    checked = found["validation"]["triggers"][0]
    assert (checked["calibration"], checked["calibrated"] < checked["confidence"]) == (DOUBT.source, True)
    assert by_reason(judged("", "")) == {}


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_proportion_lies_in_its_interval(hits, more):
    found = Proportion(hits, hits + more)
    assert 0.0 <= found.low <= found.high <= 1.0
    if found.n:
        assert found.low <= found.rate <= found.high
        assert Proportion(hits + 1, found.n + 1).low >= found.low - 1e-12


def test_wilsons_interval_is_the_known_one():
    """Of 10 in 100: Brown, Cai and DasGupta (2001), to four digits."""
    assert (round(Proportion(10, 100).low, 4), round(Proportion(10, 100).high, 4)) == (0.0552, 0.1744)
    assert (Proportion(0, 10).low, Proportion(10, 10).high) == (0.0, 1.0)
