"""Spending: no call is made that could cost more than the run, or the day, has left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from escalation.decision.prices import Rate, Tokens
from escalation.flow.messages import Request, Usage

_FEWEST_BYTES_A_TOKEN = 2
"""For the worst case: code comes to three bytes a token and more, dense text to less."""
LEAST_ANSWER = 1_000
"""Tokens; an answer that has room for fewer is not worth its request."""


class Ledger(Protocol):
    """What the runs of a day have spent, in USD; shared by all processes of a user."""

    def reserve(self, usd: float, ceiling: float) -> str | None:
        """Sets the worst case of a call aside. None if the day's sum would exceed `ceiling`; else what to settle."""
        ...

    def settle(self, reservation: str, usd: float) -> None:
        """Replaces a reservation by what the call did cost."""
        ...


class OverBudget(Exception):  # noqa: N818 - the word is meant as it reads
    """The next call is not made. The message says what it could have cost and what to do."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A call that may be made: what it may answer at most, and what was set aside for it."""

    max_tokens: int
    rate: Rate
    reservation: str


class Purse:
    """The spending of one run. The one owner of its sums."""

    def __init__(self, ledger: Ledger, ceiling: float, daily_ceiling: float) -> None:
        self._ledger, self._ceiling, self._daily = ledger, ceiling, daily_ceiling
        self.usage = Usage()
        self.cost = 0.0

    def allow(self, request: Request, rate: Rate | None) -> Allowance:
        """Sets the worst case of a call aside, its answer shortened to what the run has left. Raises OverBudget."""
        if rate is None:
            raise OverBudget(
                f"the price of {request.model} is unknown, so no ceiling could be kept;"
                " give it under `prices` of its endpoint, in your own settings"
            )
        left = self._ceiling - self.cost
        asking = _bytes(request) / _FEWEST_BYTES_A_TOKEN * max(rate.written, rate.input) / 1e6
        affordable = request.max_tokens if not rate.output else int((left - asking) / rate.output * 1e6)
        answer = min(request.max_tokens, affordable)
        if asking > left or answer < min(LEAST_ANSWER, request.max_tokens):
            worst = asking + request.max_tokens * rate.output / 1e6
            raise OverBudget(
                f"the next call could cost up to {worst:.3f} USD, and {max(left, 0):.3f} of the run's"
                f" {self._ceiling:.3f} USD are left; --budget or the setting flow.budget raises the ceiling"
            )
        reservation = self._ledger.reserve(asking + answer * rate.output / 1e6, self._daily)
        if reservation is None:
            raise OverBudget(
                f"the next call could pass the day's ceiling of {self._daily:.2f} USD;"
                " the setting flow.daily_budget raises it"
            )
        return Allowance(answer, rate, reservation)

    def settle(self, allowance: Allowance, usage: Usage) -> None:
        """The call is over, and this is what it came to."""
        self._ledger.settle(allowance.reservation, self.add(usage, allowance.rate))

    def add(self, usage: Usage, rate: Rate | None) -> float:
        """Counts what a call came to, which the day's ledger knows already; its price in USD."""
        paid = cost(usage, rate) if rate else 0.0
        self.usage += usage
        self.cost += paid
        return paid


def cost(usage: Usage, rate: Rate) -> float:
    """USD."""
    return rate.price(
        Tokens(
            input=usage.input_tokens, written=usage.cache_creation, read=usage.cache_read, output=usage.output_tokens
        )
    )


def estimated(request: Request, answered: int) -> Usage:
    """What a call that was broken off may be billed with: `answered` are the bytes of its answer so far."""
    return Usage(input_tokens=_bytes(request) // 3, output_tokens=answered // 3)


def _bytes(request: Request) -> int:
    tools = sum(len(tool.description) + len(json.dumps(tool.input_schema)) for tool in request.tools)
    said = sum(_size(block) for message in request.messages for block in message.content)
    return sum(len(text.encode("utf-8", "replace")) for text in request.system) + tools + said


def _size(value: Any) -> int:  # noqa: ANN401 - walks plain data
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return sum(_size(key) + _size(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return 8
