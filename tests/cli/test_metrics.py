"""`escalation metrics`: real files in, rows out; what cannot be measured is an entry, the others go on."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from escalation.cli.main import main

KNOTS = """\
import os


class Rope:
    @property
    def length(self):
        return 1 if self.ends else 0

    def tie(self, other, *, twice=False):
        for end in self.ends:
            if end and other:
                return end

        def loop(x):
            while x:
                x -= 1
        return loop
"""
FIELDS = ["path", "name", "line", "end_line", "kind", "cyclomatic", "cognitive", "nesting", "length", "parameters"]
ROWS = [
    ("Rope.length", 6, 7, "method", 2, 1, 0, 2, 1),
    ("Rope.tie", 9, 17, "method", 4, 6, 2, 9, 3),
    ("Rope.tie.loop", 14, 16, "closure", 2, 1, 1, 3, 1),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "app/knots.py": KNOTS,
        "app/shapes.ts": "export function area(r: number) { return r > 0 ? r : 0; }\n",
        "app/größe #1.py": "def größe(x):\n    return x\n",
        "README.md": "# def f(): pass\n",
        "style.css": "a { color: red }\n",
        ".hidden.py": "def f(): pass\n",
        ".git/hook.py": "def f(): pass\n",
        ".tox/a.py": "def f(): pass\n",
        "node_modules/a/index.js": "function f() {}\n",
        "__pycache__/a.py": "def f(): pass\n",
        "env/pyvenv.cfg": "",
        "env/lib/a.py": "def f(): pass\n",
        "build/kept.py": "def kept(): pass\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    os.symlink(tmp_path, tmp_path / "app" / "round")
    return tmp_path


def measured(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[dict[str, object]]]:
    assert main(["metrics", *arguments, "--format", "json"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return json.loads(output.out)


def names(found: dict[str, list[dict[str, object]]]) -> list[object]:
    return [row["name"] for row in found["functions"]]


def test_rows_of_functions(project: Path, capsys: pytest.CaptureFixture[str]):
    found = measured(capsys, "app/knots.py")
    assert [list(row) for row in found["functions"]] == [FIELDS] * 3
    assert [tuple(row.values())[1:] for row in found["functions"]] == ROWS
    assert found["files"] == [{"path": "app/knots.py", "language": "python", "lines": 17, "functions": 3}]
    assert found["errors"] == []


def test_a_folder_in_fixed_order_without_what_is_not_ours(project: Path, capsys: pytest.CaptureFixture[str]):
    found = measured(capsys, ".")
    assert [file["path"] for file in found["files"]] == [
        "app/größe #1.py", "app/knots.py", "app/shapes.ts", "build/kept.py",
    ]  # fmt: skip
    assert [row["path"] for row in found["functions"]] == [
        "app/größe #1.py", *["app/knots.py"] * 3, "app/shapes.ts", "build/kept.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["app"], "app/knots.py"),
        (["app/"], "app/knots.py"),
        (["./app/knots.py"], "./app/knots.py"),
        (["../{name}/app"], "../{name}/app/knots.py"),
        (["{root}/app"], "{root}/app/knots.py"),
    ],
)
def test_paths_are_told_as_they_are_given(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], path: str
):
    known = {"root": str(project), "name": project.name}
    found = measured(capsys, *(argument.format_map(known) for argument in arguments))
    assert path.format_map(known) in [file["path"] for file in found["files"]]


def test_a_file_named_twice_is_measured_once(project: Path, capsys: pytest.CaptureFixture[str]):
    assert len(measured(capsys, "app/knots.py", "app", "app/../app/knots.py")["functions"]) == 5


def test_what_is_named_is_measured_wherever_it_lies(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "tool").write_text("#!/usr/bin/env python3\ndef tool(): pass\n")
    found = measured(capsys, ".hidden.py", "node_modules", "__pycache__/a.py", "tool")
    assert names(found) == ["f", "f", "f", "tool"]


def test_radon_has_a_row_for_each_class(project: Path, capsys: pytest.CaptureFixture[str]):
    found = measured(capsys, "app/knots.py", "--radon")
    rows = [(row["name"], row["kind"], row["line"], row["end_line"], row["cyclomatic"]) for row in found["functions"]]
    assert rows == [
        ("Rope", "class", 4, 17, 4),
        ("Rope.length", "method", 6, 7, 2),
        ("Rope.tie", "method", 9, 17, 4),
        ("Rope.tie.loop", "closure", 14, 16, 2),
    ]
    assert found["files"][0]["functions"] == 3


NESTED = """\
def outer(x):
    if x:
        pass
    @decorated
    def inner(y):
        if y and x:
            return 1
        def deep(z):
            for a in z: pass
        return deep
    return inner
class C:
    if x: pass
    def m(self):
        if x: pass
    class D:
        async def n(self):
            return [a for a in b if c]
"""


def test_radon_mode_agrees_with_radon(project: Path, capsys: pytest.CaptureFixture[str]):
    complexity = pytest.importorskip("radon.complexity")
    (project / "nested.py").write_text(NESTED)
    blocks = complexity.add_inner_blocks(complexity.cc_visit(NESTED))
    theirs = {(block.lineno, block.name.rpartition(".")[2], block.complexity) for block in blocks}
    rows = measured(capsys, "nested.py", "--radon")["functions"]
    assert {(row["line"], str(row["name"]).rpartition(".")[2], row["cyclomatic"]) for row in rows} == theirs


def test_maintainability(project: Path, capsys: pytest.CaptureFixture[str]):
    radon = pytest.importorskip("radon.metrics")
    (project / "half.py").write_text("def f(:\n")
    found = measured(capsys, "app/knots.py", "half.py", "app/shapes.ts", "--maintainability")
    knots, half, shapes = found["files"]
    assert knots["maintainability_index"] == pytest.approx(radon.mi_visit(KNOTS, multi=True), abs=0.01)
    assert knots["halstead_volume"] == pytest.approx(radon.h_visit(KNOTS).total.volume, abs=0.01)
    assert half["maintainability_index"] is shapes["maintainability_index"] is None
    assert "maintainability_index" not in measured(capsys, "app/knots.py")["files"][0]


def test_what_cannot_be_measured_is_an_entry(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "app/binary.py").write_bytes(b"\0\1\2")
    (project / "app/huge.py").write_bytes(b"x = 1\n" * 1_000_000)
    os.mkfifo(project / "app/pipe.py")
    os.symlink("app/knots.py", project / "link.py")
    found = measured(capsys, "app", "link.py", "README.md", "style.css", "app/pipe.py")
    assert {row["path"]: row["message"] for row in found["errors"]} == {
        "app/binary.py": "is a binary file",
        "app/huge.py": "is larger than 5 MB",
        "link.py": "is a symbolic link",
        "README.md": "is in no language whose functions can be measured",
        "style.css": "is in no language whose functions can be measured",
        "app/pipe.py": "is a pipe, not a file",
    }
    assert len(found["functions"]) == 5


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "app/knots.py").chmod(0)
    found = measured(capsys, "app")
    assert [row["path"] for row in found["errors"]] == ["app/knots.py"]
    assert len(found["functions"]) == 2


@pytest.mark.parametrize(
    ("data", "expected", "note"),
    [
        ("def größe(x): pass\n".encode("utf-16"), "größe", None),
        (b"\xff\xfe\x00\x00" + "def f(): pass\n".encode("utf-32-le"), "f", None),
        (b"\xef\xbb\xbfdef f(): pass\n", "f", None),
        ("# é\ndef größe(x): pass\n".encode("latin-1"), "größe", "is not UTF-8; it was read as Latin-1"),
        (b"def f():\r    pass\rdef g():\r    pass\r", "f", None),
        (b"", None, None),
        (b"\n\n", None, None),
        (b"x = " + b"(" * 10_000 + b")" * 10_000, None, None),
        (b"y = '" + b"x" * 200_000 + b"'\ndef f(): pass\n", "f", None),
        (b"def f(:\n  if x\n", "f", None),
    ],
)
def test_odd_content(
    project: Path, capsys: pytest.CaptureFixture[str], data: bytes, expected: str | None, note: str | None
):
    (project / "odd.py").write_bytes(data)
    found = measured(capsys, "odd.py")
    assert found["errors"] == []
    assert found["files"][0].get("note") == note
    assert names(found)[:1] == ([expected] if expected else [])


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_odd_names(project: Path, capsys: pytest.CaptureFixture[str], jobs: str):
    (project / "odd").mkdir()
    for name in [b"a b #%.py", b'"quoted".py', b"new\nline.py", b"\xff.py", "größe.py".encode()]:
        with open(os.path.join(os.fsencode(project), b"odd", name), "w") as file:
            file.write("def f(): pass\n")
    found = measured(capsys, "odd", "-j", jobs, "--no-cache")
    paths = ['odd/"quoted".py', "odd/a b #%.py", "odd/größe.py", "odd/new\nline.py", "odd/\\xff.py"]
    assert [row["path"] for row in found["functions"]] == [file["path"] for file in found["files"]] == paths


def test_functions_nested_a_thousand_deep(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "deep.js").write_text("function f() { if (a) " * 1_000 + "}" * 1_000)
    assert len(measured(capsys, "deep.js")["functions"]) == 1_000


@pytest.mark.parametrize("arguments", [["nowhere.py"], ["app", "nowhere"]])
def test_a_path_that_does_not_exist(project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]):
    assert main(["metrics", *arguments]) == 2
    assert capsys.readouterr() == ("", f"escalation: {arguments[-1]} does not exist\n")


@pytest.mark.parametrize("arguments", [[], ["app", "-j", "0"], ["app", "-j", "two"], ["app", "--format", "xml"]])
def test_bad_usage_is_one_line(project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]):
    assert main(["metrics", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1


def test_text_shows_the_worst_first(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "app/binary.py").write_bytes(b"\0")
    assert main(["metrics", "app"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["cognitive", "cyclomatic", "nesting", "lines", "parameters"]
    assert lines[1].split() == ["6", "4", "2", "9", "3", "app/knots.py:9", "Rope.tie"]
    assert "   -  app/binary.py is a binary file" in lines
    assert lines[-1] == "5 functions in 3 files; on average cyclomatic 2.2, cognitive 1.8"


def test_text_of_nothing(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "empty").mkdir()
    assert main(["metrics", "empty"]) == 0
    assert capsys.readouterr().out == "0 functions in 0 files\n"


def test_the_same_from_the_cache_without_it_and_on_two_processes(
    project: Path, hermetic: Path, capsys: pytest.CaptureFixture[str]
):
    for number in range(20):
        (project / f"build/m{number}.py").write_text(KNOTS * (number + 1))
    (project / "build/binary.py").write_bytes(b"\0")
    alone = measured(capsys, ".", "--no-cache")
    assert list(hermetic.iterdir()) == []
    for arguments in (["-j", "2"], [], ["-j", "2", "--no-cache"], ["--no-cache", "-j1"]):
        assert measured(capsys, ".", *arguments) == alone
    assert list(hermetic.iterdir()) != []


def test_the_cache_follows_the_content_and_not_the_name(project: Path, capsys: pytest.CaptureFixture[str]):
    before = measured(capsys, "app/knots.py")
    (project / "moved.py").write_text(KNOTS)
    (project / "app/knots.py").write_text("def other(): pass\n")
    (project / "knots.ts").write_text("function f() {}\n")
    (project / "knots.js").write_text("function f() {}\n")
    moved = measured(capsys, "moved.py")["functions"]
    assert moved == [row | {"path": "moved.py"} for row in before["functions"]]
    assert names(measured(capsys, "app/knots.py")) == ["other"]
    assert [file["language"] for file in measured(capsys, "knots.js", "knots.ts")["files"]] == [
        "javascript", "typescript",
    ]  # fmt: skip
    assert "class" in [row["kind"] for row in measured(capsys, "moved.py", "--radon")["functions"]]


def test_a_home_that_is_no_folder(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ESCALATION_HOME", str(project / "README.md"))
    assert len(measured(capsys, "app")["functions"]) == 5


def test_no_progress_where_nobody_looks(project: Path):
    command = [sys.executable, "-m", "escalation", "metrics", "app"]
    done = subprocess.run(command, cwd=project, capture_output=True, check=True)
    assert done.stderr == b""


def test_progress_on_a_terminal(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("escalation.cli.metrics._QUIET_SECONDS", 0)
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with open(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(["metrics", "app"]) == 0
    assert b"Measuring" in os.read(ours, 10_000)
    os.close(ours)


def test_a_closed_pipe(project: Path):
    pipe = f"{sys.executable} -m escalation metrics . --format json | true; exit ${{PIPESTATUS[0]}}"
    command = ["bash", "-c", pipe]
    done = subprocess.run(command, cwd=project, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
