"""`escalation metrics` and `escalation sensitivity` as black boxes on bad files: what can be read is measured, the rest
is named with its problem."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bad_input.test_check import CODE, FILES, HANGS, NAMES, Answer, escalation, refused

COMMANDS = ("metrics", "sensitivity")
NOT_JUDGED = {name: said for name, _, said in FILES.values() if said and said != "Latin-1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All bad files and names together, with links that lead nowhere and everywhere."""
    root = tmp_path / "a folder"
    root.mkdir()
    for name in NAMES:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(CODE)
    for name, data, _ in FILES.values():
        (root / name).write_bytes(data)
    (root / "loop.py").symlink_to("loop.py")
    (root / "up").symlink_to("..", target_is_directory=True)
    os.mkfifo(root / "pipe.py")
    return root


def problems(answer: Answer) -> dict[str, str]:
    return {error["path"]: str(error) for error in json.loads(answer.out)["errors"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder(folder: Path, command: str) -> None:
    answer = escalation(folder, command, ".", "--format", "json")
    assert (answer.status, answer.err) == (0, "")
    found = problems(answer)
    assert {path for path in found if not path.startswith(("loop", "pipe"))} == set(NOT_JUDGED)
    assert all(said in found[path] for path, said in NOT_JUDGED.items())
    measured = {row["path"]: row["name"] for row in json.loads(answer.out)["functions"]}
    visible = {name for name in NAMES if not name.startswith(".")}
    assert {path: name for path, name in measured.items() if path in visible} == dict.fromkeys(visible, "area")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["loop.py", "pipe.py", "logo.py", "huge.py", "."])
def test_a_path(folder: Path, command: str, name: str) -> None:
    answer = escalation(folder, command, name, "--format", "json")
    assert (answer.status, answer.err) == (0, "")
    assert name == "." or list(problems(answer)) == [name]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_path_that_is_not_there(folder: Path, command: str) -> None:
    refused(escalation(folder, command, "nowhere.py"))


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_folder(tmp_path: Path, command: str) -> None:
    answer = escalation(tmp_path, command, ".", "--format", "json")
    assert (answer.status, answer.err) == (0, "")
    assert all(rows == [] for rows in json.loads(answer.out).values())


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "1.5", ""])
def test_a_number_of_processes(folder: Path, jobs: str) -> None:
    refused(escalation(folder, "metrics", ".", f"--jobs={jobs}"))


@pytest.mark.parametrize("content", [b"", b"nonsense" * 1000, b"SQLite format 3\x00" + b"\0" * 5000])
def test_a_broken_cache(folder: Path, hermetic: Path, content: bytes) -> None:
    good = escalation(folder, "metrics", ".", "--format", "json", "--no-cache")
    (hermetic / "metrics.sqlite").write_bytes(content)
    answers = [escalation(folder, "metrics", ".", "--format", "json") for _ in range(2)]
    assert [answer.status for answer in answers] == [0, 0]
    assert {answer.out for answer in answers} == {good.out}


def test_a_home_that_cannot_be_written(folder: Path) -> None:
    answer = escalation(folder, "metrics", ".", "--format", "json", ESCALATION_HOME=str(folder / "logo.py" / "home"))
    assert answer.status == 0, answer.err
    assert json.loads(answer.out)["functions"]


def test_many_at_once_share_a_cache(folder: Path) -> None:
    command = [sys.executable, "-m", "escalation", "metrics", ".", "--format", "json", "-j", "2"]
    running = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    outputs = [process.communicate(timeout=HANGS) for process in running]
    assert {errors for _, errors in outputs} == {b""}
    assert len({output for output, _ in outputs}) == 1


def test_the_reader_that_goes_away(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "escalation", "metrics", "."],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=HANGS)
    assert errors == b""
