"""Learning: from the cases of a repository to the history that the next judgement is made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from escalation.decision.history import History, Performance
from escalation.decision.reasons import Question
from escalation.history.advice import advice
from escalation.history.calibration import Pair, fit
from escalation.history.outcomes import Judged, JudgedReason, default_failed, judged
from escalation.store.records import Case, Decision

DAY = 86_400_000
"""Milliseconds."""
DAYS = 90
"""How far back outcomes count; what is older speaks of models and code that are gone."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What calibration learns from: what was stated, and whether it turned out so."""

    consequence: tuple[Pair, ...]
    difficulty: tuple[Pair, ...]
    failure: tuple[Pair, ...]


def learned(cases: Iterable[Case], *, repository: str, now: int, days: int = DAYS) -> History:
    """The history of one repository from its cases (those of others must not be among them). `now` is in milliseconds
    since the epoch."""
    since = now - days * DAY
    outcomes = tuple(found for case in cases if (found := judged(case)).at >= since)
    learnt = pairs(outcomes)
    return History(
        repository=repository,
        at=now,
        days=days,
        reasons=performances(outcomes),
        consequence=fit(learnt.consequence),
        difficulty=fit(learnt.difficulty),
        failure=fit(learnt.failure),
        advice=advice(outcomes),
    )


def performances(outcomes: Iterable[Judged]) -> Mapping[str, Performance]:
    """How often each reason was right, wrong and missed; those of which nothing is known are left out."""
    counts: dict[str, dict[str, int]] = {}
    for outcome in outcomes:
        for reason in outcome.reasons:
            if (verdict := reason.verdict) != "unknown":
                row = counts.setdefault(reason.reason, {"right": 0, "wrong": 0, "missed": 0})
                row[verdict] += 1
    return {reason: Performance(**row) for reason, row in sorted(counts.items())}


def pairs(outcomes: Sequence[Judged]) -> Pairs:
    """One pair per case and question, so that reasons that come together count once."""
    return Pairs(
        consequence=tuple(_pairs(outcomes, "consequence")),
        difficulty=tuple(_pairs(outcomes, "difficulty")),
        failure=tuple(
            (said, failed)
            for outcome in outcomes
            if (failed := default_failed(outcome.case)) is not None and (said := _stated_failure(outcome)) is not None
        ),
    )


def _pairs(outcomes: Iterable[Judged], question: Question) -> Iterable[Pair]:
    """The strongest reason of each case, and whether the strong model was needed. Consequence is a policy: only people
    say that it was wrong or right."""
    for outcome in outcomes:
        usable = [
            reason
            for reason in outcome.reasons
            if reason.question == question and reason.confidence is not None and reason.answered.needed is not None
            if question == "difficulty" or reason.answered.basis == "person"
        ]
        if usable:
            strongest = max(usable, key=_confidence)
            yield _confidence(strongest), bool(strongest.answered.needed)


def _confidence(reason: JudgedReason) -> float:
    return reason.confidence or 0.0


def _stated_failure(outcome: Judged) -> float | None:
    workflow = outcome.case.workflow
    return stated_failure(workflow.decision) if workflow and workflow.decision else None


def stated_failure(decision: Decision) -> float | None:
    """P(the default model fails) as it was stated before any calibration."""
    costs = decision.assessment.get("costs")
    stated = costs.get("failure_uncalibrated") if isinstance(costs, Mapping) else None
    return float(stated) if isinstance(stated, int | float) else decision.failure_probability
