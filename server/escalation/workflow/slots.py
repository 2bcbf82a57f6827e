"""Slots: which host is which, for as long as it lives.

A host is known by the number of the slot that it holds. On files there is one host and one slot, an OS lock. On
PostgreSQL a slot is an advisory lock of a connection that lives as long as its host: if that dies, the lock is free,
and whoever takes it knows that the host is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString, Protocol

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    import psycopg

_MOST = 64
"""Hosts on one database."""
_SPACE = 0x45534341
"""Ours among the advisory locks of a database ("ESCA")."""
_WAIT = 10.0
"""Seconds that a host waits for the one before it to be gone."""


class NoSlot(Exception):  # noqa: N818 - reads as it is meant
    """There is no place for this host. The message says why, and what to do."""


class Slots(Protocol):
    """`own` is the name of this host."""

    own: str

    async def keep(self) -> None:
        """Sees to it that this host still holds its slot."""
        ...

    async def take(self, host: str) -> bool:
        """Whether a host is dead; then its slot is ours until `free`."""
        ...

    async def free(self, host: str) -> None: ...


class OneSlot:
    """On files: nobody else is there."""

    own = "local"

    async def keep(self) -> None: ...

    async def take(self, host: str) -> bool:
        return host != self.own

    async def free(self, host: str) -> None: ...


class SharedSlots:
    """On PostgreSQL; from one task at a time. Raises NoSlot where the database does not answer."""

    def __init__(self, database: str) -> None:
        self._database = database.replace("postgresql+psycopg://", "postgresql://", 1)
        self._connection: psycopg.Connection | None = None
        self.own = ""

    async def open(self) -> None:
        """Takes the first slot that is free. Raises NoSlot."""
        for number in range(1, _MOST + 1):
            if await self._lock(number):
                self.own = f"host-{number}"
                return
        raise NoSlot(f"There are {_MOST} hosts on this database already: end one.")

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(_let_go, connection)

    async def keep(self) -> None:
        """A database that was started anew has forgotten all locks: ours is taken again. Who found it free meanwhile
        holds it for a moment only."""
        try:
            if self._connection is not None:
                await self._asked("SELECT true")
                return
        except NoSlot:
            await self.close()
        if not await self._lock(_number(self.own)):
            await self.close()

    async def take(self, host: str) -> bool:
        return host != self.own and await self._lock(_number(host))

    async def free(self, host: str) -> None:
        await self._asked("SELECT pg_advisory_unlock(%s, %s)", _SPACE, _number(host))

    async def _lock(self, number: int) -> bool:
        return await self._asked("SELECT pg_try_advisory_lock(%s, %s)", _SPACE, number)

    async def _asked(self, question: LiteralString, *values: int) -> bool:
        import psycopg

        try:
            return await asyncio.to_thread(self._answer, question, values)
        except psycopg.Error as problem:
            words = " ".join(str(problem).split())[:300]
            raise NoSlot(f"The PostgreSQL database cannot be used: {words}.") from None

    def _answer(self, question: LiteralString, values: tuple[int, ...]) -> bool:
        import psycopg

        if self._connection is None:
            self._connection = psycopg.connect(
                self._database,
                autocommit=True,
                application_name="escalation host",
                connect_timeout=10,
                # So that the server soon knows that a host's machine is gone.
                keepalives_idle=5,
                keepalives_interval=2,
                keepalives_count=2,
            )
        row = self._connection.execute(question, values).fetchone()
        return bool(row and row[0])


def _let_go(connection: psycopg.Connection) -> None:
    """Effect: the locks are free at once, not only when the server notices that nobody is there."""
    import psycopg

    with suppress(psycopg.Error):
        connection.execute("SELECT pg_advisory_unlock_all()")
    connection.close()


def _number(host: str) -> int:
    found = host.rpartition("-")[2]
    return int(found) if found.isdecimal() else 0


@asynccontextmanager
async def opened(database: str, folder: Path) -> AsyncIterator[Slots]:
    """Holds a slot until the end. Raises NoSlot."""
    if database:
        shared = SharedSlots(database)
        try:
            await shared.open()
            yield shared
        finally:
            await shared.close()
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(folder / "workflows.lock", mode=0o600, thread_local=False)
    try:
        await asyncio.to_thread(lock.acquire, timeout=_WAIT)
    except Timeout:
        raise NoSlot(f"Another host works in {folder}: end it, or name another folder (ESCALATION_HOME).") from None
    try:
        yield OneSlot()
    finally:
        lock.release()
