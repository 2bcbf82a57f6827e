"""Statistics: how good the recommendations were, and what the runs cost.

Every rate comes with how many it is of and its 95 % interval. What counts as right, wrong and missed is the table in
`history.outcomes`; days are those of UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from escalation.decision.history import Advice, Calibration, Performance
from escalation.decision.proportion import Proportion
from escalation.history.advice import advice
from escalation.history.calibration import Bin, Pair, bins, fit
from escalation.history.estimate import Estimate, mean, per_solved, spent_well
from escalation.history.learning import DAY, pairs, performances
from escalation.history.outcomes import Judged, judged
from escalation.history.pairs import PairCost, Run, costs_of_pairs, run_of
from escalation.history.rates import Rates, rates_of
from escalation.history.suggestions import suggestions
from escalation.store.records import Case, Completion, Decision


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
    outcomes = [found for case in cases if since <= (found := judged(case)).at <= now]
    decided = [found for found in outcomes if found.case.workflow is not None and found.recommended is not None]
    runs = [run for found in outcomes if (run := run_of(found.case)) is not None]
    rates, told = rates_of(outcomes), _judgements(outcomes)
    spending, rows = _spending(outcomes, runs), _reasons(outcomes)
    calibrations, advised = _calibrations(outcomes), advice(outcomes)
    return Statistics(
        repository=repository,
        days=days,
        since=since,
        until=now,
        decisions=len(decided),
        runs=len(runs),
        rates=rates,
        judgements=told,
        confidence=mean([decision.confidence for found in decided if (decision := _decision(found))]),
        validations=_counted(d.validation for found in decided if (d := _decision(found))),
        outcomes=_counted(_done(found, "outcome") for found in outcomes),
        signals=_counted(_done(found, "signal") for found in outcomes),
        spending=spending,
        reasons=rows,
        calibrations=calibrations,
        series=tuple(_series(outcomes, since, now)),
        advice=advised,
        suggestions=suggestions(rates, {row.reason: row.performance for row in rows}, spending.in_range, advised),
    )


def _judgements(outcomes: Sequence[Judged]) -> Judgements:
    known = [found for found in outcomes if found.verdict != "unknown"]
    n = Counter(found.verdict for found in outcomes)
    return Judgements(
        right=n["right"],
        wrong=n["wrong"],
        missed=n["missed"],
        spared=n["spared"],
        unknown=n["unknown"],
        people=sum(found.answered.basis == "person" for found in known),
        proxy=sum(found.answered.proxy for found in known),
    )


def _spending(outcomes: Sequence[Judged], runs: Sequence[Run]) -> Spending:
    priced = [(run.cost, run.solved) for run in runs if run.cost is not None]
    ran = [done for found in outcomes if (done := _completion(found)) is not None and done.outcome is not None]
    within = [inside for found in outcomes if (inside := _within_range(found)) is not None]
    return Spending(
        total=sum(done.cost for done in ran if done.cost is not None),
        by_tier=_by_tier(outcomes),
        unpriced=sum(done.cost is None for done in ran),
        per_solved=per_solved(priced),
        efficiency=spent_well(priced),
        in_range=Proportion(sum(within), len(within)),
        pairs=costs_of_pairs(runs),
    )


def _by_tier(outcomes: Iterable[Judged]) -> Mapping[str, float]:
    sums = {"L3": 0.0, "L4": 0.0}
    for found in outcomes:
        for attempt in found.case.attempts:
            if attempt.cost is not None:
                sums[attempt.tier] = sums.get(attempt.tier, 0.0) + attempt.cost
    return sums


def _within_range(found: Judged) -> bool | None:
    """Whether a run cost what was estimated for the route it took; None where one of both is unknown."""
    done, decision = _completion(found), _decision(found)
    if done is None or done.cost is None or decision is None or not done.tier:
        return None
    costs = decision.assessment.get("costs")
    routes: Any = costs.get("routes") if isinstance(costs, Mapping) else None
    for route in routes if isinstance(routes, list | tuple) else ():
        if isinstance(route, Mapping) and route.get("route") == done.tier:
            low, high = route.get("p10"), route.get("p90")
            if isinstance(low, int | float) and isinstance(high, int | float):
                return bool(low <= done.cost <= high)
    return None


def _reasons(outcomes: Sequence[Judged]) -> tuple[ReasonStatistics, ...]:
    """The most seen first."""
    performance = performances(outcomes)
    seen = Counter(reason.reason for found in outcomes for reason in found.reasons)
    spoke = Counter(reason.reason for found in outcomes for reason in found.reasons if reason.spoke)
    rows = (ReasonStatistics(name, n, spoke[name], performance.get(name, Performance())) for name, n in seen.items())
    return tuple(sorted(rows, key=lambda row: (-row.seen, row.reason)))


def _calibrations(outcomes: Sequence[Judged]) -> tuple[CalibrationStatistics, ...]:
    found = pairs(outcomes)
    named: tuple[tuple[str, Sequence[Pair]], ...] = (
        ("consequence", found.consequence),
        ("difficulty", found.difficulty),
        ("failure", found.failure),
    )
    return tuple(CalibrationStatistics(of, bins(observed), fit(observed)) for of, observed in named)


def _series(outcomes: Sequence[Judged], since: int, now: int) -> Iterable[Day]:
    by_day: dict[str, list[Judged]] = {}
    for found in outcomes:
        by_day.setdefault(_date(found.at), []).append(found)
    day, last = datetime.fromtimestamp(since / 1000, UTC).date(), _date(now)
    while (date := day.isoformat()) <= last:
        of_day = by_day.get(date, [])
        yield Day(date, rates_of(of_day), _by_tier(of_day))
        day += timedelta(days=1)


def _date(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()


def _decision(found: Judged) -> Decision | None:
    return found.case.workflow.decision if found.case.workflow else None


def _completion(found: Judged) -> Completion | None:
    return found.case.workflow.completion if found.case.workflow else None


def _done(found: Judged, name: str) -> str:
    done = _completion(found)
    return str(getattr(done, name) or "") if done is not None else ""


def _counted(names: Iterable[str]) -> Mapping[str, int]:
    return dict(Counter(name for name in names if name).most_common())
