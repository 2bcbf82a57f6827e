"""Opening a store: on SQLite for one user, on PostgreSQL for a team."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from escalation.store.errors import StoreError, explained
from escalation.store.store import Store

_HOW = "Write sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"


def sqlite_url(folder: Path) -> str:
    """The address of the store in this folder."""
    return URL.create("sqlite", database=str(folder / "history.db")).render_as_string()


def open_store(url: str) -> Store:
    """Makes the tables, or upgrades those of an earlier version. Raises StoreError where the database cannot be
    reached, read or written, is damaged, or is of a newer version."""
    address = _address(url)
    with explained(address):
        if address.get_backend_name() == "sqlite":
            from escalation.store.sqlite import opened
        else:
            from escalation.store.postgresql import opened
        return Store(opened(address))


def _address(url: str) -> URL:
    """The driver is ours to choose, where the address leaves it open."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"This is no address of a database. {_HOW}.") from None
    if address.drivername in ("postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StoreError(f"There is no store on {address.drivername}. {_HOW}.")
    if not address.database or address.database == ":memory:" or "\0" in address.database:
        raise StoreError(f"A store needs a file. {_HOW}.")
    return address
