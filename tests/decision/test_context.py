"""The context of a change."""

from __future__ import annotations

import pytest

from escalation.analysis.change import Task
from escalation.analysis.facts import ChangeFacts, gather
from escalation.analysis.risk import features, risk
from escalation.decision.context import ContextAnalyzer, level, measure
from escalation.decision.reasons import Reason
from tests.decision.notation import change_of
from tests.decision.specification import SPREAD, edited

SMALL = "--- shop/a.py\n+++ shop/a.py\n def f(x):\n-    return x\n+    return x + 1\n"
CALM = risk(features(change_of(SMALL), None))


def analyzed(strengths: dict[str, float], diff: str = SMALL, task: Task | None = None):
    facts = gather(change_of(diff))
    return ContextAnalyzer().analyze(ChangeFacts(facts.files, task), strengths, CALM)


@pytest.mark.parametrize(
    ("value", "name"),
    [(0.0, "low"), (0.29, "low"), (0.3, "medium"), (0.55, "high"), (0.8, "critical"), (1.0, "critical")],
)
def test_levels(value, name):
    assert level(value) == name


def test_a_small_change_is_simple_and_low():
    context = analyzed({})
    assert (context.complexity_level, context.business_impact, context.risk_level) == ("simple", "low", "low")
    assert set(context.business) == {"revenue", "customers", "compliance", "operations", "strategy"}
    assert set(context.risks) == {"security", "performance", "reliability", "maintainability", "compliance"}
    assert context.key_factors == ()


DIMENSIONS = [
    (Reason.CRITICAL_SECURITY, "risks", "security"),
    (Reason.COMPLIANCE_RELATED, "risks", "compliance"),
    (Reason.COMPLIANCE_RELATED, "business", "compliance"),
    (Reason.REVENUE_CRITICAL, "business", "revenue"),
    (Reason.ARCHITECTURAL_DECISION, "business", "strategy"),
    (Reason.DATABASE_SCHEMA_CHANGES, "business", "operations"),
    (Reason.API_DESIGN, "business", "customers"),
    (Reason.PERFORMANCE_CRITICAL, "risks", "performance"),
    (Reason.DEBUG_COMPLEX_ISSUES, "risks", "reliability"),
    (Reason.ALGORITHM_COMPLEXITY, "risks", "maintainability"),
]


@pytest.mark.parametrize(("reason", "kind", "dimension"), DIMENSIONS)
def test_what_a_reason_weighs_on(reason, kind, dimension):
    context = analyzed({reason: 1.0})
    assert getattr(context, kind)[dimension] == "critical"
    assert getattr(analyzed({}), kind)[dimension] == "low"
    overall = context.risk_level if kind == "risks" else context.business_impact
    assert overall == "critical"
    assert any(dimension in factor for factor in context.key_factors)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_weighs_on_something_and_makes_it_less_simple(reason):
    context = analyzed({reason: 0.95})
    assert context.complexity_level != "simple"
    if reason != Reason.TESTING_STRATEGY:
        assert (context.business_impact, context.risk_level) != ("low", "low")


def test_an_urgent_task_weighs_on_operations():
    context = analyzed({}, task=Task("Fix it", priority="Critical"))
    assert context.business["operations"] == "critical"
    assert analyzed({}, task=Task("Fix it", priority="low")).business_impact == "low"
    assert analyzed({}, task=Task("Fix it", priority="whatever")).business_impact == "low"


def test_size_and_spread_make_it_complex():
    levels = [analyzed({}, edited(SPREAD, lines)).complexity_level for lines in (1, 6, 40)]
    assert levels[0] != "simple"
    assert levels == sorted(levels, key=["simple", "moderate", "complex", "critical"].index)


def test_the_figures_are_those_of_source_files():
    metrics = measure(gather(change_of(edited(["shop/a.py", "web/b.py", "docs/c.md", "tests/test_d.py"], 5))))
    assert (metrics.files, metrics.source_files, metrics.packages) == (4, 2, 2)
    assert (metrics.lines_added, metrics.lines_deleted) == (20, 20)


def test_key_factors_say_when_no_code_changes():
    assert analyzed({}, edited(["docs/a.md"])).key_factors == (
        "no code changes: documents, tests, comments or configuration only",
    )
    assert "12 source files in 3 packages" in analyzed({}, edited(SPREAD)).key_factors
