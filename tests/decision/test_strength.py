"""How evidence adds up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.analysis.evidence import Evidence
from escalation.decision.strength import strength

weights = st.lists(st.floats(0, 1), max_size=30)


def of(*found: float) -> float:
    return strength(Evidence("a.py", 1, 1, "x", weight) for weight in found)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((), 0.0),
        ((0.5,), 0.5),
        ((0.5, 0.5), 0.65),  # 1 - 0.5 * (1 - 0.6 * 0.5)
        ((0.5, 0.5, 0.5), 0.713),  # … * (1 - 0.36 * 0.5)
        ((0.2,) * 30, 0.414),
        ((1.0,), 1.0),
        ((0.0, 0.0), 0.0),
        ((1.7, -3.0), 1.0),
    ],
)
def test_strength(found, expected):
    assert of(*found) == pytest.approx(expected, abs=5e-4)


@given(weights)
def test_it_lies_between_the_strongest_and_certainty(found):
    assert max(found, default=0.0) - 1e-12 <= of(*found) <= 1.0


@given(weights, st.floats(0, 1))
def test_more_evidence_never_says_less(found, more):
    assert of(*found, more) >= of(*found) - 1e-12


@given(weights, st.randoms())
def test_the_order_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert of(*shuffled) == of(*found)
