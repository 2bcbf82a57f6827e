"""Several processes on one store. `python -m bench store` has them write for a minute."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from escalation.store.opening import open_store
from tests.store.made import told, workflow
from tests.store.writers import write


def test_four_processes_that_write_lose_nothing_and_fail_never(database_url):
    outcome = write(database_url, processes=4, seconds=2)
    assert outcome.errors == ()
    assert outcome.lost == 0
    assert all(each.workflows for each in outcome.written), "each of them came to write"


def test_threads_share_a_store(store):
    workflow(store, "w")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: store.tell([told("w", number, "executing", at=number)]), range(1, 401)))
        assert list(pool.map(lambda _: store.last_event("w"), range(40))) == [400] * 40
    assert store.workflow("w").updated == 400


def test_one_of_many_who_begin_the_same_wins(store):
    def begin(number: int) -> None:
        workflow(store, f"w{number}", request_id="the same", host=str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, range(40)))
    (only,) = store.workflows().workflows
    assert store.by_request_id("the same") == only


def test_those_who_prune_at_once_share_the_work(store):
    for number in range(1_100):
        workflow(store, f"w{number}", state="completed", created=number)
    with ThreadPoolExecutor(4) as pool:
        pruned = [id for part in pool.map(store.prune, [1_000] * 4) for id in part]
    assert sorted(pruned) == sorted(f"w{number}" for number in range(1_000))


WRITER = """
import sys
from escalation.store.opening import open_store
from escalation.store.opening import open_store
from tests.store.made import told, workflow
store = open_store(sys.argv[1])
workflow(store, sys.argv[2])
for number in range(1, 1_000_000):
    store.tell([told(sys.argv[2], number, "executing")])
    print(number, flush=True)
"""


def test_what_was_told_is_there_after_a_kill(database_url):
    for name in ("one", "two", "three"):
        command = [sys.executable, "-c", WRITER, database_url, name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as writer:
            for _ in range(50):
                line = writer.stdout.readline()
            writer.kill()
            told_last = int((writer.stdout.read().split() or [line])[-1])
        store = open_store(database_url)
        assert len(store.events(name, limit=10**6)) >= told_last >= 50
        assert store.last_event(name) - told_last <= 1, "at most the one that was under way"
        store.close()
