"""The schema of the settings: frozen dataclasses, with the defaults.

The same names everywhere: in `escalation.toml`, under `[tool.escalation]` in `pyproject.toml` and in the
editor's settings; some have an environment variable, too (`load.ENVIRONMENT`). See `docs/settings.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Models:
    """The models a route names, with the provider whose price list applies to them."""

    default: str = "claude-sonnet-5-5"
    escalation: str = "claude-opus-5-5"
    fallback: str = "claude-sonnet-5-5"
    provider: str = "anthropic"


@dataclass(frozen=True, slots=True)
class Policy:
    """What applies to the files that match `glob` (gitignore syntax); the last one that speaks wins."""

    glob: str
    ignore: tuple[str, ...] = ()
    """Reasons that never apply here."""
    require: tuple[str, ...] = ()
    """Reasons that every change here has, with evidence of full weight."""


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
    thresholds: Thresholds = field(default_factory=Thresholds)
    models: Models = field(default_factory=Models)
    lsp: LspSettings = field(default_factory=LspSettings)
