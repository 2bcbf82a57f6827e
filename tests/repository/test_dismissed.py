from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from escalation.decision.dismissals import Dismissal
from escalation.repository.dismissed import NAME, BrokenFileError, add, read, remove

ENTRY = Dismissal(
    "critical_security", "function", "src/ä #1.py", "Session.check", "Jane Doe", "2026-11-22", "only a name"
)
PROJECT = Dismissal("legacy_system_integration", "project", who="Jane Doe", when="2026-11-22")


def test_what_is_added_is_read_and_what_is_removed_is_gone(tmp_path: Path) -> None:
    assert read(tmp_path) == (replace(read(tmp_path)[0], entries=()), ())
    add(tmp_path, ENTRY)
    add(tmp_path, PROJECT)
    dismissals, problems = read(tmp_path)
    assert (dismissals.entries, problems) == ((ENTRY, PROJECT), ())
    assert dismissals.dismissed("critical_security", "src/ä #1.py", "Session.check")
    assert not dismissals.dismissed("critical_security", "src/ä #1.py", "Session.open")
    assert dismissals.dismissed("legacy_system_integration", "anywhere.c", None)
    remove(tmp_path, replace(ENTRY, who="", when="", why=""))
    assert read(tmp_path)[0].entries == (PROJECT,)


def test_the_same_place_is_dismissed_once(tmp_path: Path) -> None:
    add(tmp_path, ENTRY)
    before = (tmp_path / NAME).read_text("utf-8")
    add(tmp_path, replace(ENTRY, who="John", why="again"))
    assert (tmp_path / NAME).read_text("utf-8") == before


def test_comments_and_order_survive(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.parent.mkdir()
    file.write_text('# ours\n[[dismissed]]   # first\nreason = "api_design"\nscope = "project"\n', "utf-8")
    file.chmod(0o600)
    add(tmp_path, ENTRY)
    remove(tmp_path, ENTRY)
    add(tmp_path, PROJECT)
    text = file.read_text("utf-8")
    assert text.startswith('# ours\n[[dismissed]]   # first\nreason = "api_design"\nscope = "project"\n')
    assert [entry.reason for entry in read(tmp_path)[0].entries] == ["api_design", PROJECT.reason]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["dismissed.toml"]


def test_code_outside_functions_is_a_place_too(tmp_path: Path) -> None:
    add(tmp_path, Dismissal("api_design", "function", "a.py", ""))
    assert read(tmp_path)[0].dismissed("api_design", "a.py", None)
    assert not read(tmp_path)[0].dismissed("api_design", "a.py", "f")


@pytest.mark.parametrize("content", [b"[[dismissed]\n", b"a = \xff\n", b"dismissed = 3\n"])
def test_a_broken_file_is_reported_and_never_written(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / NAME
    file.parent.mkdir()
    file.write_bytes(content)
    dismissals, problems = read(tmp_path)
    assert dismissals.entries == ()
    assert [(p.path, p.line) for p in problems] == [(NAME, 1)]
    with pytest.raises(BrokenFileError, match=r"dismissed\.toml"):
        add(tmp_path, ENTRY)
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("entry", "line", "words"),
    [
        ('scope = "file"\npath = "a.py"', 2, "`reason` is missing"),
        ('reason = "api_design"\nscope = "file"', 2, "`path` is missing"),
        ('reason = "api_design"\npath = "a.py"', 2, "`symbol` is missing"),
        ('reason = "api_design"\nscope = "galaxy"', 2, "function, file, project"),
    ],
)
def test_a_wrong_entry_is_reported_and_the_others_apply(tmp_path: Path, entry: str, line: int, words: str) -> None:
    file = tmp_path / NAME
    file.parent.mkdir()
    file.write_text(f'# head\n[[dismissed]]\n{entry}\n[[dismissed]]\nreason = "api_design"\nscope = "project"\n')
    dismissals, problems = read(tmp_path)
    assert [entry.scope for entry in dismissals.entries] == ["project"]
    assert problems[0].line == line
    assert words in problems[0].message
    add(tmp_path, ENTRY)
    assert entry in file.read_text("utf-8")
