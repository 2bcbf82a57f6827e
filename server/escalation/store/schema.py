"""The schema's revision: making the tables, and upgrading those of an earlier version."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select

from escalation.store.errors import StoreError, place
from escalation.store.tables import metadata, revision

REVISIONS = ("0001", "0002")
"""The oldest first; each is a module in `migrations/versions`."""
NEWEST = REVISIONS[-1]


def prepare(connection: Connection) -> None:
    """Brings the tables to the newest revision, in the transaction that is open, under a lock that the caller holds.
    Raises StoreError where the database is none of ours, or of a newer version."""
    found = _found(connection)
    if found == NEWEST:
        return
    if found is None:
        _make(connection)
    elif found in REVISIONS:
        upgrade(connection)
    else:
        raise StoreError(
            f"{place(connection.engine.url)} has the schema {found}, and this version knows {NEWEST} at most: a"
            " newer version of opus-escalation made it. Upgrade this one, or name another database; nothing changed."
        )


def upgrade(connection: Connection, to: str = NEWEST) -> None:
    """Runs the migrations that are missing."""
    # A quarter of a second, which hardly any start needs.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "escalation.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table(revision.name):
        return None
    return connection.scalar(select(revision.c.version_num))


def _make(connection: Connection) -> None:
    """As the migrations would, which a test compares, but without loading them."""
    if others := sorted(set(inspect(connection).get_table_names()) & set(metadata.tables)):
        raise StoreError(
            f"{place(connection.engine.url)} has tables of another program ({', '.join(others)}). Name another"
            " database; nothing was changed."
        )
    metadata.create_all(connection, checkfirst=False)
    revision.create(connection)
    connection.execute(insert(revision).values(version_num=NEWEST))
