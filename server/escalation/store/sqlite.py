"""A SQLite file: private, and written by several at once."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

_PATIENCE = 30.0
"""Seconds that one writer waits for another."""


def engine(url: URL) -> Engine:
    """For a file that is there."""
    made = create_engine(url, connect_args={"timeout": _PATIENCE}, hide_parameters=True)

    @event.listens_for(made, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        # The module's own idea of when a transaction begins is too late to be told that it will write.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        # A write-ahead log survives a kill without waiting for the disk, which a rollback journal does not.
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if journal == 'wal' else 'FULL'}")

    @event.listens_for(made, "begin")
    def _begun(connection: Connection) -> None:
        # Who begins by reading and goes on to write may find that somebody else has written, and would have to start
        # over; who says so at once only waits.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


def make(file: Path) -> None:
    """Makes the file if there is none, and sees to it that nobody but its owner reads it. SQLite gives its journals the
    mode of the file."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    for each in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))):
        if each.exists() and each.stat().st_mode & 0o077:
            each.chmod(0o600)


def choose_journal(file: Path) -> None:
    """A write-ahead log."""
    connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
