"""The tables of the first version."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "workflow",
        _text("id"),
        _text("request_id"),
        _whole("created"),
        *map(_text, ("repository", "root", "requester", "task", "task_type", "priority")),
        _flag("execute"),
        _text("state"),
        _whole("updated"),
        _whole("finished", nullable=True),
        _text("host"),
        _flag("cancelling"),
        sa.PrimaryKeyConstraint("id", name="pk_workflow"),
        sa.UniqueConstraint("request_id", name="uq_workflow_request_id"),
    )
    op.create_index("ix_workflow_created_id", "workflow", ["created", "id"])
    op.create_table(
        "decision",
        _text("workflow"),
        _flag("should_escalate"),
        _figure("confidence", nullable=False),
        *map(_text, ("route", "recommended_model", "fallback_model", "default_model", "reasons", "validation")),
        *map(_figure, ("failure_probability", "cost_estimate")),
        _text("assessment"),
        *_of_workflow("decision", "workflow"),
    )
    op.create_table(
        "completion",
        _text("workflow"),
        _whole("at"),
        _text("outcome", nullable=True),
        *map(_text, ("message", "tier", "signal")),
        _flag("verified", nullable=True),
        *_spent(),
        _whole("files"),
        *map(_text, ("diff", "text")),
        *_of_workflow("completion", "workflow"),
    )
    op.create_table(
        "attempt",
        _text("workflow"),
        _whole("number"),
        *map(_text, ("model", "tier", "endpoint")),
        _whole("started"),
        _whole("finished", nullable=True),
        *_spent(),
        _whole("requests"),
        *_of_workflow("attempt", "workflow", "number", "model"),
    )
    op.create_table(
        "event",
        _text("workflow"),
        *map(_whole, ("number", "at")),
        *map(_text, ("type", "body")),
        *_of_workflow("event", "workflow", "number"),
    )
    op.create_table(
        "feedback",
        _text("id"),
        _whole("at"),
        _text("verdict"),
        _text("workflow", nullable=True),
        *map(_text, ("repository", "reason", "path", "note", "requester")),
        _figure("confidence"),
        _flag("should_escalate", nullable=True),
        *_of_workflow("feedback", "id"),
    )
    op.create_index("ix_feedback_workflow", "feedback", ["workflow"])


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=nullable)


def _figure(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _spent() -> tuple[sa.Column[Any], ...]:
    tokens = map(_whole, ("input_tokens", "output_tokens", "cache_read", "cache_creation"))
    return *tokens, *map(_figure, ("cost", "ttfc_ms", "ttc_ms"))


def _of_workflow(table: str, *key: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["workflow"], ["workflow.id"], name=f"fk_{table}_workflow", ondelete="CASCADE"),
    )
