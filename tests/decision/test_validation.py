"""Whether a trigger holds up against the rules."""

from __future__ import annotations

import pytest

from escalation.analysis.evidence import Evidence
from escalation.decision.assessment import Context, Costs, Metrics, Trigger
from escalation.decision.reasons import Priority
from escalation.decision.terms import TASK
from escalation.decision.validation import TriggerValidator, get_trigger_validator, names_of
from escalation.settings.conditions import holds

CODE = (Evidence("a.py", 1, 1, "x", 0.8), Evidence("a.py", 2, 2, "y", 0.8))
WORDS = (Evidence(TASK, 1, 1, "x", 0.8),)


def trigger(reason="critical_security", evidence=CODE, strength=0.9, question="consequence", priority="critical"):
    return Trigger(reason, Priority(priority), min(strength, 0.97), "", evidence, question, strength)


def context(lines=10, source_files=1, complexity="complex", impact="high", security="high") -> Context:
    metrics = Metrics(1, source_files, 1, 1, lines, 0, 1, 5, 5, 1, 0)
    return Context(complexity, impact, "high", {}, {"security": security, "compliance": "low"}, metrics, ())


def costs(saving: float | None = 1.0, within=True) -> Costs:
    return Costs((), 0.4, "", saving, within, "")


def test_everything_met_is_valid():
    validation = TriggerValidator().validate([trigger()], context(), costs(), None)
    assert (validation.result, validation.recommendation) == ("valid", "The reasons hold up.")
    assert validation.triggers[0].confidence == pytest.approx(0.9)
    assert all(check.passed for check in validation.triggers[0].checks)


WEAKER = {
    "too expensive": (trigger(), context(), costs(within=False), None, "the p90 cost stays within cost_threshold"),
    "only words": (trigger(evidence=WORDS), context(), costs(), 0.0, "something in the code speaks for it"),
    "no code changes": (trigger(), context(source_files=0), costs(), None, "code changes, not only comments"),
    "routine": (trigger(), context(), costs(), 0.9, "the task is not routine work"),
    "nothing at stake": (trigger(), context(impact="low"), costs(), None, "the business impact is at least medium"),
    "no security risk": (trigger(), context(security="low"), costs(), None, "the security or compliance risk"),
    "not worth it": (
        trigger("api_design", priority="medium"),
        context(),
        costs(-1.0),
        None,
        "failing would cost more",
    ),
    "simple": (
        trigger("algorithm_complexity", question="difficulty"),
        context(complexity="simple"),
        costs(),
        None,
        "the change is not simple",
    ),
    "weak": (trigger(strength=0.5), context(), costs(), None, "the evidence is strong"),
}


@pytest.mark.parametrize(("given", "around", "worth", "routine", "said"), WEAKER.values(), ids=WEAKER)
def test_what_is_not_met_is_said_and_costs_confidence(given, around, worth, routine, said):
    validation = TriggerValidator().validate([given], around, worth, routine)
    failed = [check.message for check in validation.triggers[0].checks if not check.passed]
    assert any(said in message for message in failed)
    assert said in validation.recommendation
    assert validation.triggers[0].confidence < given.confidence
    assert 0.6 * given.confidence <= validation.triggers[0].confidence


def test_rules_speak_only_where_they_apply():
    names = {c.name for c in TriggerValidator().validate([trigger()], context(), costs(), None).triggers[0].checks}
    assert "security_risk" in names
    assert names.isdisjoint({"not_routine", "complexity"})
    names = {
        c.name
        for c in TriggerValidator()
        .validate([trigger("api_design", question="difficulty")], context(lines=0), costs(None), 0.0)
        .triggers[0]
        .checks
    }
    assert names == {"not_routine", "several_signs", "within_threshold", "complexity", "strong_evidence"}


def test_nothing_to_judge_by_is_insufficient():
    assert TriggerValidator().validate([], context(), costs(), None).result == "insufficient_data"
    only_renamed = TriggerValidator().validate([trigger()], context(lines=0), costs(), None)
    assert only_renamed.result == "insufficient_data"


def test_verdicts_follow_the_share_of_weight_that_is_met():
    validator = TriggerValidator(business_rules=[], technical_rules=[], cost_rules=[], security_rules=[])
    for met, verdict in ((5, "valid"), (4, "valid"), (3, "partially_valid"), (2, "requires_review"), (1, "invalid")):
        validator.quality_rules[:] = [
            {"name": str(n), "description": str(n), "condition": str(n < met), "weight": 1.0} for n in range(5)
        ]
        validation = validator.validate([trigger()], context(), costs(), None)
        assert (met, validation.result) == (met, verdict)
        assert validation.confidence == pytest.approx(0.9 * (0.6 + 0.4 * met / 5))


def test_the_best_trigger_speaks_for_the_whole():
    validation = TriggerValidator().validate(
        [trigger("api_design", strength=0.4, evidence=WORDS, priority="medium"), trigger()],
        context(impact="low"),
        costs(),
        None,
    )
    assert validation.confidence == max(v.confidence for v in validation.triggers)
    assert [v.reason for v in validation.triggers] == ["api_design", "critical_security"]


def test_users_append_rules_of_their_own():
    validator = TriggerValidator()
    validator.business_rules.append(
        {"name": "large", "description": "it is large", "condition": "lines_changed > 50", "weight": 3.0}
    )
    validator.quality_rules.append(
        {"name": "named", "description": "a function", "condition": lambda names: names["files"] == 1, "weight": 1.0}
    )
    checks = validator.validate([trigger()], context(lines=10), costs(), None).triggers[0].checks
    assert {c.name: c.passed for c in checks if c.name in ("large", "named")} == {"large": False, "named": True}
    assert "large" not in {rule["name"] for rule in TriggerValidator().business_rules}


def _raises(_):
    raise KeyError("who knows")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("lines > 3", "unknown name `lines`"),
        ("os.system('x')", "is not allowed in a condition"),
        ("1 +", "is not an expression"),
        (_raises, "KeyError"),
    ],
)
def test_a_broken_rule_fails_and_says_why(condition, said):
    validator = TriggerValidator()
    validator.cost_rules.append({"name": "broken", "description": "x", "condition": condition, "weight": 1.0})
    checks = validator.validate([trigger()], context(), costs(), None).triggers[0].checks
    broken = next(check for check in checks if check.name == "broken")
    assert not broken.passed
    assert said in broken.message


def test_every_built_in_rule_can_be_checked():
    names = names_of(trigger(), context(), costs(), 0.2)
    validator = TriggerValidator()
    for kind in ("business", "technical", "cost", "quality", "security"):
        for rule in getattr(validator, f"{kind}_rules"):
            assert set(rule) >= {"name", "description", "condition", "weight"}
            assert rule["weight"] > 0
            for condition in (rule["condition"], rule.get("applies", "True")):
                assert holds(condition, names) in (True, False)


def test_the_validator_of_the_process_is_one():
    assert get_trigger_validator() is get_trigger_validator()
