"""`escalation runs` and `escalation feedback`: what a real host has done, and what becomes of it."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from escalation.cli import feedback, runs, submit
from escalation.cli.main import COMMANDS, _parser
from escalation.cli.results import as_result
from escalation.cli.runs import described, listed
from escalation.host.running import running
from escalation.scripted.script import hang, text
from escalation.settings.home import state
from escalation.workflow.commission import digest
from tests.cli.conftest import CART
from tests.cli.test_run import COUNTED, GOOD, L3, TASK, content, update
from tests.cli.test_submit import WHOLE, id_of
from tests.host.processes import kill, until

SECRET = "ghp_" + "Scr1ptedN0Key" * 3


def verdicts(run, id: str) -> list[str]:
    return [one["verdict"] for one in run("runs", id, "--json").json["feedback"]]


# ---- with a host


def test_a_result_is_looked_at_and_applied(run, cart, serve, hosts):
    with serve(GOOD):
        id = id_of(run("submit", "cart.py", *WHOLE, cwd=cart.root).out)
    diff = run("runs", id, "--diff").out
    subprocess.run(["git", "apply", "--check", "-"], input=diff, text=True, cwd=cart.root, check=True)
    answer = run("runs", id, "--apply")
    assert (answer.status, answer.out, answer.err) == (0, "Applied: cart.py\n", "")
    assert content(cart) == COUNTED
    assert verdicts(run, id) == ["accepted"]
    again = run("runs", id, "--apply")
    assert (again.status, again.out) == (1, "")
    assert "not applied: cart.py has changed since the run began" in again.err
    assert content(cart) == COUNTED
    told = run("runs", id).out
    assert "state     success" in told
    assert "feedback  accepted" in told
    cancelled = run("runs", id, "--cancel")
    assert (cancelled.status, cancelled.out) == (2, "")
    assert "has ended already" in cancelled.err


def test_files_that_changed_meanwhile_are_not_overwritten(run, cart, serve, hosts):
    with serve(GOOD):
        id = id_of(run("submit", "cart.py", *WHOLE, cwd=cart.root).out)
    cart.write("cart.py", mine := CART + "\n\nmine = 1\n")
    answer = run("runs", id, "--apply")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == (
        "escalation: not applied: cart.py has changed since the run began\nescalation: nothing is written\n"
    )
    assert content(cart) == mine
    assert verdicts(run, id) == []


def test_a_secret_is_masked_in_the_diff_and_whole_in_the_file_even_after_the_host_was_killed(run, cart, serve, hosts):
    cart.write("cart.py", f'TOKEN = "{SECRET}"\n\n\n{CART}')
    with serve([update(f'{COUNTED}\n\nOTHER = TOKEN + "x"\n'), text("Done.")]) as server:
        id = id_of(run("submit", "cart.py", *WHOLE, cwd=cart.root).out)
    assert SECRET not in "".join(str(request.body) for request in server.requests)
    assert "REDACTED" in run("runs", id, "--diff").out
    here = running(state())
    assert here is not None
    kill(here.pid)
    assert run("runs", id, "--apply").out == "Applied: cart.py\n"
    assert content(cart).startswith(f'TOKEN = "{SECRET}"\n')
    assert COUNTED in content(cart)


def test_a_run_under_way_is_shown_and_cancelled(run, cart, serve, hosts):
    with serve([hang()]) as server:
        id = id_of(run("submit", "cart.py", *TASK, "--route", "L3", "--execute", cwd=cart.root).out)
        until(lambda: len(server.calls) == 1)
        told = run("runs", id).out
        assert f"passes    L3 {L3} · under way" in told
        early = run("runs", id, "--apply")
        assert (early.status, early.err) == (2, "escalation: it has not ended yet: it is executing\n")
        assert run("runs", id, "--cancel").status == 0
        until(lambda: run("runs", id, "--json").json["state"] == "cancelled")
    assert "came to no end" in run("runs", id).out


def test_a_decision_has_nothing_to_apply(run, cart, hosts):
    id = id_of(run("submit", "cart.py", *TASK, cwd=cart.root).out)
    for option in ("--diff", "--apply"):
        answer = run("runs", id, option)
        assert (answer.status, answer.out) == (2, "")
        assert "result" in answer.err
    assert run("feedback", id, "needed_opus", "--note", "it took me a day").out.startswith("Kept: ")
    assert verdicts(run, id) == ["needed_opus"]
    assert "needed_opus (it took me a day)" in run("runs", id).out


def test_a_run_of_the_command_line_is_among_them(run, cart, serve, hosts):
    with serve(GOOD):
        run("run", "cart.py", *TASK, "--route", "L3", "--diff", cwd=cart.root)
    (one,) = run("runs", "--json").json["workflows"]
    assert (one["outcome"], one["tier"]) == ("success", "L3")
    id = one["workflow_id"]
    assert "+    return sum(1 for _ in items)" in run("runs", id, "--diff").out
    answer = run("runs", id, "--apply")
    assert answer.status == 2
    assert "--diff" in answer.err


def test_without_any(run, hosts):
    assert run("runs").out == "Nothing has been submitted yet: `escalation submit --task TEXT` does.\n"
    unknown = "escalation: there is no such run, or it was pruned: `escalation runs` lists them\n"
    for words in (("runs", "none"), ("runs", "none", "--cancel"), ("feedback", "none", "accepted")):
        answer = run(*words)
        assert (answer.status, answer.out, answer.err) == (2, "", unknown)


# ---- without one


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("runs", "--diff"), "say which run"),
        (("runs", "--apply"), "say which run"),
        (("runs", "--limit", "0"), "--limit"),
        (("runs", "id", "--diff", "--apply"), "--help"),
        (("feedback", "id"), "--help"),
        (("feedback", "id", "good"), "--help"),
    ],
)
def test_bad_usage_is_one_line_and_starts_no_host(run, hosts, words, said):
    answer = run(*words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert running(state()) is None


def status(**fields: object) -> dict[str, object]:
    return {
        "workflow_id": "w",
        "task_description": "Pay\n\x1b[31mtwice",
        "state": "completed",
        "cancelling": False,
        "execute": True,
        "outcome": "success",
        "message": "",
        "created_at": 0,
        "finished_at": 1500,
        "workspace_root": "/shop",
        "repository": "",
        "recommended_model": "opus",
        "recommended_route": "L4->L3",
        "confidence": 0.86,
        "reasons": [{"reason": "revenue_critical", "priority": "high", "confidence": 0.86, "result": "valid"}],
        "tiers": [],
        "tier": "L4->L3",
        "usage": {"input_tokens": 1, "output_tokens": 2, "cache_read": 3, "cache_creation": 4},
        "cost": None,
        "files_changed": 0,
        "result": None,
        "feedback": [],
        **fields,
    }


def shown(**fields: object) -> str:
    return "\n".join(line.plain for line in described(status(**fields)))


def test_what_others_wrote_does_not_steer_the_terminal():
    evil = "\x1b[2Jgone\u202e"
    result = {"diff": "", "text": evil, "files_changed": 0, "verified": True}
    told = shown(message=evil, result=result, feedback=[{"verdict": "accepted", "note": evil}])
    told += "\n".join(line.plain for line in listed([status()]))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "Pay \\x1b[31mtwice" in told


def test_a_price_that_is_not_known_is_not_told_as_nothing():
    assert "unknown" in shown()


def test_what_is_not_verified_is_marked():
    result = {"diff": "--- a\n+++ b\n", "text": "", "files_changed": 2, "verified": False}
    assert "it did NOT pass its verification" in shown(outcome="partial_success", result=result)
    assert "it is NOT complete" in shown(outcome="partial_success", result={**result, "verified": True})


def test_the_list_has_its_columns_below_each_other():
    heads, first, second = (line.plain for line in listed([status(), status(workflow_id="longer", outcome="timeout")]))
    assert heads.index("task") == first.index("Pay") == second.index("Pay")
    assert "timeout" in second


PAGE = (Path(__file__).parents[2] / "docs" / "runs.md").read_text("utf-8")


@pytest.mark.parametrize("line", re.findall(r"^escalation .*$", PAGE, re.MULTILINE))
def test_every_command_line_of_the_page_is_one_of_ours(line):
    words = shlex.split(line)[1:]
    assert words[0] in COMMANDS
    _parser(words).parse_args(words)


def test_the_page_has_every_option_and_every_verdict():
    subparsers = argparse.ArgumentParser().add_subparsers()
    for command in (submit, runs, feedback):
        command.add_parser(subparsers)
    for name, parser in subparsers.choices.items():
        options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
        assert [option for option in options if option not in PAGE] == [], name
    assert [verdict for verdict in feedback.VERDICTS if f"| `{verdict}` |" not in PAGE] == []


# ---- a result as it can be applied


def test_a_result_stands_on_the_files_as_they_are(tmp_path):
    (tmp_path / "a.py").write_text("a = 1\r\n")
    (tmp_path / "gone.py").write_text("x\n")
    files = {"a.py": "a = 2\r\n", "gone.py": None, "new/b.py": "b = 1\n"}
    digests = {"a.py": digest("a = 1\r\n"), "gone.py": digest("x\n"), "new/b.py": ""}
    result, reasons = as_result(str(tmp_path), files, digests)
    assert reasons == {}
    assert set(result.changed) == {"a.py", "gone.py", "new/b.py"}
    assert {path: document.text for path, document in result.snapshot.items()} == {
        "a.py": "a = 2\r\n", "new/b.py": "b = 1\n"
    }  # fmt: skip


@pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", "a/../../b.py", ".git/config"])
def test_no_result_leaves_the_workspace(tmp_path, path):
    for digests in ({path: digest("")}, {path: ""}):
        assert set(as_result(str(tmp_path), {path: "evil\n"}, digests)[1]) == {path}


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("x\n")
    root = tmp_path / "root"
    root.mkdir()
    Path(root, "a.py").symlink_to(tmp_path / "secret")
    assert as_result(str(root), {"a.py": "y\n"}, {"a.py": digest("x\n")})[1]
