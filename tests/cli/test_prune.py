"""`escalation prune`: what is old goes, with all that is kept of it; the rest stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from escalation.cli.storage import opened
from escalation.host.running import running
from escalation.settings.home import state
from tests.cli.test_export import DAY, NOW, keep, workflow
from tests.cli.test_run import GOOD
from tests.cli.test_submit import WHOLE, id_of


def ids() -> set[str]:
    with opened() as store:
        return {case.workflow.id for case in store.cases() if case.workflow is not None}


def test_what_is_old_goes_and_the_rest_stays(run, hosts):
    keep(workflow("old", NOW - 31 * DAY), workflow("older", NOW - 40 * DAY), workflow("new", NOW - 29 * DAY))
    dry = run("prune", "--older-than", "30d", "--dry-run")
    assert (dry.status, dry.out, dry.err) == (0, "2 runs would be deleted.\n", "")
    assert ids() == {"old", "older", "new"}
    assert running(state()) is None  # looking needs no host
    answer = run("prune", "--older-than", "30d")
    assert (answer.status, answer.out, answer.err) == (0, "2 runs deleted.\n", "")
    assert ids() == {"new"}
    assert run("prune", "--older-than", "30d").out == "0 runs deleted.\n"


def test_nothing_of_a_run_is_left(run, cart, serve, hosts, hermetic):
    """Neither in the history nor in what the durable run was kept by."""
    task = "Take any iterable, canary_of_the_task."
    with serve(GOOD):
        id = id_of(run("submit", "cart.py", *WHOLE, "--task", task, cwd=cart.root).out)
    assert run("prune", "--older-than", "0d").out == "1 run deleted.\n"
    answer = run("runs", id)
    assert (answer.status, answer.out) == (2, "")
    for file in ("history.db", "workflows.db"):
        with closing(sqlite3.connect(hermetic / file)) as connection:
            rows = "\n".join(connection.iterdump())
        assert id not in rows, file
        assert "canary_of_the_task" not in rows, file


@pytest.mark.parametrize("words", [(), ("--older-than",), ("--older-than", "90"), ("--older-than", "-1d")])
def test_bad_usage_is_one_line_and_deletes_nothing(run, words):
    keep(workflow("old", NOW - 900 * DAY))
    answer = run("prune", *words)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert ids() == {"old"}
