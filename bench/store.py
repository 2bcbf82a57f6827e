"""What the store costs: a write against the bare driver's, four processes that write for a minute, and reading, opening
and pruning a history of 100,000 workflows. On SQLite, and on PostgreSQL where its programs are installed (with the
settings it comes with: it waits for the disk at each commit, which SQLite with a write-ahead log need not)."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg
from sqlalchemy import insert
from tests.postgresql import discard, new_server, programs
from tests.store import made, writers

from bench.corpus import Corpus
from bench.peers import Peers
from bench.table import Row
from escalation.store import rows as of
from escalation.store import tables
from escalation.store.opening import open_store, sqlite_url
from escalation.store.records import Told
from escalation.store.store import Store

PART = "store"
EVENT = "INSERT INTO event VALUES ({0}, {0}, {0}, {0}, {0})"
# Opens a store, reads all cases, and prints by how many MiB the process grew from the hundredth to the last.
READER = """
import resource, sys
from escalation.store.opening import open_store
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
for number, case in enumerate(open_store(sys.argv[1]).cases()):
    if number == 1000: began = peak()
print(peak() - began)
"""


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    seconds, workflows, writes = (2, 2_000, 200) if quick else (60, 100_000, 3_000)
    with TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "one")
        yield from _one_write("SQLite", url, writes, "sqlite3", lambda: _bare_sqlite(Path(folder) / "one/history.db"))
        yield from many_writers("SQLite", sqlite_url(Path(folder) / "four"), seconds)
        yield from _history("SQLite", sqlite_url(Path(folder) / "large"), workflows)
    if programs():
        server = new_server(settings=())
        try:
            with server.database() as url:
                yield from _one_write("PostgreSQL", url, writes, "psycopg", lambda: _bare_postgresql(url))
                yield from many_writers("PostgreSQL", url, seconds)
            with server.database() as url:
                yield from _history("PostgreSQL", url, workflows)
        finally:
            discard(server)


def many_writers(name: str, url: str, seconds: float, processes: int = 4) -> Iterator[Row]:
    outcome = writers.write(url, processes, seconds)
    what = f"{name}: {processes} processes write for {seconds:g} s"
    yield Row(PART, f"{what}, a transaction", outcome.times)
    yield Row(PART, f"{what}, a transaction", outcome.times, percent=99)
    yield Row(PART, f"{what}, the longest", (max(outcome.times),), at_most=30_000)
    yield Row(PART, f"{what}, of all per transaction", (1_000 * seconds / len(outcome.times),))
    yield Row(PART, f"{what}, errors", (len(outcome.errors),), unit="", at_most=0)
    yield Row(PART, f"{what}, rows lost", (outcome.lost,), unit="", at_most=0)


def _one_write(
    name: str, url: str, writes: int, peer: str, bare: Callable[[], Iterator[Callable[[int], object]]]
) -> Iterator[Row]:
    with closing(open_store(url)) as store:
        made.workflow(store, "w")
        made.workflow(store, "bare")
        ours = tuple(_ms(lambda n=n: store.tell([Told("w", n, n, "usage", {})])) for n in range(1, writes + 1))
        with contextmanager(bare)() as write:
            theirs = tuple(_ms(lambda n=n: write(n)) for n in range(1, writes + 1))
    yield Row(PART, f"{name}: an event is told", ours, theirs, f"bare {peer}")


def _bare_sqlite(file: Path) -> Iterator[Callable[[int], object]]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

        def write(number: int) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(EVENT.format("?"), ("bare", number, number, "usage", "{}"))
            connection.execute("COMMIT")

        yield write


def _bare_postgresql(url: str) -> Iterator[Callable[[int], object]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET search_path TO escalation")
        connection.commit()

        def write(number: int) -> None:
            connection.execute(EVENT.format("%s"), ("bare", number, number, "usage", "{}"))
            connection.commit()

        yield write


def _history(name: str, url: str, workflows: int) -> Iterator[Row]:
    opening = []
    with closing(open_store(url)) as store:
        _fill(store, workflows)
        for _ in range(20):
            opening.append(_ms(lambda: open_store(url).close()))
        yield Row(PART, f"{name}: a store is opened", tuple(opening))
        what = f"{name}: {workflows:,} workflows"
        yield Row(PART, f"{what}, one page", tuple(_ms(store.workflows) for _ in range(50)), at_most=50)
        yield Row(PART, f"{what}, all cases", (_ms(lambda: sum(1 for _ in store.cases())),))
        read = subprocess.run([sys.executable, "-c", READER, url], capture_output=True, text=True, check=True)
        yield Row(PART, f"{what}, memory for all cases", (float(read.stdout),), unit="MiB", at_most=32)
        yield Row(PART, f"{what}, half of them pruned", (_ms(lambda: store.prune(workflows // 2)),))


def _fill(store: Store, workflows: int) -> None:
    """Each with a decision, a completion, two attempts and six events."""
    decided, completed = of.values(made.decision()), of.values(made.completion())
    standing = {"state": "completed", "host": "", "cancelling": False}
    for first in range(0, workflows, 1_000):
        part = [(f"w{number}", number) for number in range(first, min(first + 1_000, workflows))]
        with store._writing() as connection:
            for table, values in (
                (tables.workflow, lambda id, at: [of.values(made.request(id, created=at, repository=f"r{at % 9}"))
                    | standing | {"updated": at, "finished": at}]),
                (tables.decision, lambda id, at: [decided | {"workflow": id}]),
                (tables.completion, lambda id, at: [completed | {"workflow": id, "at": at}]),
                (tables.attempt, lambda id, at: [of.values(made.attempt(id, n, finished=at)) for n in (1, 2)]),
                (tables.event, lambda id, at: [of.values(made.told(id, n, "executing")) for n in range(1, 7)]),
            ):  # fmt: skip
                connection.execute(insert(table), [row for id, at in part for row in values(id, at)])


def _ms(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return 1_000 * (perf_counter() - began)
