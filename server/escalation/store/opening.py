"""Opening a store: finding the database, and bringing its tables up to date."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock
from sqlalchemy import URL, inspect, make_url
from sqlalchemy.exc import ArgumentError

from escalation.store import sqlite
from escalation.store.errors import StoreError, explained
from escalation.store.store import Store
from escalation.store.tables import metadata, revision

NEWEST = "0002"


def sqlite_url(folder: Path) -> str:
    """Of the history in this folder."""
    return URL.create("sqlite", database=str(folder / "history.db")).render_as_string()


def open_store(url: str) -> Store:
    """Opens the database and makes or upgrades its tables. Raises StoreError where that cannot be."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "--database is no address of a database: write sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."
        ) from None
    with explained(parsed):
        file = Path(parsed.database or "")
        sqlite.make(file)
        with FileLock(file.with_name(file.name + ".lock"), timeout=60):
            sqlite.choose_journal(file)
            engine = sqlite.engine(parsed)
            with engine.execution_options(writes=True).begin() as connection:
                if not inspect(connection).has_table("alembic_version"):
                    metadata.create_all(connection)
                    revision.metadata.create_all(connection)
                    connection.execute(revision.insert().values(version_num=NEWEST))
        return Store(engine)
