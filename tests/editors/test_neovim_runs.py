"""Neovim with the plugin (`editors/nvim`), and without it: has something done, and what becomes of it."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from escalation.scripted.script import Line, hang
from tests.editors.scenes import SAFE, Stage, documented, noting, stage, three_tiers
from tests.editors.visits import AUTH, HERE, Visit, parameters
from tests.repository.checkout import Checkout

pytestmark = [pytest.mark.editor, pytest.mark.xdist_group("neovim")]

PLUGIN = HERE.parents[1] / "editors" / "nvim"


@pytest.fixture(scope="module", params=parameters("nvim", (0, 10)))
def neovim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(request.param, tmp_path_factory.mktemp("neovim")) as found:
        yield found


def play(neovim: Stage, scene: str, task: str, script: Sequence[Line] = (), **more: Any) -> Visit:
    settings = {"PLUGIN": str(PLUGIN)}
    for name, block in (("SETUP_10", "nvim_create_autocmd('FileType'"), ("SETUP_11", "vim.lsp.config('escalation'")):
        setup = neovim.folder / f"{name}.lua"
        setup.write_text(documented("lua", block, "EscalationCancel"), "utf-8")
        settings[name] = str(setup)
    arguments = ["--headless", "--clean", "-l", str(HERE / "neovim" / scene)]
    return neovim.play(arguments, task, script, more=settings, **more)


# A change, a run, the diff, applied, taken back


@pytest.fixture(scope="module")
def applied(neovim: Stage) -> dict[str, Any]:
    return dict(play(neovim, "apply.lua", "Make it safe", three_tiers()).report)


def test_the_status_line_is_silent_then_recommends_then_names_tiers_and_cost(applied):
    assert applied["status_at_rest"] == ""
    assert applied["status_recommended"].startswith("Opus recommended (0.9")
    assert applied["lenses"] == ["cyclomatic 1 · cognitive 0 · Opus recommended (0.97)"]
    tiers = {status.partition(" · ")[0] for status in applied["statuses"]}
    assert {"L3", "L3→L4", "L3→L4→L3"} <= tiers
    assert any(status.startswith("L3→L4→L3") and status.endswith("USD") for status in applied["statuses"])


def test_the_progress_names_each_tier_and_the_cost(applied):
    said = "\n".join(applied["progress"])
    assert said.index("L3 works") < said.index("L4 works") < said.rindex("L3 works")
    assert "USD" in said


def test_the_task_that_is_asked_for_is_filled_in_from_the_note_in_the_code(applied):
    assert applied["prefilled"] == "Make it safe"


def test_the_preview_is_the_file_beside_the_result_in_diff_mode(applied):
    file, result = applied["preview"]
    assert (file["is_file"], file["diff"], result["diff"]) == (True, True, True)
    assert "given == expected" in file["text"]
    assert SAFE in result["text"]
    assert result["is_current"]
    assert result["at"] == 17, "the cursor stands at the first change"
    assert "shop/auth.py · L3→L4→L3 · 0.0" in result["bar"]
    assert "a apply" in result["bar"]


def test_applying_lands_in_the_buffer_and_one_undo_takes_it_back(applied):
    assert SAFE in applied["applied"]
    assert applied["modified"], "nothing is written"
    assert applied["undone_to_what_was_typed"]
    assert applied["at_home"]
    assert applied["left_over"] == {"diff": False, "winbar": "", "foldmethod": "manual"}


def test_the_run_is_in_the_list(applied):
    [row] = applied["runs"]
    assert row.startswith("✓")
    assert [word in row for word in ("L3→L4→L3", "USD", "applied", "Make it safe")] == [True] * 4
    assert "c cancel" in applied["runs_bar"]
    assert applied["list_is_closed"]


def test_the_output_holds_what_each_model_said_and_did(applied):
    output = applied["output"]
    order = ["── L3 (claude-sonnet-5-5)", "This needs a new section.", "→ L4", "── L4 (claude-opus-5-5)",
             "+ update shop/auth.py::verify_password", "Built.", "Finished: it is safe now.", "success"]  # fmt: skip
    assert sorted(order, key=output.index) == order


def test_the_assessment_and_the_health(applied):
    assert "Security-critical change" in applied["assessment"]
    health = applied["health"]
    assert "the language server runs" in health
    assert "the host runs" in health
    assert "anthropic: ANTHROPIC_API_KEY is set" in health
    assert "ERROR" not in health


# What else happens


def test_a_cancelled_run_asks_nothing_more_and_changes_nothing(neovim):
    task = "Wait for me"
    report = play(neovim, "cancel.lua", task, [noting(neovim.note(task), hang())]).report
    assert report["unchanged"]
    assert report["tabs"] == 1
    assert "L3" not in report["status"]
    assert report["said"] == ["Opus escalation: cancelled", "Opus escalation: nothing is running"]
    [request] = neovim.asked(task)
    assert request.closed_by == "client"


def test_what_is_typed_in_the_same_function_is_never_overwritten(neovim):
    slowly = three_tiers(pieces=100, pause=0.06)
    report = play(neovim, "meanwhile.lua", "Take your time", slowly).report
    assert "L4" in report["status_then"], "it was running when the user typed"
    assert "CANNOT BE APPLIED: it has changed while the models worked" in report["bar"]
    assert SAFE in report["proposed"]
    assert report["unchanged"]
    assert "+    return hmac.compare_digest(_stretch(" in report["patch"]
    assert report["applied"] == "discarded"


def test_a_dismissal_with_its_comment_holds_after_a_restart_and_in_another_clone(neovim):
    visit = play(neovim, "dismiss.lua", "Nothing to do")
    assert visit.report["lenses"], "the new server has judged the edit"
    assert visit.report["is_silent"]
    [entry] = tomllib.loads((visit.repository / ".escalation" / "dismissed.toml").read_text("utf-8"))["dismissed"]
    assert entry["why"] == "only used by the tests"
    (visit.repository / "shop" / "auth.py").write_text(AUTH, "utf-8")
    Checkout(visit.repository).commit(message="The team's dismissals")
    clone = neovim.folder / "second clone"
    subprocess.run(["git", "clone", "-q", visit.repository, clone], check=True)
    report = play(neovim, "clone.lua", "Nothing to do here either", repository=clone).report
    assert report["lenses"]
    assert report["is_silent"]


def test_a_run_outlives_a_host_that_is_killed(neovim):
    task = "Survive this"
    draft, *rest = three_tiers()
    report = play(neovim, "killed.lua", task, [draft, noting(neovim.note(task), hang()), *rest]).report
    assert SAFE in report["proposed"]
    assert (report["tier"], report["outcome"]) == ("L3->L4->L3", "success")
    assert len(neovim.asked(task)) == 5, "the draft was not paid for again"


def test_a_result_waits_for_an_editor_that_was_left(neovim):
    task = "Finish without me"
    begun = play(neovim, "begin.lua", task, three_tiers(pieces=100, pause=0.06))
    assert "L4" in begun.report["status"]
    report = play(neovim, "reopen.lua", f"{task} again", repository=begun.repository).report
    assert [f"the result of “{task}” waits: :EscalationPreview" in said for said in report["said"]] == [True]
    assert report["tabs"] == 1, "nobody is interrupted"
    assert SAFE in report["applied"]


def test_the_plugin_as_a_package_with_its_help(neovim):
    task = "Nothing but help"
    home = neovim.folder / task.replace(" ", "-") / "home"
    shutil.copytree(PLUGIN, home / ".local/share/nvim/site/pack/opus/start/escalation")
    (home / ".config" / "nvim").mkdir(parents=True)
    (home / ".config" / "nvim" / "init.lua").write_text(documented("lua", "require('escalation').setup()"), "utf-8")
    arguments = ["--headless", "-c", f"luafile {HERE / 'neovim' / 'installed.lua'}"]
    report = neovim.play(arguments, task).report
    assert sorted(report["helped"]) == sorted(report["commands"])
    assert len(report["commands"]) == 8
    assert report["dead_links"] == []
    assert report["widest"] <= 80
    assert "the language server is `escalation lsp`" in report["health"]
    assert "ERROR" not in report["health"]


def test_without_the_plugin_the_editor_asks_and_applies(neovim):
    report = play(neovim, "plain.lua", "Use a constant time", three_tiers()).report
    assert report["offered"] == ["Apply", "Show diff", "Discard"]
    assert "Opus escalation (L3->L4->L3) changes shop/auth.py for 0.0" in report["prompt"]
    said = "\n".join(report["progress"])
    assert said.index("L3 works") < said.index("L4 works") < said.rindex("L3 works")
    assert "USD" in said
    assert "+    return hmac.compare_digest(_stretch(" in report["diff"]
    assert SAFE in report["applied"]
    assert report["undone_to_what_was_typed"]


def test_without_the_plugin_the_progress_cancels(neovim):
    task = "Go on for ever"
    report = play(neovim, "plain_cancel.lua", task, [noting(neovim.note(task), hang())]).report
    assert report["unchanged"]
    [request] = neovim.asked(task)
    assert request.closed_by == "client"
