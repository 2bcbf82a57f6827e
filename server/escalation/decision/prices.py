"""Prices: what a model's tokens cost, from `genai-prices` (offline).

Where a price depends on the length of a prompt, the rate is that of a usual prompt; the ranges around a cost are
far wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from escalation.settings.endpoints import EndpointError, Named, resolve
from escalation.settings.schema import Settings

_USUAL = 50_000
"""Tokens of a usual prompt."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One pass: what is written to the cache, read from it again, produced, and read without the cache."""

    written: int
    read: int
    output: int
    input: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """USD for a million tokens: read without the cache, written to it, read from it, and produced."""

    input: float
    written: float
    read: float
    output: float

    def price(self, tokens: Tokens) -> float:
        """USD for one pass."""
        prompt = tokens.input * self.input + tokens.written * self.written + tokens.read * self.read
        return (prompt + tokens.output * self.output) / 1e6


Rates = Mapping[str, Rate]
"""The rates of models, by how the settings name them (`model` or `endpoint:model`); one that is missing has no known
price."""


def rates(settings: Settings) -> Rates:
    """The rates of the models of the settings: what the endpoint's `prices` say, else its provider's price list."""
    found = {spec: _rate(named) for spec, named in priced(settings).items()}
    return {spec: rate for spec, rate in found.items() if rate is not None}


def priced(settings: Settings) -> Mapping[str, Named]:
    """The models of the settings at their endpoints, by how the settings name them; without those whose endpoint nobody
    described."""
    models = settings.models
    named: dict[str, Named] = {}
    for spec in (models.default, models.escalation, models.fallback):
        with suppress(EndpointError):
            named[spec] = resolve(settings, spec)
    return named


def _rate(named: Named) -> Rate | None:
    if (own := named.endpoint.prices.get(named.model)) is not None:
        asked, answered = own
        return Rate(asked, asked, asked, answered)
    return rate(named.model, named.endpoint.price_provider) if named.endpoint.price_provider else None


@lru_cache(maxsize=256)
def rate(model: str, provider: str) -> Rate | None:
    """The rate of a model at a provider; None if the price list does not know it."""
    from genai_prices import Usage, calc_price  # 0.1 s and 20 MB

    def usd(**tokens: int) -> float:
        usage = Usage(**{"input_tokens": _USUAL, "output_tokens": 0, **tokens})
        return float(calc_price(usage, model_ref=model, provider_id=provider).total_price)

    try:
        read = usd(cache_read_tokens=_USUAL)
        figures = (
            usd(),
            usd(cache_write_tokens=_USUAL),
            read,
            usd(cache_read_tokens=_USUAL, output_tokens=_USUAL) - read,
        )
    except (LookupError, ValueError):
        return None
    return Rate(*(round(figure * 1e6 / _USUAL, 6) for figure in figures))
