"""How a workflow stands, as the API gives it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from escalation.store.records import Attempt, Completion, Feedback, Told, Workflow

_NOTHING = Completion()


def summary(workflow: Workflow) -> dict[str, Any]:
    """`schemas.Summary`."""
    request, decision, done = workflow.request, workflow.decision, workflow.completion or _NOTHING
    return {
        "workflow_id": workflow.id,
        "request_id": request.request_id,
        "state": workflow.state,
        "cancelling": workflow.cancelling,
        "execute": request.execute,
        "task_description": request.task,
        "task_type": request.task_type,
        "priority": request.priority,
        "requester": request.requester,
        "repository": request.repository,
        "created_at": request.created,
        "updated_at": workflow.updated,
        "finished_at": workflow.finished,
        "should_escalate": decision.should_escalate if decision else None,
        "confidence": decision.confidence if decision else None,
        "recommended_route": decision.route if decision else None,
        "recommended_model": decision.recommended_model if decision else None,
        "fallback_model": decision.fallback_model if decision else None,
        "reasons": decision.reasons if decision else (),
        "outcome": done.outcome,
        "message": done.message,
        "tier": done.tier,
        "usage": _usage(done),
        "cost": done.cost,
        "files_changed": done.files,
    }


def status(
    workflow: Workflow, attempts: Iterable[Attempt], states: Iterable[Told], feedback: Iterable[Feedback]
) -> dict[str, Any]:
    """`schemas.Status`. `states` are the events of the type `state`."""
    decision, done = workflow.decision, workflow.completion
    return {
        **summary(workflow),
        "workspace_root": workflow.request.root,
        "metadata": workflow.request.metadata,
        "validation": decision.validation if decision else "insufficient_data",
        "failure_probability": decision.failure_probability if decision else None,
        "cost_estimate": decision.cost_estimate if decision else None,
        "signal": done.signal if done else "",
        "ttfc_ms": done.ttfc_ms if done else None,
        "ttc_ms": done.ttc_ms if done else None,
        "tiers": [_tier(attempt) for attempt in attempts],
        "transitions": [{"state": told.body["state"], "at": told.at, "reason": told.body["reason"]} for told in states],
        "result": _result(done) if done and workflow.request.execute else None,
        "assessment": decision.assessment if decision else {},
        "feedback": [_said(one) for one in feedback],
        "files": None,
        "base_digests": None,
        "files_complete": None,
    }


def submitted(workflow: Workflow) -> dict[str, Any]:
    """`schemas.Submitted`."""
    decision = workflow.decision
    return {
        "workflow_id": workflow.id,
        "request_id": workflow.request.request_id,
        "status": workflow.state,
        "should_escalate": decision.should_escalate if decision else False,
        "confidence": decision.confidence if decision else 0.0,
        "recommended_model": decision.recommended_model if decision else "",
        "fallback_model": decision.fallback_model if decision else "",
        "message": _message(workflow),
    }


def _message(workflow: Workflow) -> str:
    said = str(workflow.decision.assessment.get("summary", "")) if workflow.decision else ""
    if workflow.finished is None and workflow.request.execute:
        return f"{said} It is being done: follow /events/{workflow.id}.".strip()
    return said or "It is being decided."


def cancelled(workflow: Workflow) -> dict[str, Any]:
    """`schemas.Cancelled`."""
    ended = workflow.state == "cancelled"
    return {
        "workflow_id": workflow.id,
        "status": workflow.state,
        "cancelling": workflow.cancelling and not ended,
        "message": "It is cancelled." if ended else "It ends: no further request to a model begins.",
    }


def _tier(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "tier": attempt.tier,
        "model": attempt.model,
        "started_at": attempt.started,
        "finished_at": attempt.finished,
        "usage": _usage(attempt),
        "cost": attempt.cost,
        "ttfc_ms": attempt.ttfc_ms,
        "ttc_ms": attempt.ttc_ms,
        "requests": attempt.requests,
    }


def _usage(spent: Attempt | Completion) -> dict[str, int]:
    return {
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "cache_read": spent.cache_read,
        "cache_creation": spent.cache_creation,
    }


def _result(done: Completion) -> dict[str, Any]:
    return {"diff": done.diff, "text": done.text, "files_changed": done.files, "verified": done.verified}


def _said(feedback: Feedback) -> dict[str, Any]:
    return {
        "feedback_id": feedback.id,
        "at": feedback.at,
        "verdict": feedback.verdict,
        "reason": feedback.reason,
        "path": feedback.path,
        "note": feedback.note,
        "requester": feedback.requester,
    }
