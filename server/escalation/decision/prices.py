"""Prices: what a model's tokens cost, from `genai-prices` (offline).

Where a price depends on the length of a prompt, the rate is that of a usual prompt; the ranges around a cost are
far wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from escalation.settings.schema import Models

_USUAL = 50_000
"""Tokens of a usual prompt."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One pass: what is written to the cache, read from it again, and produced."""

    written: int
    read: int
    output: int


@dataclass(frozen=True, slots=True)
class Rate:
    """USD for a million tokens written to the cache, read from it, and produced."""

    written: float
    read: float
    output: float

    def price(self, tokens: Tokens) -> float:
        """USD for one pass."""
        return (tokens.written * self.written + tokens.read * self.read + tokens.output * self.output) / 1e6


Rates = Mapping[str, Rate]
"""The rates of models; one that is missing has no known price."""


def rates(models: Models) -> Rates:
    """The rates of the models of the settings."""
    named = dict.fromkeys((models.default, models.escalation, models.fallback))
    return {model: found for model in named if (found := rate(model, models.endpoint)) is not None}


@lru_cache(maxsize=256)
def rate(model: str, provider: str) -> Rate | None:
    """The rate of a model at a provider; None if the price list does not know it."""
    from genai_prices import Usage, calc_price  # 0.1 s and 20 MB

    def usd(**tokens: int) -> float:
        usage = Usage(**{"input_tokens": _USUAL, "cache_read_tokens": _USUAL, "output_tokens": 0, **tokens})
        return float(calc_price(usage, model_ref=model, provider_id=provider).total_price)

    try:
        read = usd()
        written = usd(cache_read_tokens=0, cache_write_tokens=_USUAL)
        output = usd(output_tokens=_USUAL) - read
    except (LookupError, ValueError):
        return None
    return Rate(*(round(figure * 1e6 / _USUAL, 6) for figure in (written, read, output)))
