"""Cache: what was computed from a content, on disk by the hash of that content.

One SQLite file. Many processes may read and write it at once; one that finds it damaged begins a new one; one that
cannot write there works without it. Losing an entry costs only the time to compute it again, so nothing waits for the
disk, and each value carries a checksum instead.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

MAX_BYTES = 200 * 1024 * 1024
_FORMAT = 1
_AT_ONCE = 500  # parameters of one statement; SQLite has allowed 999 since ever
_DAY = 86_400
_FRESH_DAYS = 7  # so often a value in use is marked as such
_PATIENCE = 5.0  # seconds to wait while another process writes
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLE = """
CREATE TABLE results (
    key BLOB PRIMARY KEY,
    used INTEGER NOT NULL,  -- days since 1970
    sum INTEGER NOT NULL,   -- of the other three
    value BLOB NOT NULL
)
"""
# The oldest values that are together as long as the first parameter says.
_PRUNE = """
DELETE FROM results WHERE rowid IN (
    SELECT rowid FROM (
        SELECT rowid, sum(length(value) + length(key)) OVER (ORDER BY used, rowid) AS through FROM results
    ) WHERE through <= ?
)
"""

_log = logging.getLogger(__name__)


class Cache:
    """Values by key, kept in `file` and bounded to about `limit` bytes, those not used for longest leaving first.

    No method raises on account of the file: what cannot be read is not there, what cannot be written is dropped.
    """

    def __init__(self, file: Path, limit: int = MAX_BYTES) -> None:
        self._file = file
        self._limit = limit
        self._connection: sqlite3.Connection | None = None
        with self._guarded():
            self._connection = _open(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that have one."""
        found: dict[bytes, bytes] = {}
        stale: list[bytes] = []
        today = _today()
        for start in range(0, len(keys), _AT_ONCE):
            with self._guarded():
                for key, used, checksum, value in self._rows(keys[start : start + _AT_ONCE]):
                    # Where a byte on the disk has changed, a column may have any type.
                    if type(key) is not bytes or type(value) is not bytes or _checksum(key, value, used) != checksum:
                        continue
                    found[key] = value
                    if used < today - _FRESH_DAYS:
                        stale.append(key)
        if stale:
            self.put({key: found[key] for key in stale})
        return found

    def put(self, values: Mapping[bytes, bytes]) -> None:
        """Keep these values; what is there under their keys is replaced."""
        today = _today()
        rows = [(key, today, _checksum(key, value, today), value) for key, value in values.items()]
        with self._guarded(), self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", rows)
            excess = _size(connection) - self._limit
            if excess > 0:
                # A quarter more than needed: or every later write would have to make room again.
                connection.execute(_PRUNE, (excess + self._limit // 4,))

    def _rows(self, keys: Sequence[bytes]) -> Sequence[tuple[bytes, int, int, bytes]]:
        if self._connection is None:
            return ()
        marks = ",".join("?" * len(keys))
        statement = f"SELECT key, used, sum, value FROM results WHERE key IN ({marks})"
        return self._connection.execute(statement, keys).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._connection is None:
            raise _Absent
        with _transaction(self._connection):
            yield self._connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Go on without the file when it fails; with a new one when it is damaged."""
        try:
            yield
        except _Absent:
            pass
        except (sqlite3.Error, OSError) as error:
            damaged = getattr(error, "sqlite_errorcode", None) in _DAMAGED
            _log.log(logging.WARNING if damaged else logging.INFO, "%s: %s", self._file, error)
            self.__exit__(None, None, None)
            if damaged:
                self._connection = _begun_anew(self._file)


class _Absent(Exception):  # noqa: N818 - not an error: there is no file
    pass


def _open(file: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error or OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)
    connection.text_factory = bytes  # there is no text in it, and damage must not look like some
    try:
        connection.execute("PRAGMA synchronous = OFF")
        if _format(connection) != _FORMAT:
            _create(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA page_size = 8192")
    with _transaction(connection):
        if _format(connection) != _FORMAT:  # no other process was faster
            connection.execute("DROP TABLE IF EXISTS results")
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version = {_FORMAT}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:  # commits or rolls back
        yield


def _begun_anew(file: Path) -> sqlite3.Connection | None:
    try:
        for path in (file, file.with_name(f"{file.name}-journal")):
            path.unlink(missing_ok=True)
        return _open(file)
    except (sqlite3.Error, OSError) as error:
        _log.info("%s: %s", file, error)
        return None


def _format(connection: sqlite3.Connection) -> int:
    return _number(connection, "user_version")


def _size(connection: sqlite3.Connection) -> int:
    pages = _number(connection, "page_count") - _number(connection, "freelist_count")
    return pages * _number(connection, "page_size")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    with closing(connection.execute(f"PRAGMA {pragma}")) as cursor:
        return int(cursor.fetchone()[0])


def _checksum(key: bytes, value: bytes, used: object) -> int:
    return crc32(value, crc32(key, crc32(repr(used).encode())))


def _today() -> int:
    return int(time.time()) // _DAY
