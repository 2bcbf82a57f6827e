"""`escalation host`: status, stop, logs."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation import __version__
from escalation.cli.main import COMMANDS, _parser, main
from escalation.host import port_file
from escalation.host.lock import held
from escalation.host.log import NAME as LOG
from escalation.settings.home import state
from escalation.settings.load import ENVIRONMENT
from tests.host.processes import Hosts, until


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.close()


PAGE = (Path(__file__).parents[2] / "docs" / "host.md").read_text("utf-8")
NONE = {"running": False, "url": None, "pid": None, "version": None, "started": None, "busy": None}


def test_the_status_without_a_host(run):
    answer = run("host", "status")
    assert (answer.status, answer.err) == (1, "")
    assert answer.out == "No host runs. Who needs one starts it; `escalation serve` does so by hand.\n"
    answer = run("host", "status", "--json")
    assert answer.status == 1
    assert answer.json == {**NONE, "folder": str(state()), "log": str(state() / LOG)}


def test_the_status_of_a_host(run, hosts):
    here = hosts.serve()
    answer = run("host", "status")
    assert answer.status == 0
    assert f"The host runs at {here.client.base}: process {here.pid}, version {__version__}, since " in answer.out
    assert "No run is under way." in answer.out
    answer = run("host", "status", "--json")
    assert answer.status == 0
    told = port_file.read(state())
    assert answer.json == {
        "running": True,
        "url": told.base,
        "pid": here.pid,
        "version": __version__,
        "started": told.started,
        "busy": False,
        "folder": str(state()),
        "log": str(state() / LOG),
    }
    assert told.token not in answer.out


def test_the_status_of_a_host_that_hangs(run, hosts, monkeypatch):
    monkeypatch.setattr("escalation.host.running._ANSWER_SECONDS", 0.2)
    here = hosts.serve()
    os.kill(here.pid, signal.SIGSTOP)
    answer = run("host", "status")
    assert answer.status == 1
    assert "A host holds the lock, but does not answer" in answer.out


def test_stop_ends_it(run, hosts):
    hosts.serve()
    answer = run("host", "stop")
    assert (answer.status, answer.out, answer.err) == (0, "The host has ended.\n", "")
    assert not held(state())
    assert hosts.last.wait(60) == 0


def test_stop_without_a_host_is_done_already(run):
    assert run("host", "stop").out == "No host runs.\n"


def test_stop_ends_a_host_that_does_not_answer(run, hosts):
    hosts.serve()
    told = port_file.read(state())
    port_file.write(state(), port_file.PortFile(**{**as_table(told), "token": "of-another-host"}))
    assert run("host", "stop").status == 0
    assert hosts.last.wait(60) == 0


def test_stop_says_what_to_do_with_one_that_does_not_end(run, hosts, monkeypatch):
    monkeypatch.setattr("escalation.host.running._ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("escalation.cli.host._LEAVE_SECONDS", 0.2)
    here = hosts.serve()
    os.kill(here.pid, signal.SIGSTOP)
    answer = run("host", "stop")
    assert answer.status == 2
    assert f"the host does not end: process {here.pid} holds" in answer.err


def as_table(told: port_file.PortFile) -> dict[str, object]:
    return {name: getattr(told, name) for name in told.__slots__}


def test_the_end_of_the_log(run, hosts):
    here = hosts.serve()
    until(lambda: "pruned" in run("host", "logs").out)
    answer = run("host", "logs", "--lines", "1")
    assert answer.status == 0
    assert answer.out.count("\n") == 1
    assert f"answers at {here.client.base}, process {here.pid}" in run("host", "logs").out


def test_what_steers_a_terminal_is_written_out(run):
    (state() / LOG).write_bytes(b"GET /\x1b[31m\n")
    assert run("host", "logs").out == "GET /\\x1b[31m\n"


def test_without_a_log(run):
    answer = run("host", "logs")
    assert (answer.status, answer.out) == (0, "")
    assert answer.err == f"There is no log in {state()}.\n"


@pytest.mark.parametrize("words", [["host"], ["host", "begin"], ["host", "logs", "--lines", "0"]])
def test_bad_usage(run, words):
    answer = run(*words)
    assert answer.status == 2
    assert answer.err.count("\n") == 1


def test_it_loads_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "escalation", "host", "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    for heavy in ("fastapi", "dbos", "sqlalchemy", "anthropic", "rich", "msgspec"):
        assert f" {heavy}\n" not in done.stderr


# ---- docs/host.md


def test_every_command_line_of_the_page_is_one_of_ours():
    lines = [re.sub(r"\[.*?\]", "", line) for line in re.findall(r"^escalation .*$", PAGE, re.MULTILINE)]
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(line)[1:]
        assert words[0] in COMMANDS
        _parser(words).parse_args(words)


@pytest.mark.parametrize("command", ["serve", "host logs", "host status"])
def test_the_page_has_every_option(capsys, command):
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert [option for option in options if option not in PAGE] == []


def test_the_page_has_every_file(hosts):
    hosts.serve()
    names = {re.sub(r"(\.db)-(wal|shm)$", r"\1", file.name) for file in state().iterdir()}
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_variable_of_the_page_is_one_that_is_read():
    known = {*ENVIRONMENT, "ESCALATION_TOKEN", "ESCALATION_DATABASE", "ESCALATION_HOME"}
    assert set(re.findall(r"\bESCALATION_\w+", PAGE)) <= known
