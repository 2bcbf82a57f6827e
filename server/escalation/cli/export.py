"""`escalation export`: the decision log, one JSON object a line."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from escalation.cli.storage import add_database, ago, days, opened

if TYPE_CHECKING:
    from escalation.store.records import Attempt, Case, Completion, Decision, Feedback, Workflow

SCHEMA_VERSION = 1
_TOKENS = ("input_tokens", "output_tokens", "cache_read", "cache_creation")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "export",
        help="the decision log as lines of JSON",
        description="Prints every decision, what came of it and what people said of it, the oldest first, one JSON"
        " object a line. No text of a file is in it; the tasks are, with their secrets masked.",
    )
    parser.add_argument("--since", metavar="DAYS", type=days, help="only the last days, such as 30d")
    add_database(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    with opened(options.database) as store:
        for case in store.cases(since=0 if options.since is None else ago(options.since)):
            print(json.dumps(line(case)))
    return 0


def line(case: Case) -> dict[str, Any]:
    """A decision and what came of it, as plain JSON. What is not there is null."""
    return {
        "schema_version": SCHEMA_VERSION,
        **_workflow(case.workflow),
        "tiers": [_tier(attempt) for attempt in case.attempts],
        "feedback": [_feedback(feedback) for feedback in case.feedback],
    }


def _workflow(workflow: Workflow | None) -> dict[str, Any]:
    if workflow is None:  # feedback on a judgement in the editor
        return {"workflow_id": None}
    request = workflow.request
    return {
        "workflow_id": workflow.id,
        "request_id": request.request_id,
        "created_at": request.created,
        "finished_at": workflow.finished,
        "repository": request.repository,
        "requester": request.requester,
        "task_description": request.task,
        "task_type": request.task_type,
        "priority": request.priority,
        "execute": request.execute,
        "metadata": request.metadata,
        "state": workflow.state,
        "host": workflow.host,
        "decision": _decision(workflow.decision) if workflow.decision else None,
        "result": _result(workflow.completion) if workflow.completion else None,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "should_escalate": decision.should_escalate,
        "confidence": decision.confidence,
        "route": decision.route,
        "recommended_model": decision.recommended_model,
        "fallback_model": decision.fallback_model,
        "default_model": decision.default_model,
        "reasons": [
            {"reason": one.reason, "priority": one.priority, "confidence": one.confidence, "result": one.result}
            for one in decision.reasons
        ],
        "validation": decision.validation,
        "failure_probability": decision.failure_probability,
        "cost_estimate": decision.cost_estimate,
    }


def _result(completion: Completion) -> dict[str, Any]:
    return {
        "outcome": completion.outcome,
        "message": completion.message,
        "tier": completion.tier,
        "signal": completion.signal,
        "verified": completion.verified,
        "files_changed": completion.files,
        **_spent(completion),
    }


def _tier(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "tier": attempt.tier,
        "model": attempt.model,
        "endpoint": attempt.endpoint,
        "started_at": attempt.started,
        "finished_at": attempt.finished,
        "requests": attempt.requests,
        **_spent(attempt),
    }


def _spent(spent: Attempt | Completion) -> dict[str, Any]:
    return {
        "usage": {name: getattr(spent, name) for name in _TOKENS},
        "cost": spent.cost,
        "ttfc_ms": spent.ttfc_ms,
        "ttc_ms": spent.ttc_ms,
    }


def _feedback(feedback: Feedback) -> dict[str, Any]:
    return {
        "feedback_id": feedback.id,
        "at": feedback.at,
        "verdict": feedback.verdict,
        "repository": feedback.repository,
        "reason": feedback.reason,
        "path": feedback.path,
        "note": feedback.note,
        "requester": feedback.requester,
        "confidence": feedback.confidence,
        "should_escalate": feedback.should_escalate,
    }
