from __future__ import annotations

import pytest

from escalation.analysis.change import Change
from escalation.flow.context import Focus
from escalation.repository import scope
from escalation.repository.git import RepositoryError
from escalation.repository.scope import read_scope
from escalation.repository.sources import WorkspaceSources
from escalation.repository.workspace import Workspace

FILES = {
    "app/__init__.py": "",
    "app/login.py": "from app import session\n",
    "app/session.py": "import os\n",
    "app/aside.py": "",
    "web/views.py": "from app.login import x\n",
    "web/other.py": "",
    "docs/plan.md": "plan\n",
    "package-lock.json": "{}\n",
    "pyproject.toml": "[project]\nname = 'x'\n",
}


@pytest.fixture
def work(checkout):
    checkout.commit(FILES)
    return checkout


def scoped(work, *focus: str, pending: bool = True) -> scope.Scope:
    workspace = Workspace.open(work.root, env={})
    change = workspace.repository.working_change() if pending else Change()
    sources = WorkspaceSources(workspace.root, workspace.settings)
    places = [Focus(path) for path in focus]
    return read_scope(workspace, places, change, workspace.surroundings().graph, sources)


def test_the_focus_then_what_it_imports_what_imports_it_and_its_folder(work):
    found = scoped(work, "app/login.py")
    assert list(found.snapshot) == ["app/login.py", "app/session.py", "web/views.py", "app/__init__.py", "app/aside.py"]
    assert found.left_out == ()


def test_the_pending_change_is_in_scope_with_what_is_on_the_disk_now(work):
    work.write("web/other.py", "y = 1\n")
    work.write("new.py", "n = 1\n")
    work.git("rm", "-q", "docs/plan.md")
    found = scoped(work, "app/login.py")
    assert list(found.snapshot)[:3] == ["app/login.py", "new.py", "web/other.py"]
    assert found.snapshot["web/other.py"].text == "y = 1\n"
    assert "docs/plan.md" not in found.snapshot


def test_private_generated_and_unreadable_files_of_the_change_are_left_out_and_told(work):
    work.write("deploy/a.pem", "-\n")
    work.write("package-lock.json", '{"a": 1}\n')
    work.write("logo.dat", b"\0\1")
    work.write("docs/plan.md", "other\n")
    work.write(".escalationignore", "docs/\n")
    found = scoped(work, "app/login.py")
    assert dict(found.left_out) == {
        "deploy/a.pem": "is private: private keys are never sent",
        "package-lock.json": "is lock",
        "logo.dat": "is a binary file",
        "docs/plan.md": "is private: .escalationignore, line 1",
        ".escalationignore": "is private: lists of private files are never sent",
    }
    assert not found.snapshot.keys() & dict(found.left_out).keys()


def test_related_files_that_are_private_are_not_even_looked_at(work):
    work.write(".escalationignore", "app/session.py\n")
    found = scoped(work, "app/login.py", pending=False)
    assert "app/session.py" not in found.snapshot


@pytest.mark.parametrize(("path", "why"), [("a.pem", "is private"), ("logo.dat", "is a binary file")])
def test_a_focus_that_cannot_be_sent_is_an_error(work, path, why):
    work.write(path, b"\0\1")
    with pytest.raises(RepositoryError, match=why):
        scoped(work, path)


def test_a_focus_that_does_not_exist_is_a_file_to_be_written(work):
    found = scoped(work, "app/new.py", pending=False)
    assert "app/new.py" not in found.snapshot
    assert "app/login.py" in found.snapshot  # what lies beside it


def test_a_folder_stands_for_its_files(work):
    assert list(scoped(work, "web").snapshot)[:2] == ["web/other.py", "web/views.py"]


def test_an_empty_workspace_has_an_empty_scope(checkout):
    assert scoped(checkout).snapshot == {}


def test_what_is_related_is_bounded(work, monkeypatch):
    work.commit({f"app/m{number}.py": "" for number in range(30)})
    assert len(scoped(work, "app/login.py").snapshot) == 1 + scope.MAX_RELATED
    monkeypatch.setattr(scope, "MAX_RELATED_BYTES", 10)
    assert "web/views.py" not in scoped(work, "app/login.py").snapshot


def test_a_change_that_is_too_large_is_cut_and_told(work, monkeypatch):
    monkeypatch.setattr(scope, "MAX_CHANGED", 2)
    for number in range(4):
        work.write(f"n{number}.py", "x\n")
    found = scoped(work)
    assert found.left_out == tuple(
        (f"n{number}.py", "does not fit: there are too many files in scope already") for number in (2, 3)
    )
