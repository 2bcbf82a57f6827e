"""Statistics as JSON: what `GET /statistics`, `escalation stats` and the dashboard share. Documented in
`docs/validation.md`."""

from __future__ import annotations

from typing import Any

import msgspec

from escalation.decision.history import Calibration, Performance
from escalation.decision.proportion import Proportion
from escalation.decision.reasons import title
from escalation.history.calibration import Bin
from escalation.history.estimate import Estimate
from escalation.history.rates import Rates
from escalation.history.statistics import CalibrationStatistics, Day, ReasonStatistics, Spending, Statistics

SCHEMA_VERSION = 1
_DIGITS = 4


def record(statistics: Statistics) -> dict[str, Any]:
    """Plain JSON types. Rates and confidences lie in 0..1, money is USD, instants are milliseconds since the epoch;
    null stands for what is not known."""
    return {
        "schema_version": SCHEMA_VERSION,
        "repository": statistics.repository,
        "days": statistics.days,
        "since": statistics.since,
        "until": statistics.until,
        "decisions": statistics.decisions,
        "runs": statistics.runs,
        "rates": _rates(statistics.rates),
        "judgements": msgspec.to_builtins(statistics.judgements),
        "confidence": _estimate(statistics.confidence),
        "validations": dict(statistics.validations),
        "outcomes": dict(statistics.outcomes),
        "signals": dict(statistics.signals),
        "spending": _spending(statistics.spending),
        "reasons": [_reason(row) for row in statistics.reasons],
        "calibrations": [_calibration(row) for row in statistics.calibrations],
        "series": [_day(day) for day in statistics.series],
        "advice": msgspec.to_builtins(statistics.advice),
        "suggestions": list(statistics.suggestions),
    }


def _proportion(found: Proportion) -> dict[str, Any]:
    rate = None if found.rate is None else round(found.rate, _DIGITS)
    return {
        "hits": found.hits,
        "n": found.n,
        "rate": rate,
        "low": round(found.low, _DIGITS),
        "high": round(found.high, _DIGITS),
    }


def _estimate(found: Estimate) -> dict[str, Any]:
    figures = {"value": found.value, "low": found.low, "high": found.high}
    return {**{name: _rounded(figure) for name, figure in figures.items()}, "n": found.n}


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.6g}")


def _rates(rates: Rates) -> dict[str, Any]:
    return {
        "escalation": _proportion(rates.escalation),
        "success": _proportion(rates.success),
        "hits": _proportion(rates.hits),
        "false_positives": _proportion(rates.false_positives),
        "false_negatives": _proportion(rates.false_negatives),
    }


def _spending(spending: Spending) -> dict[str, Any]:
    return {
        "total": _rounded(spending.total),
        "by_tier": {tier: _rounded(cost) for tier, cost in spending.by_tier.items()},
        "unpriced": spending.unpriced,
        "per_solved": _estimate(spending.per_solved),
        "efficiency": _estimate(spending.efficiency),
        "in_range": _proportion(spending.in_range),
        "pairs": [
            {
                "default": row.default,
                "escalation": row.escalation,
                "begins": row.begins,
                "solved": _proportion(row.solved),
                "cost": _rounded(row.cost),
                "per_solved": _estimate(row.per_solved),
            }
            for row in spending.pairs
        ],
    }


def _reason(row: ReasonStatistics) -> dict[str, Any]:
    return {
        "reason": row.reason,
        "title": title(row.reason),
        "seen": row.seen,
        "spoke": row.spoke,
        **_performance(row.performance),
    }


def _performance(performance: Performance) -> dict[str, Any]:
    return {
        "right": performance.right,
        "wrong": performance.wrong,
        "missed": performance.missed,
        "hits": _proportion(performance.hits),
    }


def _calibration(row: CalibrationStatistics) -> dict[str, Any]:
    found: Calibration = row.calibration
    return {
        "of": row.of,
        "method": found.method,
        "n": found.n,
        "source": found.source,
        "points": [list(point) for point in found.points],
        "bins": [_bin(one) for one in row.bins],
    }


def _bin(one: Bin) -> dict[str, Any]:
    return {
        "from": one.low,
        "to": one.high,
        "said": round(one.said, _DIGITS),
        "observed": _proportion(one.observed),
    }


def _day(day: Day) -> dict[str, Any]:
    return {
        "date": day.date,
        "rates": _rates(day.rates),
        "cost": {tier: _rounded(cost) for tier, cost in day.cost.items()},
    }
