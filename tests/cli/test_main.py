"""The command line itself: its commands, its help, its bad usage."""

from __future__ import annotations

import pytest

from escalation import __version__
from escalation.cli.failure import Failure
from escalation.cli.main import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: escalation {command}")


def test_the_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert [command for command in COMMANDS if command not in out] == []
    assert all(what in out for what in COMMANDS.values())


def test_the_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"escalation {__version__}\n"


@pytest.mark.parametrize("words", [[], ["chek"], ["--colour"], ["check", "--fail-on"], ["demo", "more"]])
def test_bad_usage_is_one_line_and_status_2(capsys, words):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("escalation: ")
    assert err.endswith("--help says more\n")
    assert err.count("\n") == 1


def ended(error: BaseException):
    def run(_):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [(Failure("it is broken"), 2, "escalation: it is broken\n"), (KeyboardInterrupt(), 130, "")],
)
def test_how_commands_end(capsys, monkeypatch, error, status, said):
    monkeypatch.setattr("escalation.cli.demo.run", ended(error))
    assert main(["demo"]) == status
    assert capsys.readouterr().err == said


def test_a_fault_of_ours_is_not_hidden(monkeypatch):
    monkeypatch.setattr("escalation.cli.demo.run", ended(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["demo"])
