"""Classification: which way a job goes, before the first call."""

from __future__ import annotations

from dataclasses import dataclass

from escalation.decision.assessment import Route
from escalation.flow.engine import Job
from escalation.flow.escalation import Signal
from escalation.flow.question import is_question


@dataclass(frozen=True, slots=True)
class Way:
    """The route, why, and the signal given beforehand, if one is. `may_escalate` is False where the user forbids it."""

    route: Route
    reason: str
    signal: Signal | None = None
    may_escalate: bool = True


_AS_REQUESTED = {
    "L3": Way("L3", "L3 alone, as requested", may_escalate=False),
    "L4": Way("L4", "L4 alone, as requested"),
    "two-pass": Way("L3->L4->L3", "both passes, as requested", Signal("requested", "both passes were requested")),
}


def classify(job: Job, *, new_project: bool) -> Way:
    """The way of a job: what the user asks for, else what the job is, else what its assessment recommends."""
    if requested := _AS_REQUESTED.get(job.requested):
        return requested
    if new_project:
        return Way("L4", "there is nothing yet, and a new project needs its structure first")
    if is_question(job.task):
        return Way("L4", "a question, with nothing to change")
    if job.assessment is not None and job.assessment.should_escalate:
        summary = job.assessment.summary
        return Way(job.assessment.recommended_route, summary, Signal("recommended", summary))
    return Way("L3", job.assessment.summary if job.assessment else "nothing asks for the strong model beforehand")
