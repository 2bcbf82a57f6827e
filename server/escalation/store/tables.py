"""The tables. A column has the name of the record's field that it holds (`store.records`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from escalation.store.records import ReasonGiven

SCHEMA = "escalation"
"""On PostgreSQL; a SQLite file has none."""


class Words(TypeDecorator[str]):
    """Text. PostgreSQL takes no NUL, and no database takes half of a surrogate pair: U+FFFD and `?` stand for them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


class Json(TypeDecorator[object]):
    """JSON as text: nothing is ever looked up inside, and text comes back as it was on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"), default=_plain)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        return None if value is None else json.loads(value)


class Reasons(TypeDecorator[tuple[ReasonGiven, ...]]):
    """`Decision.reasons`, as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[ReasonGiven, ...] | None, dialect: Dialect) -> str | None:
        return json.dumps([asdict(reason) for reason in value or ()])

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[ReasonGiven, ...] | None:
        return None if value is None else tuple(ReasonGiven(**reason) for reason in json.loads(value))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def words(name: str, *, primary_key: bool = False) -> Column[str]:
    return Column(name, Words, primary_key=primary_key, nullable=False)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def count(name: str, *, primary_key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=primary_key, nullable=False, autoincrement=False)


def time(name: str, *, nullable: bool = False) -> Column[int]:
    """Milliseconds since the epoch."""
    return Column(name, BigInteger, nullable=nullable)


def number(name: str) -> Column[float]:
    """A figure that may be unknown. Money is one, too: a float is exact to 15 digits, which is a millionth of a cent in
    a million dollars, and SQLite has no decimals."""
    return Column(name, Double, nullable=True)


def of_workflow(*, primary_key: bool = True, nullable: bool = False) -> Column[str]:
    """The workflow that a row belongs to, and goes with."""
    return Column(
        "workflow", Words, ForeignKey("workflow.id", ondelete="CASCADE"), primary_key=primary_key, nullable=nullable
    )


def spent() -> tuple[Column[Any], ...]:
    tokens = ("input_tokens", "output_tokens", "cache_read", "cache_creation")
    return *map(count, tokens), number("cost"), number("ttfc_ms"), number("ttc_ms")


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

workflow = Table(
    "workflow",
    metadata,
    words("id", primary_key=True),
    words("request_id"),
    time("created"),
    words("repository"),
    words("root"),
    words("requester"),
    words("task"),
    words("task_type"),
    words("priority"),
    flag("execute"),
    Column("metadata", Json, nullable=False, server_default="{}"),
    words("state"),
    # The number of the event that told the state; 0 for the state it began with.
    Column("state_number", BigInteger, nullable=False, server_default="0"),
    time("updated"),
    time("finished", nullable=True),
    words("host"),
    flag("cancelling"),
    UniqueConstraint("request_id"),
    Index(None, "created", "id"),
    Index(None, "repository", "created", "id"),
    Index(None, "finished"),
)

decision = Table(
    "decision",
    metadata,
    of_workflow(),
    flag("should_escalate"),
    Column("confidence", Double, nullable=False),
    words("route"),
    words("recommended_model"),
    words("fallback_model"),
    words("default_model"),
    Column("reasons", Reasons, nullable=False),
    words("validation"),
    number("failure_probability"),
    number("cost_estimate"),
    Column("assessment", Json, nullable=False),
    # What statistics need of the assessment, which is a hundred times larger.
    Column("costs", Json, nullable=True),
)

completion = Table(
    "completion",
    metadata,
    of_workflow(),
    time("at"),
    Column("outcome", Words, nullable=True),
    words("message"),
    words("tier"),
    words("signal"),
    Column("verified", Boolean, nullable=True),
    *spent(),
    count("files"),
    words("diff"),
    words("text"),
)

attempt = Table(
    "attempt",
    metadata,
    of_workflow(),
    count("number", primary_key=True),
    words("model", primary_key=True),
    words("tier"),
    words("endpoint"),
    time("started"),
    time("finished", nullable=True),
    *spent(),
    count("requests"),
)

event = Table(
    "event",
    metadata,
    of_workflow(),
    count("number", primary_key=True),
    time("at"),
    words("type"),
    Column("body", Json, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    words("id", primary_key=True),
    time("at"),
    words("verdict"),
    of_workflow(primary_key=False, nullable=True),
    words("repository"),
    words("reason"),
    words("path"),
    words("note"),
    words("requester"),
    number("confidence"),
    Column("should_escalate", Boolean, nullable=True),
    Index(None, "workflow", "at"),
)

# As Alembic makes it; apart from the others, since it is Alembic's own.
revision = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True, nullable=False))
