"""Diffs that git takes."""

from __future__ import annotations

import subprocess

import pytest

from escalation.flow.diff import changed_paths, unified
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot


def snapshot(**files: str) -> Snapshot:
    return Snapshot({name: Document.of(text) for name, text in files.items()})


BASE = {"a.py": "x = 1\ny = 2\n", "b c.txt": "one\r\ntwo\r\n", "ä.md": "no end", "d/e.py": "gone\n", "same": "same\n"}
AFTER = {
    "a.py": "x = 1\ny = 3\n",
    "b c.txt": "one\r\n2\r\n",
    "ä.md": "no end yet",
    "f/new.py": "new\n",
    "same": "same\n",
}


def test_the_paths_that_differ():
    assert changed_paths(snapshot(**BASE), snapshot(**AFTER)) == ("a.py", "b c.txt", "d/e.py", "f/new.py", "ä.md")
    assert changed_paths(snapshot(**BASE), snapshot(**BASE)) == ()


def test_git_applies_it(tmp_path):
    for name, text in BASE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    patch = unified(snapshot(**BASE), snapshot(**AFTER))
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, check=True)
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {name: text.encode() for name, text in AFTER.items()}


@pytest.mark.parametrize(("old", "new"), [({}, {"__init__.py": ""}), ({"__init__.py": ""}, {})])
def test_git_applies_a_file_without_lines(tmp_path, old, new):
    for name in old:
        (tmp_path / name).write_bytes(b"")
    patch = unified(snapshot(**old), snapshot(**new))
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(new)


def test_nothing_differs_nothing_is_said():
    assert unified(snapshot(**BASE), snapshot(**BASE)) == b""
