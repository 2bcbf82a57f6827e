"""A proportion: so many of so many, with the interval that says how much that is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """`hits` of `n`, 0 <= hits <= n."""

    hits: int = 0
    n: int = 0

    @property
    def rate(self) -> float | None:
        """None of nothing."""
        return self.hits / self.n if self.n else None

    @property
    def low(self) -> float:
        """The lower end of Wilson's 95 % interval; 0 of nothing."""
        return wilson(self.rate, self.n)[0]

    @property
    def high(self) -> float:
        """The upper end of Wilson's 95 % interval; 1 of nothing."""
        return wilson(self.rate, self.n)[1]


def wilson(rate: float | None, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate (0..1) that was observed in `n` cases."""
    if rate is None or n <= 0:
        return 0.0, 1.0
    square = _Z * _Z
    middle = (rate + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    # At 0 and at 1 the interval ends there; rounding must not say otherwise.
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))
