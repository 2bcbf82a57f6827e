"""What a team says about parts of its repository."""

from __future__ import annotations

import pytest

from escalation.decision.policies import Policies, excludes, without_excluded
from escalation.settings.schema import Policy, Settings
from tests.decision.notation import by_reason, change_of, judged
from tests.decision.specification import edited

REVENUE = """
--- shop/invoices.py
+++ shop/invoices.py
 def invoice_total(lines):
-    return sum(line.unit_price * line.quantity for line in lines)
+    return sum(line.unit_price * line.quantity * (1 + line.tax_rate) for line in lines)
"""


def settings(*policies: Policy, **others) -> Settings:
    return Settings(policies=policies, **others)


@pytest.mark.parametrize(
    ("glob", "path", "ignored"),
    [
        ("shop/**", "shop/invoices.py", True),
        ("shop/", "shop/invoices.py", True),
        ("*.py", "shop/invoices.py", True),
        ("/shop/*.py", "shop/invoices.py", True),
        ("/invoices.py", "shop/invoices.py", False),
        ("web/**", "shop/invoices.py", False),
        ("größe #1/*", "größe #1/x.py", True),
    ],
)
def test_globs_are_those_of_gitignore(glob, path, ignored):
    policies = Policies.of(settings(Policy(glob, ignore=("revenue_critical",))))
    assert policies.ignores("revenue_critical", path) is ignored
    assert not policies.ignores("api_design", path)


def test_the_last_policy_that_speaks_wins():
    everywhere, here = Policy("**", ignore=("revenue_critical",)), Policy("shop/**", require=("revenue_critical",))
    assert "revenue_critical" in by_reason(judged(REVENUE, settings=settings(everywhere, here)))
    assert "revenue_critical" not in by_reason(judged(REVENUE, settings=settings(here, everywhere)))


def test_an_ignored_reason_is_gone_and_others_stay():
    ignoring = settings(Policy("shop/**", ignore=("revenue_critical",)))
    assert "revenue_critical" in by_reason(judged(REVENUE))
    assert "revenue_critical" not in by_reason(judged(REVENUE, settings=ignoring))
    assert judged(REVENUE, settings=ignoring).scores.consequence < judged(REVENUE).scores.consequence


def test_what_a_task_says_is_no_file_and_is_not_ignored():
    ignoring = settings(Policy("**", ignore=("revenue_critical",)))
    assert "revenue_critical" in by_reason(judged(task="Add the invoice", settings=ignoring))


@pytest.mark.parametrize("reason", ["critical_security", "revenue_critical", "testing_strategy", "games"])
def test_a_required_reason_is_there_at_its_highest_priority(reason):
    requiring = settings(Policy("deploy/**", require=(reason,)), custom_patterns={"games": ()})
    assessment = judged(edited(["deploy/cluster.yaml"]), settings=requiring)
    trigger = by_reason(assessment)[reason]
    assert trigger.priority == ("high" if reason == "testing_strategy" else "critical")
    assert trigger.evidence[0].path == "deploy/cluster.yaml"
    assert "deploy/**" in trigger.evidence[0].what
    assert assessment.should_escalate
    assert by_reason(judged(edited(["ops/cluster.yaml"]), settings=requiring)) == {}


def test_a_policy_wins_over_disabled_reasons():
    off = settings(disabled_reasons=("revenue_critical",))
    assert by_reason(judged(REVENUE, settings=off)) == {}
    except_here = settings(Policy("shop/**", require=("revenue_critical",)), disabled_reasons=("revenue_critical",))
    assert "revenue_critical" in by_reason(judged(REVENUE, settings=except_here))


def test_a_disabled_reason_is_off_for_tasks_too():
    assert by_reason(judged(task="Add the invoice", settings=settings(disabled_reasons=("revenue_critical",)))) == {}


def test_excluded_files_are_not_judged():
    change = change_of(REVENUE + edited(["web/nav.css"]))
    excluding = settings(exclude=("shop/**", "!shop/cart.py"))
    assert [file.path for file in without_excluded(change, excluding).files] == ["web/nav.css"]
    assessment = judged(REVENUE, settings=excluding)
    assert (assessment.triggers, assessment.files) == ((), ())
    assert without_excluded(change, Settings()) is change
    assert excludes(excluding, "shop/invoices.py")
    assert not excludes(excluding, "web/nav.css")
