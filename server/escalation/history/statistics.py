"""Statistics: how good the recommendations were, and what the runs cost.

Every rate comes with how many it is of and its 95 % interval. What counts as right, wrong and missed is the table in
`history.needed`; days are those of UTC.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from escalation.decision.history import Advice, Calibration, Performance
from escalation.decision.proportion import Proportion
from escalation.history.advice import advice
from escalation.history.calibration import Bin, bins, fit
from escalation.history.digest import Digest, digest
from escalation.history.estimate import Estimate, mean, per_solved, spent_well
from escalation.history.learning import DAY, observations, performances
from escalation.history.pairs import PairCost, Run, costs_of_pairs
from escalation.history.rates import Rates, rates_of
from escalation.history.suggestions import suggestions
from escalation.store.records import Case


@dataclass(frozen=True, slots=True)
class Judgements:
    """How many decisions were what. `proxy` of those that are known rest on what is only likely, `people` on what
    somebody said."""

    right: int
    wrong: int
    missed: int
    spared: int
    unknown: int
    people: int
    proxy: int


@dataclass(frozen=True, slots=True)
class Spending:
    """USD. `unpriced` runs have an unknown cost and are in no figure here."""

    total: float
    by_tier: Mapping[str, float]
    unpriced: int
    per_solved: Estimate
    efficiency: Estimate
    """The share of the money that went into solved tasks."""
    in_range: Proportion
    """Of the runs, those whose cost lay within the p10 to p90 that was estimated before; 80 % should."""
    pairs: tuple[PairCost, ...]


@dataclass(frozen=True, slots=True)
class ReasonStatistics:
    """A reason: how many decisions saw it, in how many it spoke for the strong model, how often it was right."""

    reason: str
    seen: int
    spoke: int
    performance: Performance


@dataclass(frozen=True, slots=True)
class CalibrationStatistics:
    """A calibration curve as it was observed, and the calibration that follows from it."""

    of: str
    """`consequence` or `difficulty` (the confidence of the reasons of that question), or `failure` (P(the default model
    fails))."""
    bins: tuple[Bin, ...]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Day:
    """One day (ISO 8601, UTC)."""

    date: str
    rates: Rates
    cost: Mapping[str, float]
    """USD by tier."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """All of it, of the decisions since `since` and until `until` (milliseconds since the epoch)."""

    repository: str
    days: int
    since: int
    until: int
    decisions: int
    runs: int
    rates: Rates
    judgements: Judgements
    confidence: Estimate
    """Of the decisions: the mean of what the validation left."""
    validations: Mapping[str, int]
    """How many decisions by the verdict of their validation."""
    outcomes: Mapping[str, int]
    """How many runs by outcome."""
    signals: Mapping[str, int]
    """How many runs by what made the strong model take over."""
    spending: Spending
    reasons: tuple[ReasonStatistics, ...]
    calibrations: tuple[CalibrationStatistics, ...]
    series: tuple[Day, ...]
    """Every day from the first to the last, also those on which nothing happened."""
    advice: Advice | None
    suggestions: tuple[str, ...]


def statistics(cases: Iterable[Case], *, days: int, now: int, repository: str = "") -> Statistics:
    """The statistics of the cases of the last `days` days before `now` (milliseconds since the epoch)."""
    since = now - days * DAY
    digests = [found for case in cases if since <= (found := digest(case)).judged.at <= now]
    runs = [one.run for one in digests if one.run is not None]
    rates, spending, advised = rates_of(digests), _spending(digests, runs), _advice(digests, runs)
    performance = performances(digests)
    return Statistics(
        repository=repository,
        days=days,
        since=since,
        until=now,
        decisions=rates.escalation.n,
        runs=rates.success.n,
        rates=rates,
        judgements=_judgements(digests),
        confidence=mean([one.confidence for one in digests if one.confidence is not None]),
        validations=_counted(one.validation for one in digests),
        outcomes=_counted(one.outcome for one in digests),
        signals=_counted(one.signal for one in digests),
        spending=spending,
        reasons=_reasons(digests, performance),
        calibrations=_calibrations(digests),
        series=tuple(_series(digests, since, now)),
        advice=advised,
        suggestions=suggestions(rates, performance, spending.in_range, advised),
    )


def _advice(digests: Iterable[Digest], runs: Iterable[Run]) -> Advice | None:
    """Repositories differ: what holds for all of them together may hold for none."""
    return advice(runs) if len({one.repository for one in digests if one.run is not None}) == 1 else None


def _judgements(digests: Sequence[Digest]) -> Judgements:
    n = Counter(one.judged.finding for one in digests)
    known = [one.judged.answered for one in digests if one.judged.finding != "unknown"]
    return Judgements(
        right=n["right"],
        wrong=n["wrong"],
        missed=n["missed"],
        spared=n["spared"],
        unknown=n["unknown"],
        people=sum(answered.basis == "person" for answered in known),
        proxy=sum(answered.proxy for answered in known),
    )


def _spending(digests: Sequence[Digest], runs: Sequence[Run]) -> Spending:
    priced = [(run.cost, run.solved) for run in runs if run.cost is not None]
    costs = [one.cost for one in digests if one.outcome]
    within = [one.in_range for one in digests if one.in_range is not None]
    return Spending(
        total=math.fsum(cost for cost in costs if cost is not None),
        by_tier=_by_tier(digests),
        unpriced=sum(cost is None for cost in costs),
        per_solved=per_solved(priced),
        efficiency=spent_well(priced),
        in_range=Proportion(sum(within), len(within)),
        pairs=costs_of_pairs(runs),
    )


def _by_tier(digests: Iterable[Digest]) -> Mapping[str, float]:
    sums = {"L3": 0.0, "L4": 0.0}
    for one in digests:
        for tier, cost in one.by_tier:
            sums[tier] = sums.get(tier, 0.0) + cost
    return sums


def _reasons(digests: Sequence[Digest], performance: Mapping[str, Performance]) -> tuple[ReasonStatistics, ...]:
    """The most seen first."""
    reasons = [reason for one in digests for reason in one.judged.reasons]
    seen = Counter(reason.reason for reason in reasons)
    spoke = Counter(reason.reason for reason in reasons if reason.spoke)
    rows = (ReasonStatistics(name, n, spoke[name], performance.get(name, Performance())) for name, n in seen.items())
    return tuple(sorted(rows, key=lambda row: (-row.seen, row.reason)))


def _calibrations(digests: Sequence[Digest]) -> tuple[CalibrationStatistics, ...]:
    seen = observations(digests)
    named = (("consequence", seen.consequence), ("difficulty", seen.difficulty), ("failure", seen.failure))
    return tuple(CalibrationStatistics(of, bins(observed), fit(observed)) for of, observed in named)


def _series(digests: Sequence[Digest], since: int, now: int) -> Iterator[Day]:
    by_day: dict[date, list[Digest]] = {}
    for one in digests:
        by_day.setdefault(_day(one.judged.at), []).append(one)
    day, last = _day(since), _day(now)
    while day <= last:
        of_day = by_day.get(day, [])
        yield Day(day.isoformat(), rates_of(of_day), _by_tier(of_day))
        day += timedelta(days=1)


def _day(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, UTC).date()


def _counted(names: Iterable[str]) -> Mapping[str, int]:
    return dict(Counter(name for name in names if name).most_common())
