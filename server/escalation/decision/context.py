"""The context of a change: how complex, how much it matters to the business, how risky."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from escalation.analysis.facts import ChangeFacts
from escalation.analysis.risk import Risk
from escalation.decision.assessment import Complexity, Context, Level, Metrics
from escalation.decision.rules import difficulty_ratio
from escalation.settings.schema import Settings

_LEVELS: tuple[tuple[float, Level], ...] = ((0.8, "critical"), (0.55, "high"), (0.3, "medium"), (0.0, "low"))
_TASK_PRIORITY = {"critical": 0.85, "urgent": 0.85, "high": 0.6, "medium": 0.0, "low": 0.0}


Dimensions = Mapping[str, Mapping[str, float]]


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("escalation.decision").joinpath("data/context.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class ContextAnalyzer:
    """Draws the context of a change from its facts and the strength of each reason's evidence (0..1)."""

    settings: Settings = field(default_factory=Settings)

    def analyze(self, facts: ChangeFacts, strengths: Mapping[str, float], risk: Risk) -> Context:
        metrics = measure(facts)
        business = _dimensions(_table()["business"], strengths)
        if facts.task:
            business["operations"] = max(business["operations"], _TASK_PRIORITY.get(facts.task.priority.lower(), 0.0))
        risks = _dimensions(_table()["risk"], strengths)
        risks["reliability"] = max(risks["reliability"], 0.8 * risk.score)
        return Context(
            complexity_level=self._complexity(facts, strengths),
            business_impact=level(max(business.values())),
            risk_level=level(max(risks.values())),
            business={name: level(value) for name, value in business.items()},
            risks={name: level(value) for name, value in risks.items()},
            metrics=metrics,
            key_factors=_key_factors(facts, metrics, business, risks),
        )

    def _complexity(self, facts: ChangeFacts, strengths: Mapping[str, float]) -> Complexity:
        ratio = max((difficulty_ratio(f.metrics, self.settings.thresholds) for _, f in facts.touched()), default=0.0)
        size = min(1.0, facts.lines_changed / 600) + min(1.0, len(facts.source_files) / 15)
        shares: Mapping[str, float] = _table()["complexity"]
        said = max((shares.get(reason, 0.6) * force for reason, force in strengths.items()), default=0.0)
        value = max(ratio / 2.2, size / 1.5, said)
        return "critical" if value >= 0.9 else "complex" if value >= 0.55 else "moderate" if value >= 0.25 else "simple"


def level(value: float) -> Level:
    """The level of a figure from 0 to 1."""
    return next(name for least, name in _LEVELS if value >= least)


def measure(facts: ChangeFacts) -> Metrics:
    """The figures of a change."""
    functions = [function.metrics for _, function in facts.touched()]
    return Metrics(
        files=len(facts.files),
        source_files=len(facts.source_files),
        packages=len(facts.packages),
        services=len(facts.services),
        lines_added=sum(f.lines_added for f in facts.files),
        lines_deleted=sum(f.lines_deleted for f in facts.files),
        functions=len(functions),
        cyclomatic=max((f.cyclomatic for f in functions), default=0),
        cognitive=max((f.cognitive for f in functions), default=0),
        nesting=max((f.nesting for f in functions), default=0),
        dependents=max((facts.dependents(f.path) for f in facts.source_files), default=0),
    )


def _dimensions(table: Dimensions, strengths: Mapping[str, float]) -> dict[str, float]:
    return {
        name: max(share * strengths.get(reason, 0.0) for reason, share in row.items()) for name, row in table.items()
    }


def _key_factors(
    facts: ChangeFacts, metrics: Metrics, business: Mapping[str, float], risks: Mapping[str, float]
) -> tuple[str, ...]:
    """What a person would name first, in words."""
    said = [
        (metrics.source_files > 3, f"{metrics.source_files} source files in {metrics.packages} packages"),
        (metrics.services > 1, f"{metrics.services} services"),
        (facts.lines_changed > 100, f"{facts.lines_changed} changed lines of code"),
        (metrics.cognitive > 15, f"a function with cognitive complexity {metrics.cognitive}"),
        (metrics.dependents > 5, f"{metrics.dependents} files depend on a changed module"),
        *((value >= 0.3, f"{level(value)} business impact on {name}") for name, value in business.items()),
        *((value >= 0.3, f"{level(value)} {name} risk") for name, value in risks.items()),
        (
            not facts.source_files and bool(facts.files),
            "no code changes: documents, tests, comments or configuration only",
        ),
    ]
    return tuple(words for true, words in said if true)
