"""The assessment: what the judgement says about a change. Plain data, the same for the editor, the command line and
the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from escalation.analysis.evidence import Evidence
from escalation.decision.reasons import Priority, Question

Route = Literal["L3", "L4", "L4->L3", "L3->L4->L3"]
Level = Literal["low", "medium", "high", "critical"]
Complexity = Literal["simple", "moderate", "complex", "critical"]
Verdict = Literal["valid", "partially_valid", "requires_review", "invalid", "insufficient_data"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """One reason to escalate. `reason` is a `Reason`, or the name of a pattern of the user's own.

    `evidence[0]` is the place that matters. `strength` (0..1) is how much the evidence says; `confidence` (0..1) is
    what is compared with the setting `min_confidence`.
    """

    reason: str
    priority: Priority
    confidence: float
    description: str
    evidence: tuple[Evidence, ...]
    question: Question
    strength: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Continuous scores (0..1), for ranking changes against each other. None of them is a probability."""

    consequence: float
    difficulty: float
    risk: float
    overall: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures the context is drawn from. Lines and functions are those of source files."""

    files: int
    source_files: int
    packages: int
    services: int
    lines_added: int
    lines_deleted: int
    functions: int
    cyclomatic: int
    cognitive: int
    nesting: int
    dependents: int
    """Highest figure of any touched function; `dependents` of any touched file."""


@dataclass(frozen=True, slots=True)
class Context:
    """What kind of change this is. `business` and `risks` hold the level of each dimension."""

    complexity_level: Complexity
    business_impact: Level
    risk_level: Level
    business: dict[str, Level]
    risks: dict[str, Level]
    metrics: Metrics
    key_factors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One validation rule's answer to one trigger."""

    kind: str
    name: str
    passed: bool
    weight: float
    message: str
    detail: str = ""
    """The figures behind the answer, where there are some."""


@dataclass(frozen=True, slots=True)
class TriggerValidation:
    """The checks of one trigger, and the confidence that remains. `calibrated` is that confidence as the outcomes of
    the repository have it, and what is compared with `min_confidence`; the same where there are too few."""

    reason: str
    result: Verdict
    confidence: float
    checks: tuple[Check, ...]
    calibrated: float
    calibration: str = "not calibrated"
    """Where `calibrated` comes from, in words."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The validation of all triggers."""

    result: Verdict
    confidence: float
    recommendation: str
    triggers: tuple[TriggerValidation, ...]


@dataclass(frozen=True, slots=True)
class CostRange:
    """What a route costs in USD: 80 % of runs lie between `p10` and `p90`. None where a price is unknown."""

    route: Route
    models: tuple[str, ...]
    p10: float | None
    p50: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Costs:
    """The routes' costs against what a failure of the default model would cost."""

    routes: tuple[CostRange, ...]
    failure_probability: float
    """Estimated P(the default model fails). From shipped defaults until it is calibrated on outcomes."""
    failure_source: str
    expected_saving: float | None
    """USD: P(fails) x cost of a failure, less the extra price of the strong model (at p50)."""
    within_threshold: bool
    note: str
    route: Route = "L4->L3"
    """The strong route that is weighed: what `expected_saving` and `within_threshold` are about."""
    saving_p10: float | None = None
    saving_p90: float | None = None
    """The ends of `expected_saving` over the range of prices: 80 % of runs save between them."""
    failure_uncalibrated: float | None = None
    """`failure_probability` as it ships; the same until it is calibrated."""
    advice: str = ""
    """Which model this repository does better to begin with, where its runs tell."""


@dataclass(frozen=True, slots=True)
class AssessedFile:
    """One file of the assessed change. `problem` says why it is not judged, `note` with which reservation it is."""

    path: str
    status: str
    role: str
    language: str | None
    lines_added: int
    lines_deleted: int
    functions: tuple[str, ...]
    problem: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole judgement of one change."""

    should_escalate: bool
    confidence: float
    recommended_route: Route
    recommended_model: str
    fallback_model: str
    summary: str
    scores: Scores
    triggers: tuple[Trigger, ...]
    dismissed: tuple[Trigger, ...]
    context: Context
    validation: Validation
    costs: Costs
    files: tuple[AssessedFile, ...]
