from __future__ import annotations

import os

import pytest

from escalation.analysis.risk import History
from escalation.repository import history
from escalation.repository.git import Repository
from escalation.repository.history import load_history

from .checkout import Checkout

DAY = 86_400
START = 1_700_000_000


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("ESCALATION_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GIT_AUTHOR_EMAIL", raising=False)


def at(day: int, author: str = "ann@example.org") -> dict[str, str]:
    date = f"{START + day * DAY} +0000"
    return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "GIT_AUTHOR_EMAIL": author}


def loaded(checkout: Checkout, budget_seconds: float = 60) -> History:
    repository = Repository.discover(checkout.root)
    assert repository is not None
    return load_history(repository, budget_seconds)


def touched(found: History) -> list[tuple[str, ...]]:
    return [touch.paths for touch in found.touches]


def kept(tmp_path) -> list[os.PathLike[str]]:
    return sorted((tmp_path / "home/history").iterdir())


def test_commits_newest_first(checkout):
    checkout.commit({"a.py": "1\n", "b.py": "1\n"}, **at(0))
    checkout.commit({"a.py": "2\n"}, **at(2, "bob@example.org"))
    checkout.commit({"a.py": "3\n"}, **at(5, "ANN@example.org"))
    checkout.git("config", "user.email", "Ann@Example.org")
    found = loaded(checkout)
    assert touched(found) == [("a.py",), ("a.py",), ("a.py", "b.py")]
    assert not found.partial
    assert (found.churn("a.py"), found.churn("b.py"), found.churn("c.py")) == (3, 1, 0)
    assert (found.age_days("a.py"), found.age_days("b.py"), found.known_days("a.py")) == (0, 5, 5)
    assert len(found.authors("a.py")) == 2
    assert found.by_author[found.author] == 2
    assert "example" not in str(found), "who it was is not kept, only whether it was the same person"


def test_without_commits(checkout):
    assert touched(loaded(checkout)) == []


def test_a_merged_branch_is_one_commit_of_its_author(checkout):
    checkout.commit({"a.py": "1\n"}, **at(0))
    checkout.git("checkout", "-q", "-b", "topic")
    checkout.commit({"b.py": "1\n"}, **at(1, "bob@example.org"))
    checkout.commit({"c.py": "1\n"}, **at(2, "bob@example.org"))
    checkout.git("checkout", "-q", "main")
    checkout.git("merge", "-q", "--no-ff", "--no-edit", "topic", **at(3))
    found = loaded(checkout)
    assert touched(found) == [("b.py", "c.py"), ("a.py",)]
    assert found.authors("a.py") != found.authors("b.py")


def test_it_is_extended_when_head_moves(checkout, tmp_path, monkeypatch):
    first = checkout.commit({"a.py": "1\n"}, **at(0))
    checkout.commit({"b.py": "1\n"}, **at(1))
    loaded(checkout)
    read = []
    one = history._read_commit
    monkeypatch.setattr(history, "_read_commit", lambda handle, id: read.append(id) or one(handle, id))
    assert touched(loaded(checkout)) == [("b.py",), ("a.py",)]
    assert read == [], "nothing new, nothing read"
    third = checkout.commit({"c.py": "1\n"}, **at(2))
    assert touched(loaded(checkout)) == [("c.py",), ("b.py",), ("a.py",)]
    assert read == [third]
    checkout.git("checkout", "-q", "-b", "other", first)
    assert touched(loaded(checkout)) == [("a.py",)]
    fourth = checkout.commit({"d.py": "1\n"}, **at(3))
    assert touched(loaded(checkout)) == [("d.py",), ("a.py",)]
    assert read == [third, fourth]
    assert len(kept(tmp_path)) == 1


def test_a_rewritten_history_is_not_mixed_with_the_old_one(checkout):
    checkout.commit({"a.py": "1\n"}, **at(0))
    checkout.commit({"b.py": "1\n"}, **at(1))
    loaded(checkout)
    checkout.git("checkout", "-q", "--orphan", "again")
    checkout.commit({"c.py": "1\n"}, message="again", **at(2))
    assert touched(loaded(checkout)) == [("a.py", "b.py", "c.py")]


def test_a_budget_that_runs_out_is_continued_next_time(checkout, monkeypatch):
    for day in range(6):
        checkout.commit({f"{day}.py": "1\n"}, **at(day))
    clock = iter(range(100))
    monkeypatch.setattr(history, "monotonic", lambda: next(clock))
    found = loaded(checkout, budget_seconds=2)
    assert (touched(found), found.partial) == ([("5.py",), ("4.py",)], True)
    assert len(touched(loaded(checkout, budget_seconds=2))) == 4
    checkout.commit({"new.py": "1\n"}, **at(9))
    found = loaded(checkout, budget_seconds=9)
    assert touched(found) == [("new.py",), *((f"{day}.py",) for day in reversed(range(6)))]
    assert not found.partial


def test_the_window(checkout, monkeypatch):
    checkout.commit({"old.py": "1\n"}, **at(0))
    for day in range(800, 805):
        checkout.commit({f"{day}.py": "1\n"}, **at(day))
    assert len(touched(loaded(checkout))) == 5
    monkeypatch.setattr(history, "MAX_COMMITS", 3)
    assert len(touched(loaded(checkout))) == 3


def test_a_commit_of_everything_says_nothing_about_one_file(checkout, monkeypatch):
    monkeypatch.setattr(history, "MAX_PATHS", 3)
    checkout.commit({f"{n}.py": "1\n" for n in range(4)}, **at(0))
    assert touched(loaded(checkout)) == [()]


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"not ours", None])
def test_a_damaged_file_is_read_anew(checkout, tmp_path, damage, caplog):
    checkout.commit({"a.py": "1\n"}, **at(0))
    loaded(checkout)
    (file,) = kept(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert touched(loaded(checkout)) == [("a.py",)]
    assert file.read_bytes() == whole
    assert "is read anew" in caplog.text


def test_a_home_that_cannot_be_written_is_no_error(checkout, tmp_path, caplog):
    (tmp_path / "home").write_text("a file")
    checkout.commit({"a.py": "1\n"}, **at(0))
    assert touched(loaded(checkout)) == [("a.py",)]
    assert "is not kept" in caplog.text


def test_nothing_is_left_behind_and_nobody_else_may_read(checkout, tmp_path):
    checkout.commit({"a.py": "1\n"}, **at(0))
    loaded(checkout)
    (file,) = kept(tmp_path)
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0
        assert file.parent.stat().st_mode & 0o077 == 0


def test_clones_that_lack_something(checkout, tmp_path):
    for day in range(4):
        checkout.commit({f"{day}.py": "1\n"}, **at(day))
    checkout.git("config", "uploadpack.allowFilter", "true")
    source = checkout.root.as_uri()
    checkout.git("clone", "-q", "--depth", "2", source, str(tmp_path / "shallow"))
    assert touched(loaded(Checkout(tmp_path / "shallow"))) == [("3.py",), ()]
    checkout.git("clone", "-q", "--filter=tree:0", source, str(tmp_path / "treeless"))
    assert not loaded(Checkout(tmp_path / "treeless")).partial


def test_worktrees_share_one_file(checkout, tmp_path):
    checkout.commit({"a.py": "1\n"}, **at(0))
    checkout.git("worktree", "add", "-q", str(tmp_path / "second"), "-b", "other")
    assert loaded(checkout) == loaded(Checkout(tmp_path / "second"))
    assert len(kept(tmp_path)) == 1


def test_odd_names_and_addresses(checkout):
    checkout.commit({"größe.py": "1\n"}, **at(0, ""))
    try:
        checkout.commit({os.fsdecode(b"caf\xe9.py"): "1\n", "b.py": "1\n"}, **at(1, "\udcff@x"))
    except OSError:
        pytest.skip("this file system wants UTF-8")
    assert touched(loaded(checkout)) == [("b.py",), ("größe.py",)]
