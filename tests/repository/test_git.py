from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from escalation.analysis.change import Change, FileChange
from escalation.repository import comparison, files
from escalation.repository.git import Repository, RepositoryError
from escalation.text.document import Document

from .checkout import Checkout

BODY = "".join(f"line {number}\n" for number in range(40))


def opened(checkout: Checkout) -> Repository:
    repository = Repository.discover(checkout.root)
    assert repository is not None
    return repository


def working(checkout: Checkout, *paths: str) -> dict[str, FileChange]:
    return by_path(opened(checkout).working_change(paths))


def by_path(change: Change) -> dict[str, FileChange]:
    assert [file.path for file in change.files] == sorted(file.path for file in change.files)
    return {file.path: file for file in change.files}


def summary(change: Change) -> list[tuple]:
    return [(file.path, file.status, file.lines_added, file.lines_deleted) for file in change.files]


# Where


def test_outside_any_repository(tmp_path):
    assert Repository.discover(tmp_path) is None


@pytest.mark.parametrize("start", ["", "src", "src/a.py", "src/not/yet/there.py"])
def test_found_from_anywhere_inside(checkout, start):
    checkout.write("src/a.py", "a\n")
    assert Path(Repository.discover(checkout.root / start).root) == checkout.root.resolve()


def test_a_bare_repository_says_so(tmp_path, checkout):
    checkout.git("init", "-q", "--bare", str(tmp_path / "bare.git"))
    with pytest.raises(RepositoryError, match="bare repository has no working tree"):
        Repository.discover(tmp_path / "bare.git")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("[core]\n\trepositoryformatversion = 99\n", "version"),
        (
            "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n",
            "feature that libgit2",
        ),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n", "."),
        ("[core\n", "."),
    ],
)
def test_an_unreadable_repository_says_so_in_one_line(checkout, config, message):
    (checkout.root / ".git/config").write_text(config)
    with pytest.raises(RepositoryError, match=message) as caught:
        Repository.discover(checkout.root).working_change()
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_somebody_elses_repository_says_what_to_do(checkout, monkeypatch):
    for name in ("HOME", "XDG_CONFIG_HOME", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)
    for path in (checkout.root, checkout.root / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match=r"another user.*safe\.directory"):
        Repository.discover(checkout.root)


def test_a_linked_worktree(checkout, tmp_path):
    checkout.commit({"a.py": "a\n"})
    checkout.git("worktree", "add", "-q", str(tmp_path / "second"), "-b", "other")
    second = Checkout(tmp_path / "second")
    second.write("a.py", "b\n")
    assert summary(opened(second).working_change()) == [("a.py", "modified", 1, 1)]
    assert opened(second).common_dir == opened(checkout).common_dir
    assert working(checkout) == {}


def test_paths_of_the_user(checkout, monkeypatch, tmp_path):
    checkout.write("src/a.py", "a\n")
    (tmp_path / "link").symlink_to(checkout.root)
    repository = opened(checkout)
    monkeypatch.chdir(checkout.root / "src")
    assert repository.relative("a.py") == "src/a.py"
    assert repository.relative(checkout.root / "src") == "src"
    assert repository.relative("..") == ""
    assert repository.relative(tmp_path / "link/src/a.py") == "src/a.py"
    assert repository.relative(tmp_path / "link") == ""
    with pytest.raises(RepositoryError, match="outside the repository"):
        repository.relative(tmp_path)


# What changed in the working tree


def test_nothing(checkout):
    checkout.commit({"a.py": "a\n"})
    assert opened(checkout).working_change() == Change()


def test_before_the_first_commit(checkout):
    checkout.write("b.py", "1\n2\n")
    checkout.write("a.py", "1\n")
    checkout.git("add", "a.py")
    repository = opened(checkout)
    assert repository.head is None
    assert summary(repository.working_change()) == [("a.py", "added", 1, 0), ("b.py", "added", 2, 0)]
    assert summary(repository.staged_change()) == [("a.py", "added", 1, 0)]
    assert repository.head_document("a.py") is None
    with pytest.raises(RepositoryError, match="names no commit"):
        repository.commit_change("HEAD")


def test_a_detached_head(checkout):
    first = checkout.commit({"a.py": "a\n"})
    checkout.commit({"a.py": "b\n"})
    checkout.git("checkout", "-q", first)
    checkout.write("a.py", "c\n")
    assert opened(checkout).head == first
    assert working(checkout)["a.py"].base.text == "a\n"


def test_every_kind_of_change(checkout):
    checkout.commit({f"{name}.py": f"{name}\n{BODY}" for name in "abdef"} | {"c.py": "c\n" * 41})
    checkout.write("a.py", f"a\n{BODY}more\n")  # edited
    checkout.write("b.py", f"staged\n{BODY}")  # staged, then edited again
    checkout.git("add", "b.py")
    checkout.write("b.py", f"b\n{BODY}again\n")
    (checkout.root / "c.py").unlink()  # deleted
    (checkout.root / "d.py").rename(checkout.root / "d2.py")  # renamed, git not told
    checkout.git("mv", "e.py", "e2.py")  # renamed, git told, then edited
    checkout.write("e2.py", f"E\n{BODY}")
    checkout.write("f.py", "staged\n")  # staged, then taken back
    checkout.git("add", "f.py")
    checkout.write("f.py", f"f\n{BODY}")
    checkout.write("new.py", "n\n")  # staged, then deleted
    checkout.git("add", "new.py")
    (checkout.root / "new.py").unlink()
    checkout.write("sub/untracked.py", "u\n")
    checkout.write(".gitignore", "*.log\n")
    checkout.write("ignored.log", "i\n")
    change = opened(checkout).working_change()
    assert summary(change) == [
        (".gitignore", "added", 1, 0),
        ("a.py", "modified", 1, 0),
        ("b.py", "modified", 1, 0),
        ("c.py", "deleted", 0, 41),
        ("d2.py", "renamed", 0, 0),
        ("e2.py", "renamed", 1, 1),
        ("sub/untracked.py", "added", 1, 0),
    ]
    found = by_path(change)
    assert (found["d2.py"].base_path, found["e2.py"].base_path) == ("d.py", "e.py")
    assert found["a.py"].current.language == "python"
    assert found["a.py"].current.uri == (checkout.root.resolve() / "a.py").as_uri()
    assert all(file.problem is None and file.note is None for file in change.files)


def test_only_some_paths(checkout):
    checkout.commit({"src/a.py": "a\n", "src/deep/b.py": "b\n", "srcs/c.py": "c\n", "gone/d.py": "d\n"})
    for path in ("src/a.py", "src/deep/b.py", "srcs/c.py"):
        checkout.write(path, "x\n")
    (checkout.root / "gone/d.py").unlink()
    (checkout.root / "gone").rmdir()
    assert list(working(checkout, "src")) == ["src/a.py", "src/deep/b.py"]
    assert list(working(checkout, "src/a.py", "srcs", "src/a.py")) == ["src/a.py", "srcs/c.py"]
    assert list(working(checkout, "gone")) == ["gone/d.py"]
    assert list(working(checkout, "")) == ["gone/d.py", "src/a.py", "src/deep/b.py", "srcs/c.py"]
    with pytest.raises(RepositoryError, match="nowhere: no such file or directory"):
        working(checkout, "src", "nowhere")


def test_a_renamed_file_is_found_by_its_old_name(checkout):
    checkout.commit({"old/a.py": BODY})
    checkout.git("mv", "old/a.py", "new.py")
    assert working(checkout, "old")["new.py"].base_path == "old/a.py"


def test_only_the_mode(checkout):
    script = checkout.write("run.sh", "#!/bin/sh\n")
    checkout.commit()
    script.chmod(0o755)
    (file,) = opened(checkout).working_change().files
    assert (file.status, file.hunks, file.note) == ("modified", (), "file mode changed from 644 to 755")


@pytest.mark.parametrize(
    ("before", "after"),
    [({"x": "a\n"}, {"x/y.py": "b\n"}), ({"x/y.py": "b\n", "x/z.py": "c\n"}, {"x": "a\n"})],
)
def test_a_file_and_a_directory_change_places(checkout, before, after):
    checkout.commit(before)
    for path in before:
        (checkout.root / path).unlink()
        for parent in (checkout.root / path).relative_to(checkout.root).parents[:-1]:
            if (checkout.root / parent).is_dir() and not os.listdir(checkout.root / parent):
                (checkout.root / parent).rmdir()
    for path, text in after.items():
        checkout.write(path, text)
    found = working(checkout)
    assert {path: file.status for path, file in found.items()} == {
        **dict.fromkeys(before, "deleted"),
        **dict.fromkeys(after, "added"),
    }


def test_intent_to_add(checkout):
    checkout.commit({"a.py": "a\n"})
    checkout.write("b.py", "b\n")
    checkout.git("add", "-N", "b.py")
    assert summary(opened(checkout).working_change()) == [("b.py", "added", 1, 0)]


def test_a_change_made_while_the_repository_is_open(checkout):
    checkout.commit({"a.py": "a\n"})
    repository = opened(checkout)
    assert repository.working_change() == Change()
    checkout.commit({"b.py": "b\n"})
    checkout.write("b.py", "c\n")
    checkout.git("add", "b.py")
    assert summary(repository.working_change()) == [("b.py", "modified", 1, 1)]
    assert summary(repository.staged_change()) == [("b.py", "modified", 1, 1)]
    assert repository.head_document("b.py").text == "b\n"


# Names and contents of all kinds


NAMES = [
    "a b.py",
    "ü/größe.py",
    "a#b.py",
    "100%.py",
    "q?.py",
    "quote\"'.py",
    "new\nline.py",
    "-x.py",
    "[a]*.py",
    ":(x).py",
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(checkout, name):
    checkout.commit({name: "a\n", "other.py": "a\n"})
    checkout.write(name, "b\n")
    found = working(checkout, name)
    assert list(found) == [name]
    assert found[name].base.text == "a\n"
    assert found[name].current.uri == (checkout.root.resolve() / name).as_uri()
    assert opened(checkout).head_document(name).text == "a\n"


def test_names_that_are_not_utf8(checkout):
    name = os.fsdecode(b"caf\xe9.py")
    try:
        checkout.write(name, "a\n")
    except OSError:
        pytest.skip("this file system wants UTF-8")
    checkout.commit()
    checkout.write(name, "b\n")
    checkout.write(os.fsdecode(b"\xff/x.py"), "c\n")
    found = working(checkout)
    assert (found[name].base.text, found[name].current.text) == ("a\n", "b\n")
    assert list(working(checkout, name)) == [name]
    assert opened(checkout).head_document(name).text == "a\n"
    assert opened(checkout).is_ignored(name) is False
    assert files.shown(name) == "caf\\xe9.py"


@pytest.mark.parametrize(
    ("content", "text", "problem", "note"),
    [
        (b"", "", None, None),
        ("grün\n".encode("utf-8-sig"), "grün\n", None, None),
        ("grün\n".encode("utf-16"), "grün\n", None, None),
        (b"\xfe\xff" + "grün\n".encode("utf-16-be"), "grün\n", None, None),
        ("grün\n".encode("utf-32"), "grün\n", None, None),
        ("grün\n".encode("latin-1"), "grün\n", None, "is not UTF-8; it was read as Latin-1"),
        ("größe ü\n".encode() + b"\xff", "größe ü\n\ufffd", None, "has bytes that are not UTF-8; they were replaced"),
        (b"\xff\xfe\x00\xd8", None, "is not valid UTF-16, though its first bytes say so", None),
        (b"PK\0\0", None, "is a binary file", None),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", None, "is kept in Git LFS", None),
    ],
)  # fmt: skip
def test_contents(checkout, content, text, problem, note):
    checkout.commit({"a.py": "a\n"})
    checkout.write("new.py", content)
    checkout.write("a.py", "b\n")
    found = working(checkout)
    new = found["new.py"]
    assert (new.current.text if new.current else None, new.problem, new.note) == (text, problem, note)
    assert new.status == "added"
    assert found["a.py"].lines_added == 1, "one file's problem is no other file's"


def test_a_text_that_became_binary(checkout):
    checkout.commit({"a.py": "a\n", "b.py": b"\0\1"})
    checkout.write("a.py", b"\0\1")
    checkout.write("b.py", "b\n")
    assert {path: (file.status, file.problem) for path, file in working(checkout).items()} == {
        "a.py": ("modified", "is a binary file"),
        "b.py": ("modified", "is a binary file"),
    }


def test_large_files_count_with_their_lines(checkout):
    big = b"x" * 99 + b"\n"
    checkout.commit({"edited.sql": big * 60_000, "gone.sql": big * 55_000})
    checkout.write("edited.sql", big * 30_000 + b"y\n" + big * 29_999 + b"z\n")
    (checkout.root / "gone.sql").unlink()
    checkout.write("new.sql", big * 53_000)
    found = working(checkout)
    assert {file.problem for file in found.values()} == {"is larger than 5 MB"}
    assert summary(Change(tuple(found.values()))) == [
        ("edited.sql", "modified", 30_001, 30_000),
        ("gone.sql", "deleted", 0, 55_000),
        ("new.sql", "added", 53_000, 0),
    ]


def test_a_huge_file_is_not_read(checkout, monkeypatch):
    monkeypatch.setattr(comparison, "MAX_COUNTED_BYTES", 10 * 1024 * 1024)
    with open(checkout.root / "huge.sql", "wb") as file:
        file.truncate(50 * 1024 * 1024)
    huge = working(checkout)["huge.sql"]
    assert (huge.problem, huge.counted) == ("is larger than 5 MB", None)


def test_a_change_of_more_than_can_be_read(checkout, monkeypatch):
    monkeypatch.setattr(comparison, "MAX_FILES", 2)
    for name in "abc":
        checkout.write(f"{name}.py", "x\n")
    assert [file.problem for file in working(checkout).values()] == [
        None,
        None,
        "is not read: the change is too large",
    ]


def test_links_are_not_followed(checkout):
    checkout.commit({"file.py": "a\n", "was_file.py": "a\n"})
    (checkout.root / "was_link.py").symlink_to("file.py")
    (checkout.root / "stays").symlink_to("file.py")
    checkout.commit()
    (checkout.root / "was_link.py").unlink()
    checkout.write("was_link.py", "now a file\n")
    (checkout.root / "was_file.py").unlink()
    (checkout.root / "was_file.py").symlink_to("file.py")
    (checkout.root / "loop").symlink_to("loop")
    (checkout.root / "up").symlink_to("..")
    (checkout.root / "out.py").symlink_to("/etc/passwd")
    found = working(checkout)
    assert set(found) == {"was_link.py", "was_file.py", "loop", "up", "out.py"}
    assert found["was_link.py"].current.text == "now a file\n"
    assert found["was_link.py"].note == "was a symbolic link"
    assert {found[path].problem for path in set(found) - {"was_link.py"}} == {"is a symbolic link"}
    assert opened(checkout).head_document("stays") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(checkout):
    checkout.commit({"a.py": "a\n"})
    (checkout.root / "a.py").unlink()
    os.mkfifo(checkout.root / "a.py")
    os.mkfifo(checkout.root / "pipe")
    assert set(working(checkout)) <= {"a.py"}
    assert files.read_document(str(checkout.root), "pipe").problem == "is a pipe, not a file"
    assert files.read_document(str(checkout.root), ".git").problem == "is a directory, not a file"
    assert "cannot be read" in files.read_document(str(checkout.root), "nowhere").problem


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(checkout):
    checkout.commit({"a.py": "a\n", "b.py": "b\n"})
    checkout.write("a.py", "c\n").chmod(0)
    checkout.write("b.py", "c\n")
    checkout.write("untracked.py", "c\n").chmod(0)
    repository = opened(checkout)
    for _ in range(2):
        found = by_path(repository.working_change())
        problems = {path: bool(file.problem and "cannot be read" in file.problem) for path, file in found.items()}
        assert problems == {"a.py": True, "b.py": False, "untracked.py": True}
        assert found["b.py"].lines_added == 1
    assert opened(checkout).staged_change() == Change()


# Line ends


@pytest.mark.parametrize(
    ("attributes", "config"),
    [("", "true"), ("", "input"), ("*.py text eol=crlf\n", "false"), ("* text=auto\n", "false")],
)
def test_line_ends_that_git_converts_are_no_change(checkout, attributes, config):
    checkout.git("config", "core.autocrlf", config)
    checkout.commit({".gitattributes": attributes, "a.py": "a\nb\nc\n", "b.py": "a\nb\n"})
    checkout.write("a.py", "a\r\nB\r\nc\r\n")
    checkout.write("b.py", "a\r\nb\r\n")
    change = opened(checkout).working_change()
    assert summary(change) == [("a.py", "modified", 1, 1)]
    buffer = Document.of("a\r\nx\r\nc\r\n")
    assert opened(checkout).head_document("a.py", buffer).text == "a\r\nb\r\nc\r\n"
    assert opened(checkout).head_document("a.py").text == "a\nb\nc\n"


def test_line_ends_that_git_does_not_convert_are_a_change(checkout):
    checkout.commit({"a.py": "a\nb\n"})
    checkout.write("a.py", "a\r\nb\r\n")
    assert summary(opened(checkout).working_change()) == [("a.py", "modified", 2, 2)]


# Submodules, other repositories, conflicts


def test_a_submodule_is_listed_when_it_moved(checkout, tmp_path):
    library = Checkout.create(tmp_path / "library")
    library.commit({"lib.py": "a\n"})
    checkout.commit({"a.py": "a\n"})
    checkout.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "lib")
    found = working(checkout)
    assert (found["lib"].status, found["lib"].problem) == (
        "added",
        "is a submodule, judged in its own repository",
    )
    checkout.commit()
    assert working(checkout) == {}
    Checkout(checkout.root / "lib").commit({"lib.py": "b\n"})
    assert summary(opened(checkout).working_change()) == [("lib", "modified", 0, 0)]
    assert opened(checkout).head_document("lib") is None
    assert Path(Repository.discover(checkout.root / "lib/lib.py").root) == (checkout.root / "lib").resolve()


def test_another_repository_inside_is_listed_not_entered(checkout):
    checkout.commit({"a.py": "a\n"})
    Checkout.create(checkout.root / "nested").commit({"b.py": "b\n"})
    found = working(checkout)
    assert {path: file.problem for path, file in found.items()} == {"nested": "is another git repository"}


def test_a_merge_conflict_is_judged_and_noted(checkout):
    checkout.commit({"a.py": f"{BODY}", "both.py": "x\n"})
    checkout.git("checkout", "-q", "-b", "other")
    checkout.git("rm", "-q", "both.py")
    checkout.commit({"a.py": f"theirs\n{BODY}"})
    checkout.git("checkout", "-q", "main")
    checkout.commit({"a.py": f"ours\n{BODY}", "both.py": "y\n"})
    checkout.git("merge", "-q", "other", check=False)
    repository = opened(checkout)
    found = by_path(repository.working_change())
    assert found["a.py"].note == "has an unresolved merge conflict"
    assert found["a.py"].base.text == f"ours\n{BODY}"
    assert "<<<<<<<" in found["a.py"].current.text
    assert found["both.py"].status == "modified"
    staged = by_path(repository.staged_change())
    assert staged["a.py"].problem == "has an unresolved merge conflict"
    assert staged["a.py"].current is None


# Other bases


def test_staged(checkout):
    checkout.commit({"a.py": f"a\n{BODY}", "b.py": "b\n"})
    checkout.git("mv", "a.py", "c.py")
    checkout.write("c.py", f"c\n{BODY}")
    checkout.git("add", "c.py")
    checkout.write("c.py", "later\n")
    checkout.write("untracked.py", "u\n")
    change = opened(checkout).staged_change()
    assert summary(change) == [("c.py", "renamed", 1, 1)]
    assert change.files[0].current.text == f"c\n{BODY}"
    assert opened(checkout).staged_change(["b.py"]) == Change()


@pytest.mark.parametrize("arguments", [["-a"], ["a.py"], ["--include", "a.py"]])
def test_the_index_of_a_running_commit(checkout, arguments, tmp_path):
    """In a hook of `git commit -a` or `git commit FILE` the index is one that git made for the occasion."""
    checkout.commit({"a.py": "a\n", "b.py": "b\n"})
    out = tmp_path / "out"
    script = (
        "from escalation.repository.git import Repository\n"
        "print([file.path for file in Repository.discover('.').staged_change().files])\n"
    )
    hook = checkout.write(".git/hooks/pre-commit", f'#!/bin/sh\n"$PYTHON" -c "{script}" > "$OUT" 2>&1\nexit 1\n')
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    checkout.write("a.py", "x\n")
    checkout.git("commit", "-q", "-m", "x", *arguments, check=False, PYTHON=sys.executable, OUT=str(out))
    assert out.read_text() == "['a.py']\n"


def test_a_commit(checkout):
    first = checkout.commit({"a.py": f"a\n{BODY}", "b.py": b"\0"})
    checkout.git("mv", "a.py", "c.py")
    second = checkout.commit({"c.py": f"c\n{BODY}"})
    checkout.write("c.py", "not committed\n")
    repository = opened(checkout)
    assert summary(repository.commit_change(first)) == [("a.py", "added", 41, 0), ("b.py", "added", 0, 0)]
    assert summary(repository.commit_change("HEAD")) == [("c.py", "renamed", 1, 1)]
    assert repository.commit_change(second[:8]) == repository.commit_change("main")
    checkout.git("tag", "-a", "v1", "-m", "v1", first)
    assert len(repository.commit_change("v1").files) == 2


def test_a_merge_is_compared_with_its_first_parent(checkout):
    checkout.commit({"a.py": "a\n"})
    checkout.git("checkout", "-q", "-b", "other")
    checkout.commit({"b.py": "b\n"})
    checkout.git("checkout", "-q", "main")
    checkout.commit({"c.py": "c\n"})
    checkout.git("merge", "-q", "--no-edit", "other")
    assert [file.path for file in opened(checkout).commit_change("HEAD").files] == ["b.py"]


def test_working_tree_against_a_revision(checkout):
    checkout.commit({"a.py": "a\n", "b.py": "b\n"})
    checkout.git("checkout", "-q", "-b", "topic")
    checkout.commit({"a.py": "A\n"})
    checkout.git("checkout", "-q", "main")
    checkout.commit({"b.py": "B\n"})
    checkout.git("checkout", "-q", "topic")
    checkout.write("new.py", "n\n")
    repository = opened(checkout)
    assert [file.path for file in repository.base_change("main").files] == ["a.py", "b.py", "new.py"]
    assert [file.path for file in repository.base_change("main...").files] == ["a.py", "new.py"]
    assert [file.path for file in repository.base_change("HEAD").files] == ["new.py"]
    assert [file.path for file in repository.base_change("main", ["b.py"]).files] == ["b.py"]


@pytest.mark.parametrize(
    "rev", ["nonsense", "", "HEAD~99", "a..b", "zzzz...", "0" * 40, "HEAD:a.py", "-x", "@{u}", "\0"]
)
def test_a_revision_that_is_none(checkout, rev):
    checkout.commit({"a.py": "a\n"})
    for method in (opened(checkout).commit_change, opened(checkout).base_change):
        with pytest.raises(RepositoryError) as caught:
            method(rev)
        assert "\n" not in str(caught.value)


def test_no_common_commit(checkout):
    checkout.commit({"a.py": "a\n"})
    checkout.git("checkout", "-q", "--orphan", "lonely")
    checkout.commit(message="begin again")
    with pytest.raises(RepositoryError, match="no commit in common"):
        opened(checkout).base_change("main...")


# Clones that lack something


def test_a_shallow_clone(checkout, tmp_path):
    for text in "abc":
        checkout.commit({"a.py": f"{text}\n"})
    checkout.git("clone", "-q", "--depth", "2", checkout.root.as_uri(), str(tmp_path / "clone"))
    clone = opened(Checkout(tmp_path / "clone"))
    assert summary(clone.commit_change("HEAD")) == [("a.py", "modified", 1, 1)]
    with pytest.raises(RepositoryError, match="shallow clone begins with"):
        clone.commit_change("HEAD~1")


def test_a_partial_clone(checkout, tmp_path):
    checkout.git("config", "uploadpack.allowFilter", "true")
    checkout.commit({"a.py": "first\n"})
    checkout.commit({"a.py": "second\n"})
    checkout.git("clone", "-q", "--filter=blob:none", checkout.root.as_uri(), str(tmp_path / "clone"))
    clone = Checkout(tmp_path / "clone")
    clone.write("a.py", "third\n")
    assert summary(opened(clone).working_change()) == [("a.py", "modified", 1, 1)]
    (file,) = opened(clone).commit_change("HEAD").files
    assert file.problem == "has no content in this clone"


def test_a_clone_without_trees(checkout, tmp_path):
    checkout.git("config", "uploadpack.allowFilter", "true")
    checkout.commit({"a.py": "first\n"})
    checkout.commit({"a.py": "second\n"})
    checkout.git("clone", "-q", "--filter=tree:0", checkout.root.as_uri(), str(tmp_path / "clone"))
    clone = opened(Checkout(tmp_path / "clone"))
    assert clone.working_change() == Change()
    with pytest.raises(RepositoryError, match="Unable to read tree"):
        clone.commit_change("HEAD")


@pytest.mark.parametrize(("damage", "problem"), [(b"", "damaged"), (b"nonsense", "damaged"), (None, "has no content")])
def test_a_damaged_object_is_the_problem_of_its_file(checkout, damage, problem):
    checkout.commit({"a.py": "a\n", "b.py": "b\n"})
    id = checkout.git("rev-parse", "HEAD:a.py").strip()
    object = checkout.root / ".git/objects" / id[:2] / id[2:]
    object.chmod(0o644)
    object.unlink() if damage is None else object.write_bytes(damage)
    checkout.write("a.py", "x\n")
    checkout.write("b.py", "x\n")
    found = working(checkout)
    assert problem in found["a.py"].problem
    assert found["b.py"].problem is None


def test_a_sparse_checkout_deletes_nothing(checkout):
    checkout.commit({"in/a.py": "a\n", "out/b.py": "b\n", "in/c.py": "c\n"})
    checkout.git("sparse-checkout", "set", "--no-sparse-index", "in")
    assert working(checkout) == {}
    (checkout.root / "in/c.py").unlink()
    assert summary(opened(checkout).working_change()) == [("in/c.py", "deleted", 0, 1)]
    checkout.git("sparse-checkout", "set", "--sparse-index", "--cone", "in")
    with pytest.raises(RepositoryError, match="sparse"):
        working(checkout)


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_versions_of_the_index(checkout, version):
    checkout.commit({"a.py": "a\n"})
    checkout.git("update-index", "--index-version", version, "--untracked-cache")
    checkout.write("a.py", "b\n")
    assert summary(opened(checkout).working_change()) == [("a.py", "modified", 1, 1)]


def test_a_split_index_is_refused(checkout):
    checkout.commit({"a.py": "a\n"})
    checkout.git("update-index", "--split-index")
    with pytest.raises(RepositoryError, match="feature that libgit2 cannot read"):
        working(checkout)


# What is never done


def test_nothing_is_written_and_nothing_is_run(checkout):
    checkout.commit({"a.py": "a\n", "b.txt": "b\n", ".gitattributes": "*.txt filter=evil diff=evil\n"})
    for key in (
        "core.fsmonitor",
        "core.hooksPath",
        "filter.evil.clean",
        "filter.evil.smudge",
        "diff.evil.textconv",
    ):
        checkout.git("config", key, f"touch '{checkout.root}/ran' && cat")
    checkout.write("a.py", "b\n")
    checkout.write("b.txt", "c\n")
    os.utime(checkout.root / ".gitattributes")

    def state():
        return {path: path.read_bytes() for path in checkout.root.rglob("*") if path.is_file()}

    before = state()
    repository = opened(checkout)
    repository.working_change()
    repository.staged_change()
    repository.commit_change("HEAD")
    repository.head_document("b.txt", Document.of("c\r\n"))
    assert state() == before


def test_it_agrees_with_git(checkout):
    """The same files, and for each the same number of lines, as `git diff` tells."""
    checkout.commit({f"d{n % 7}/f{n}.py": f"{n}\n{BODY}" for n in range(60)})
    for n in range(0, 60, 3):
        checkout.write(f"d{n % 7}/f{n}.py", f"{n}\n{BODY}{n}\nx\n")
    for n in range(1, 60, 9):
        (checkout.root / f"d{n % 7}/f{n}.py").unlink()
    for n in range(2, 60, 12):
        checkout.git("mv", f"d{n % 7}/f{n}.py", f"moved{n}.py")
    checkout.git("add", "-A")
    told = checkout.git("diff", "HEAD", "-M", "--numstat", "-z")
    expected, fields = {}, iter(told.split("\0"))
    for line in fields:
        if line:
            added, deleted, path = line.split("\t")
            expected[path or [next(fields), next(fields)][1]] = (int(added), int(deleted))
    found = {file.path: (file.lines_added, file.lines_deleted) for file in opened(checkout).working_change().files}
    assert found == expected
