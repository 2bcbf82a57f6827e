"""Whoever needs the host first starts it; all others find it."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from escalation import __version__
from escalation.host import log
from escalation.host.client import Client, HostError
from escalation.host.lock import held, private, turn
from escalation.host.running import Running, asked_to_leave, gone, running

_START_SECONDS = 60.0
_LEAVE_SECONDS = 20.0
_POLL_SECONDS = 0.03


def found(folder: Path) -> Client | None:
    """The host that runs, if one does."""
    here = running(folder)
    return here.client if here else None


def ensure(folder: Path, env: Mapping[str, str]) -> Client:
    """The host of a state folder, which is `settings.home.state()` under `env`; started if there is none. One that is
    older than this program is replaced if it is idle, and used as it is if not: `note` says so. Raises HostError."""
    here = running(folder)
    if here is not None and not _older(here.version):
        return here.client
    private(folder)
    with turn(folder, 2 * _START_SECONDS):
        here = running(folder)
        if here is not None and (not _older(here.version) or not _left(here, folder)):
            return _as_it_is(here)
        return _started(folder, env)


def _older(version: str) -> bool:
    return _numbers(version) < _numbers(__version__)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _left(here: Running, folder: Path) -> bool:
    """Effect: an older host that is idle ends."""
    return asked_to_leave(here, only_idle=True) and gone(folder, _LEAVE_SECONDS)


def _as_it_is(here: Running) -> Client:
    if not _older(here.version):
        return here.client
    note = f"the host is of version {here.version} and at work, so it is used as it is; {__version__} replaces it later"
    return replace(here.client, note=note)


def _started(folder: Path, env: Mapping[str, str]) -> Client:
    """Effect: starts a host and waits until it answers. Raises HostError."""
    if held(folder) and (here := _awaited(folder, None)):  # somebody else's begins, or one is about to end
        return here.client
    since = log.size(folder)
    process = _spawned(folder, env)
    if here := _awaited(folder, process):
        return here.client
    said = next(reversed(log.last_lines(folder, 1, since)), "it says nothing")
    raise HostError(f"the host could not be started: {_plain(said)} (`escalation host logs` says more)")


def _awaited(folder: Path, process: subprocess.Popen[bytes] | None) -> Running | None:
    """The host that comes to answer; None once there is none to wait for. Raises HostError if that takes too long."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if (here := running(folder)) is not None:
            return here
        # A process that has ended may have met somebody else's host that begins: then that is the one.
        if (process is None or process.poll() is not None) and not held(folder):
            return None
        time.sleep(_POLL_SECONDS)
    raise HostError(
        f"a host holds the lock in {folder} and does not answer: `escalation host logs` says why, "
        "`escalation host stop` ends it"
    )


def _spawned(folder: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Effect: starts a host that outlives this process and its terminal. Raises HostError."""
    from escalation.settings.load import load

    idle_exit = load(None, env=env)[0].host.idle_exit
    # -P and the folder: nothing of the current folder, which may be a stranger's repository, is imported.
    command = [sys.executable, "-P", "-m", "escalation", "serve", "--idle-exit", f"{idle_exit:g}"]
    try:
        with log.opened(folder) as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=dict(env),
                start_new_session=True,
                creationflags=_DETACHED,
            )
    except OSError as error:
        raise HostError(f"the host cannot be started: {error}") from None
    threading.Thread(target=process.wait, daemon=True).start()  # else it is a zombie when it ends before we do
    return process


if sys.platform == "win32":
    _DETACHED = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _DETACHED = 0


def _plain(line: str) -> str:
    """A line of the log without its time, its level and the name of the program."""
    return re.sub(r"^[\d-]+ [\d:,]+ [A-Z]+ [\w.]+: |^escalation: ", "", line)
