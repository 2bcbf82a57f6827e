"""Learning: from the cases of a repository to the history that the next judgement is made with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from escalation.decision.history import History, Performance
from escalation.decision.reasons import Question
from escalation.history.advice import advice
from escalation.history.calibration import Observation, fit
from escalation.history.digest import Digest, digest
from escalation.store.records import Case

DAY = 86_400_000
"""Milliseconds."""
DAYS = 90
"""How far back outcomes count; what is older speaks of models and code that are gone."""


def learned(cases: Iterable[Case], *, repository: str, now: int, days: int = DAYS) -> History:
    """The history of one repository from its cases (those of others must not be among them). `now` is in milliseconds
    since the epoch."""
    since = now - days * DAY
    digests = tuple(found for case in cases if (found := digest(case)).judged.at >= since)
    seen = observations(digests)
    return History(
        repository=repository,
        at=now,
        days=days,
        reasons=performances(digests),
        consequence=fit(seen.consequence),
        difficulty=fit(seen.difficulty),
        failure=fit(seen.failure),
        advice=advice(found.run for found in digests if found.run is not None),
    )


def performances(digests: Iterable[Digest]) -> Mapping[str, Performance]:
    """How often each reason was right, wrong and missed; those of which nothing is known are left out."""
    counts: dict[str, dict[str, int]] = {}
    for one in digests:
        for reason in one.judged.reasons:
            if (finding := reason.finding) != "unknown":
                row = counts.setdefault(reason.reason, {"right": 0, "wrong": 0, "missed": 0})
                row[finding] += 1
    return {reason: Performance(**row) for reason, row in sorted(counts.items())}


@dataclass(frozen=True, slots=True)
class Observations:
    """What calibration learns from: what was stated, and whether it turned out so."""

    consequence: tuple[Observation, ...]
    difficulty: tuple[Observation, ...]
    failure: tuple[Observation, ...]


def observations(digests: Sequence[Digest]) -> Observations:
    return Observations(
        consequence=tuple(_needed(digests, "consequence")),
        difficulty=tuple(_needed(digests, "difficulty")),
        failure=tuple(
            (one.stated, one.judged.failed)
            for one in digests
            if one.stated is not None and one.judged.failed is not None
        ),
    )


def _needed(digests: Iterable[Digest], question: Question) -> Iterator[Observation]:
    """Of each case the strongest reason, so that reasons that come together count once, and whether the strong model
    was needed. Consequence is a policy: only people say whether it was right."""
    for one in digests:
        usable = [
            (reason.confidence, reason.answered.needed)
            for reason in one.judged.reasons
            if reason.question == question and reason.confidence is not None and reason.answered.needed is not None
            if question == "difficulty" or reason.answered.basis == "person"
        ]
        if usable:
            yield max(usable)
