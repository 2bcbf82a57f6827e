"""Judgements as the API gives them: parts of one assessment, under the original system's names."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from escalation.analysis.evidence import Evidence
from escalation.api.schemas import AskedValidation, ContextData, TriggerData
from escalation.decision.assessment import (
    Assessment,
    Context,
    Costs,
    Metrics,
    Trigger,
    TriggerValidation,
    Validation,
)
from escalation.decision.reasons import Priority, Reason, is_reason, table, title
from escalation.decision.record import record
from escalation.decision.terms import routine
from escalation.decision.validation import get_trigger_validator
from escalation.repository import calibration

_NO_COSTS = Costs(
    routes=(), failure_probability=0.0, failure_source="not asked", expected_saving=None, within_threshold=True, note=""
)
_BUSINESS = ("revenue", "customers", "compliance", "operations", "strategy")
_RISKS = ("security", "performance", "reliability", "maintainability", "compliance")


def analysis(assessment: Assessment) -> dict[str, Any]:
    """`schemas.Analysis`."""
    context = assessment.context
    return {
        "complexity_level": context.complexity_level,
        "business_impact": context.business_impact,
        "risk_level": context.risk_level,
        "overall_recommendation": assessment.summary,
        "confidence_score": assessment.confidence,
        "key_factors": context.key_factors,
        "should_escalate": assessment.should_escalate,
        "recommended_route": assessment.recommended_route,
        "recommended_model": assessment.recommended_model,
        "fallback_model": assessment.fallback_model,
        "assessment": record(assessment),
    }


def detection(assessment: Assessment) -> dict[str, Any]:
    """`schemas.Detection`."""
    triggers = assessment.triggers
    return {
        "triggers": [_trigger(trigger) for trigger in triggers],
        "count": len(triggers),
        "highest_priority": triggers[0].priority if triggers else None,
        "files": assessment.files,
    }


def _trigger(trigger: Trigger) -> dict[str, Any]:
    return {
        "trigger_type": trigger.reason,
        "title": title(trigger.reason),
        "priority": trigger.priority,
        "confidence": trigger.confidence,
        "strength": trigger.strength,
        "question": trigger.question,
        "description": trigger.description,
        "evidence": trigger.evidence,
    }


def validation_of_change(asked: AskedValidation, assessment: Assessment) -> dict[str, Any]:
    """`schemas.Validation`: of the trigger that is asked about, in the context of the change; else of all of its
    triggers, which comes down to the best one."""
    given = asked.trigger_data
    if given is None:
        return _validation(asked, assessment.validation)
    found = [trigger for trigger in assessment.triggers if trigger.reason == given.trigger_type]
    return _validation(asked, _checked(found or [_trigger_of(given)], asked, assessment.context, assessment.costs))


def validation_of_trigger(asked: AskedValidation, given: TriggerData, context: ContextData) -> dict[str, Any]:
    """`schemas.Validation`: of a trigger in a context that came with it."""
    return _validation(asked, _checked([_trigger_of(given)], asked, _context_of(context), _NO_COSTS))


def _checked(triggers: Sequence[Trigger], asked: AskedValidation, context: Context, costs: Costs) -> Validation:
    task = asked.task_description
    past, _ = calibration.read(asked.workspace_root or asked.repository)
    return get_trigger_validator().validate(triggers, context, costs, routine(task) if task else None, history=past)


def _validation(asked: AskedValidation, validation: Validation) -> dict[str, Any]:
    best = _best(validation)
    return {
        "validation_id": blake2b(asked.model_dump_json().encode(), digest_size=12).hexdigest(),
        "trigger_type": best.reason if best else "",
        "overall_result": validation.result,
        "overall_confidence": validation.confidence,
        "checks_count": len(best.checks) if best else 0,
        "checks": best.checks if best else (),
        "recommendation": validation.recommendation,
    }


def _best(validation: Validation) -> TriggerValidation | None:
    """The trigger that the validation as a whole is about."""
    best = [
        one
        for one in validation.triggers
        if one.result == validation.result and one.confidence == validation.confidence
    ]
    return best[0] if best else None


def _trigger_of(given: TriggerData) -> Trigger:
    known = table()[Reason(given.trigger_type)] if is_reason(given.trigger_type) else None
    return Trigger(
        reason=given.trigger_type,
        priority=Priority(given.priority),
        confidence=given.confidence,
        description=given.description,
        evidence=tuple(Evidence(**one.model_dump()) for one in given.evidence),
        question=given.question or (known.question if known else "consequence"),
        strength=given.confidence if given.strength is None else given.strength,
    )


def _context_of(given: ContextData) -> Context:
    return Context(
        complexity_level=given.complexity_level,
        business_impact=given.business_impact,
        risk_level=given.risk_level,
        business=dict.fromkeys(_BUSINESS, given.business_impact),
        risks=dict.fromkeys(_RISKS, given.risk_level)
        | {"security": given.security_risk, "compliance": given.compliance_risk},
        metrics=Metrics(**{name: getattr(given, name) for name in Metrics.__dataclass_fields__}),
        key_factors=(),
    )
