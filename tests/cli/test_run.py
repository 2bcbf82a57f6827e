"""`escalation run` through the real SDK, against a server that speaks the real protocol on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from escalation.cli.failure import Failure
from escalation.cli.run import split
from escalation.repository import consents
from escalation.scripted.script import Reply, hang, no_credit, overloaded, refused, text, tool
from tests.cli.conftest import CART
from tests.repository.checkout import Checkout

L3, L4 = "claude-sonnet-5-5", "claude-opus-5-5"
COUNTED = "def count(items):\n    return sum(1 for _ in items)\n"
TASK = ("--task", "Make count take any iterable.")


def update(body: str = COUNTED, words: str = "I change count.") -> Reply:
    return tool("mutate_entity", {"action": "update", "entity": "cart.py::count", "text": body}, words)


GOOD = [update(), text("It takes any iterable now.")]


def content(checkout: Checkout, path: str = "cart.py") -> str:
    return (Path(checkout.root) / path).read_text("utf-8")


# ---- what the command line says


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("a.py", ("a.py", None, None)),
        ("a.py:12", ("a.py", 12, None)),
        ("a.py:12-40", ("a.py", 12, 40)),
        ("a.py:12-12", ("a.py", 12, 12)),
        ("b:7", ("b:7", None, None)),
        ("b:7:3", ("b:7", 3, None)),
        ("folder", ("folder", None, None)),
    ],
)
def test_targets(tmp_path, monkeypatch, target, meant):
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b:7"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "folder").mkdir()
    assert split(target) == meant


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("c.py", "does not exist"),
        ("c.py:3", "c.py does not exist"),
        ("a.py:0", "count from 1"),
        ("a.py:9-3", "count from 1"),
        ("a.py:x", "does not exist"),
        ("folder:3", "has no lines"),
    ],
)
def test_targets_that_are_none(tmp_path, monkeypatch, target, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("x\n")
    (tmp_path / "folder").mkdir()
    with pytest.raises(Failure, match=said):
        split(target)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--task TEXT"),
        (("--task", "  "), "--task TEXT"),
        ((*TASK, "--budget", "0"), "more than 0"),
        ((*TASK, "--budget", "-3"), "more than 0"),
        ((*TASK, "--budget", "nan"), "more than 0"),
        ((*TASK, "--budget", "much"), "--help"),
        ((*TASK, "--route", "L5"), "--help"),
        ((*TASK, "--apply", "--diff"), "--help"),
        ((*TASK, "--json", "--diff"), "standard output"),
        (("--demo", *TASK), "--demo"),
        ((*TASK, "gone.py"), "gone.py does not exist"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(run, cart, words, said):
    answer = run("run", *words, cwd=cart.root)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_without_a_key_it_says_which_one(run, cart, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    answer = run("run", *TASK, cwd=cart.root)
    assert (answer.status, answer.out) == (2, "")
    for said in ("ANTHROPIC_API_KEY", "endpoint anthropic", "escalation doctor", "--demo"):
        assert said in answer.err
    assert answer.err.count("\n") == 1


# ---- what becomes of the result


def test_apply_writes_it(run, cart, serve):
    with serve(GOOD) as server:
        answer = run("run", "cart.py:1-2", *TASK, "--route", "L3", "--apply", cwd=cart.root)
    assert answer.status == 0
    assert content(cart) == COUNTED
    assert [request.model for request in server.calls] == [L3, L3]
    for said in ("L3 " + L3, "I change count.", "✓ ", "cart.py::count", "L3 done", "1 file, +1 −1", "Applied: cart.py"):
        assert said in answer.out
    assert "\x1b" not in answer.out


def test_diff_prints_what_git_takes(run, cart, serve):
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert answer.status == 0
    assert content(cart) == CART
    subprocess.run(["git", "apply"], input=answer.out.encode(), cwd=cart.root, check=True)
    assert content(cart) == COUNTED
    assert "L3 done" in answer.err


def test_a_secret_is_masked_on_the_way_and_whole_in_the_patch(run, cart, serve):
    secret = "ghp_" + "k3Jx9QwZp7LmT2vYb8NcR4sHd6FgU1aE5oWi"
    cart.commit({"cart.py": f'TOKEN = "{secret}"\n{CART}'})
    sent = []

    def first(request) -> Reply:
        sent.append(json.dumps(request.body))
        return GOOD[0]

    with serve([first, GOOD[1]]):
        answer = run("run", "cart.py", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert answer.status == 0
    assert "1 secret masked: cart.py:1" in answer.err
    assert secret not in sent[0] + answer.err
    assert f' TOKEN = "{secret}"' in answer.out.splitlines()


def test_without_a_terminal_and_without_a_word_it_is_kept(run, cart, serve, hermetic):
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", cwd=cart.root)
    assert answer.status == 0
    assert content(cart) == CART
    [patch] = (hermetic / "results").glob("*.patch")
    assert str(patch) in answer.err
    subprocess.run(["git", "apply", str(patch)], cwd=cart.root, check=True)
    assert content(cart) == COUNTED


def test_json_is_one_event_a_line(run, cart, serve):
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--json", "--apply", cwd=cart.root)
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert [event["type"] for event in events if event["type"] not in ("text.delta", "tool_call")] == [
        "meta.classification",
        "tier.start",
        "tier.end",
        "meta.verification",
        "stream.end",
        "applied",
    ]
    assert events[-2]["outcome"] == "success"
    assert "result" not in events[-2]
    assert events[-1] == {"type": "applied", "paths": ["cart.py"], "patch": None, "reasons": {}}
    assert (answer.status, answer.err) == (0, "")


def test_a_question_changes_nothing(run, cart, serve):
    with serve([text("Two lines.")]) as server:
        answer = run("run", "--task", "How long is count?", cwd=cart.root)
    assert answer.status == 0
    assert [request.model for request in server.calls] == [L4]
    assert "Two lines." in answer.out
    assert "no file changes" in answer.out


def test_two_passes(run, cart, serve):
    script = {L3: [text("This needs a new section."), text("All is in place.")], L4: GOOD}
    with serve(script) as server:
        answer = run("run", *TASK, "--route", "two-pass", "--apply", cwd=cart.root)
    assert answer.status == 0
    assert [request.model for request in server.calls] == [L3, L4, L4, L3]
    assert "↑ L3 → L4" in answer.out
    assert "L3->L4->L3 done" in answer.out
    assert content(cart) == COUNTED


# ---- the verification


def test_the_check_runs_on_a_copy(run, cart, serve):
    check = f'"{sys.executable}" -c "import cart; assert cart.count(iter([1, 2])) == 2"'
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--check", check, "--apply", cwd=cart.root)
    assert answer.status == 0
    assert "passed" in answer.out
    assert content(cart) == COUNTED


def test_a_result_that_fails_is_kept_and_marked(run, cart, serve, hermetic):
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--check", "echo no; exit 3", "--apply", cwd=cart.root)
    assert answer.status == 1
    assert content(cart) == CART
    for said in ("exit code 3", "no", "did NOT pass its verification"):
        assert said in answer.out
    assert len(list((hermetic / "results").glob("*.patch"))) == 1


def test_a_result_that_fails_is_printed_all_the_same(run, cart, serve):
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--check", "exit 3", "--diff", cwd=cart.root)
    assert answer.status == 1
    assert "+    return sum" in answer.out


def test_a_check_that_cannot_be_run_is_not_passed(run, cart, serve, hermetic):
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--check", "no-such-program", "--apply", cwd=cart.root)
    assert answer.status == 1
    assert content(cart) == CART
    assert "check `no-such-program` was NOT run" in answer.out
    assert len(list((hermetic / "results").glob("*.patch"))) == 1


def test_files_that_changed_meanwhile_are_not_overwritten(run, cart, serve, hermetic):
    def meddle(_) -> Reply:
        cart.write("cart.py", "mine = 1\n")
        return GOOD[1]

    with serve([GOOD[0], meddle]):
        answer = run("run", "cart.py", *TASK, "--route", "L3", "--apply", cwd=cart.root)
    assert answer.status == 1
    assert content(cart) == "mine = 1\n"
    assert "cart.py has changed since the run began" in answer.err
    assert len(list((hermetic / "results").glob("*.patch"))) == 1


def test_the_check_of_a_repository_is_not_run_unasked(run, cart, serve, hermetic):
    cart.commit({"escalation.toml": '[flow]\ncheck = "exit 3"\n'})
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert answer.status == 0
    assert "was not run: `exit 3`; --check CMD runs a command" in answer.err
    consents.allow(cart.root, "exit 3")
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert answer.status == 1


# ---- what can go wrong


@pytest.mark.parametrize(
    ("script", "said"),
    [([no_credit()], "credit"), ([refused(), refused()], "declined")],
    ids=["no credit", "refused"],
)
def test_no_result_is_status_2(run, cart, serve, script, said):
    with serve(script):
        answer = run("run", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


def test_what_passes_is_told(run, cart, serve):
    with serve([overloaded(), *GOOD]):
        answer = run("run", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert answer.status == 0
    assert "again in" in answer.err


def test_the_budget_of_the_command_line_holds(run, cart, serve):
    with serve(GOOD) as server:
        answer = run("run", *TASK, "--route", "L4", "--budget", "0.000001", "--diff", cwd=cart.root)
    assert answer.status == 2
    assert server.calls == []


def test_private_files_are_named(run, cart, serve):
    cart.write(".env", "A=1\n")
    with serve(GOOD):
        answer = run("run", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert "not sent  .env is private" in answer.err
    with serve(GOOD) as server:
        answer = run("run", ".env", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    assert (answer.status, server.calls) == (2, [])


# ---- a real process


def process(cart: Checkout, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "escalation", "run", *TASK, "--route", "L3", *arguments]
    return subprocess.Popen(command, cwd=cart.root, **options)  # type: ignore[call-overload]


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it(cart, serve, number, status, hermetic):
    with serve([update(words="Half of it."), hang()]) as server:
        done = process(cart, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in iter(lambda: len(server.calls), 2):
            assert done.poll() is None
            time.sleep(0.02)
        done.send_signal(number)
        out, err = done.communicate(timeout=30)
    assert done.returncode == status
    events = [json.loads(line) for line in out.splitlines()]
    assert events[-1]["type"] == "stream.end"
    assert events[-1]["outcome"] == "cancelled"
    assert events[-1]["cost"] > 0
    assert err.decode() == "escalation: cancelled; nothing is written\n"
    assert len(server.calls) == 2
    assert server.calls[-1].closed_by == "client"
    assert content(cart) == CART
    assert not (hermetic / "results").exists()


pty = pytest.importorskip("pty") if os.name != "nt" else None


def on_terminal(cart: Checkout, answers: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Status and output of a run on a terminal where a person answers what is asked."""
    here, there = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    done = process(cart, *arguments, stdin=there, stdout=there, stderr=there, env=env, start_new_session=True)
    os.close(there)
    seen, left = "", dict(answers)
    while True:
        try:
            piece = os.read(here, 4096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        seen += piece.decode("utf-8", "replace")
        for question in [question for question in left if question in seen]:
            os.write(here, left.pop(question).encode())
    os.close(here)
    assert left == {}, seen
    return done.wait(30), seen


@pytest.mark.skipif(os.name == "nt", reason="terminals")
@pytest.mark.parametrize(
    ("answer", "after"),
    [
        ("y\n", (COUNTED, 0, 0)),
        ("n\n", (CART, 0, 0)),
        ("\n", (CART, 0, 0)),
        ("p\n", (CART, 1, 0)),
        ("\x04", (CART, 1, 130)),
    ],
    ids=["yes", "no", "nothing", "patch", "end"],
)
def test_the_question(cart, serve, hermetic, answer, after):
    """What the file holds then, how many patches are kept, and the exit status."""
    with serve(GOOD):
        found, seen = on_terminal(cart, {"Apply to 1 file? [y/N/p(atch)]": answer})
    assert (content(cart), len(list((hermetic / "results").glob("*.patch"))), found) == after, seen
    assert "+    return sum(1 for _ in items)" in seen


@pytest.mark.skipif(os.name == "nt", reason="terminals")
def test_a_result_that_failed_is_offered_as_such(cart, serve):
    with serve(GOOD):
        found, _ = on_terminal(cart, {"NOT verified: Apply to 1 file?": "y\n"}, "--check", "exit 3", "--apply")
    assert found == 1
    assert content(cart) == COUNTED


@pytest.mark.skipif(os.name == "nt", reason="terminals")
def test_consent_is_asked_for_once(cart, serve):
    cart.commit({"escalation.toml": '[flow]\ncheck = "true"\n'})
    question, last = "This repository wants to run `true` after each pass. Run it here? [y/N]", "Apply to 1 file?"
    with serve(GOOD):
        found, seen = on_terminal(cart, {question: "y\n", last: "n\n"})
    assert found == 0
    assert "check `true` passed" in seen
    assert consents.allowed(cart.root, "true")
    with serve(GOOD):
        found, seen = on_terminal(cart, {last: "n\n"})
    assert question not in seen
