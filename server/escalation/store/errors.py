"""What goes wrong between us and the database, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# SQLite's primary result codes (https://www.sqlite.org/rescode.html).
_BUSY, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _PERM, _NOTADB = 5, 8, 10, 11, 13, 14, 3, 26
_SQLITE = {
    _BUSY: "Another program keeps it locked. End it (a backup, a database browser), and try again",
    _READONLY: "It cannot be written. Give it and its folder to the user who runs this program",
    _PERM: "It may not be opened. Give it and its folder to the user who runs this program",
    _CANTOPEN: "It cannot be opened. Check that its folder is there and that this program's user may write to it",
    _IOERR: "The disk or the network share fails. Check both, and try again",
    _FULL: "The disk is full. Make room, and try again",
    _CORRUPT: "It is damaged; nothing in it was changed. Stop the host, then save what can be saved with"
    " `sqlite3 FILE .recover | sqlite3 NEW`, or move the file away to begin a new one",
    _NOTADB: "It is no SQLite database, or it is damaged; nothing in it was changed. Move it away to begin a new one,"
    " or name another file",
}
# PostgreSQL's SQLSTATE, by its class (two characters) or whole.
_POSTGRESQL = {
    "42501": "Grant the user what is missing; the schema and its tables must be the user's own",
    "55P03": "Another program keeps a lock. End it, and try again",
    "53": "The server is short of something. Free it (connections, disk, memory), and try again",
    "25006": "The server takes no writes. Name the primary, not a replica",
}
_FOREIGN_KEY = (787, "23503")  # SQLITE_CONSTRAINT_FOREIGNKEY, foreign_key_violation


class StoreError(Exception):
    """The database cannot do what was asked. The message says why, and what to do. It holds no row and no password."""


class UnknownWorkflow(StoreError):  # noqa: N818 - it says what it is
    """What was to be written is about a workflow that is not there, or no more."""


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Errors of the database leave as StoreError. Their causes are cut off: they may quote what was being stored."""
    try:
        yield
    except SQLAlchemyError as problem:
        raise _explain(url, problem) from None


def place(url: URL) -> str:
    """The database in words, without the password."""
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    return f"The PostgreSQL database {url.database or ''} at {url.host or 'the local socket'}:{url.port or 5432}"


def _explain(url: URL, problem: SQLAlchemyError) -> StoreError:
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    code = getattr(cause, "sqlite_errorcode", None) or getattr(cause, "sqlstate", None)
    if code in _FOREIGN_KEY:
        return UnknownWorkflow("There is no such workflow: it was never begun here, or it was pruned.")
    words = " ".join(str(cause).split("DETAIL:")[0].split())[:400]
    return StoreError(f"{place(url)} cannot be used: {words}. {_advice(url, code)}.")


def _advice(url: URL, code: int | str | None) -> str:
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF, "This should not happen: please report it")
    if url.get_backend_name() == "sqlite":
        return "This should not happen: please report it"
    if code is None or code.startswith(("08", "28", "3D", "57P")):
        return "Check that the server runs, and that address, database, user and password are right"
    return _POSTGRESQL.get(code) or _POSTGRESQL.get(code[:2]) or "This should not happen: please report it"
