"""Pair advice: does a repository do better to begin with the strong model or with the default one?

Harder tasks go to the strong model, so the two are compared only among tasks that were judged about as difficult, and
only where both were tried; each such stratum weighs by how sure its figure is. Nothing is said unless the 95 % interval
of the ratio lies on one side of 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from escalation.decision.history import Advice
from escalation.history.estimate import variance_of_log
from escalation.history.pairs import Run

_STRATA = (0.2, 0.4, 0.6)
"""Where the estimated probability that the default model fails is cut."""
_LEAST = 10
"""Runs that began in each way in a stratum; with fewer it does not count."""
_Z = 1.96


def advice(runs: Iterable[Run]) -> Advice | None:
    """The advice that the runs of one repository support, of the pair of models with most of them; None if they support
    none."""
    by_pair: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.cost is not None and run.default and run.escalation and run.default != run.escalation:
            by_pair.setdefault((run.default, run.escalation), []).append(run)
    found = (_advised(pair, of_pair) for pair, of_pair in sorted(by_pair.items()))
    return max((one for one in found if one), key=lambda one: one.n, default=None)


def _advised(pair: tuple[str, str], runs: Iterable[Run]) -> Advice | None:
    compared = [one for arms in _stratified(runs) if (one := _compared(arms)) is not None]
    if not compared:
        return None
    # Each stratum by the inverse of its variance: the usual fixed-effect mean of logarithms.
    weight = math.fsum(1 / one.variance for one in compared)
    middle = math.fsum(one.log / one.variance for one in compared) / weight
    half = _Z / math.sqrt(weight)
    low, ratio, high = (math.exp(max(-50.0, min(50.0, end))) for end in (middle - half, middle, middle + half))
    if low <= 1.0 <= high:
        return None
    found = Advice("", ratio, low, high, sum(one.n for one in compared))
    return replace(found, words=_words(pair, found))


Arms = Mapping[str, Sequence[tuple[float, bool]]]
"""By how they began: of each run its cost and whether it solved its task."""


def _stratified(runs: Iterable[Run]) -> Iterable[Arms]:
    strata: dict[int, dict[str, list[tuple[float, bool]]]] = {}
    for run in runs:
        if run.cost is not None:
            stratum = sum(run.difficulty >= cut for cut in _STRATA)
            strata.setdefault(stratum, {}).setdefault(run.begins, []).append((run.cost, run.solved))
    return strata.values()


@dataclass(frozen=True, slots=True)
class _Compared:
    """The logarithm of the ratio of the costs per solved task, strong over default, and its variance."""

    log: float
    variance: float
    n: int


def _compared(arms: Arms) -> _Compared | None:
    default, strong = arms.get("L3", ()), arms.get("L4", ())
    if min(len(default), len(strong)) < _LEAST:
        return None
    spread, other = variance_of_log(default), variance_of_log(strong)
    if spread is None or other is None:
        return None
    # Runs that all cost the same are no proof that the next one will.
    return _Compared(_log_cost(strong) - _log_cost(default), max(spread + other, 1e-4), len(default) + len(strong))


def _log_cost(runs: Sequence[tuple[float, bool]]) -> float:
    return math.log(math.fsum(cost for cost, _ in runs) / sum(done for _, done in runs))


def _words(pair: tuple[str, str], found: Advice) -> str:
    default, strong = pair
    if found.ratio < 1:
        cheaper, dearer, times, least, most = strong, default, found.ratio, found.low, found.high
    else:
        cheaper, dearer, times, least, most = default, strong, 1 / found.ratio, 1 / found.high, 1 / found.low
    return (
        f"In this repository, beginning with {cheaper} is cheaper per solved task than beginning with {dearer}: it "
        f"costs {times:.0%} as much (95 % interval {least:.0%} to {most:.0%}; {found.n} runs of tasks that were judged "
        "about as difficult)."
    )
