"""The sixteen escalation reasons and their table, `data/reasons.toml`.

A row says what the reason means, which question it answers (consequence: what would a mistake cost; difficulty:
will the default model fail), its priorities, and the words that name it in a task description.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import escalation

Question = Literal["consequence", "difficulty"]


class Priority(StrEnum):
    """How much a reason weighs; ordered by `rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


class Reason(StrEnum):
    """Why a change may deserve the strong model (DESIGN, "Words")."""

    CRITICAL_SECURITY = "critical_security"
    ARCHITECTURAL_DECISION = "architectural_decision"
    COMPLIANCE_RELATED = "compliance_related"
    MULTI_FILE_REFACTOR = "multi_file_refactor"
    CROSS_SERVICE_CHANGES = "cross_service_changes"
    LEGACY_SYSTEM_INTEGRATION = "legacy_system_integration"
    PERFORMANCE_CRITICAL = "performance_critical"
    DATABASE_SCHEMA_CHANGES = "database_schema_changes"
    ALGORITHM_COMPLEXITY = "algorithm_complexity"
    COMPREHENSIVE_CODE_REVIEW = "comprehensive_code_review"
    TESTING_STRATEGY = "testing_strategy"
    DEBUG_COMPLEX_ISSUES = "debug_complex_issues"
    API_DESIGN = "api_design"
    PROTOCOL_IMPLEMENTATION = "protocol_implementation"
    MIGRATION_STRATEGY = "migration_strategy"
    REVENUE_CRITICAL = "revenue_critical"


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One row of the table.

    `priority` holds the least strength (0..1) of the evidence for each priority; a strength below the lowest gives no
    trigger. `terms` maps a phrase to the weight it has in a task description.
    """

    reason: Reason
    title: str
    description: str
    question: Question
    priority: Mapping[Priority, float]
    terms: Mapping[str, float]


@cache
def table() -> Mapping[Reason, ReasonRow]:
    """Every reason's row."""
    data = tomllib.loads(files("escalation.decision").joinpath("data/reasons.toml").read_text("utf-8"))
    return {reason: _row(reason, data[reason]) for reason in Reason}


def _row(reason: Reason, row: Mapping[str, object]) -> ReasonRow:
    priority, terms = row["priority"], row["terms"]
    assert isinstance(priority, dict)
    assert isinstance(terms, dict)
    return ReasonRow(
        reason=reason,
        title=str(row["title"]),
        description=str(row["description"]),
        question="difficulty" if row["question"] == "difficulty" else "consequence",
        priority={Priority(name): float(least) for name, least in priority.items()},
        terms={phrase: float(weight) for weight, phrases in terms.items() for phrase in phrases},
    )


def is_reason(name: str) -> bool:
    """Whether `name` is one of the sixteen, not a pattern of the user's own."""
    return name in _NAMES


_NAMES = frozenset(Reason)


def title(name: str) -> str:
    """The title of a reason, or the name of a pattern of the user's own."""
    return table()[Reason(name)].title if is_reason(name) else name


def page(reason: Reason) -> str:
    """`file:` URI of the page that documents a reason; it ships with the package, so it works offline."""
    package = Path(escalation.__file__).parent
    shipped, checkout = (docs / "reasons" / f"{reason}.md" for docs in (package / "pages", package.parents[1] / "docs"))
    return (shipped if shipped.is_file() else checkout).as_uri()
