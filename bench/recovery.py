"""What the end of a host costs: it is killed at random instants while eight runs of three tiers each are under way.

A host that is killed is started again, and each run must end in the right outcome; what was kept must not be paid
again, and what was under way at most once more. With two hosts on one database the other one must take the runs over.
On files, and on PostgreSQL where its programs are there (`tests/postgresql.py` finds them).
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.postgresql import Server, discard, new_server, programs
from tests.workflow.hosting import REQUESTS, Crash, crash, hosts, submission, three_tiers, until

from bench.corpus import Corpus
from bench.peers import Peers
from bench.table import Row
from escalation.scripted.server import running
from escalation.store.opening import open_store

PART = "recovery"
RUNS = 8
WAIT = 0.3
"""Seconds that each answer takes."""
TAKEN_OVER = 10.0


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    with ExitStack() as stack:
        yield from _killed("SQLite", lambda: None, 2 if quick else 20)
        if programs() is None:
            print("recovery: PostgreSQL is not here, so it is left out", file=sys.stderr)
            return
        server = new_server()
        stack.callback(discard, server)
        yield from _killed("PostgreSQL", lambda: server, 2 if quick else 20)
        yield _taken_over(server, 2 if quick else 5)


def _killed(name: str, server: Callable[[], Server | None], instants: int) -> Iterator[Row]:
    crashes = [_crash(server(), number / instants) for number in range(instants)]
    wrong = [problem for one in crashes for problem in one.wrong()]
    for problem in wrong:
        print(f"recovery: {name}: {problem}", file=sys.stderr)
    runs, paid = instants * RUNS, tuple(float(one.paid_twice) for one in crashes)
    what = f"{name}: wrong, lost, stuck or paid twice of {runs} runs, killed at {instants} instants"
    yield Row(PART, what, (float(len(wrong)),), unit="runs", at_most=0)
    what = f"{name}: answers under way that were paid again at a kill (5 runs work at once)"
    yield Row(PART, what, paid, unit="answers", percent=100, at_most=5)


def _crash(server: Server | None, progress: float) -> Crash:
    """A kill after `progress` of the requests, and a little later."""
    with _database(server) as database, running(three_tiers(WAIT)) as models, hosts() as start:

        def instant() -> None:
            until(lambda: len(models.calls) >= progress * RUNS * REQUESTS * 0.95)
            time.sleep(random.uniform(0.0, 2 * WAIT))

        with tempfile.TemporaryDirectory() as folder:
            return crash(start, Path(folder), models, instant, database=database, runs=RUNS)


def _taken_over(server: Server, times: int) -> Row:
    """Two hosts; the one that works is killed. From then until the other one asks for what the runs need next; all of
    them end."""
    seconds = tuple(_seconds(server) for _ in range(times))
    what = "PostgreSQL, two hosts: from a kill until the other host goes on with its runs"
    return Row(PART, what, seconds, unit="s", percent=100, at_most=TAKEN_OVER)


def _seconds(server: Server) -> float:
    with (
        server.database() as database,
        running(three_tiers(WAIT)) as models,
        hosts() as start,
        tempfile.TemporaryDirectory() as folder,
    ):
        other = start(Path(folder, "other"), models, database=database, stay=True)
        other.read("ready")
        names = [f"run-{number}" for number in range(RUNS)]
        working = start(
            Path(folder, "one"), models, database=database, submissions=list(map(submission, names)), stay=True
        )
        working.read("submitted")
        until(lambda: len(models.calls) >= RUNS)
        working.kill()
        began, asked = time.monotonic(), len(models.calls)
        until(lambda: len(models.calls) > asked)
        taken = time.monotonic() - began
        store = open_store(database)
        try:
            until(lambda: all(one.state == "completed" for one in store.workflows().workflows))
        finally:
            store.close()
        return taken


@contextmanager
def _database(server: Server | None) -> Iterator[str]:
    """The address of a new one; empty for files."""
    if server is None:
        yield ""
        return
    with server.database() as url:
        yield url
