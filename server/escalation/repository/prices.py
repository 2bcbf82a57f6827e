"""Prices kept on disk: reading the price list costs more time and memory than the whole judgement of a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from escalation.decision import prices
from escalation.decision.prices import Rate, Rates
from escalation.repository import disk
from escalation.settings.schema import Models


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: str = ""
    rates: dict[str, Rate] = field(default_factory=dict)


def load_rates(models: Models) -> Rates:
    """The rates of the models of the settings, as `decision.prices.rates` has them."""
    stamp = _stamp()
    file = disk.file_of("prices", "\0".join((models.provider, models.default, models.escalation, models.fallback)))
    kept = disk.load(file, _Kept)
    if kept is None or kept.stamp != stamp:
        kept = _Kept(stamp, dict(prices.rates(models)))
        disk.save(file, kept)
    return kept.rates


def _stamp() -> str:
    """Tells versions of the installed price list apart without importing it."""
    spec = find_spec("genai_prices")
    assert spec is not None  # a dependency
    assert spec.origin is not None
    data = Path(spec.origin).with_name("data.py").stat()
    return f"{data.st_size}:{data.st_mtime_ns}"
