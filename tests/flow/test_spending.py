"""No call is made that could cost more than the run, or the day, has left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.decision.prices import Rate
from escalation.flow.messages import Message, Request, ToolDefinition, Usage
from escalation.flow.spending import LEAST_ANSWER, OverBudget, Purse, cost

SONNET = Rate(input=2.0, written=2.5, read=0.2, output=10.0)


class Day:
    """A day's ledger in memory, which keeps the protocol of one."""

    def __init__(self, spent: float = 0.0) -> None:
        self.sums = {"before": spent}

    def reserve(self, usd: float, ceiling: float) -> str | None:
        if self.spent + usd > ceiling:
            return None
        self.sums[name := str(len(self.sums))] = usd
        return name

    def settle(self, reservation: str, usd: float) -> None:
        self.sums[reservation] = usd

    @property
    def spent(self) -> float:
        return sum(self.sums.values())


def request(text: str = "x" * 3_000, max_tokens: int = 16_000) -> Request:
    message = Message("user", ({"type": "text", "text": text},))
    tool = ToolDefinition("voice", "Speak to the user.", {"type": "object"})
    return Request("claude-sonnet-5-5", ("instructions", "snapshot"), (message,), (tool,), max_tokens)


def test_each_kind_of_token_has_its_price():
    assert cost(Usage(1_000_000, 0, 0, 0), SONNET) == pytest.approx(2.0)
    assert cost(Usage(0, 1_000_000, 0, 0), SONNET) == pytest.approx(10.0)
    assert cost(Usage(0, 0, 1_000_000, 0), SONNET) == pytest.approx(0.2)
    assert cost(Usage(0, 0, 0, 1_000_000), SONNET) == pytest.approx(2.5)
    assert cost(Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000), SONNET) == pytest.approx(14.7)


def test_a_run_adds_up_what_its_calls_came_to():
    day = Day()
    purse = Purse(day, ceiling=5, daily_ceiling=25)
    for _ in range(2):
        purse.settle(purse.allow(request(), SONNET), Usage(500, 100, 4590))
    assert purse.usage == Usage(1000, 200, 9180)
    assert purse.cost == pytest.approx(2 * cost(Usage(500, 100, 4590), SONNET))
    assert day.spent == pytest.approx(purse.cost)


def test_the_worst_case_is_set_aside_while_a_call_is_under_way():
    day = Day()
    Purse(day, 5, 25).allow(request(), SONNET)
    assert day.spent >= 16_000 * 10 / 1e6


def test_an_answer_is_shortened_to_what_the_run_has_left():
    allowance = Purse(Day(), ceiling=0.05, daily_ceiling=25).allow(request(), SONNET)
    assert LEAST_ANSWER <= allowance.max_tokens < 5_000


def test_a_call_that_the_run_does_not_hold_is_not_made():
    purse = Purse(Day(), ceiling=0.05, daily_ceiling=25)
    purse.settle(purse.allow(request(), SONNET), Usage(0, 4_500))
    with pytest.raises(OverBudget, match=r"0\.005 of the run's 0\.050 USD are left; --budget"):
        purse.allow(request(), SONNET)


def test_a_question_longer_than_the_budget_is_not_asked():
    with pytest.raises(
        OverBudget, match=r"the next call could cost up to 0\.\d+ USD, and 0\.005 of the run's 0\.005 USD"
    ):
        Purse(Day(), 0.005, 25).allow(request("x" * 100_000), SONNET)


def test_a_call_that_the_day_does_not_hold_is_not_made():
    with pytest.raises(OverBudget, match=r"the day's ceiling of 25\.00 USD"):
        Purse(Day(spent=24.9), 5, 25).allow(request(), SONNET)


def test_where_no_price_is_known_no_ceiling_can_be_kept():
    with pytest.raises(OverBudget, match="the price of claude-sonnet-5-5 is unknown"):
        Purse(Day(), 5, 25).allow(request(), None)


@given(
    ceiling=st.floats(0, 2),
    calls=st.lists(st.tuples(st.integers(0, 200_000), st.floats(0, 1), st.floats(0, 1)), max_size=12),
)
def test_no_sequence_of_calls_costs_more_than_the_ceiling(ceiling, calls):
    purse = Purse(Day(), ceiling, daily_ceiling=1e9)
    for size, read, written in calls:
        asked = request("x" * size)
        try:
            allowance = purse.allow(asked, SONNET)
        except OverBudget:
            continue
        tokens = size / 2.5  # dense text, and still fewer than the worst case
        purse.settle(
            allowance,
            Usage(
                cache_creation=int(tokens * (1 - read)),
                cache_read=int(tokens * read),
                output_tokens=int(allowance.max_tokens * written),
            ),
        )
    assert purse.cost <= ceiling + 1e-9
