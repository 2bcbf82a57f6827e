from __future__ import annotations

import os

import pytest

from escalation.repository.sources import WorkspaceSources
from escalation.settings.schema import Settings
from escalation.text.document import Document


@pytest.fixture
def work(checkout):
    checkout.commit(
        {
            "src/app.py": "x = 1\n",
            "src/data.bin": b"\0\1\2",
            ".gitignore": "out/\n",
            "keys/a.pem": "-",
            "plan.md": "secret",
        }
    )
    checkout.write("new.py", "y = 2\n")
    checkout.write("out/made.py", "")
    return checkout


def test_the_paths_are_what_may_be_sent(work):
    sources = WorkspaceSources(work.root, Settings(private=("plan.md",)))
    assert sources.paths == (".gitignore", "new.py", "src/app.py", "src/data.bin")


def test_reading_gives_the_text_or_says_why_not(work):
    (work.root / "large.py").write_bytes(b"#" * (6 * 1024 * 1024))
    os.mkfifo(work.root / "pipe")
    sources = WorkspaceSources(work.root, Settings(private=("plan.md",)))
    document = sources.read("src/app.py")
    assert isinstance(document, Document)
    assert (document.text, document.language) == ("x = 1\n", "python")
    assert sources.read("nothing.py") == "does not exist"
    assert sources.read("src/app.py/deeper.py") == "does not exist"
    assert sources.read("src") == "is a directory, not a file"
    assert sources.read("src/data.bin") == "is a binary file"
    assert sources.read("out/made.py") == "is ignored by git"
    assert sources.read("keys/a.pem") == "is private: private keys are never sent"
    assert sources.read("plan.md") == "is private: `private` in the settings names `plan.md`"
    assert sources.read("large.py") == "is larger than 5 MB"
    assert sources.read("pipe") == "is a pipe, not a file"


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "src/../../secret",
        "/etc/passwd",
        "src\\app.py",
        "src/app.py\0",
        "",
        ".git/config",
        ".GIT/config",
        "C:x",
        "./src/app.py",
        "src//app.py",
        "~/x",
    ],
)
def test_a_path_that_is_not_plainly_inside_is_none(work, path):
    assert WorkspaceSources(work.root).read(path) == "is no path inside the workspace"


def test_no_link_is_followed(work, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("TOKEN = 1\n")
    (work.root / "file.py").symlink_to(outside / "secret.py")
    (work.root / "folder").symlink_to(outside)
    (work.root / "src" / "deep").symlink_to(outside)
    (work.root / "inner.py").symlink_to("src/app.py")
    sources = WorkspaceSources(work.root)
    assert sources.read("file.py") == "is a symbolic link"
    assert sources.read("inner.py") == "is a symbolic link"
    assert sources.read("folder/secret.py") == "lies behind a symbolic link"
    assert sources.read("src/deep/secret.py") == "lies behind a symbolic link"
    assert not [path for path in sources.paths if "secret" in path or path in ("file.py", "inner.py")]


def test_another_spelling_of_a_name_is_another_file(work):
    assert WorkspaceSources(work.root).read("SRC/app.py") == "does not exist"
    assert WorkspaceSources(work.root).read("src/App.py") == "does not exist"


def test_a_root_that_is_reached_by_a_link_is_the_workspace(work, tmp_path):
    (tmp_path / "link").symlink_to(work.root)
    assert isinstance(WorkspaceSources(tmp_path / "link").read("src/app.py"), Document)


def test_what_is_open_in_an_editor_wins_over_the_disk(work):
    overlay = {"src/app.py": Document.of("x = 3\n"), "unsaved.py": Document.of("z\n"), ".env": Document.of("A=1\n")}
    sources = WorkspaceSources(work.root, overlay=overlay)
    assert sources.read("src/app.py") is overlay["src/app.py"]
    assert sources.read("unsaved.py") is overlay["unsaved.py"]
    assert sources.read(".env") == "is private: environment files are never sent"
    assert "unsaved.py" in sources.paths
    assert ".env" not in sources.paths


def test_outside_git_a_walk_finds_the_files(tmp_path):
    (tmp_path / "a.py").write_text("a\n")
    (tmp_path / "b.key").write_text("b\n")
    assert WorkspaceSources(tmp_path).paths == ("a.py",)
