"""Whether a trigger holds up against the rules."""

from __future__ import annotations

from collections import Counter
from threading import Thread

import pytest

from escalation.analysis.evidence import Evidence
from escalation.decision.assessment import Context, CostRange, Costs, Metrics, Trigger
from escalation.decision.proportion import Proportion
from escalation.decision.reasons import Priority
from escalation.decision.terms import TASK
from escalation.decision.validation import (
    KINDS,
    TriggerValidator,
    get_trigger_validator,
    get_validation_statistics,
    names_of,
)
from escalation.settings.conditions import holds
from escalation.settings.schema import CONDITION_NAMES, Rule, Settings
from tests.decision.notation import judged
from tests.decision.specification import SPECIFICATION

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
    for kind in KINDS:
        for rule in getattr(validator, f"{kind}_rules"):
            assert set(rule) >= {"name", "description", "condition", "weight"}
            assert rule["weight"] > 0
            for condition in (rule["condition"], rule.get("applies", "True")):
                assert holds(condition, names) in (True, False)


def test_the_validator_of_the_process_is_one():
    assert get_trigger_validator() is get_trigger_validator()


def test_every_name_can_stand_in_a_rule_of_the_settings():
    assert set(names_of(trigger(), context(), costs(), 0.2)) == CONDITION_NAMES


RULE = Rule("quality", "small", "it is small", "lines_changed < 50", 3.0, 'question == "consequence"')


def test_rules_of_the_settings_join_those_of_their_kind():
    validator = TriggerValidator()
    joined = validator.with_rules((RULE,))
    small, large = (
        {c.name: c for c in joined.validate([trigger()], context(lines=n), costs(), None).triggers[0].checks}
        for n in (10, 100)
    )
    assert (small["small"].passed, large["small"].passed) == (True, False)
    assert (small["small"].kind, small["small"].weight, small["small"].message) == ("quality", 3.0, "it is small")
    other = joined.validate([trigger(question="difficulty")], context(), costs(), None)
    assert "small" not in {c.name for c in other.triggers[0].checks}
    assert "small" not in {rule["name"] for rule in validator.quality_rules}


def test_an_assessment_has_the_rules_of_its_settings():
    demanding = Settings(rules=(Rule("business", "never", "this is never met", "False", 100.0),))
    assessment = judged(SPECIFICATION["critical_security"].fires[0].diff, settings=demanding)
    assert assessment.validation.result == "invalid"
    assert "this is never met" in assessment.validation.recommendation
    assert not assessment.should_escalate


def test_rules_appended_to_the_process_hold_beside_those_of_the_settings():
    get_trigger_validator().business_rules.append(
        {"name": "mine", "description": "x", "condition": "True", "weight": 1.0}
    )
    try:
        checks = (
            judged(SPECIFICATION["critical_security"].fires[0].diff, settings=Settings(rules=(RULE,)))
            .validation.triggers[0]
            .checks
        )
        assert {"mine", "small"} <= {check.name for check in checks}
    finally:
        get_trigger_validator().business_rules.pop()


RANGE = Costs(
    (CostRange("L3", ("s",), 0.04, 0.1, 0.32), CostRange("L4->L3", ("o", "s"), 0.12, 0.3, 0.96)),
    0.4,
    "",
    -0.1,
    False,
    "",
    saving_p10=-0.54,
    saving_p90=0.02,
)


def test_costs_are_spoken_of_as_ranges():
    validation = TriggerValidator().validate([trigger("api_design", priority="medium")], context(), RANGE, None)
    details = {c.name: c.detail for c in validation.triggers[0].checks if c.kind == "cost"}
    assert details == {
        "within_threshold": "$0.12 to $0.96, the middle $0.30",
        "worth_its_price": "−$0.54 to $0.02, the middle −$0.10",
    }
    assert "the p90 cost stays within cost_threshold ($0.12 to $0.96, the middle $0.30)" in validation.recommendation
    unknown = TriggerValidator().validate([trigger()], context(), costs(None, within=False), None)
    assert "(the cost is unknown)" in unknown.recommendation


def test_conditions_may_speak_of_the_ends_of_a_range():
    rule = Rule("cost", "surely", "it pays even where it gets dear", "saving_p10 >= 0 and cost_p90 < 1")
    (check,) = [
        c
        for c in TriggerValidator().with_rules((rule,)).validate([trigger()], context(), RANGE, None).triggers[0].checks
        if c.name == "surely"
    ]
    assert not check.passed


def test_suggestions_say_what_to_do():
    validator = TriggerValidator().with_rules((Rule("cost", "own", "it is cheap", "cost_p90 < 0.5"),))
    validation = validator.validate(
        [trigger("api_design", evidence=WORDS, strength=0.4, priority="medium")], context(), RANGE, 0.9
    )
    said = validator.suggestions(validation)
    assert "Name the files that the task is about, so that the code can speak, too." in said
    assert "Split the change, or raise `cost_threshold` if it is worth that much." in said
    assert "Not met: it is cheap." in said
    assert len(said) == len(set(said))
    met = validator.validate([trigger()], context(), costs(), None)
    assert TriggerValidator().suggestions(met) == ()


def test_every_built_in_rule_says_what_to_do():
    validator = TriggerValidator()
    assert all(rule["advice"] for kind in KINDS for rule in getattr(validator, f"{kind}_rules"))


def test_what_validations_came_to_is_counted():
    validator = TriggerValidator()
    assert validator.get_validation_statistics().confidence is None
    first = validator.validate([trigger(), trigger("api_design", evidence=WORDS)], context(), costs(), None)
    second = validator.with_rules((RULE,)).validate([trigger()], context(lines=100), costs(within=False), None)
    validator.validate([], context(), costs(), None)
    found = validator.get_validation_statistics()
    assert (found.validations, found.triggers) == (3, 3)
    assert found.confidence == pytest.approx((first.confidence + second.confidence) / 3)
    assert found.results == Counter([first.result, second.result, "insufficient_data"])
    assert found.reasons["critical_security"].n == 2
    assert found.rules["within_threshold"] == Proportion(2, 3)
    assert found.rules["small"] == Proportion(0, 1)


def test_it_is_counted_in_bounded_memory_and_from_any_thread():
    validator = TriggerValidator()

    def many(start):
        for n in range(300):
            validator.validate([trigger(f"games {start} {n}")], context(), costs(), None)

    threads = [Thread(target=many, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = validator.get_validation_statistics()
    assert found.validations == 1200
    assert len(found.reasons) <= 500
    assert found.rules["within_threshold"].n == 1200


def test_the_process_counts_its_validations():
    before = get_validation_statistics().validations
    judged(SPECIFICATION["critical_security"].fires[0].diff)
    assert get_validation_statistics().validations == before + 1
