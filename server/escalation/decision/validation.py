"""Validation: does a trigger hold up against rules on business, technology, cost, quality and security?

A rule is a dict, `{"name", "description", "condition", "weight"}`, so that users append their own:

    get_trigger_validator().business_rules.append(
        {"name": "office_hours", "description": "…", "condition": 'priority == "critical"', "weight": 0.5}
    )

`condition` is an expression (`decision.conditions`) over the names of `names_of`, or a function from those names to a
bool. A built-in rule may also carry `applies`, a condition without which it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NotRequired, TypedDict

from escalation.decision.assessment import (
    Check,
    Context,
    Costs,
    Trigger,
    TriggerValidation,
    Validation,
    Verdict,
)
from escalation.decision.conditions import ConditionError, holds
from escalation.decision.reasons import is_reason
from escalation.decision.terms import TASK

Condition = str | Callable[[Mapping[str, object]], bool]


class ValidationRule(TypedDict):
    """One rule. `weight` (> 0) is its share among the checks of a trigger."""

    name: str
    description: str
    condition: Condition
    weight: float
    applies: NotRequired[Condition]


def _rule(name: str, description: str, condition: str, weight: float, applies: str = "") -> ValidationRule:
    rule = ValidationRule(name=name, description=description, condition=condition, weight=weight)
    return rule | {"applies": applies} if applies else rule


_BUSINESS = (
    _rule("business_impact", "the business impact is at least medium", 'business_impact != "low"', 1.0,
          'question == "consequence" and not custom'),
    _rule("not_routine", "the task is not routine work", "routine < 0.6", 1.5, "has_task"),
)  # fmt: skip
_TECHNICAL = (
    _rule("evidence_in_code", "something in the code speaks for it, not only the words of the task", "places > 0", 1.0,
          "has_code"),
    _rule("several_signs", "more than one sign speaks for it", "signs > 1", 0.6),
    _rule("code_changes", "code changes, not only comments, documents or tests", "source_files > 0", 2.0,
          "not has_task"),
)  # fmt: skip
_COST = (
    _rule("within_threshold", "the p90 cost stays within cost_threshold", "within_threshold", 2.0),
    _rule("worth_its_price", "failing would cost more than the strong model does, or a mistake has consequences",
          'saving >= 0 or (question == "consequence" and priority in ("high", "critical"))', 1.0, "saving_known"),
)  # fmt: skip
_QUALITY = (
    _rule(
        "complexity",
        "the change is not simple",
        'complexity_level != "simple"',
        1.0,
        'question == "difficulty"',
    ),
    _rule("strong_evidence", "the evidence is strong", "strength >= 0.6", 1.0),
)
_SECURITY = (
    _rule("security_risk", "the security or compliance risk is at least high",
          'security_risk in ("high", "critical") or compliance_risk in ("high", "critical")', 1.5,
          'reason in ("critical_security", "compliance_related")'),
)  # fmt: skip

_VERDICTS: tuple[tuple[float, Verdict], ...] = (
    (0.8, "valid"),
    (0.6, "partially_valid"),
    (0.4, "requires_review"),
    (0.0, "invalid"),
)
_ORDER: Sequence[Verdict] = ("valid", "partially_valid", "requires_review", "insufficient_data", "invalid")


@dataclass
class TriggerValidator:
    """The rules by kind; the lists may be appended to."""

    business_rules: list[ValidationRule] = field(default_factory=lambda: list(_BUSINESS))
    technical_rules: list[ValidationRule] = field(default_factory=lambda: list(_TECHNICAL))
    cost_rules: list[ValidationRule] = field(default_factory=lambda: list(_COST))
    quality_rules: list[ValidationRule] = field(default_factory=lambda: list(_QUALITY))
    security_rules: list[ValidationRule] = field(default_factory=lambda: list(_SECURITY))

    def validate(
        self, triggers: Iterable[Trigger], context: Context, costs: Costs, routine: float | None
    ) -> Validation:
        """Check every trigger. `routine` (0..1) is how routine the task sounds; None without a task."""
        checked = tuple(self._validated(trigger, names_of(trigger, context, costs, routine)) for trigger in triggers)
        if not checked:
            return Validation("insufficient_data", 0.0, "Nothing speaks for the strong model.", ())
        best = min(checked, key=lambda v: (_ORDER.index(v.result), -v.confidence))
        return Validation(best.result, best.confidence, _recommendation(best), checked)

    def _validated(self, trigger: Trigger, names: Mapping[str, object]) -> TriggerValidation:
        checks = tuple(check for kind, rule in self._rules() if (check := _check(kind, rule, names)))
        total = sum(check.weight for check in checks)
        share = sum(check.weight for check in checks if check.passed) / total if total else 0.0
        result: Verdict = next(verdict for least, verdict in _VERDICTS if share >= least)
        if not names["has_code"] and not names["has_task"]:
            result = "insufficient_data"
        return TriggerValidation(trigger.reason, result, round(trigger.confidence * (0.6 + 0.4 * share), 4), checks)

    def _rules(self) -> Iterable[tuple[str, ValidationRule]]:
        kinds = ("business", "technical", "cost", "quality", "security")
        for kind in kinds:
            for rule in getattr(self, f"{kind}_rules"):
                yield kind, rule


@cache
def get_trigger_validator() -> TriggerValidator:
    """The process's validator: rules appended to it apply to every later assessment."""
    return TriggerValidator()


def names_of(trigger: Trigger, context: Context, costs: Costs, routine: float | None) -> dict[str, object]:
    """What a condition may speak of."""
    metrics = context.metrics
    return {
        "reason": trigger.reason,
        "custom": not is_reason(trigger.reason),
        "priority": str(trigger.priority),
        "question": trigger.question,
        "confidence": trigger.confidence,
        "strength": trigger.strength,
        "signs": len(trigger.evidence),
        "places": sum(evidence.path != TASK for evidence in trigger.evidence),
        "complexity_level": context.complexity_level,
        "business_impact": context.business_impact,
        "risk_level": context.risk_level,
        "security_risk": context.risks["security"],
        "compliance_risk": context.risks["compliance"],
        "files": metrics.files,
        "source_files": metrics.source_files,
        "packages": metrics.packages,
        "services": metrics.services,
        "lines_changed": metrics.lines_added + metrics.lines_deleted,
        "functions": metrics.functions,
        "cyclomatic": metrics.cyclomatic,
        "cognitive": metrics.cognitive,
        "dependents": metrics.dependents,
        "failure_probability": costs.failure_probability,
        "saving": costs.expected_saving or 0.0,
        "saving_known": costs.expected_saving is not None,
        "within_threshold": costs.within_threshold,
        "has_task": routine is not None,
        "has_code": metrics.lines_added + metrics.lines_deleted > 0,
        "routine": routine or 0.0,
    }


def _check(kind: str, rule: ValidationRule, names: Mapping[str, object]) -> Check | None:
    """The answer of a rule, or None where it has nothing to say. A broken rule fails and says why."""
    try:
        if "applies" in rule and not _true(rule["applies"], names):
            return None
        passed, message = _true(rule["condition"], names), rule["description"]
    except ConditionError as error:
        passed, message = False, f"the rule cannot be checked: {error}"
    except Exception as error:  # noqa: BLE001 - a user's own function; its fault must not cost the assessment
        passed, message = False, f"the rule cannot be checked: {type(error).__name__}: {error}"
    return Check(kind, rule["name"], passed, float(rule.get("weight", 1.0)), message)


def _true(condition: Condition, names: Mapping[str, object]) -> bool:
    return holds(condition, names) if isinstance(condition, str) else bool(condition(names))


def _recommendation(best: TriggerValidation) -> str:
    failed = [check.message for check in best.checks if not check.passed]
    said: dict[Verdict, str] = {
        "valid": "The reasons hold up.",
        "partially_valid": "The reasons hold up in part.",
        "requires_review": "Look at the evidence before paying for the strong model.",
        "invalid": "The reasons do not hold up.",
        "insufficient_data": "There is too little to judge by.",
    }
    return said[best.result] + (f" Not met: {'; '.join(failed)}." if failed else "")
