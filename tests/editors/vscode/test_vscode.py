"""VS Code with our extension: judges, runs, shows, applies, undoes, cancels, asks for a key, keeps its distance."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from escalation.scripted.script import Reply, Script, text, tool
from tests.editors.vscode.code_server import CodeServer
from tests.editors.vscode.models import Models
from tests.editors.vscode.window import Window

pytestmark = [pytest.mark.editor, pytest.mark.xdist_group("vscode")]
Open = Callable[..., Window]

LINE = 20  # `return hmac.compare_digest(given, expected)`
CHANGED = ' and password != ""'
VERIFY = '''\
def verify_password(stored: str, password: str) -> bool:
    """Whether `password` is the one that `stored` was made from."""
    if "$" not in stored:
        return False
    salt, expected = stored.split("$", 1)
    given = _stretch(password, bytes.fromhex(salt))
    return hmac.compare_digest(given, expected)
'''
SEPARATE = "tests/test_auth.py"


def slowly(reply: Reply, pause: float = 0.05) -> Reply:
    return replace(reply, pause=pause, pieces=8)


def passes(*edits: Reply, pause: float = 0.05) -> Script:
    """L3 asks for help, L4 makes the edits, L3 finishes."""
    return {
        "claude-sonnet-5-5": [
            slowly(text("There is no place for this yet. This needs a new section: what is stored."), pause),
            slowly(text("What is malformed is refused now; nothing else has changed."), pause),
        ],
        "claude-opus-5-5": [
            *(slowly(edit, pause) for edit in edits),
            slowly(text("The stored value is looked at before it is split."), pause),
        ],
    }


def verify(words: str = "A malformed value must not raise: it must not match.") -> Reply:
    edit = {"action": "update", "entity": "shop/auth.py::verify_password", "text": VERIFY}
    return tool("mutate_entity", edit, words)


def created() -> Reply:
    return tool("mutate_entity", {"action": "create", "entity": SEPARATE, "text": "def test_it():\n    assert True\n"})


def change(window: Window, line: int = LINE, words: str = CHANGED) -> None:
    """Effect: the authentication function is another one, and is judged."""
    window.go_to(line)
    window.key("End")
    window.type(words)
    window.squiggles().first.wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_change_is_judged_where_it_is_made(opened: Open, server: CodeServer, theme: str):
    server.user_settings({"workbench.colorTheme": f"Default {theme.title()} Modern"})
    window = opened()
    window.status(re.compile("UTF-8")).wait_for()
    assert window.squiggles().count() == 0
    change(window)
    lens = window.lenses().first
    lens.wait_for()
    assert re.match(r"cyclomatic \d+ · cognitive \d+ · Opus recommended \(0\.\d\d\)", lens.inner_text())
    window.status(re.compile(r"L3→L4→L3 0\.\d\d")).wait_for()
    assert window.menu() == [
        "Run with Opus escalation",
        "Run on Sonnet only",
        "Run on Opus only",
        "Show the assessment",
        "This needed Opus",
        "Not needed here: dismiss critical_security in this function",
        "Not needed here: dismiss critical_security in this file",
        "Not needed here: dismiss critical_security in this project",
    ]
    window.picture(f"menu-{theme}")
    window.key("Escape")
    window.go_to(16, 6)
    window.command("Show or Focus Hover")
    window.page.locator(".monaco-hover", has_text="Security-critical change").first.wait_for()
    window.picture(f"hover-{theme}")


def test_a_run_is_watched_reviewed_applied_and_taken_back(opened: Open, models: Models):
    models.say(passes(verify(), pause=0.2))
    window = opened()
    change(window)
    window.open_runs()
    window.page.get_by_text("Set API Key…").wait_for()
    window.picture("welcome")
    window.focus()
    before = window.text()
    window.act("Run with Opus escalation")
    seen: list[str] = []

    def reviewing() -> bool:
        toasts = window.page.locator(".notification-toast").all_inner_texts()
        for tier in re.findall(r"(L\d) works", " ".join(toasts)):
            if seen[-1:] != [tier]:
                seen.append(tier)
                window.picture(f"running-{len(seen)}")
        return window.diff().count() > 0

    window.until(reviewing, "the diff opens by itself", 90)
    assert seen == ["L3", "L4", "L3"]
    window.until(lambda: 'if "$" not in stored' in window.text(), "the diff shows the result")
    assert re.search(r"L3→L4→L3 · \$0\.\d+", window.tab())
    window.picture("diff")
    window.title_action("Apply This File")
    window.until(lambda: window.diff().count() == 0 and 'if "$" not in stored' in window.text(), "the result is there")
    window.row("applied").wait_for()
    window.picture("applied")
    window.key("Control+z")
    window.until(lambda: window.text() == before, "one undo takes it back")
    window.row("Review the pending").click()
    window.until(lambda: "L4 · claude-opus-5-5" in window.text(), "the output of the run")
    assert "The stored value is looked at before it is split." in window.text()
    window.picture("output")


def test_the_output_grows_while_a_model_speaks(opened: Open, models: Models):
    models.say(passes(verify(), pause=0.5))
    window = opened()
    change(window)
    window.act("Run with Opus escalation")

    def opened_output() -> bool:  # the entry is drawn anew with every figure: a click may come to nothing
        window.run_status().filter(has_text="L3").click()
        window.page.wait_for_timeout(500)
        return ".md" in window.tab()

    window.until(opened_output, "the output opens")
    window.until(lambda: "There is no place" in window.text(), "the first words")
    assert "nothing else has changed" not in window.text()
    window.picture("output-running")
    window.until(lambda: "## L4 · claude-opus-5-5" in window.text(), "the next tier", 60)
    window.until(lambda: window.diff().count() > 0, "the diff opens beside the output", 90)
    assert window.page.locator(".tab", has_text=".md").count() == 1


def test_a_result_is_decided_on_file_by_file(opened: Open, models: Models, repository: Path):
    models.say(passes(verify(), created()))
    window = opened()
    change(window)
    window.open_runs()
    window.focus()
    window.act("Run with Opus escalation")
    window.until(lambda: window.diff().count() > 0, "the diff opens", 90)
    window.row("test_auth.py").click()
    window.until(lambda: "(new)" in window.tab(), "the diff of the new file")
    window.picture("diff-new")
    window.title_action("Discard This File")
    window.until(lambda: 'if "$" not in stored' in window.text(), "on with the other file")
    window.title_action("Apply This File")
    window.until(lambda: window.diff().count() == 0, "nothing is left to review")
    assert 'if "$" not in stored' in window.text()
    assert not (repository / SEPARATE).exists()


def test_cancelling_ends_the_run_and_changes_nothing(opened: Open, models: Models):
    models.say(passes(verify(), pause=1.0))
    window = opened()
    change(window)
    before = window.text()
    window.act("Run with Opus escalation")
    window.notification("L3 works").wait_for()
    window.button("L3 works", "Cancel")
    window.notification("L3 works").wait_for(state="hidden")
    window.open_runs()
    window.row("cancelled").wait_for()
    window.picture("cancelled")
    asked = models.asked()
    window.page.wait_for_timeout(3_000)
    assert models.asked() == asked
    window.focus()
    assert window.text() == before
    assert window.diff().count() == 0


def test_the_task_is_asked_for_and_the_last_one_remembered(opened: Open, models: Models):
    models.say(passes(verify()))
    window = opened()
    change(window)
    window.command("Escalation: Run with Opus escalation…")
    window.picture("task")
    window.answer("Refuse what is malformed")
    window.until(lambda: window.diff().count() > 0, "the diff opens", 90)
    window.open_runs()
    window.row("Refuse what is…").wait_for()
    window.title_action("Discard This File")
    window.row("discarded").wait_for()
    window.command("Escalation: Run with Opus escalation…")
    field = window.page.locator(".quick-input-widget input:visible")
    window.until(lambda: field.input_value() == "Refuse what is malformed", "the last task")


def test_typing_while_it_runs_is_not_overwritten(opened: Open, models: Models):
    models.say(passes(verify(), pause=0.4))
    window = opened()
    change(window)
    window.act("Run with Opus escalation")
    window.notification("L3 works").wait_for()
    window.go_to(18)
    window.key("End")
    window.type("  # mine")
    window.notification("to review").wait_for(timeout=90_000)
    assert window.diff().count() == 0
    window.picture("typed")
    window.button("to review", "Show Diff")
    window.notification("has changed while the models worked").wait_for()
    window.until(lambda: window.diff().count() > 0, "the result is offered as a diff")
    window.picture("conflict")
    window.title_action("Apply This File")
    window.notification(re.compile("Show Patch")).wait_for()
    window.command("View: Close Editor")
    assert "# mine" in window.text()
    assert 'if "$" not in stored' not in window.text()


def test_a_dismissal_holds_and_can_be_undone(opened: Open, repository: Path):
    window = opened()
    change(window)
    window.command("Escalation: Not Needed Here…")
    window.choose("critical_security in this function")
    window.until(lambda: window.squiggles().count() == 0, "the diagnostic is gone")
    assert 'reason = "critical_security"' in (repository / ".escalation" / "dismissed.toml").read_text("utf-8")
    window.command("Escalation: Restart Language Server")
    window.lenses().first.wait_for()
    window.page.wait_for_timeout(1_000)
    assert window.squiggles().count() == 0
    window.button("Dismissed", "Undo")
    window.squiggles().first.wait_for()


def test_the_assessment_is_explained(opened: Open):
    window = opened()
    change(window)
    window.command("Escalation: Explain")
    window.until(lambda: "Preview assessment" in window.tab(), "the assessment, to be read")
    page = window.page.frame_locator("iframe.webview").frame_locator("iframe")
    page.get_by_role("link", name="shop/auth.py:16").wait_for()
    window.picture("explain")
    page.get_by_role("link", name="shop/auth.py:16").click()
    window.until(lambda: "def verify_password" in window.text(), "the evidence")


def test_without_a_key_it_says_what_to_do_and_one_click_does_it(opened: Open, server: CodeServer):
    server.settings({"escalation.models.endpoint": "zai"})
    window = opened()
    change(window)
    window.act("Run with Opus escalation")
    window.notification("ZAI_API_KEY").wait_for()
    window.picture("no-key")
    window.button("ZAI_API_KEY", "Set API Key…")
    window.page.locator(".quick-input-widget", has_text="ZAI_API_KEY").wait_for()
    window.picture("set-key")
    window.answer("k3y-of-the-test")
    window.notification("The key is stored").wait_for()
    written = [file for file in server.data.rglob("*") if file.is_file() and b"k3y-of-the-test" in file.read_bytes()]
    assert written == []


def test_nothing_of_an_untrusted_workspace_is_executed(opened: Open, server: CodeServer, repository: Path):
    marker = repository.parent / "executed"
    program = repository / "server.sh"
    program.write_text(f'#!/bin/sh\ntouch "{marker}"\n', "utf-8")
    program.chmod(0o755)
    settings = {f"escalation.{key}": str(program) for key in ("path", "interpreter", "flow.check")}
    (repository / ".vscode").mkdir()
    (repository / ".vscode" / "settings.json").write_text(json.dumps(settings), "utf-8")
    server.user_settings({"security.workspace.trust.enabled": True})
    window = opened()
    window.status("Restricted Mode").wait_for()
    change(window)  # it is judged
    window.act("Run with Opus escalation")
    window.notification("Trust the workspace first").wait_for()
    window.picture("untrusted")
    assert not marker.exists()


def test_the_walkthrough_begins_with_a_sample(opened: Open):
    window = opened("")
    window.command("Escalation: Try the Sample")
    window.lenses().filter(has_text="Opus recommended").wait_for()
    window.squiggles().first.wait_for()
    window.picture("sample")
    window.command("Welcome: Open Walkthrough...")
    window.choose("Get Started with Opus Escalation")
    window.page.get_by_text("Choose a provider").first.wait_for()
    window.page.wait_for_timeout(500)
    window.picture("walkthrough")
