"""Statistics: rates with their number and interval, money, days."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.decision.history import from_json, to_json
from escalation.decision.proportion import Proportion
from escalation.history.learning import learned
from escalation.history.record import record
from escalation.history.statistics import statistics
from tests.history.cases import DAY, HARD, NOW, OPUS, POLICY, SONNET, WEAK, case, cases, editor, said

timeless = settings(deadline=None)


def of(*given, days=30):
    return statistics(given, days=days, now=NOW)


MIXED = (
    case(said("dismissed")),
    case(said("accepted"), tier="L4->L3", signal="recommended", cost=0.3),
    case(tier="L4->L3", signal="recommended", cost=0.3),
    case(tier="L3", recommended=False, reasons=(WEAK,), confidence=0.6),
    case(tier="L3->L4->L3", signal="verification", recommended=False, reasons=(WEAK,), cost=0.9, confidence=0.7),
    case(recommended=False, reasons=()),
    editor(said("needed_opus")),
)


def test_rates():
    found = of(*MIXED)
    assert (found.decisions, found.runs) == (6, 4)
    assert found.rates.escalation == Proportion(3, 6)
    assert found.rates.success == Proportion(4, 4)
    assert found.rates.hits == Proportion(1, 2)
    assert found.rates.false_positives == Proportion(1, 2)
    assert found.rates.false_negatives == Proportion(2, 3)
    told = found.judgements
    assert (told.right, told.wrong, told.missed, told.spared, told.unknown) == (1, 1, 2, 1, 2)
    assert (told.people, told.proxy) == (3, 2)
    assert found.confidence.value == pytest.approx((0.8 * 4 + 0.6 + 0.7) / 6)
    assert found.outcomes == {"success": 4}
    assert found.signals == {"recommended": 2, "verification": 1}
    assert found.validations == {"valid": 6}


def test_money():
    spent = of(*MIXED, case(tier="L3", cost=None), case(tier="L3", outcome="cancelled", cost=0.5)).spending
    assert spent.total == pytest.approx(0.3 + 0.3 + 0.1 + 0.9 + 0.5)
    assert spent.by_tier == pytest.approx({"L3": 0.15 + 0.15 + 0.1 + 0.6 + 0.5, "L4": 0.15 + 0.15 + 0.3})
    assert spent.unpriced == 1
    assert spent.per_solved.value == pytest.approx(1.6 / 4)
    assert spent.in_range == Proportion(1, 2)  # of L3: 0.1 lies in it, what the cancelled one had spent does not
    pairs = {(row.default, row.escalation, row.begins): row.solved.n for row in spent.pairs}
    assert pairs == {(SONNET, OPUS, "L3"): 3, (SONNET, OPUS, "L4"): 2}


def test_a_run_belongs_to_how_it_began():
    """A draft that the strong model had to replace is dear for beginning with the default one."""
    taken_over = case(tier="L3->L4->L3", signal="verification", recommended=False)
    drafted = case(tier="L3->L4->L3", signal="recommended")
    assert [row.begins for row in of(taken_over).spending.pairs] == ["L3"]
    assert [row.begins for row in of(drafted).spending.pairs] == ["L3->L4->L3"]


def test_reasons():
    found = of(
        case(said("dismissed"), reasons=(HARD, POLICY)),
        case(said("needed_opus"), reasons=(HARD,)),
        case(said("needed_opus"), recommended=False, reasons=(WEAK,)),
        case(reasons=(HARD,)),
    )
    rows = {row.reason: row for row in found.reasons}
    hard = rows[HARD.reason]
    assert (hard.seen, hard.spoke) == (4, 3)
    assert (hard.performance.right, hard.performance.wrong, hard.performance.missed) == (1, 1, 1)
    assert rows[POLICY.reason].performance.hits == Proportion(0, 1)
    assert [row.reason for row in found.reasons] == [HARD.reason, POLICY.reason]


def test_every_day_is_there():
    found = of(case(at=NOW - 3 * DAY), case(at=NOW - 3 * DAY, recommended=False), case(at=NOW), days=5)
    assert len(found.series) == 6
    assert [day.rates.escalation for day in found.series] == [
        Proportion(),
        Proportion(),
        Proportion(1, 2),
        Proportion(),
        Proportion(),
        Proportion(1, 1),
    ]
    assert [day.date for day in found.series] == sorted({day.date for day in found.series})


def test_what_lies_outside_the_days_does_not_count():
    assert of(case(at=NOW - 31 * DAY), case(at=NOW + 1), editor(said("dismissed", at=NOW - 40 * DAY))).decisions == 0


def test_nothing_is_known_of_nothing():
    found = of()
    assert found.rates.hits.rate is None
    assert (found.rates.hits.low, found.rates.hits.high) == (0.0, 1.0)
    assert found.spending.per_solved.value is None
    assert (found.advice, found.suggestions, found.reasons) == (None, (), ())
    assert {row.calibration.method for row in found.calibrations} == {"none"}


def test_calibration_curves_are_of_what_was_stated():
    found = {row.of: row for row in of(*MIXED).calibrations}
    assert [(one.said, one.observed) for one in found["difficulty"].bins] == [
        (0.5, Proportion(1, 2)),
        (0.8, Proportion(1, 2)),
    ]
    assert [(one.said, one.observed) for one in found["failure"].bins] == [(0.3, Proportion(1, 2))]
    assert found["consequence"].bins == ()


def test_only_people_calibrate_a_policy():
    """That a run without the strong model went well is no word against who is careful."""
    went_well = case(tier="L3", recommended=False, reasons=(replace(POLICY, priority="medium"),))
    dismissed = case(said("dismissed"), reasons=(POLICY,))
    curve = {row.of: row for row in of(went_well, dismissed).calibrations}["consequence"]
    assert [one.observed for one in curve.bins] == [Proportion(0, 1)]


def test_suggestions_are_words_on_what_is_sure():
    wrong = [case(said("dismissed"), reasons=(POLICY,)) for _ in range(12)]
    found = of(*wrong).suggestions
    assert any("“Security-critical change” was right in 0 of 12 cases" in words for words in found)
    assert any('`ignore = ["critical_security"]`' in words for words in found)
    assert any("raise `min_confidence`" in words for words in found)
    assert of(*wrong[:7]).suggestions == ()
    missed = [case(said("needed_opus"), recommended=False, reasons=(WEAK,)) for _ in range(12)]
    assert any("lower `min_confidence`" in words for words in of(*missed).suggestions)
    assert any('`require = ["algorithm_complexity"]`' in words for words in of(*missed).suggestions)
    dear = [case(tier="L3", cost=5.0) for _ in range(12)]
    assert any("do not trust the cost ranges" in words for words in of(*dear).suggestions)


def test_advice_is_about_one_repository():
    """What holds for two together may hold for neither."""
    runs = [
        *(case(tier="L3", recommended=False, cost=1.0 + n / 99, verified=n % 3 == 0) for n in range(40)),
        *(case(tier="L4->L3", signal="recommended", cost=1.0 + n / 99) for n in range(40)),
    ]
    assert of(*runs).advice is not None
    assert of(*runs).advice.words in of(*runs).suggestions
    assert of(*runs, case(tier="L3", repository="/work/other")).advice is None


# ---- properties


def proportions(found):
    """Every proportion and estimate of a record, by walking it."""
    if isinstance(found, dict):
        if {"low", "high", "n"} <= found.keys():
            yield found
        for value in found.values():
            yield from proportions(value)
    elif isinstance(found, list):
        for value in found:
            yield from proportions(value)


@timeless
@given(st.lists(cases, max_size=12), st.integers(1, 40))
def test_any_cases_have_statistics(given, days):
    found = record(statistics(given, days=days, now=NOW))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    for figure in proportions(found):
        middle = figure.get("rate", figure.get("value"))
        if middle is not None and figure["low"] is not None:
            assert figure["low"] <= middle <= figure["high"]
    for name, rate in found["rates"].items():
        assert 0 <= rate["low"] <= rate["high"] <= 1, name
    assert sum(day["rates"]["escalation"]["n"] for day in found["series"]) == found["decisions"]
    told = found["judgements"]
    assert told["proxy"] <= told["right"] + told["wrong"] + told["missed"] + told["spared"]


@timeless
@given(st.lists(cases, max_size=12))
def test_any_cases_teach_something_that_can_be_kept(given):
    history = learned(given, repository="/work/shop", now=NOW)
    assert from_json(to_json(history)) == history


@timeless
@given(st.lists(cases, max_size=12))
def test_one_more_right_outcome_never_lowers_a_hit_rate(given):
    right = case(said("needed_opus"), reasons=(HARD,))
    before, after = of(*given), of(*given, right)
    assert (after.rates.hits.rate or 0) >= (before.rates.hits.rate or 0)
    assert after.rates.hits.low >= before.rates.hits.low - 1e-12

    def hits(found):
        return learned(found, repository="", now=NOW).reasons[HARD.reason].hits.rate

    assert hits([*given, right]) >= (
        hits(given) or 0 if HARD.reason in learned(given, repository="", now=NOW).reasons else 0
    )


@timeless
@given(st.lists(cases, max_size=8), st.randoms())
def test_the_order_of_cases_says_nothing(given, random):
    shuffled = [*given]
    random.shuffle(shuffled)
    assert record(of(*shuffled)) == record(of(*given))
