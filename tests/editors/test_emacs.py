"""Emacs with eglot: opens, edits, reads the menu, dismisses, restarts the server, undoes."""

from __future__ import annotations

import pytest

from tests.editors.visits import HERE, Editor, Visit, make_repository, parameters, visit

pytestmark = [pytest.mark.editor, pytest.mark.xdist_group("emacs")]


@pytest.fixture(scope="module", params=parameters("emacs", (29, 1)))
def visited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    editor: Editor = request.param
    folder = tmp_path_factory.mktemp("emacs")
    script = str(HERE / "emacs" / "judge.el")
    # Plain ASCII: the eglot of Emacs 30 loses every server's diagnostics in a folder with an umlaut.
    return visit(editor, ["--batch", "-l", script], make_repository(folder / "a repository #1"), folder)


@pytest.fixture
def emacs(visited: Visit) -> Visit:
    return visited.completed()


def test_the_visit_comes_to_its_end(visited):
    assert not visited.failure, visited.failure


def reasons(diagnostics):
    """The codes in `escalation [critical_security]: …`, as Flymake shows a diagnostic."""
    return [d["text"].partition("[")[2].partition("]")[0] for d in diagnostics]


def test_code_at_rest_is_silent(emacs):
    assert emacs.report["at_rest"] == []


def test_one_diagnostic_stands_under_the_name_of_the_edited_function(emacs):
    security = [d for d in emacs.report["edited"] if reasons([d]) == ["critical_security"]]
    assert [d["under"] for d in security] == ["verify_password"]


def test_the_menu_runs_shows_and_dismisses(emacs):
    actions = emacs.report["actions"]
    assert "Run with Opus escalation" in actions
    assert "Show the assessment" in actions
    assert "Not needed here: dismiss critical_security in this function" in actions


def test_the_hover_is_the_assessment(emacs):
    assert "Security-critical change" in emacs.report["hover"]


def test_a_dismissal_outlives_the_server(emacs):
    assert (emacs.repository / ".escalation" / "dismissed.toml").exists()
    assert "critical_security" not in reasons(emacs.report["dismissed"])
    assert emacs.report["lenses_restarted"], "the new server has judged the edit"
    assert "critical_security" not in reasons(emacs.report["restarted"])


def test_undo_takes_the_diagnostics_back(emacs):
    assert emacs.report["undone"] == []
