"""Calibration: from what was stated and what was observed to a map from the one to the other.

The prior is what ships: every confidence as it is. Below `_MANY` outcomes a Beta-binomial posterior moves the whole
line; from there on, isotonic regression finds its shape. Both are shrunk towards the prior by the weight of `_PRIOR`
outcomes, and below `_FEW` nothing is changed at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from escalation.decision.history import Calibration
from escalation.decision.proportion import Proportion

Observation = tuple[float, bool]
"""A confidence that was stated (0..1), and whether it turned out so."""

_FEW = 8
_MANY = 30
_PRIOR = 30.0
_BIN = 10
"""Outcomes of one step of the isotonic line, at least."""
_BIN_PRIOR = 5.0
_GRID = 20
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Bin:
    """Observations whose stated confidence lay in `low`..`high`: its mean, and how many turned out so."""

    low: float
    high: float
    said: float
    observed: Proportion


def fit(observations: Sequence[Observation]) -> Calibration:
    """The calibration that the outcomes support; one without points where they are too few."""
    usable = sorted((min(1.0, max(0.0, said)), seen) for said, seen in observations if math.isfinite(said))
    n = len(usable)
    if n < _FEW:
        return Calibration(n=n)
    if n < _MANY:
        return Calibration(_moved(usable), "beta-binomial", n)
    return Calibration(_stepped(usable), "isotonic", n)


def bins(observations: Sequence[Observation], count: int = 10) -> tuple[Bin, ...]:
    """The calibration curve as it was observed: equal steps of the stated confidence; those without outcomes are left
    out."""
    placed = sorted(observations)
    return tuple(
        Bin(index / count, (index + 1) / count, _mean(group), Proportion(sum(seen for _, seen in group), len(group)))
        for index, items in groupby(placed, key=lambda observation: min(count - 1, max(0, int(observation[0] * count))))
        if (group := list(items))
    )


def _moved(observations: Sequence[Observation]) -> tuple[tuple[float, float], ...]:
    """The line moved by one figure, in log-odds: so far that its mean is that of the posterior Beta distribution."""
    said = min(1 - _EDGE, max(_EDGE, _mean(observations)))
    posterior = (_PRIOR * said + sum(seen for _, seen in observations)) / (_PRIOR + len(observations))
    shift = _logit(min(1 - _EDGE, max(_EDGE, posterior))) - _logit(said)
    inner = ((x, 1.0 / (1.0 + math.exp(-_logit(x) - shift))) for x in (i / _GRID for i in range(1, _GRID)))
    return _line(((0.0, 0.0), *inner, (1.0, 1.0)))


def _stepped(observations: Sequence[Observation]) -> tuple[tuple[float, float], ...]:
    """Isotonic regression over bins of outcomes, each with its share of the prior."""
    from scipy.optimize import isotonic_regression  # 0.4 s

    groups = _grouped(observations)
    weights = [len(group) + _prior_of(len(group), len(observations)) for group in groups]
    posterior = [
        (_prior_of(len(group), len(observations)) * _mean(group) + sum(seen for _, seen in group)) / weight
        for group, weight in zip(groups, weights, strict=True)
    ]
    fitted = isotonic_regression(posterior, weights=weights).x.tolist()
    inner = list(zip((_mean(group) for group in groups), fitted, strict=True))
    # Outside what was observed the line goes back to the prior.
    return _line(((0.0, 0.0), *inner, (1.0, 1.0)))


def _grouped(observations: Sequence[Observation]) -> Sequence[Sequence[Observation]]:
    """The observations, which are sorted, in groups of `_BIN` and more; what was stated alike stays together."""
    groups: list[list[Observation]] = []
    for _, alike in groupby(observations, key=lambda observation: observation[0]):
        if groups and len(groups[-1]) < _BIN:
            groups[-1] += alike
        else:
            groups.append(list(alike))
    if len(groups) > 1 and len(groups[-1]) < _BIN:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _prior_of(size: int, n: int) -> float:
    return max(_PRIOR * size / n, _BIN_PRIOR)


def _line(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The points rounded, each further right and none lower than the one before, from 0 to 1."""
    kept: list[tuple[float, float]] = []
    for x, y in ((round(x, 6), round(min(1.0, max(0.0, y)), 6)) for x, y in points):
        if kept and x <= kept[-1][0]:
            continue
        kept.append((x, max(y, kept[-1][1]) if kept else y))
    if kept[-1][0] < 1.0:
        kept.append((1.0, 1.0))
    return tuple(kept)


def _mean(observations: Sequence[Observation]) -> float:
    return sum(said for said, _ in observations) / len(observations)


def _logit(value: float) -> float:
    return math.log(value / (1 - value))
