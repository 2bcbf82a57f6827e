"""Neovim with its own LSP client: opens, types, reads the menu, dismisses, restarts the server, undoes."""

from __future__ import annotations

import tomllib

import pytest

from tests.editors.visits import HERE, Editor, Visit, make_repository, parameters, visit

pytestmark = [pytest.mark.editor, pytest.mark.xdist_group("neovim")]


@pytest.fixture(scope="module", params=parameters("nvim", (0, 10)))
def visited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    editor: Editor = request.param
    folder = tmp_path_factory.mktemp("neovim")
    script = str(HERE / "neovim.lua")
    return visit(editor, ["--headless", "--clean", "-l", script], make_repository(folder / "Läden & Co #1"), folder)


@pytest.fixture
def neovim(visited: Visit) -> Visit:
    return visited.completed()


def test_the_visit_comes_to_its_end(visited):
    assert not visited.failure, visited.failure


def test_code_at_rest_is_silent(neovim):
    assert neovim.report["at_rest"] == []
    assert neovim.report["lenses_at_rest"] == []


def test_one_diagnostic_stands_under_the_name_of_the_edited_function(neovim):
    security = [d for d in neovim.report["edited"] if d["reason"] == "critical_security"]
    assert [d["under"] for d in security] == ["verify_password"]


def test_a_lens_stands_over_the_edited_function_only(neovim):
    assert len(neovim.report["lenses"]) == 1
    assert neovim.report["lenses"][0].startswith("cyclomatic 1 · cognitive 0")


def test_undo_takes_the_diagnostics_back(neovim):
    assert neovim.report["undone"] == []


def test_the_menu(neovim):
    assert neovim.report["actions"] == MENU


def test_the_assessment_opens_as_a_document(neovim):
    assert "Security-critical change" in neovim.report["assessment"]


def test_the_hover_is_the_assessment(neovim):
    assert "Security-critical change" in neovim.report["hover"]


def test_a_dismissal_silences_this_reason_in_this_function(neovim):
    assert "critical_security" not in {d["reason"] for d in neovim.report["dismissed"]}
    [entry] = tomllib.loads((neovim.repository / ".escalation" / "dismissed.toml").read_text())["dismissed"]
    assert {key: entry[key] for key in ("reason", "scope", "path", "symbol")} == {
        "reason": "critical_security",
        "scope": "function",
        "path": "shop/auth.py",
        "symbol": "verify_password",
    }


def test_a_dismissal_outlives_the_server(neovim):
    assert neovim.report["lenses_restarted"], "the new server has judged the edit"
    assert "critical_security" not in {d["reason"] for d in neovim.report["restarted"]}


def test_the_text_as_committed_is_silent_again(neovim):
    assert neovim.report["undone_again"] == []


MENU = [
    "Run with Opus escalation",
    "Run on Sonnet only",
    "Run on Opus only",
    "Show the assessment",
    "This needed Opus",
    "Not needed here: dismiss critical_security in this function",
    "Not needed here: dismiss critical_security in this file",
    "Not needed here: dismiss critical_security in this project",
]
