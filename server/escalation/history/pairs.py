"""Pairs of models: what a solved task costs, by the two models of a run and by which of them began.

A run belongs to how it *began*: one that began with the default model and was taken over by the strong one counts, with
all its cost, for beginning with the default model. Else only its easy tasks would count for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from escalation.decision.proportion import Proportion
from escalation.history.estimate import Estimate, per_solved
from escalation.store.records import Case

Begins = Literal["L3", "L4", "L3->L4->L3"]
"""With the default model; with the strong one; with a draft although the strong one was recommended or asked for."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that came to its end. `cost` is None where a price was unknown; `difficulty` is the probability that the
    default model fails, as it was stated before."""

    default: str
    escalation: str
    begins: Begins
    cost: float | None
    solved: bool
    difficulty: float


@dataclass(frozen=True, slots=True)
class PairCost:
    """What the runs of one pair of models cost that began in one way."""

    default: str
    escalation: str
    begins: Begins
    solved: Proportion
    cost: float
    """USD, of all runs whose cost is known."""
    per_solved: Estimate
    """USD."""


def began(case: Case, *, solved: bool, difficulty: float) -> Run | None:
    """The run of a case that came to its end; None if it began with no model."""
    workflow = case.workflow
    if workflow is None or workflow.completion is None:
        return None
    begins = _begins(workflow.completion.tier, workflow.completion.signal)
    if begins is None:
        return None
    default, escalation = _models(case)
    return Run(default, escalation, begins, workflow.completion.cost, solved, difficulty)


def costs_of_pairs(runs: Iterable[Run]) -> tuple[PairCost, ...]:
    """The most used first."""
    groups: dict[tuple[str, str, Begins], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.default, run.escalation, run.begins), []).append(run)
    rows = [_row(*key, group) for key, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.solved.n, row.default, row.escalation, row.begins)))


def _row(default: str, escalation: str, begins: Begins, runs: list[Run]) -> PairCost:
    priced = [(run.cost, run.solved) for run in runs if run.cost is not None]
    return PairCost(
        default=default,
        escalation=escalation,
        begins=begins,
        solved=Proportion(sum(run.solved for run in runs), len(runs)),
        cost=sum(cost for cost, _ in priced),
        per_solved=per_solved(priced),
    )


def _begins(tier: str, signal: str) -> Begins | None:
    if tier.startswith("L4"):
        return "L4"
    if tier.startswith("L3"):
        return "L3->L4->L3" if signal in ("recommended", "requested") else "L3"
    return None


def _models(case: Case) -> tuple[str, str]:
    """The default and the strong model: as they worked, else as the decision has them."""
    decision = case.workflow.decision if case.workflow else None
    worked = {attempt.tier: attempt.model for attempt in sorted(case.attempts, key=lambda a: -a.number)}
    default = worked.get("L3") or (decision.default_model if decision else "")
    return default, worked.get("L4") or _planned(decision.assessment if decision else {})


def _planned(assessment: Mapping[str, Any]) -> str:
    """The strong model of the settings at the time, from the routes that were costed; empty if they are not there."""
    costs = assessment.get("costs")
    routes = costs.get("routes") if isinstance(costs, Mapping) else None
    for route in routes if isinstance(routes, list | tuple) else ():
        if isinstance(route, Mapping) and route.get("route") == "L4" and route.get("models"):
            return str(route["models"][0])
    return ""
