"""Validation: does a trigger hold up against rules on business, technology, cost, quality, security and history?

A rule is a dict, `{"name", "description", "condition", "weight"}`, so that users append their own:

    get_trigger_validator().business_rules.append(
        {"name": "office_hours", "description": "…", "condition": 'priority == "critical"', "weight": 0.5}
    )

`condition` is an expression (`settings.conditions`) over the names of `names_of`, or a function from those names to a
bool. A rule may also carry `applies`, a condition without which it has nothing to say, `detail`, a function from the
names to the figures behind the answer, and `advice`, what to do where it is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NotRequired, TypedDict

from escalation.decision.assessment import (
    Check,
    Context,
    CostRange,
    Costs,
    Trigger,
    TriggerValidation,
    Validation,
    Verdict,
)
from escalation.decision.history import NO_HISTORY, OUTCOMES, History, Performance
from escalation.decision.reasons import is_reason
from escalation.decision.tally import Tally, ValidationStatistics
from escalation.decision.terms import TASK
from escalation.settings.conditions import ConditionError, holds
from escalation.settings.schema import Rule

Names = Mapping[str, Any]
Condition = str | Callable[[Names], bool]

KINDS = ("business", "technical", "cost", "quality", "security", "history")


class ValidationRule(TypedDict):
    """One rule. `weight` (> 0) is its share among the checks of a trigger."""

    name: str
    description: str
    condition: Condition
    weight: float
    applies: NotRequired[Condition]
    detail: NotRequired[Callable[[Names], str]]
    advice: NotRequired[str]


def _rule(
    name: str,
    description: str,
    condition: str,
    weight: float,
    applies: str = "",
    *,
    advice: str,
    detail: Callable[[Names], str] | None = None,
) -> ValidationRule:
    rule = ValidationRule(name=name, description=description, condition=condition, weight=weight, advice=advice)
    if applies:
        rule["applies"] = applies
    if detail is not None:
        rule["detail"] = detail
    return rule


def _cost_figures(names: Names) -> str:
    if not names["cost_known"]:
        return "the cost is unknown"
    return f"${names['cost_p10']:.2f} to ${names['cost_p90']:.2f}, the middle ${names['cost_p50']:.2f}"


def _saving_figures(names: Names) -> str:
    low, middle, high = (_signed(names[name]) for name in ("saving_p10", "saving", "saving_p90"))
    return f"{low} to {high}, the middle {middle}"


def _signed(amount: float) -> str:
    return f"{'−' if amount < 0 else ''}${abs(amount):.2f}"


def _history_figures(names: Names) -> str:
    return (
        f"right in {names['hit_rate']:.0%} of {names['outcomes']} outcomes, "
        f"95 % interval {names['hit_rate_low']:.0%} to {names['hit_rate_high']:.0%}"
    )


_BUSINESS = (
    _rule("business_impact", "the business impact is at least medium", 'business_impact != "low"', 1.0,
          'question == "consequence" and not custom',
          advice="If this part of the repository matters to the business, say so with a policy (`require`)."),
    _rule("not_routine", "the task is not routine work", "routine < 0.6", 1.5, "has_task",
          advice="If the task is more than routine, describe what is hard or at stake, not only how it looks."),
)  # fmt: skip
_TECHNICAL = (
    _rule("evidence_in_code", "something in the code speaks for it, not only the words of the task", "places > 0", 1.0,
          "has_code",
          advice="Name the files that the task is about, so that the code can speak, too."),
    _rule("several_signs", "more than one sign speaks for it", "signs > 1", 0.6,
          advice="Look at the one place that is shown: it decides."),
    _rule("code_changes", "code changes, not only comments, documents or tests", "source_files > 0", 2.0,
          "not has_task",
          advice="Nothing that runs changes: the default model will do."),
)  # fmt: skip
_COST = (
    _rule("within_threshold", "the p90 cost stays within cost_threshold", "within_threshold", 2.0,
          advice="Split the change, or raise `cost_threshold` if it is worth that much.", detail=_cost_figures),
    _rule("worth_its_price", "failing would cost more than the strong model does, or a mistake has consequences",
          'saving >= 0 or (question == "consequence" and priority in ("high", "critical"))', 1.0, "saving_known",
          advice="Set `failure_cost` to what redoing such a change really costs you.", detail=_saving_figures),
)  # fmt: skip
_QUALITY = (
    _rule("complexity", "the change is not simple", 'complexity_level != "simple"', 1.0, 'question == "difficulty"',
          advice="A simple change is what the default model is good at: let it try first."),
    _rule("strong_evidence", "the evidence is strong", "strength >= 0.6", 1.0,
          advice="Look at the evidence; dismiss the reason if it does not apply here."),
)  # fmt: skip
_SECURITY = (
    _rule("security_risk", "the security or compliance risk is at least high",
          'security_risk in ("high", "critical") or compliance_risk in ("high", "critical")', 1.5,
          'reason in ("critical_security", "compliance_related")',
          advice="If this part is sensitive, require the reason there with a policy; else dismiss it."),
)  # fmt: skip
_HISTORY = (
    _rule("hit_rate", "the reason was not mostly wrong in this repository", "hit_rate_high >= 0.5", 1.5,
          f"outcomes >= {OUTCOMES}",
          advice="Silence the reason where it keeps being wrong, with a policy (`ignore`) or `disabled_reasons`.",
          detail=_history_figures),
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
    history_rules: list[ValidationRule] = field(default_factory=lambda: list(_HISTORY))
    tally: Tally = field(default_factory=Tally, repr=False, compare=False)

    def validate(
        self,
        triggers: Iterable[Trigger],
        context: Context,
        costs: Costs,
        routine: float | None,
        *,
        history: History = NO_HISTORY,
    ) -> Validation:
        """Check every trigger. `routine` (0..1) is how routine the task sounds; None without a task."""
        checked = tuple(self._validated(trigger, context, costs, routine, history) for trigger in triggers)
        validation = _joined(checked)
        self.tally.count(validation)
        return validation

    def with_rules(self, rules: Iterable[Rule]) -> TriggerValidator:
        """The same with the rules of somebody's settings; counted together."""
        added = [(f"{rule.kind}_rules", _of_settings(rule)) for rule in rules]
        if not added:
            return self
        lists: dict[str, Any] = {
            name: [*getattr(self, name), *(r for of, r in added if of == name)] for name, _ in added
        }
        return replace(self, **lists)

    def get_validation_statistics(self) -> ValidationStatistics:
        """What the validations so far came to."""
        return self.tally.statistics()

    def suggestions(self, validation: Validation) -> tuple[str, ...]:
        """What would make the reasons hold up, or the question go away: one sentence for each rule that is not met."""
        advice = {(kind, rule["name"]): rule.get("advice", "") for kind, rule in self._rules()}
        failed = [c for one in validation.triggers for c in one.checks if not c.passed]
        said = (advice.get((check.kind, check.name)) or f"Not met: {check.message}." for check in failed)
        return tuple(dict.fromkeys(said))

    def _validated(
        self, trigger: Trigger, context: Context, costs: Costs, routine: float | None, history: History
    ) -> TriggerValidation:
        names = names_of(trigger, context, costs, routine, history.reasons.get(trigger.reason, _UNKNOWN))
        checks = tuple(check for kind, rule in self._rules() if (check := _check(kind, rule, names)))
        total = sum(check.weight for check in checks)
        share = sum(check.weight for check in checks if check.passed) / total if total else 0.0
        result: Verdict = next(verdict for least, verdict in _VERDICTS if share >= least)
        if not names["has_code"] and not names["has_task"]:
            result = "insufficient_data"
        confidence = round(trigger.confidence * (0.6 + 0.4 * share), 4)
        calibration = history.calibration(trigger.reason, trigger.question)
        calibrated = round(calibration.apply(confidence), 4)
        return TriggerValidation(trigger.reason, result, confidence, checks, calibrated, calibration.source)

    def _rules(self) -> Iterator[tuple[str, ValidationRule]]:
        for kind in KINDS:
            for rule in getattr(self, f"{kind}_rules"):
                yield kind, rule


_UNKNOWN = Performance()


@cache
def get_trigger_validator() -> TriggerValidator:
    """The process's validator: rules appended to it apply to every later assessment."""
    return TriggerValidator()


def get_validation_statistics() -> ValidationStatistics:
    """What the validations of this process came to."""
    return get_trigger_validator().get_validation_statistics()


def names_of(
    trigger: Trigger,
    context: Context,
    costs: Costs,
    routine: float | None,
    performance: Performance = _UNKNOWN,
) -> dict[str, object]:
    """What a condition may speak of; `docs/validation.md` says what each name means."""
    metrics, hits = context.metrics, performance.hits
    strong = next((cost for cost in costs.routes if cost.route == costs.route), _NO_COST)
    saving = costs.expected_saving
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
        "cost_known": strong.p50 is not None,
        "cost_p10": strong.p10 or 0.0,
        "cost_p50": strong.p50 or 0.0,
        "cost_p90": strong.p90 or 0.0,
        "saving": saving or 0.0,
        "saving_known": saving is not None,
        "saving_p10": _or(costs.saving_p10, saving),
        "saving_p90": _or(costs.saving_p90, saving),
        "within_threshold": costs.within_threshold,
        "has_task": routine is not None,
        "has_code": metrics.lines_added + metrics.lines_deleted > 0,
        "routine": routine or 0.0,
        "outcomes": hits.n,
        "hit_rate": hits.rate or 0.0,
        "hit_rate_low": hits.low,
        "hit_rate_high": hits.high,
        "missed": performance.missed,
    }


_NO_COST = CostRange("L4", (), None, None, None)


def _or(amount: float | None, other: float | None) -> float:
    return amount if amount is not None else other or 0.0


def _joined(checked: tuple[TriggerValidation, ...]) -> Validation:
    if not checked:
        return Validation("insufficient_data", 0.0, "Nothing speaks for the strong model.", ())
    best = min(checked, key=lambda v: (_ORDER.index(v.result), -v.confidence))
    return Validation(best.result, best.confidence, _recommendation(best), checked)


def _of_settings(rule: Rule) -> ValidationRule:
    found = ValidationRule(name=rule.name, description=rule.description, condition=rule.condition, weight=rule.weight)
    if rule.applies:
        found["applies"] = rule.applies
    return found


def _check(kind: str, rule: ValidationRule, names: Names) -> Check | None:
    """The answer of a rule, or None where it has nothing to say. A broken rule fails and says why."""
    detail = ""
    try:
        if "applies" in rule and not _true(rule["applies"], names):
            return None
        passed, message = _true(rule["condition"], names), rule["description"]
        detail = rule["detail"](names) if "detail" in rule else ""
    except ConditionError as error:
        passed, message = False, f"the rule cannot be checked: {error}"
    except Exception as error:  # noqa: BLE001 - a user's own function; its fault must not cost the assessment
        passed, message = False, f"the rule cannot be checked: {type(error).__name__}: {error}"
    return Check(kind, rule["name"], passed, float(rule.get("weight", 1.0)), message, detail)


def not_met(check: Check) -> str:
    """A check in words, with its figures."""
    return f"{check.message} ({check.detail})" if check.detail else check.message


def _true(condition: Condition, names: Names) -> bool:
    return holds(condition, names) if isinstance(condition, str) else bool(condition(names))


def _recommendation(best: TriggerValidation) -> str:
    failed = [not_met(check) for check in best.checks if not check.passed]
    said: dict[Verdict, str] = {
        "valid": "The reasons hold up.",
        "partially_valid": "The reasons hold up in part.",
        "requires_review": "Look at the evidence before paying for the strong model.",
        "invalid": "The reasons do not hold up.",
        "insufficient_data": "There is too little to judge by.",
    }
    return said[best.result] + (f" Not met: {'; '.join(failed)}." if failed else "")
