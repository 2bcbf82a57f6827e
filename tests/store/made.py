"""Records to store: `workflow(store, "w1")` begins one, the others fill in what a test does not care about."""

from __future__ import annotations

from typing import Any

from escalation.store.records import Attempt, Completion, Decision, Feedback, ReasonGiven, Request, State, Told
from escalation.store.store import Store


def request(id: str, *, created: int = 1_000, **others: Any) -> Request:
    return Request(id=id, request_id=others.pop("request_id", f"request of {id}"), created=created, **others)


def decision(**others: Any) -> Decision:
    given: dict[str, Any] = {
        "should_escalate": True,
        "confidence": 0.86,
        "route": "L4->L3",
        "recommended_model": "claude-opus-5-5",
        "fallback_model": "claude-sonnet-5-5",
        "default_model": "claude-sonnet-5-5",
        "reasons": (ReasonGiven("critical_security", "high", 0.86, "valid"),),
        "validation": "valid",
        "failure_probability": 0.31,
        "cost_estimate": 0.42,
        "assessment": {
            "schema": 1,
            "triggers": [{"reason": "critical_security", "evidence": []}],
            "costs": {"p50": 0.1},
            "ünïcode": "\0🦑",
        },
    }
    return Decision(**given | others)


def completion(**others: Any) -> Completion:
    given: dict[str, Any] = {
        "outcome": "success",
        "tier": "L4->L3",
        "verified": True,
        "input_tokens": 12_000,
        "output_tokens": 800,
        "cost": 0.0123,
        "files": 1,
        "diff": "--- a\n+++ b\n",
        "text": "Done.",
    }
    return Completion(**given | others)


def workflow(store: Store, id: str, *, state: State = "initialized", host: str = "here", **others: Any) -> Request:
    submitted = request(id, **others)
    store.begin(submitted, None, state=state, host=host, at=submitted.created)
    return submitted


def finished(store: Store, id: str, *, at: int = 2_000, **others: Any) -> Request:
    """With a row in every table."""
    submitted = workflow(store, id, **others)
    store.decide(id, decision())
    store.attempt(attempt(id, 1))
    store.attempt(attempt(id, 2, tier="L4", model="claude-opus-5-5", finished=1_900, cost=0.01))
    store.complete(id, completion(), at)
    store.tell(
        [told(id, 1, "executing", at=1_500), Told(id, 2, 1_600, "tier.start", {}), told(id, 3, "completed", at=at)]
    )
    store.add_feedback(Feedback(id=f"about {id}", at=at, verdict="accepted", workflow=id))
    return submitted


def attempt(workflow: str, number: int, **others: Any) -> Attempt:
    given: dict[str, Any] = {"tier": "L3", "model": "claude-sonnet-5-5", "started": 1_500, "requests": 1}
    return Attempt(workflow=workflow, number=number, **given | others)


def told(workflow: str, number: int, state: str, *, at: int = 1_500) -> Told:
    return Told(workflow, number, at, "state", {"state": state, "reason": "it was so"})
