"""Means and ratios with their intervals."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.history.estimate import mean, per_solved, spent_well

timeless = settings(deadline=None)
RUNS = st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), max_size=60)


@timeless
@given(st.lists(st.floats(0, 1), max_size=60))
def test_a_mean_lies_in_its_interval(values):
    found = mean(values)
    assert found.n == len(values)
    assert (found.value is None) == (not values)
    if found.low is not None:
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@timeless
@given(RUNS)
def test_a_cost_lies_in_its_interval(runs):
    for found in (per_solved(runs), spent_well(runs)):
        assert found.n == len(runs)
        if found.low is not None:
            assert 0.0 <= found.low <= found.value <= found.high


def test_what_a_solved_task_costs_is_all_that_was_spent_on_it():
    assert per_solved([(1.0, True), (2.0, False), (3.0, True)]).value == pytest.approx(3.0)
    assert per_solved([(1.0, False)]).value is None
    assert per_solved([]).value is None


def test_one_run_has_no_interval():
    assert (per_solved([(1.0, True)]).low, mean([0.5]).low) == (None, None)


def test_few_runs_that_were_all_solved_are_no_certainty():
    few, many = per_solved([(1.0, True)] * 3), per_solved([(1.0, True)] * 300)
    assert few.high > 1.3
    assert many.high < 1.01
    assert spent_well([(1.0, True)] * 3).low < 0.5
    assert spent_well([(1.0, True)] * 300).low > 0.98


def test_one_dear_run_says_less_than_many():
    assert spent_well([(100.0, True)] + [(0.01, True)] * 50).low < 0.3


def test_the_interval_holds_what_it_promises():
    """Drawn a thousand times, about 95 % of the intervals of the cost per solved task hold the true one."""
    random, held = Random(1), 0
    for _ in range(1000):
        runs = [(random.lognormvariate(0.0, 0.7), random.random() < 0.6) for _ in range(60)]
        found = per_solved(runs)
        held += found.low <= 1.2776 / 0.6 <= found.high  # the mean of the costs is exp(0.7 ** 2 / 2)
    assert 920 <= held <= 985
