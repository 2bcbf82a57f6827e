"""Real hosts in real processes, each in the folder that `ESCALATION_HOME` names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from escalation.host import port_file
from escalation.host.lock import held
from escalation.host.running import Running, running
from escalation.scripted.server import ScriptedServer
from escalation.settings.home import state

T = TypeVar("T")
KEY = "a-key-of-the-tests"
A_RUN = {
    "task_description": "Say hello politely",
    "file_contents": {"a.py": "def hello():\n    return 'hello'\n"},
    "files_to_modify": ["a.py"],
    "execute": True,
}
"""What the API takes as a submission."""
SERVE = "from escalation.cli.main import main; raise SystemExit(main())"


def asking(models: ScriptedServer) -> dict[str, str]:
    """The environment of a host whose models are a scripted server."""
    return {"ESCALATION_BASE_URL": models.url, "ANTHROPIC_API_KEY": KEY}


class Hosts:
    """Starts hosts, and leaves none behind."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[str]] = []

    def spawn(self, *arguments: str, env: Mapping[str, str] | None = None, version: str = "") -> subprocess.Popen[str]:
        """`escalation serve` with these arguments, as of another version of the program if one is given."""
        as_version = f"import escalation; escalation.__version__ = {version!r}; " if version else ""
        process = subprocess.Popen(
            [sys.executable, "-c", as_version + SERVE, "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            text=True,
        )
        self.started.append(process)
        return process

    def serve(self, *arguments: str, env: Mapping[str, str] | None = None, version: str = "") -> Running:
        """The same, when it answers."""
        process = self.spawn(*arguments, env=env, version=version)
        return answering(process)

    @property
    def last(self) -> subprocess.Popen[str]:
        return self.started[-1]

    def close(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()
        told = port_file.read(state())
        if told is not None and held(state()):  # one that was started on demand
            kill(told.pid)


def answering(process: subprocess.Popen[str] | None = None, folder: Path | None = None) -> Running:
    """The host, when it answers."""
    folder = folder or state()

    def ended_early() -> None:
        assert process is None or process.poll() is None, process.communicate()

    found = until(lambda: ended_early() or running(folder))
    assert found is not None
    return found


def until(what: Callable[[], T], seconds: float = 60) -> T:
    """What is true at last."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)
    return found


def kill(pid: int) -> None:
    """Ends a process as the power does."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    until(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not yet asked for its status does not."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
