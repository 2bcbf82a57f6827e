"""`escalation submit`: a real host, started on demand, against a server that speaks the real protocol."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from escalation.host.running import running
from escalation.scripted.script import hang, text
from escalation.settings.home import state
from tests.cli.conftest import CART
from tests.cli.test_run import COUNTED, GOOD, L3, TASK, content, update
from tests.host.processes import kill, until

WHOLE = (*TASK, "--route", "L3", "--execute", "--follow")


def id_of(out: str) -> str:
    return next(line.split()[1] for line in out.splitlines() if line.startswith("id: "))


def submitting(cart, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "escalation", "submit", *arguments]
    return subprocess.Popen(command, cwd=cart.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# ---- what the command line says


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--task"),
        (("--task", "  "), "--task TEXT"),
        ((*TASK, "--execute", "--budget", "0"), "more than 0"),
        ((*TASK, "--budget", "1"), "add --execute"),
        ((*TASK, "--check", "make"), "add --execute"),
        ((*TASK, "--route", "L4"), "add --execute"),
        ((*TASK, "gone.py"), "gone.py does not exist"),
        ((*TASK, "cart.py:9-3"), "count from 1"),
        ((*TASK, "folder"), "is a folder: name the files"),
        (("cart.py", "../elsewhere.py", *TASK), "outside"),
    ],
)
def test_bad_usage_is_one_line_and_starts_no_host(run, cart, hosts, words, said):
    (Path(cart.root) / "folder").mkdir()
    (Path(cart.root).parent / "elsewhere.py").write_text("x\n")
    answer = run("submit", *words, cwd=cart.root)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert running(state()) is None


# ---- a decision


def test_a_decision_is_made_and_kept_and_no_model_is_asked(run, cart, serve, hosts):
    cart.write("cart.py", COUNTED)
    with serve([]) as server:
        answer = run("submit", "cart.py", *TASK, cwd=cart.root)
        assert (answer.status, answer.err) == (0, "")
        assert f"Decision: stay with {L3}, confidence 0." in answer.out
        one = run("runs", id_of(answer.out)).out
        submitted = run("submit", "cart.py:1-2", *TASK, "--json", cwd=cart.root).json
        listed = run("runs").out
    assert server.calls == []
    assert TASK[1] in one
    assert "decided" in one
    assert str(cart.root) in one
    assert submitted["type"] == "submitted"
    assert (submitted["should_escalate"], submitted["status"]) == (False, "completed")
    assert listed.splitlines()[1].startswith(submitted["workflow_id"])
    assert "It is about cart.py, lines 1 to 2." in listed.splitlines()[1]
    assert len(listed.splitlines()) == 3


def test_a_decision_can_be_followed_to_its_end(run, cart, hosts):
    answer = run("submit", "cart.py", *TASK, "--follow", "--json", cwd=cart.root)
    assert answer.status == 0
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert [line["state"] for line in lines if line["type"] == "state"] == [
        "initialized", "detecting", "analyzing", "deciding", "completed"
    ]  # fmt: skip
    assert (lines[0]["type"], lines[-1]["type"], lines[-1]["outcome"]) == ("submitted", "status", None)


# ---- a run


def test_a_run_is_followed_as_it_happens_and_nothing_is_written(run, cart, serve, hosts):
    with serve(GOOD) as server:
        answer = run("submit", "cart.py:1-2", *WHOLE, cwd=cart.root)
    assert (answer.status, answer.err) == (0, "")
    assert content(cart) == CART
    assert [request.model for request in server.calls] == [L3, L3]
    for said in ("L3 " + L3, "I change count.", "✓ update cart.py::count", "L3 done", "1 file, +1 −1"):
        assert said in answer.out
    assert f"`escalation runs {id_of(answer.out)} --diff` shows it, `--apply` writes it" in answer.out
    assert "\x1b" not in answer.out


def test_programs_get_the_events_and_then_how_it_stands(run, cart, serve, hosts):
    with serve(GOOD):
        answer = run("submit", "cart.py", *WHOLE, "--json", cwd=cart.root)
    lines = [json.loads(line) for line in answer.out.splitlines()]
    kinds = [line["type"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("submitted", "status")
    assert {"state", "meta.classification", "tier.start", "text.delta", "tool_call", "tier.end", "stream.end"} <= {
        *kinds
    }
    assert "".join(line["text"] for line in lines if line["type"] == "text.delta").startswith("I change count.")
    assert (lines[-1]["state"], lines[-1]["outcome"]) == ("completed", "success")


def test_a_result_that_fails_its_check_is_status_1_and_marked(run, cart, serve, hosts):
    with serve([*GOOD, *GOOD]):
        answer = run("submit", "cart.py", *WHOLE, "--check", "exit 3", cwd=cart.root)
    assert answer.status == 1
    assert "did NOT pass its verification" in answer.out


def test_a_run_without_a_key_says_so(run, cart, hosts, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    answer = run("submit", "cart.py", *WHOLE, cwd=cart.root)
    assert answer.status == 1
    assert "ANTHROPIC_API_KEY" in answer.out


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_cancels_it(cart, serve, hosts, run):
    with serve([update(words="Half of it."), hang()]) as server:
        done = submitting(cart, "cart.py", *WHOLE)
        until(lambda: len(server.calls) == 2)
        done.send_signal(signal.SIGINT)
        out, err = done.communicate(timeout=30)
        until(lambda: server.calls[-1].closed_by == "client")
    assert (done.returncode, err) == (130, "")
    assert "cancelled" in out
    assert run("runs", id_of(out), "--json").json["state"] == "cancelled"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_host_that_is_killed_meanwhile_costs_nothing_twice(cart, serve, hosts):
    """Who follows starts the next host, which carries the run on from the answers that were paid."""
    slow = text("It takes any iterable now.")
    with serve([update(words="I change count."), hang(), slow]) as server:
        done = submitting(cart, "cart.py", *WHOLE)
        until(lambda: len(server.calls) == 2)
        here = running(state())
        assert here is not None
        time.sleep(0.3)  # until what came of the first call is kept
        kill(here.pid)
        out, err = done.communicate(timeout=60)
    assert (done.returncode, err) == (0, "")
    assert len(server.calls) == 3
    assert out.count("✓ update cart.py::count") == 1
    assert "L3 done" in out
