"""What `escalation run` leaves in the history: as a run of the host, and never at the cost of the run itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest
from filelock import FileLock

from escalation.cli import recording
from escalation.cli.storage import opened
from escalation.scripted.script import hang, overloaded, text
from escalation.store.records import Case
from tests.cli.conftest import CART
from tests.cli.test_run import (
    COUNTED,
    GOOD,
    L3,
    L4,
    TASK,
    content,
    on_terminal,
    process,
    update,
)

SECRET = "ghp_" + "Scr1ptedN0Key" * 3


def cases() -> list[Case]:
    with opened() as store:
        return list(store.cases())


def told(workflow: str) -> list[dict[str, object]]:
    with opened() as store:
        return [{"type": row.type, **row.body} for row in store.events(workflow)]


def test_a_run_is_kept_with_its_decision_its_passes_and_what_came_of_it(run, cart, serve):
    with serve(GOOD):
        run("run", "cart.py", *TASK, "--route", "L3", "--apply", cwd=cart.root)
    (case,) = cases()
    assert case.workflow is not None
    request, decision, completion = case.workflow.request, case.workflow.decision, case.workflow.completion
    assert (request.task, request.execute) == (TASK[1], True)
    assert (request.root, request.repository) == (str(cart.root), str(cart.root))
    assert decision is not None
    assert (decision.should_escalate, decision.default_model) == (False, L3)
    assert completion is not None
    assert (completion.outcome, completion.tier, completion.files, completion.verified) == ("success", "L3", 1, True)
    assert [(one.tier, one.model, one.requests, one.finished is None) for one in case.attempts] == [
        ("L3", L3, 2, False)
    ]
    assert case.workflow.state == "completed"
    assert case.feedback == ()


def test_its_transitions_are_those_of_a_workflow(run, cart, serve):
    with serve({L3: [overloaded(), text("This needs a new section."), *GOOD], L4: [text("Nothing.")]}):
        run("run", "cart.py", *TASK, "--diff", cwd=cart.root)
    (case,) = cases()
    assert [event["state"] for event in told(case.workflow.id) if event["type"] == "state"] == [
        "initialized", "detecting", "analyzing", "deciding", "executing", "retrying", "executing", "escalating",
        "executing", "validating", "executing", "validating", "completed",
    ]  # fmt: skip
    assert case.workflow.completion.signal == "phrase"


def test_nothing_that_is_kept_holds_a_secret(run, cart, serve, hermetic, monkeypatch):
    cart.write("cart.py", f'TOKEN = "{SECRET}"\n\n\n{CART}')
    key = "a-key-of-no-known-shape"
    with serve(GOOD):
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
        run("run", "cart.py", "--task", f"Use {SECRET}, not {key}.", "--diff", cwd=cart.root)
    (case,) = cases()
    assert "REDACTED" in case.workflow.request.task
    stored = b"".join(file.read_bytes() for file in hermetic.glob("history.db*"))
    assert b"REDACTED" in stored
    assert SECRET.encode() not in stored
    assert key.encode() not in stored


def test_a_secret_has_one_name_in_the_task_and_in_the_diff(run, cart, serve):
    cart.write("cart.py", f'TOKEN = "{SECRET}"\n\n\n{CART}')
    with serve([update(f'TOKEN = "{SECRET}"\n'), text("Done.")]):
        run("run", "cart.py", "--task", f"Rotate {SECRET}.", "--route", "L3", "--diff", cwd=cart.root)
    (case,) = cases()
    placeholder = case.workflow.request.task.removeprefix("Rotate ").removesuffix(".")
    masked = [event["masked"] for event in told(case.workflow.id) if event["type"] == "meta.redaction"]
    assert {one["placeholder"] for some in masked for one in some} == {placeholder}


@pytest.mark.skipif(os.name == "nt", reason="terminals")
@pytest.mark.parametrize(("answer", "verdicts"), [("y\n", ["accepted"]), ("n\n", ["discarded"]), ("p\n", [])])
def test_what_the_user_answers_is_kept(cart, serve, answer, verdicts):
    with serve(GOOD):
        on_terminal(cart, {"Apply to 1 file?": answer})
    (case,) = cases()
    assert [one.verdict for one in case.feedback] == verdicts


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_run_that_a_signal_ends_is_kept_as_cancelled(cart, serve):
    with serve([update(words="Half of it."), hang()]) as server:
        done = process(cart, "--json", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in iter(lambda: len(server.calls), 2):
            time.sleep(0.02)
        done.send_signal(signal.SIGTERM)
        done.wait(30)
    (case,) = cases()
    assert (case.workflow.state, case.workflow.completion.outcome) == ("cancelled", "cancelled")
    assert [one.finished for one in case.attempts] == [None]


def test_a_run_without_a_key_leaves_nothing(run, cart, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    run("run", *TASK, cwd=cart.root)
    assert cases() == []


def test_the_demonstration_leaves_nothing(run):
    assert run("run", "--demo", "--json").status == 0
    assert cases() == []


def test_a_history_that_cannot_be_written_costs_a_line_and_nothing_else(run, cart, serve, hermetic):
    (hermetic / "history.db").write_text("this is no database, but it is quite long enough to be taken for one\n" * 99)
    with serve(GOOD):
        answer = run("run", "cart.py", *TASK, "--route", "L3", "--apply", cwd=cart.root)
    assert (answer.status, content(cart)) == (0, COUNTED)
    assert answer.err.startswith("escalation: this run is not in the history: ")
    assert answer.err.count("\n") == 1


def test_a_history_that_somebody_keeps_locked_does_not_keep_the_run(run, cart, serve, hermetic, monkeypatch):
    monkeypatch.setattr(recording, "_PATIENCE_SECONDS", 0.5)
    with FileLock(hermetic / "history.db.lock"), serve(GOOD):
        answer = run("run", "cart.py", *TASK, "--route", "L3", "--apply", cwd=cart.root)
    assert (answer.status, content(cart)) == (0, COUNTED)
    assert answer.err == ("escalation: this run is not in the history: another program keeps it locked; end that one\n")


def test_two_runs_at_once_are_both_kept(cart, serve):
    with serve([text("One."), text("Two.")]):
        both = [process(cart, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        ended = [done.communicate(timeout=60) for done in both]
    assert [done.returncode for done in both] == [0, 0]
    assert all(json.loads(out.splitlines()[-1])["outcome"] == "success" for out, _ in ended)
    assert [err for _, err in ended] == [b"", b""]
    assert len(cases()) == 2
