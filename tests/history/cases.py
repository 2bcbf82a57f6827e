"""Cases for the tests, written in one line each; and any case at all, for properties."""

from __future__ import annotations

from itertools import count
from typing import Any, get_args

from hypothesis import strategies as st

from escalation.decision.assessment import Verdict as Validated
from escalation.decision.reasons import Priority, Reason
from escalation.store.records import (
    Attempt,
    Case,
    Completion,
    Decision,
    Feedback,
    Outcome,
    ReasonGiven,
    Request,
    State,
    Verdict,
    Workflow,
)

NOW = 1_790_000_000_000
DAY = 86_400_000
OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"
_ids = count(1)

HARD = ReasonGiven("algorithm_complexity", "high", 0.8, "valid")
POLICY = ReasonGiven("critical_security", "critical", 0.9, "valid")
WEAK = ReasonGiven("algorithm_complexity", "medium", 0.5, "partially_valid")


def said(verdict: Verdict, *, reason: str = "", at: int = NOW, **more: Any) -> Feedback:
    return Feedback(id=f"said {next(_ids)}", at=at, verdict=verdict, reason=reason, **more)


def case(
    *feedback: Feedback,
    recommended: bool = True,
    reasons: tuple[ReasonGiven, ...] = (HARD,),
    tier: str = "",
    outcome: Outcome = "success",
    signal: str = "",
    verified: bool | None = True,
    cost: float | None = 0.1,
    at: int = NOW - DAY,
    failure: float | None = 0.3,
    confidence: float = 0.8,
    repository: str = "/work/shop",
) -> Case:
    """A decision, the run of `tier` that followed (none if it is empty), and what people said of it, the oldest
    first."""
    id = f"workflow {next(_ids)}"
    done = Completion(outcome=outcome, tier=tier, signal=signal, verified=verified, cost=cost) if tier else None
    decision = Decision(
        should_escalate=recommended,
        confidence=confidence,
        route="L4->L3" if recommended else "L3",
        recommended_model=OPUS if recommended else SONNET,
        fallback_model=SONNET,
        default_model=SONNET,
        reasons=reasons,
        validation="valid",
        failure_probability=failure,
        assessment=ASSESSMENT,
    )
    workflow = Workflow(
        request=Request(id=id, request_id=id, created=at, repository=repository, execute=bool(tier)),
        decision=decision,
        state="completed",
        completion=done,
        updated=at,
    )
    passes = [name for name in tier.split("->") if name]
    share = None if cost is None or not passes else cost / len(passes)
    attempts = tuple(
        Attempt(workflow=id, number=number, tier=name, model=OPUS if name == "L4" else SONNET, cost=share)
        for number, name in enumerate(passes, 1)
    )
    return Case(workflow, attempts, feedback)


ASSESSMENT = {
    "costs": {
        "routes": [
            {"route": "L3", "models": [SONNET], "p10": 0.04, "p50": 0.1, "p90": 0.32},
            {"route": "L4", "models": [OPUS], "p10": 0.1, "p50": 0.25, "p90": 0.8},
            {"route": "L4->L3", "models": [OPUS, SONNET], "p10": None, "p50": None, "p90": None},
        ]
    }
}


def editor(*feedback: Feedback) -> Case:
    """What was said of a judgement in the editor."""
    return Case(None, (), feedback)


# ---- any case

NAMES = st.sampled_from([*map(str, Reason), "games", ""])
UNIT = st.floats(0, 1)
COSTS = st.none() | st.floats(0, 1e4)
TIERS = st.sampled_from(["", "L3", "L4", "L4->L3", "L3->L4->L3", "L3->L4", "L3->L3"])
SIGNALS = st.sampled_from(["", "phrase", "structure", "verification", "edits", "recommended", "requested"])
TIMES = st.integers(NOW - 40 * DAY, NOW + DAY)
ASSESSMENTS = st.sampled_from([{}, ASSESSMENT, {"costs": {"failure_uncalibrated": 0.4, "routes": "?"}}, {"costs": 3}])

feedback = st.builds(
    Feedback,
    id=st.text(max_size=3),
    at=TIMES,
    verdict=st.sampled_from(get_args(Verdict)),
    reason=NAMES,
    confidence=st.none() | UNIT,
    should_escalate=st.none() | st.booleans(),
)
reason_given = st.builds(
    ReasonGiven, NAMES, st.sampled_from([str(p) for p in Priority]), UNIT, st.sampled_from(get_args(Validated))
)
decision = st.builds(
    Decision,
    should_escalate=st.booleans(),
    confidence=UNIT,
    route=st.sampled_from(["L3", "L4->L3"]),
    recommended_model=st.sampled_from([OPUS, SONNET]),
    fallback_model=st.just(SONNET),
    default_model=st.just(SONNET),
    reasons=st.lists(reason_given, max_size=3, unique_by=lambda one: one.reason).map(tuple),
    validation=st.sampled_from(get_args(Validated)),
    failure_probability=st.none() | UNIT,
    assessment=ASSESSMENTS,
)
completion = st.builds(
    Completion,
    outcome=st.none() | st.sampled_from(get_args(Outcome)),
    tier=TIERS,
    signal=SIGNALS,
    verified=st.none() | st.booleans(),
    cost=COSTS,
)
workflow = st.builds(
    Workflow,
    request=st.builds(Request, id=st.text(max_size=3), request_id=st.just(""), created=TIMES),
    decision=st.none() | decision,
    state=st.sampled_from(get_args(State)),
    completion=st.none() | completion,
    updated=TIMES,
)
attempt = st.builds(
    Attempt,
    workflow=st.just("w"),
    number=st.integers(1, 4),
    tier=st.sampled_from(["L3", "L4"]),
    model=st.sampled_from([OPUS, SONNET, ""]),
    cost=COSTS,
)
cases = st.builds(
    Case,
    workflow=st.none() | workflow,
    attempts=st.lists(attempt, max_size=3).map(tuple),
    feedback=st.lists(feedback, max_size=3).map(tuple),
)
