"""Helix, set up as docs/editors.md says, in a terminal (tmux): has something done from the menu, and takes it back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.editors.scenes import Stage, documented, stage, three_tiers
from tests.editors.visits import Editor, parameters

pytestmark = [pytest.mark.editor, pytest.mark.xdist_group("helix")]

SECONDS = 180.0  # only so that what hangs fails
SIZE = ("-x", "140", "-y", "50")


@dataclass(frozen=True)
class Terminal:
    """A terminal of tmux's, with one program in it."""

    tmux: str
    socket: Path
    environment: dict[str, str]

    def run(self, command: list[str], folder: Path) -> None:
        self._do("new-session", "-d", *SIZE, "-c", str(folder), shlex.join(command))

    def screen(self) -> str:
        return self._do("capture-pane", "-p")

    def type(self, text: str) -> None:
        self._do("send-keys", "-l", text)

    def keys(self, *names: str) -> None:
        self._do("send-keys", *names)

    def wait(self, words: str, *, gone: bool = False) -> str:
        """The screen, when the words are there (or no longer there)."""
        end = time.monotonic() + SECONDS
        while (words in (seen := self.screen())) == gone:
            assert time.monotonic() < end, f"waited in vain for {words!r}:\n{seen}"
            time.sleep(0.1)
        return seen

    def close(self) -> None:
        subprocess.run([self.tmux, "-S", self.socket, "kill-server"], capture_output=True, check=False)

    def _do(self, *arguments: str) -> str:
        command = [self.tmux, "-S", str(self.socket), "-f", os.devnull, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def tmux_of(editor: Editor) -> str | None:
    beside = Path(editor.command).with_name("tmux")
    return str(beside) if beside.exists() else shutil.which("tmux")


@pytest.fixture(scope="module", params=parameters("hx", (25, 1)))
def helix(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    if tmux_of(request.param) is None:
        pytest.skip("no tmux: run .ci/editors")
    with stage(request.param, tmp_path_factory.mktemp("helix")) as found:
        yield found


@pytest.fixture
def terminal(helix: Stage, tmp_path: Path) -> Iterator[Terminal]:
    settings = tmp_path / "home" / ".config" / "helix"
    settings.mkdir(parents=True)
    (settings / "languages.toml").write_text(documented("toml", "[language-server.escalation]"), "utf-8")
    (settings / "config.toml").write_text(documented("toml", "end-of-line-diagnostics"), "utf-8")
    environment = helix.environment(tmp_path / "home") | {"SHELL": "/bin/sh", "TERM": "screen"}
    found = Terminal(tmux_of(helix.editor) or "", tmp_path / "tmux", environment)
    yield found
    found.close()


def test_a_run_from_the_menu_is_shown_applied_and_taken_back(helix, terminal):
    task = "Use a constant time"
    repository = helix.prepare(task, three_tiers())
    terminal.run([helix.editor.command, "shop/auth.py"], repository)
    terminal.wait("def verify_password")
    terminal.type("/return hmac\r")
    terminal.type("xc")
    terminal.type(f"    return given == expected  # TODO: {task}\r")
    terminal.keys("Escape")
    terminal.wait("Security-critical change")
    terminal.type("?TODO\r")
    terminal.type(" a")
    menu = terminal.wait("Run with Opus escalation")
    assert "Not needed here: dismiss critical_security in this function" in menu
    terminal.keys("Enter")
    terminal.wait("Opus escalation (L3->L4->L3) changes shop/auth.py for 0.0")
    terminal.type(" a")
    assert "Show the diff of the result" in terminal.wait("Apply the result (shop/auth.py, 0.0")
    terminal.keys("Down", "Enter")
    said = terminal.wait("The diff was written to")
    diff = Path(said.partition("The diff was written to ")[2].split()[0]).read_text("utf-8")
    assert "+    return hmac.compare_digest(_stretch(" in diff
    terminal.type(" a")
    terminal.wait("Apply the result (shop/auth.py, 0.0")
    terminal.keys("Enter")
    terminal.wait("was made from; in constant time.")
    terminal.type("u")
    seen = terminal.wait("was made from; in constant time.", gone=True)
    assert f"return given == expected  # TODO: {task}" in seen
