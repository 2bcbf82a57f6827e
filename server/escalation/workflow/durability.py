"""Durability: what of `dbos` we use, set up as we need it; nothing else knows that library.

A run is a durable workflow: queued under its id with a text, carried out by this host, taken up again by the next one
if this one dies. Each host has a queue of its own, for a run needs what only the host has that took the submission: the
workspace on its disk, and the secrets in its memory. A host that finds another one dead moves that one's runs to its
own queue.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from contextvars import Context
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from escalation.store.sqlite import on_share
from escalation.workflow.journal import Make

if TYPE_CHECKING:
    from dbos import DBOSConfig

Body = Callable[[str, str], Awaitable[str]]
"""Carries out the run of an id and a text; what it returns is kept. Cancelled, it leaves the run to be taken up."""
Standing = Literal["queued", "running", "done", "lost"]
"""`lost`: it ended without an outcome, and will not be taken up."""

LAYOUT = "1"
"""Of what is kept. A host takes up what was written with its own layout only: change it where runs that are under way
could not be carried on by the new program."""
_NAME = "opus-escalation"
_WORKFLOW, _STEP = "run", "step"
_POLLING = 0.2
"""Seconds between two looks into the queue."""
_THREADS = 32
_MANY = 10_000
_QUEUE = "runs-"
_STANDINGS: dict[str, Standing] = {"ENQUEUED": "queued", "DELAYED": "queued", "PENDING": "running", "SUCCESS": "done"}
_UNFINISHED = ["PENDING", "ENQUEUED"]
_LONGEST_LINE = 400
_ABOUT = 40
"""Characters of a line of the log that say what it is about; the rest differs from one to the next."""
_AGAIN = 10.0
"""Seconds in which the same is said once."""
_NOTHING = '{"digest": ""}'
_Found = TypeVar("_Found")
_log = logging.getLogger(__name__)


class NotDurable(Exception):  # noqa: N818 - reads as it is meant
    """What runs are kept in cannot be used. The message says why, and what to do."""


class Steps:
    """The steps of the workflow that is under way in this context; implements `journal.Steps`."""

    def __init__(self, id: str) -> None:
        self._id = id

    async def recorded(self) -> list[str]:
        """See `journal.Steps`. Each place that is passed here is one that `record` does not come to."""
        from dbos import DBOS

        known = await _outside(DBOS.list_workflow_steps_async(self._id, load_output=False))
        last = max((step["function_id"] for step in known), default=0)
        return [await self._known() for _ in range(last)]

    async def record(self, make: Make) -> str:
        from dbos import DBOS

        return await DBOS.run_step_async({"name": _STEP}, make)

    async def _known(self) -> str:
        try:
            return await self.record(_nothing)
        except Exception as problem:  # noqa: BLE001 - what a step raised in an earlier life is raised as it was kept
            _log.warning("a step of %s is passed over: it raised %s", self._id, type(problem).__name__)
            return _NOTHING


class Durable:
    """The durable runs of this host. There is one in a process."""

    def __init__(self, executor: str, run: Any) -> None:  # noqa: ANN401 - decorated by an untyped library
        self.executor = executor
        self._run = run

    async def enqueue(self, id: str, text: str) -> None:
        """Effect: the run is carried out as soon as one may. Nothing happens where there is one of this id."""
        from dbos import DBOS, SetWorkflowID

        async def enqueue() -> None:
            with SetWorkflowID(id):
                await DBOS.enqueue_workflow_async(_QUEUE + self.executor, self._run, id, text)

        await _outside(enqueue())

    async def standing(self, id: str) -> Standing | None:
        """None: there is none of this id."""
        found = await self._status(id)
        if found is None:
            return None
        standing = _STANDINGS.get(found.status, "lost")
        return standing if standing == "done" or found.app_version == LAYOUT else "lost"

    async def given(self, id: str) -> str | None:
        """The text that a run was queued with."""
        found = await self._status(id, load_input=True)
        return str(found.input["args"][1]) if found is not None and found.input else None

    async def outcome(self, id: str) -> str | None:
        """What a run returned."""
        found = await self._status(id, load_output=True)
        return str(found.output) if found is not None and found.status == "SUCCESS" else None

    async def withdraw(self, id: str) -> bool:
        """Takes a run out of the queue. Whether it was in there; one that is under way is not touched."""
        if await self.standing(id) != "queued":
            return False
        await self.give_up(id)
        return True

    async def give_up(self, id: str) -> None:
        """Effect: the run is not taken up again, and waits for nothing."""
        from dbos import DBOS

        await _outside(DBOS.cancel_workflow_async(id))

    async def delete(self, ids: Collection[str]) -> None:
        """Effect: what is kept of these runs is gone."""
        from dbos import DBOS

        await _outside(DBOS.delete_workflows_async(list(ids)))

    async def queued(self) -> frozenset[str]:
        """The ids of the runs that wait here."""
        from dbos import DBOS

        found = await _outside(
            DBOS.list_workflows_async(
                status="ENQUEUED", queue_name=_QUEUE + self.executor, load_input=False, load_output=False, limit=_MANY
            )
        )
        return frozenset(one.workflow_id for one in found)

    async def hosts(self) -> frozenset[str]:
        """All hosts that have runs queued or under way, alive or not."""
        from dbos import DBOS

        found = await _outside(
            DBOS.list_workflows_async(status=_UNFINISHED, load_input=False, load_output=False, limit=_MANY)
        )
        return frozenset(one.queue_name.removeprefix(_QUEUE) for one in found if one.queue_name)

    async def take_over(self, host: str) -> tuple[str, ...]:
        """Moves the runs of a host that is dead to this one: to be called by who holds its slot. Their ids."""
        from dbos import DBOS

        found = await _outside(
            DBOS.list_workflows_async(
                status=_UNFINISHED, queue_name=_QUEUE + host, load_input=False, load_output=False, limit=_MANY
            )
        )
        ids = tuple(one.workflow_id for one in found)
        if ids:
            await _outside(DBOS.resume_workflows_async(list(ids), queue_name=_QUEUE + self.executor))
        return ids

    async def _status(self, id: str, *, load_input: bool = False, load_output: bool = False) -> Any:  # noqa: ANN401
        from dbos import DBOS

        found = await _outside(
            DBOS.list_workflows_async(workflow_ids=[id], load_input=load_input, load_output=load_output)
        )
        return found[0] if found else None


@asynccontextmanager
async def launched(
    *, database: str, folder: Path, executor: str, max_concurrent: int, body: Body
) -> AsyncIterator[Durable]:
    """The durable runs on `workflows.db` in `folder`, or on a PostgreSQL database. What this executor had under way is
    taken up at once. At the end what is under way is left to the next one. Raises NotDurable."""
    from dbos import DBOS

    with _explained(database, folder):
        config = await asyncio.to_thread(_config, database, folder, executor)
        _quiet()
        DBOS(config=config)
        _route_the_log()
    try:

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)
        async def run(id: str, text: str) -> str:
            return await body(id, text)

        with _explained(database, folder):
            DBOS.listen_queues([_QUEUE + executor])
            DBOS.launch()  # on this loop, which the runs are to live on
            await DBOS.register_queue_async(
                _QUEUE + executor,
                global_concurrency=max_concurrent,
                polling_interval_sec=_POLLING,
                on_conflict="always_update",
            )
        yield Durable(executor, run)
    finally:
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        # The library had put its own in this place, and has ended it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "asyncio"))


@contextmanager
def _explained(database: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except Exception as problem:  # noqa: BLE001 - the library raises what its database's driver raises
        words = str(problem).partition("\n")[0][:_LONGEST_LINE].rstrip(". ")
        place = (
            "The tables of the runs (schema dbos)" if database else f"The file of the runs, {folder / 'workflows.db'},"
        )
        advice = (
            "Check that the database can be reached, and that its user may make a schema and tables"
            if database
            else "If it is damaged, move it away: runs that were under way end as failed"
        )
        raise NotDurable(f"{place} cannot be used: {words}. {advice}.") from None


def _config(database: str, folder: Path, executor: str) -> DBOSConfig:
    from dbos import DBOSPortableJSONSerializer

    engine: dict[str, Any] = {"hide_parameters": True}  # else an error of the database quotes what was to be kept
    if not database:
        file = folder / "workflows.db"
        engine["connect_args"] = {"factory": _journal(file)}
        database = f"sqlite:///{file}"
    return {
        "name": _NAME,
        "system_database_url": database,
        "db_engine_kwargs": engine,
        "sys_db_pool_size": 10,
        "serializer": DBOSPortableJSONSerializer(),
        "application_version": LAYOUT,
        "executor_id": executor,
        "max_executor_threads": _THREADS,
        "log_level": "WARNING",
        "enable_otlp": False,
    }


class _Fast(sqlite3.Connection):
    """With a write-ahead log a kill loses nothing, and a power cut at most the last moments."""

    def __init__(self, *args: Any, **fields: Any) -> None:  # noqa: ANN401 - those of sqlite3.connect
        super().__init__(*args, **fields)
        self.execute("PRAGMA synchronous = NORMAL")


def _journal(file: Path) -> type[sqlite3.Connection]:
    """Effect: makes the file, for its owner only, with the journal that its place allows. The connections for it."""
    folder = file.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    if on_share(file):
        return sqlite3.Connection
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
        (journal,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    return _Fast if journal == "wal" else sqlite3.Connection


# ---- the log


class _InOneLine(logging.Filter):
    """What the library says, in one line each, and the same not again and again. What we do on purpose, such as ending
    a step, is no news."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage().partition("\n")[0].partition("Traceback")[0].rstrip(": ")[:_LONGEST_LINE]
        record.msg, record.args = line, ()
        record.exc_info, record.exc_text, record.stack_info = None, None, None
        about = line[:_ABOUT]
        if about.startswith("Asyncio task cancelled") or monotonic() - self._said.get(about, -_AGAIN) < _AGAIN:
            return False
        self._said[about] = monotonic()
        return True


_FILTER = _InOneLine()


def _quiet() -> None:
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    if _FILTER not in logger.filters:
        logger.addFilter(_FILTER)


def _route_the_log() -> None:
    """To where our own goes, not straight to standard error."""
    logger = logging.getLogger("dbos")
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True


async def _nothing() -> str:
    return _NOTHING


async def _outside(call: Coroutine[Any, Any, _Found]) -> _Found:
    """Makes a call of the library that is no step of a workflow, even where one is under way."""
    return await asyncio.create_task(call, context=Context())
