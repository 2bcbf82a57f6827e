"""What a client may send, and what it is told of the rest."""

from __future__ import annotations

import os

import pytest

from escalation.workflow.submission import MAX_FILES, BadSubmission, Submission, normal


def submission(**fields) -> Submission:
    return Submission(**{"task": "Do it.", **fields})


def test_paths_are_brought_into_their_normal_form():
    found = normal(submission(files=("./a//b.py", "a/b.py"), contents={"./c.py": ""}, base={"c.py": None}), None)
    assert found.files == ("a/b.py",)
    assert found.contents == {"c.py": ""}
    assert found.base == {"c.py": None}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"files": ("../x",)}, "may not leave the workspace"),
        ({"files": ("/etc/passwd",)}, "absolute"),
        ({"contents": {".git/config": ""}}, "Nothing in `.git`"),
        ({"contents": {"a\0.py": ""}}, "control or invisible"),
        ({"contents": {"a.py": "\0"}}, "a NUL character"),
        ({"contents": {"a.py": "\ud800"}}, "half of a surrogate pair"),
        ({"contents": {"a.py": "", "./a.py": ""}}, "there twice"),
        ({"contents": {"a.py": "x" * 6_000_000}}, "larger than 5 MB"),
        ({"contents": {f"{n}.py": "x" * 5_000_000 for n in range(4)}}, "more than 16 MB"),
        ({"files": tuple(f"{n}.py" for n in range(MAX_FILES + 1))}, "more than 1000 files"),
        ({"base": {"a.py": ""}}, "send the text as it is now, too"),
        ({"task": "x" * 200_000}, "task has more than 100000 characters"),
        ({"task": "a\0"}, "a NUL character"),
        ({"task": " ", "execute": True}, "the task is empty"),
        ({"priority": "urgent"}, "low, medium, high, critical"),
        ({"requested": "L5"}, "auto, L3, L4, two-pass"),
        ({"budget": 0.0}, "budget must be more than 0"),
        ({"budget": float("nan")}, "budget must be more than 0"),
        ({"timeout": -1.0}, "timeout must be more than 0"),
        ({"check": "make"}, "check needs a root"),
        ({"root": "relative/path"}, "absolute path on the host's machine"),
        ({"root": "/nowhere/at/all"}, "folder on the host"),
        ({"root": "/a\0"}, "no path"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(fields, said):
    with pytest.raises(BadSubmission, match=said):
        normal(submission(**fields), None)


def test_only_allowed_folders_may_be_workspaces(tmp_path):
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    (allowed / "work").mkdir(parents=True)
    other.mkdir()
    os.symlink(other, allowed / "link")
    assert normal(submission(root=str(allowed / "work")), [allowed]).root == str(allowed / "work")
    for root in (other, allowed / "link", allowed / ".." / "other", tmp_path):
        with pytest.raises(BadSubmission, match="outside the folders"):
            normal(submission(root=str(root)), [allowed])


def test_a_folder_is_named_without_links(tmp_path):
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real", tmp_path / "link")
    assert normal(submission(root=str(tmp_path / "link")), None).root == str(tmp_path / "real")
