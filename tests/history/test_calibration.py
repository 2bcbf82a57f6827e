"""From what was stated and what was observed to a map from the one to the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.history.calibration import bins, fit

OBSERVATIONS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=120)
timeless = settings(deadline=None)  # scipy is imported on the way
GRID = [i / 200 for i in range(201)]


@timeless
@given(OBSERVATIONS)
def test_it_rises_and_stays_between_0_and_1(observed):
    line = fit(observed)
    values = [line.apply(x) for x in GRID]
    assert values == sorted(values)
    assert all(0.0 <= value <= 1.0 for value in values)
    assert line.n == len(observed)
    assert line.points == () or (line.points[0][0], line.points[-1][0]) == (0.0, 1.0)


@timeless
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=7), st.floats(0, 1))
def test_without_evidence_it_changes_nothing(observed, stated):
    line = fit(observed)
    assert line.apply(stated) == stated
    assert (line.points, line.method) == ((), "none")
    assert "not calibrated" in line.source


@timeless
@given(st.floats(0.05, 0.95), st.integers(0, 100), st.integers(0, 100))
def test_of_one_confidence_it_makes_the_posterior_mean(stated, right, wrong):
    """Both methods agree where both could be asked: nothing jumps at the thirtieth outcome."""
    n = right + wrong
    if n >= 8:
        expected = (30 * stated + right) / (30 + n)
        line = fit([(stated, True)] * right + [(stated, False)] * wrong)
        # Below thirty outcomes the line has a point at every twentieth, between which it is straight.
        assert line.apply(stated) == pytest.approx(expected, abs=0.02)


@timeless
@given(OBSERVATIONS, st.integers(0, 119))
def test_one_more_that_turned_out_so_never_lowers_it(observed, index):
    if observed and not observed[index % len(observed)][1]:
        stated = observed[index % len(observed)][0]
        better = [*observed]
        better[index % len(observed)] = (stated, True)
        before, after = fit(observed), fit(better)
        assert all(after.apply(x) >= before.apply(x) - 1e-6 for x in GRID)


@pytest.mark.parametrize("outcome", [True, False])
def test_three_outcomes_swing_nothing(outcome):
    assert fit([(0.8, outcome)] * 3).apply(0.8) == 0.8


def test_a_few_move_it_a_little_and_many_move_it_far():
    moved = [0.8 - fit([(0.8, False)] * n).apply(0.8) for n in (7, 8, 20, 40, 200)]
    assert moved == sorted(moved)
    assert moved[0] == 0.0
    assert 0.1 < moved[1] < 0.2
    assert moved[-1] > 0.6


def test_what_was_stated_rightly_stays():
    honest = [(x / 10, i < x) for x in range(1, 10) for i in range(10)] * 4
    line = fit(honest)
    assert line.method == "isotonic"
    assert all(abs(line.apply(x) - x) < 0.06 for x in GRID)


def test_the_method_follows_the_number():
    assert [fit([(0.5, True), (0.6, False)] * n).method for n in (3, 4, 14, 15)] == [
        "none",
        "beta-binomial",
        "beta-binomial",
        "isotonic",
    ]


def test_it_finds_a_shape():
    """What is said with 0.9 is right, what is said with 0.7 is not."""
    line = fit([(0.9, True)] * 60 + [(0.7, i % 10 == 0) for i in range(60)])
    assert line.apply(0.9) > 0.85
    assert line.apply(0.7) < 0.35
    assert line.apply(0.3) < 0.2


def test_the_order_of_what_was_stated_alike_says_nothing():
    alike = [(0.402, i % 15 == 0) for i in range(45)]
    assert fit(alike) == fit(alike[::-1])
    assert fit(alike).apply(0.402) == pytest.approx((30 * 0.402 + 3) / 75, abs=1e-5)


def test_what_makes_no_sense_is_left_out():
    assert fit([(float("nan"), True)] * 50).points == ()
    assert fit([(7.0, True)] * 50).apply(1.0) == 1.0


@timeless
@given(OBSERVATIONS)
def test_bins_hold_every_observation_once(observed):
    found = bins(observed)
    assert sum(one.observed.n for one in found) == len(observed)
    assert sum(one.observed.hits for one in found) == sum(seen for _, seen in observed)
    for one in found:
        assert one.low - 1e-9 <= one.said <= one.high + 1e-9
        assert 0.0 <= one.observed.low <= one.observed.rate <= one.observed.high <= 1.0
    assert [one.low for one in found] == sorted(one.low for one in found)
