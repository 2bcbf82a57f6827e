"""A PostgreSQL database, in which we have a schema of our own."""

from __future__ import annotations

import psycopg
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL

from escalation.store.schema import prepare
from escalation.store.tables import SCHEMA

_LOCK = 0x0E5CA1A7
"""The number of the advisory lock under which tables are made and upgraded."""
# Unless the address says otherwise: seconds until a server counts as unreachable, milliseconds until a silent one does.
_OPTIONS = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "opus-escalation"}


def opened(url: URL) -> Engine:
    """The schema and its tables are made, or brought up to date, if need be."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '600s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            # Not IF NOT EXISTS, which asks for the right to make schemas even where there is nothing to make.
            if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": SCHEMA}) is None:
                connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
            prepare(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _engine(url: URL) -> Engine:
    options = {name: value for name, value in _OPTIONS.items() if name not in url.query}
    # A connection that the server has closed meanwhile is found before it is used, and replaced.
    engine = create_engine(url, connect_args=options, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "connect", insert=True)
    def _connected(connection: psycopg.Connection, _: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET search_path TO {SCHEMA}")
        connection.execute("SET lock_timeout TO '30s'")
        connection.autocommit = False

    return engine
