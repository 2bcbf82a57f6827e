"""What goes wrong between us and the database, in words that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import Timeout
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

_REPORT = "This should not happen: please report it"
_SERVER = "Check that the server runs, and that address, database, user and password are right"
# By SQLite's primary result code.
_SQLITE = {
    sqlite3.SQLITE_BUSY: "Another program keeps it locked. End it (a backup, a database browser), and try again",
    sqlite3.SQLITE_READONLY: "It cannot be written. Give it and its folder to the user who runs this program",
    sqlite3.SQLITE_PERM: "It may not be opened. Give it and its folder to the user who runs this program",
    sqlite3.SQLITE_CANTOPEN: "Check that its folder is there and that this program's user may write to both",
    sqlite3.SQLITE_IOERR: "The disk or the network share fails. Check both, and try again",
    sqlite3.SQLITE_FULL: "The disk is full. Make room, and try again",
    sqlite3.SQLITE_CORRUPT: "It is damaged; nothing in it was changed. Stop the host, then save what can be saved with"
    " `sqlite3 FILE .recover | sqlite3 NEW`, or move the file away to begin a new one",
    sqlite3.SQLITE_NOTADB: "It is no SQLite database, or it is damaged; nothing in it was changed. Move it away to"
    " begin a new one, or name another file",
}
# By PostgreSQL's SQLSTATE, whole or its class.
_POSTGRESQL = {
    "08": _SERVER,
    "25006": "The server takes no writes. Name the primary, not a replica",
    "28": _SERVER,
    "3D": _SERVER,
    "42501": "Grant the user what is missing: the schema and its tables should be the user's own",
    "53": "The server is short of connections, disk or memory. Free some, and try again",
    "55P03": "Another program keeps a lock. End it, and try again",
    "57P": _SERVER,
}
_FOREIGN_KEY = (sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, "23503")


class StoreError(Exception):
    """The database cannot do what was asked. The message says why, and what to do. It holds no row and no password."""


class UnknownWorkflow(StoreError):  # noqa: N818 - the word is meant as it reads
    """What was to be written is about a workflow that is not there, or no more."""


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Errors of the database leave as StoreError. Their causes, which may quote what was stored, are cut off."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as problem:
        raise _explanation(url, problem) from None
    except Timeout:
        raise StoreError(f"{place(url)} is being upgraded by another program. Wait for it, or end it.") from None
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise StoreError(
            f"{place(url)} cannot be used: {reason}. Give it and its folder to the user who runs this program, or name"
            " another file."
        ) from None


def place(url: URL) -> str:
    """The database in words, without the password."""
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    host = url.host or url.query.get("host") or "the local socket"
    return f"The PostgreSQL database {url.database or ''} at {host}:{url.port or url.query.get('port') or 5432}"


def _explanation(url: URL, problem: SQLAlchemyError | sqlite3.Error) -> StoreError:
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    code = getattr(cause, "sqlite_errorcode", None) or getattr(cause, "sqlstate", None)
    if code in _FOREIGN_KEY:
        return UnknownWorkflow("There is no such workflow: it was never begun here, or it was pruned.")
    # What follows PostgreSQL's DETAIL quotes rows.
    words = " ".join(str(cause).split("DETAIL:")[0].split())[:400]
    return StoreError(f"{place(url)} cannot be used: {words}. {_advice(url, code)}.")


def _advice(url: URL, code: int | str | None) -> str:
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF, _REPORT)
    if code is None:
        # psycopg has no code for a connection that came to nothing, or to an end.
        return _REPORT if url.get_backend_name() == "sqlite" else _SERVER
    return next((advice for start, advice in _POSTGRESQL.items() if code.startswith(start)), _REPORT)
