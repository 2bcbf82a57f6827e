"""Estimates: means and ratios with their 95 % intervals.

Ratios of sums (cost per solved task) by the delta method; amounts of money on the logarithm, as they are skewed. With
too little to say how sure a figure is, the ends of the interval are None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from escalation.decision.proportion import wilson


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure from `n` observations; all None where there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0


def mean(values: Sequence[float]) -> Estimate:
    """The mean of values in 0..1."""
    n = len(values)
    if not n:
        return Estimate()
    middle = min(1.0, max(0.0, math.fsum(values) / n))
    if n < 2:
        return Estimate(middle, None, None, n)
    half = student(n) * math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (n - 1) / n)
    return Estimate(middle, max(0.0, middle - half), min(1.0, middle + half), n)


def per_solved(runs: Sequence[tuple[float, bool]]) -> Estimate:
    """USD per solved task: of each run what it cost and whether it solved its task."""
    n, solved, total = len(runs), sum(done for _, done in runs), math.fsum(cost for cost, _ in runs)
    if not solved:
        return Estimate(n=n)
    value = total / solved
    spread = variance_of_log(runs)
    if spread is None:
        return Estimate(value, None, None, n)
    factor = math.exp(min(50.0, student(n) * math.sqrt(spread)))
    return Estimate(value, value / factor, value * factor, n)


def variance_of_log(runs: Sequence[tuple[float, bool]]) -> float | None:
    """The variance of the logarithm of the cost per solved task; None where it cannot be told."""
    n, solved, total = len(runs), sum(done for _, done in runs), math.fsum(cost for cost, _ in runs)
    if n < 2 or solved < 2 or (cost := total / n) <= 0:
        return None
    share = solved / n
    residuals = ((spent / cost - done / share) ** 2 for spent, done in runs)
    # That all of few were solved does not mean that all will be.
    careful = (solved + 1) / (n + 2)
    return max(math.fsum(residuals) / (n - 1) / n, (1 - careful) / careful / n)


def spent_well(runs: Sequence[tuple[float, bool]]) -> Estimate:
    """The share of the money that went into solved tasks."""
    n, total = len(runs), math.fsum(cost for cost, _ in runs)
    if total <= 0:
        return Estimate(n=n)
    value = min(1.0, max(0.0, math.fsum(cost for cost, done in runs if done) / total))
    # One dear run says less than many: so many equal ones would say as much (Kish).
    equal = 1 / math.fsum((cost / total) ** 2 for cost, _ in runs)
    return Estimate(value, *wilson(value, equal), n)


def student(n: int) -> float:
    """The 97.5 % point of Student's distribution for `n` >= 2 observations."""
    from scipy.special import stdtrit  # 0.4 s

    return float(stdtrit(n - 1, 0.975))
