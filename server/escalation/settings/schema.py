"""The schema of the settings: frozen dataclasses, with the defaults.

The same names everywhere: in `escalation.toml`, under `[tool.escalation]` in `pyproject.toml` and in the
editor's settings; some have an environment variable, too (`load.ENVIRONMENT`). See `docs/settings.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DERIVED = {"derived": True}
"""Marks a field that no source sets by its name: `load` does."""
PriorityName = Literal["low", "medium", "high", "critical"]

REASONS = frozenset(
    {
        "critical_security",
        "architectural_decision",
        "compliance_related",
        "multi_file_refactor",
        "cross_service_changes",
        "legacy_system_integration",
        "performance_critical",
        "database_schema_changes",
        "algorithm_complexity",
        "comprehensive_code_review",
        "testing_strategy",
        "debug_complex_issues",
        "api_design",
        "protocol_implementation",
        "migration_strategy",
        "revenue_critical",
    }
)
"""The names of `decision.reasons.Reason`, which this room must not import; a test keeps the two equal."""


CONDITION_NAMES = frozenset(
    {
        "business_impact",
        "cognitive",
        "complexity_level",
        "compliance_risk",
        "confidence",
        "cost_known",
        "cost_p10",
        "cost_p50",
        "cost_p90",
        "custom",
        "cyclomatic",
        "dependents",
        "failure_probability",
        "files",
        "functions",
        "has_code",
        "has_task",
        "hit_rate",
        "hit_rate_high",
        "hit_rate_low",
        "lines_changed",
        "missed",
        "outcomes",
        "packages",
        "places",
        "priority",
        "question",
        "reason",
        "risk_level",
        "routine",
        "saving",
        "saving_known",
        "saving_p10",
        "saving_p90",
        "security_risk",
        "services",
        "signs",
        "source_files",
        "strength",
        "within_threshold",
    }
)
"""What the condition of a rule may speak of: the names of `decision.validation.names_of`, which this room must not
import; a test keeps the two equal."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models a route names, as `model` or `endpoint:model`."""

    default: str = "claude-sonnet-5-5"
    """L3."""
    escalation: str = "claude-opus-5-5"
    """L4."""
    fallback: str = "claude-sonnet-5-5"
    """Takes over from a tier that stays unavailable or declines."""
    endpoint: str = "anthropic"
    """The endpoint of a model that names none."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where models are asked; speaks the Messages API. Empty strings stand for "as the protocol has it"."""

    base_url: str = ""
    key_variable: str = ""
    """The environment variable that holds the key."""
    protocol: Literal["current", "2023-06-01"] = "2023-06-01"
    """`current` is the SDK's own version with a bearer token; compatible gateways know 2023-06-01 and `x-api-key`."""
    temperature: bool = False
    """Whether it takes the parameter `temperature`; then 0 is sent."""
    cache_control: bool = True
    count_tokens: bool = False
    list_models: bool = True
    concurrency: int = 5
    """Requests under way at once."""
    price_provider: str = ""
    """The provider whose price list applies (an id of genai-prices)."""
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Model -> USD for a million tokens in and out, where the price list does not know it."""


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """What a run may do and spend."""

    check: str = ""
    """A shell command that a result must pass, run in a copy of the workspace; empty for none. Never one of the
    workspace's own file: that is only `proposed_check`."""
    proposed_check: str = field(default="", metadata=DERIVED)
    """The check command in the workspace's file. It runs only where the user has agreed to this very text."""
    check_timeout: float = 120.0
    """Seconds."""
    budget: float = 5.0
    """USD that one run may cost at most."""
    daily_budget: float = 25.0
    """USD that all runs of a day may cost at most."""
    timeout: float = 300.0
    """Seconds of work that a run may take, the check command included."""
    stall: float = 60.0
    """Seconds without a byte after which a connection counts as stalled."""
    retries: int = 3
    """How often a call that failed in passing is made again."""
    max_turns: int = 30
    """Requests of one pass."""
    max_tokens: int = 16_000
    """Tokens of one answer."""
    context_tokens: int = 60_000
    """Tokens of the snapshot that a pass begins with; the model reads more when it asks for it."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """The host: one process per user, or one of several on a team's database."""

    max_concurrent: int = 5
    """Runs under way at once; what is submitted beyond waits."""
    idle_exit: float = 1_800.0
    """Seconds without a request and without a run after which a host that was started on demand ends; 0 for never."""
    keep_days: int = 90
    """Days that workflows are kept; 0 keeps them for good."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What applies to the files that match `glob` (gitignore syntax); the last one that speaks wins."""

    glob: str
    ignore: tuple[str, ...] = ()
    """Reasons that never apply here."""
    require: tuple[str, ...] = ()
    """Reasons that every change here has, with evidence of full weight."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of validation, which every reason is checked against; on top of the built-in ones."""

    kind: Literal["business", "technical", "cost", "quality", "security", "history"]
    name: str
    description: str
    """What is demanded, in words: shown where it is not met."""
    condition: str
    """When it is met: an expression over `CONDITION_NAMES`."""
    weight: float = 1.0
    """Its share among the checks of a reason."""
    applies: str = ""
    """The expression without which the rule has nothing to say; empty for always."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which figures on a function is hard (`algorithm_complexity`)."""

    cyclomatic: int = 15
    cognitive: int = 20
    nesting: int = 5
    length: int = 120


@dataclass(frozen=True, slots=True)
class LspSettings:
    """What only the editor shows."""

    quiet_ms: int = 0
    """Wait this long after the last edit before judging; 0 judges every edit."""
    least_priority: PriorityName = "medium"
    """Diagnostics below this priority are not shown."""
    code_lens: bool = True
    hover: bool = True
    leave_runs: bool = True
    """Whether runs go on in the host when the editor is closed; they are offered when it is opened again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one workspace."""

    min_confidence: float = 0.7
    """A reason whose confidence is lower does not recommend the strong model."""
    cost_threshold: float = 10.0
    """USD; a route whose p90 cost is higher is never recommended."""
    failure_cost: float = 15.0
    """USD that a failed run of the default model costs (a person's time to notice and redo it)."""
    two_pass: bool = False
    """Always draft with the default model first (L3->L4->L3) instead of going to L4 at once (L4->L3)."""
    exclude: tuple[str, ...] = ()
    """Globs (gitignore syntax) of files that are never judged."""
    services: tuple[str, ...] = ()
    """Folders that are services, where the manifests do not tell."""
    disabled_reasons: tuple[str, ...] = ()
    """Reasons that never apply, except where a policy requires them."""
    custom_patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Reasons of your own: name -> keywords, found in the task and in the changed lines."""
    policies: tuple[Policy, ...] = ()
    rules: tuple[Rule, ...] = ()
    """Rules of validation besides the built-in ones."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    private: tuple[str, ...] = ()
    """Globs (gitignore syntax) of files whose text is never sent, besides `.gitignore` and `.escalationignore`."""
    models: Models = field(default_factory=Models)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    """Endpoints by name: changes to the presets (`anthropic`, `zai`, `gateway`) and your own."""
    flow: FlowSettings = field(default_factory=FlowSettings)
    host: HostSettings = field(default_factory=HostSettings)
    lsp: LspSettings = field(default_factory=LspSettings)
