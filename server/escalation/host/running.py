"""The host that runs: found by its port file, and believed only when it answers with what that file says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from escalation.host import port_file
from escalation.host.client import Answer, Client, HostError
from escalation.host.lock import held

PATH = "/host"
"""Where a host tells of itself, and (`PATH/stop`) is asked to end. Not a part of the API."""
_ANSWER_SECONDS = 5.0
_POLL_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Running:
    """A host that answers."""

    client: Client
    pid: int
    version: str
    started: int
    """Milliseconds since the epoch."""
    busy: bool
    """A run is queued or under way."""


def running(folder: Path) -> Running | None:
    """The host of a state folder, if it answers. What a dead one left behind is not taken for it: with the lock free
    there is no host, and another program on its port is not sent the token."""
    found = port_file.read(folder)
    if found is None or not held(folder):
        return None
    client = Client(found.base, found.token)
    try:
        answer = client.request("GET", PATH, timeout=_ANSWER_SECONDS)
    except HostError:
        return None
    told = answer.body if answer.status == 200 and isinstance(answer.body, dict) else {}
    if told.get("pid") != found.pid:
        return None
    return Running(client, found.pid, found.version, found.started, bool(told.get("busy")))


def asked_to_leave(host: Running, *, only_idle: bool = False) -> bool:
    """Effect: asks a host to end. False if it was to do so only when idle, and is not. Raises HostError."""
    answer: Answer = host.client.request("POST", f"{PATH}/stop", {"only_idle": only_idle})
    if answer.status not in (202, 409):
        raise HostError(f"the host does not end when asked (process {host.pid}): {answer.message}")
    return answer.status == 202


def gone(folder: Path, seconds: float) -> bool:
    """Whether the lock is free within some seconds: the last host has ended."""
    deadline = time.monotonic() + seconds
    while held(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
