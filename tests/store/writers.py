"""Several processes that write to one store for a while, and what is there afterwards."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, perf_counter

from escalation.store.errors import StoreError
from escalation.store.opening import open_store
from escalation.store.records import Told
from tests.store.made import attempt, completion, decision, request, told, workflow

SHARED = "shared"
"""A workflow that all of them tell of, as hosts do who take over from each other."""


@dataclass(frozen=True)
class Written:
    """By one process: the time of each transaction, in ms; how many workflows, each with the same rows; how many events
    of the shared one; and what went wrong."""

    times: tuple[float, ...]
    workflows: int
    shared: int
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    written: tuple[Written, ...]
    lost: int
    """Rows that were written, and are not there."""

    @property
    def times(self) -> tuple[float, ...]:
        return tuple(time for each in self.written for time in each.times)

    @property
    def errors(self) -> tuple[str, ...]:
        return tuple(error for each in self.written for error in each.errors)


def write(url: str, processes: int, seconds: float) -> Outcome:
    first = open_store(url)
    workflow(first, SHARED)
    first.close()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        written = tuple(pool.starmap(_write, [(url, number, seconds) for number in range(processes)]))
    return Outcome(written, _lost(url, written))


def _write(url: str, number: int, seconds: float) -> Written:
    store = open_store(url)
    times, errors = list[float](), list[str]()
    done = shared = 0

    def timed(write: Callable[[], object]) -> None:
        began = perf_counter()
        try:
            write()
        except StoreError as problem:
            errors.append(str(problem))
        times.append(1_000 * (perf_counter() - began))

    end = monotonic() + seconds
    while monotonic() < end:
        name = f"w{number}-{done}"
        timed(lambda: store.begin(request(name), decision(), state="detecting", host=str(number), at=1))  # noqa: B023
        timed(lambda: store.attempt(attempt(name, 1)))  # noqa: B023
        timed(lambda: store.tell([told(name, n, "executing") for n in (1, 2)]))  # noqa: B023
        timed(lambda: store.tell([Told(SHARED, shared + 1, 1, "state", {"state": "executing"})]))  # noqa: B023
        timed(lambda: store.attempt(attempt(name, 1, finished=2)))  # noqa: B023
        timed(lambda: store.complete(name, completion(), 1))  # noqa: B023
        timed(lambda: store.tell([told(name, 3, "completed")]))  # noqa: B023
        done += 1
        shared += 1
    store.close()
    return Written(tuple(times), done, shared, tuple(errors))


def _lost(url: str, written: tuple[Written, ...]) -> int:
    store = open_store(url)
    lost = max(each.shared for each in written) - store.last_event(SHARED)
    found = {each["request"]["id"]: each for each in store.export()}
    for number, each in enumerate(written):
        for done in range(each.workflows):
            kept = found.get(f"w{number}-{done}")
            if kept is None:
                lost += 7
                continue
            lost += 3 - len(kept["events"]) + (kept["state"] != "completed")
            lost += sum(part is None for part in (kept["decision"], kept["completion"]))
            lost += [one["finished"] for one in kept["attempts"]] != [2]
    store.close()
    return lost
