"""A digest: of a case, the little that statistics are made from. Cases hold diffs and whole assessments; there may be a
hundred thousand of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from escalation.history.outcomes import Judged, judged, solved
from escalation.history.pairs import Run, began
from escalation.store.records import Case, Completion, Decision


@dataclass(frozen=True, slots=True)
class Digest:
    """`judged` is what the case says of its judgement; `confidence` and `validation` are those of the decision, None
    and empty without one; `outcome` and `signal` are empty without a run."""

    judged: Judged
    repository: str
    decided: bool
    confidence: float | None
    validation: str
    stated: float | None
    """P(the default model fails), as it was stated before any calibration."""
    outcome: str
    signal: str
    cost: float | None
    """USD; None where nothing ran or a price was unknown."""
    by_tier: tuple[tuple[str, float], ...]
    """USD of each pass whose cost is known."""
    in_range: bool | None
    """Whether the run cost what was estimated for the route that it took; None where one of both is unknown."""
    solved: bool | None
    run: Run | None


def digest(case: Case) -> Digest:
    workflow = case.workflow
    decision = workflow.decision if workflow else None
    done = workflow.completion if workflow else None
    ended, stated = solved(case), stated_failure(decision)
    return Digest(
        judged=judged(case),
        repository=workflow.request.repository if workflow else "",
        decided=decision is not None,
        confidence=decision.confidence if decision else None,
        validation=decision.validation if decision else "",
        stated=stated,
        outcome=(done.outcome or "") if done else "",
        signal=done.signal if done else "",
        cost=done.cost if done else None,
        by_tier=tuple((attempt.tier, attempt.cost) for attempt in case.attempts if attempt.cost is not None),
        in_range=_in_range(decision, done),
        solved=ended,
        run=None if ended is None else began(case, solved=ended, difficulty=stated or 0.0),
    )


def stated_failure(decision: Decision | None) -> float | None:
    if decision is None:
        return None
    costs = decision.assessment.get("costs")
    stated = costs.get("failure_uncalibrated") if isinstance(costs, Mapping) else None
    return float(stated) if isinstance(stated, int | float) else decision.failure_probability


def _in_range(decision: Decision | None, done: Completion | None) -> bool | None:
    if decision is None or done is None or done.cost is None:
        return None
    costs = decision.assessment.get("costs")
    routes: Any = costs.get("routes") if isinstance(costs, Mapping) else None
    for route in routes if isinstance(routes, list | tuple) else ():
        if isinstance(route, Mapping) and route.get("route") == done.tier:
            low, high = route.get("p10"), route.get("p90")
            if isinstance(low, int | float) and isinstance(high, int | float):
                return bool(low <= done.cost <= high)
    return None
