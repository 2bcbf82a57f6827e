"""A SQLite file: private, and written by several at once."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from escalation.store.schema import prepare

_PATIENCE = 30
"""Seconds that one who writes waits for another."""
_UPGRADE = 600
"""Seconds that one who opens waits for another who upgrades."""
_SHARES = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.rclone", "fuse.sshfs", "gpfs", "lustre", "nfs",
    "nfs4", "smb3", "smbfs",
})  # fmt: skip
_NO_SHARED_MEMORY = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
)


def opened(url: URL) -> Engine:
    """The file is made, or brought up to date, if need be."""
    file = Path(url.database or "")
    _make(file)
    with FileLock(file.with_name(file.name + ".lock"), timeout=_UPGRADE, mode=0o600):
        _choose_journal(file)
        # A migration may replace a table, which would take all rows that refer to it along.
        preparing = _engine(url, foreign_keys=False)
        try:
            with preparing.execution_options(writes=True).begin() as connection:
                prepare(connection)
        finally:
            preparing.dispose()
    return _engine(url, foreign_keys=True)


def _engine(url: URL, *, foreign_keys: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _PATIENCE}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin below
        connection.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        connection.execute("PRAGMA secure_delete = ON")  # what is pruned is gone from the file
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        # With a write-ahead log, a kill loses nothing and a power cut at most the last moments; a rollback journal
        # needs the disk's word each time.
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if journal == 'wal' else 'FULL'}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # Who reads first and then writes may have to start over, because somebody else wrote meanwhile. Who says so at
        # the beginning only waits.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make(file: Path) -> None:
    """Nobody but the owner may read it. SQLite gives its journals the mode of the file."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    for each in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))):
        if each.is_file() and each.stat().st_mode & 0o077:
            each.chmod(0o600)


def _choose_journal(file: Path) -> None:
    """A write-ahead log, which lets many write and nobody wait for readers. It needs memory that all who use the file
    share, which network shares do not have: there, a rollback journal."""
    if not on_share(file) and _log_works(file):
        return
    with closing(sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)) as connection:
        # Exclusively: so a log that is there from elsewhere can be read without shared memory.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")


def _log_works(file: Path) -> bool:
    with closing(sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)) as connection:
        try:
            (journal,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF not in _NO_SHARED_MEMORY:
                raise
            return False
        return bool(journal == "wal")


def on_share(file: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether the file lies on a network share, as Linux has it. Elsewhere nothing is known, and WAL is tried."""
    try:
        lines = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return False
    # Fields: id, parent, device, root, mount point, options, optional ones, "-", type of the file system, …
    types = {Path(_unescaped(line[4])): line[line.index("-") + 1] for line in lines}
    return next((types[above] in _SHARES for above in file.resolve().parents if above in types), False)


def _unescaped(field: str) -> str:
    """Blanks and the like are octal in the kernel's tables."""
    return field.encode("latin-1", "replace").decode("unicode_escape") if "\\" in field else field
