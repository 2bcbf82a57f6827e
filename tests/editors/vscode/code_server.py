"""VS Code as a web page: the code-server that `.ci/code-server` unpacked, with our extension in it.

One process serves all tests of a session; every window has a folder and a browser profile of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("ESCALATION_CODE_SERVER") or Path.home() / ".cache" / "opus-escalation-code-server")
ENTRY = CACHE / "node_modules" / "code-server" / "out" / "node" / "entry.js"
EXTENSION = Path(__file__).parents[3] / "vscode-extension"
VSIX = EXTENSION / "dist" / "opus-escalation.vsix"
SECONDS = 60.0  # only so that what hangs fails
# A quiet window: nothing that asks, tips, or looks around on the network.
QUIET = {
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.enableExperiments": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.welcomePage.walkthroughs.openOnInstall": False,
    "chat.disableAIFeatures": True,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "git.enabled": False,
    "git.openRepositoryInParentFolders": "never",
    "editor.minimap.enabled": False,
    "editor.cursorBlinking": "solid",
    "editor.accessibilitySupport": "off",
    "editor.wordBasedSuggestions": "off",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.parameterHints.enabled": False,
    "editor.autoClosingBrackets": "never",
    "editor.autoIndent": "none",
    "window.autoDetectColorScheme": False,
    "window.confirmBeforeClose": "never",
    "window.dialogStyle": "custom",
    "remote.autoForwardPorts": False,
    "files.autoSave": "off",
    "files.simpleDialog.enable": True,
    "security.workspace.trust.enabled": False,
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.untrustedFiles": "open",
}
# code-server takes its PATH from a login shell, so the program under test is named.
PROGRAM = {"escalation.path": str(Path(sys.executable).with_name("escalation"))}


@dataclass(frozen=True)
class CodeServer:
    """A running one. `data` is where it keeps its settings and logs."""

    url: str
    data: Path

    def settings(self, settings: Mapping[str, object] = {}) -> None:
        """Effect: these are the machine's settings from now on, besides the program's path."""
        _write(self.data / "Machine" / "settings.json", {**PROGRAM, **settings})

    def user_settings(self, settings: Mapping[str, object] = {}) -> None:
        """Effect: these are the user's settings in windows that are opened from now on, besides the quiet ones."""
        _write(self.data / "User" / "settings.json", {**QUIET, **settings})

    def log(self) -> str:
        """What the extension wrote last, for a test that failed."""
        found = sorted(self.data.glob("logs/*/*/*/Opus Escalation.log"), key=lambda log: log.stat().st_mtime)
        return found[-1].read_text("utf-8", "replace")[-3000:] if found else ""


def missing() -> str:
    """Why the tests cannot run here; empty if they can."""
    if not os.environ.get("ESCALATION_E2E"):
        return "VS Code is driven by `make e2e` (ESCALATION_E2E=1)"
    if not ENTRY.exists():
        return "no code-server: run .ci/code-server"
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        return "no browser: run .ci/browser"
    return "" if VSIX.exists() else f"no {VSIX.name}: run `npm ci && npm run package` in vscode-extension"


@contextmanager
def code_server(folder: Path, environment: Mapping[str, str]) -> Iterator[CodeServer]:
    """One that has the extension and nothing else, while it is needed."""
    data, extensions = folder / "data", folder / "extensions"
    node = str(CACHE / "node")
    places = [
        "--user-data-dir",
        str(data),
        "--extensions-dir",
        str(extensions),
        "--config",
        str(folder / "config.yaml"),
    ]
    env = _environment(folder) | environment
    (folder / "home").mkdir(parents=True)
    installing = [node, str(ENTRY), *places, "--install-extension", str(VSIX)]
    subprocess.run(installing, env=env, stdout=subprocess.DEVNULL, timeout=SECONDS, check=True)
    port = _free_port()
    serving = [node, str(ENTRY), *places, "--auth", "none", "--bind-addr", f"127.0.0.1:{port}"]
    serving += ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"]
    with (folder / "code-server.log").open("wb") as log:
        process = subprocess.Popen(serving, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            server = CodeServer(f"http://127.0.0.1:{port}", data)
            server.settings()
            server.user_settings()
            _wait(f"{server.url}/healthz", process)
            yield server
        finally:
            process.terminate()
            process.wait(SECONDS)


def _write(file: Path, settings: Mapping[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(settings), "utf-8")


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"code-server did not come up (status {process.poll()})")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    """The environment of somebody who has set up nothing but the program itself."""
    unwanted = ("XDG_", "GIT_", "ESCALATION_", "VSCODE_", "ANTHROPIC_", "ZAI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    ours = {"HOME": str(folder / "home"), "ESCALATION_HOME": str(folder / "home" / "escalation")}
    return kept | ours | {"EXTENSIONS_GALLERY": "{}", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
