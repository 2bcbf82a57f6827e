"""Emacs with eglot, set up as docs/editors.md says: has something done, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from escalation.scripted.script import hang
from tests.editors.scenes import SAFE, Stage, documented, noting, stage, three_tiers
from tests.editors.visits import HERE, parameters

pytestmark = [pytest.mark.editor, pytest.mark.xdist_group("emacs")]

TASK, ENDLESS = "Use a constant time", "Go on for ever"


@pytest.fixture(scope="module", params=parameters("emacs", (30, 1)))
def emacs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(request.param, tmp_path_factory.mktemp("emacs")) as found:
        yield found


@pytest.fixture(scope="module")
def seen(emacs: Stage) -> dict[str, Any]:
    setup = emacs.folder / "setup.el"
    setup.write_text(documented("elisp", "eglot-server-programs", "defun escalation-run"), "utf-8")
    emacs.scripts[ENDLESS] = [noting(emacs.note(TASK), hang())]
    environment = {"SETUP": str(setup), "ENDLESS": ENDLESS}
    arguments = ["--batch", "-l", str(HERE / "emacs" / "run.el")]
    return dict(emacs.play(arguments, TASK, three_tiers(), more=environment).report)


def test_the_server_is_started_as_documented(seen):
    assert seen["server"] == ["escalation", "lsp"]


def test_the_progress_names_each_tier_and_the_cost(seen):
    said = "\n".join(seen["progress"])
    assert said.index("L3 works") < said.index("L4 works") < said.rindex("L3 works")
    assert "USD" in said


def test_the_user_is_asked(seen):
    prompt, offered = seen["question"]
    assert "Opus escalation (L3->L4->L3) changes shop/auth.py for 0.0" in prompt
    assert offered == ["Apply", "Show diff", "Discard"]


def test_the_diff_is_shown(seen):
    [diff] = seen["diffs"]
    assert "+    return hmac.compare_digest(_stretch(" in diff


def test_applying_lands_in_the_buffer_and_one_undo_takes_it_back(seen):
    assert SAFE in seen["applied"]
    assert seen["undone"] is True


def test_a_cancelled_run_asks_nothing_more_and_changes_nothing(emacs, seen):
    assert seen["unchanged"]
    [request] = emacs.asked(ENDLESS)
    assert request.closed_by == "client"
