"""Records: what the host keeps. Plain data: times are milliseconds since the epoch, money is USD, and no text holds a
secret: they are masked before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal[
    "initialized",
    "detecting",
    "analyzing",
    "deciding",
    "escalating",
    "executing",
    "validating",
    "retrying",
    "completed",
    "failed",
    "cancelled",
]
FINISHED: frozenset[State] = frozenset({"completed", "failed", "cancelled"})
Outcome = Literal["success", "partial_success", "failed", "cancelled", "timeout", "fallback_success"]
Verdict = Literal["accepted", "discarded", "dismissed", "needed_opus"]
"""What a person says: took the result; threw it away; the recommendation was not needed; it would have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was submitted, as far as it is kept. `repository` is what statistics are kept by: the root of the workspace,
    or a name that the client gave."""

    id: str
    """The workflow's."""
    request_id: str
    created: int
    repository: str = ""
    root: str = ""
    """The workspace on the host's machine; empty where the texts came with the request."""
    requester: str = ""
    task: str = ""
    task_type: str = ""
    priority: str = "medium"
    execute: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """A few plain values of the client's own."""


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """A reason of a decision: its priority, the confidence that was left after validation and what validation said."""

    reason: str
    priority: str
    confidence: float
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was recommended. `assessment` is `decision.record.record` of the whole judgement, which holds no text."""

    should_escalate: bool
    confidence: float
    route: str
    recommended_model: str
    fallback_model: str
    default_model: str
    reasons: tuple[ReasonGiven, ...] = ()
    validation: str = "insufficient_data"
    """The verdict of the validation as a whole."""
    failure_probability: float | None = None
    cost_estimate: float | None = None
    """USD, the middle of the range of the recommended route."""
    assessment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came of a workflow. Of one that was only decided on, `outcome` is None and nothing was spent."""

    outcome: Outcome | None = None
    message: str = ""
    tier: str = ""
    """The passes that began: `L3->L4->L3`."""
    signal: str = ""
    """Why L4 took over (`flow.events.SignalKind`); empty where it did not."""
    verified: bool | None = None
    """Whether the result passed its verification; None without a result."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_creation: int = 0
    cost: float | None = None
    ttfc_ms: float | None = None
    ttc_ms: float | None = None
    files: int = 0
    """How many files the result changes."""
    diff: str = ""
    text: str = ""
    """What the models told the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow as it stands."""

    request: Request
    decision: Decision | None
    state: State
    completion: Completion | None
    updated: int
    finished: int | None = None
    host: str = ""
    """Who works on it, or did last."""
    cancelling: bool = False

    @property
    def id(self) -> str:
        return self.request.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One pass of a tier by one model; `number` counts the passes of the run from 1. The three of workflow, number and
    model name it, so that a pass that is told twice counts once."""

    workflow: str
    number: int
    tier: str
    model: str
    endpoint: str = ""
    started: int = 0
    finished: int | None = None
    """None while it is under way, or where it came to no end."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_creation: int = 0
    cost: float | None = None
    ttfc_ms: float | None = None
    ttc_ms: float | None = None
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a workflow, as it is kept: `number` counts from 1 within the workflow. An event of the type `state`
    has `state` and `reason` in its body."""

    workflow: str
    number: int
    at: int
    type: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody said of a result or of a recommendation. `id` is made by who writes it, so that nothing counts
    twice; `workflow` is empty where it was about a judgement in the editor."""

    id: str
    at: int
    verdict: Verdict
    workflow: str = ""
    repository: str = ""
    reason: str = ""
    path: str = ""
    note: str = ""
    requester: str = ""
    confidence: float | None = None
    """Of the recommendation it is about."""
    should_escalate: bool | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A decision and all that came of it: what statistics are made from. A case without a workflow is feedback on a
    judgement in the editor."""

    workflow: Workflow | None
    attempts: tuple[Attempt, ...]
    feedback: tuple[Feedback, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some workflows, the newest first; `cursor` fetches those after them, empty at the end."""

    workflows: tuple[Workflow, ...]
    cursor: str
