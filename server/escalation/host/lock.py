"""The locks of a state folder: one elects the one host of a user, one lets starters take turns.

They are locks of the operating system: it frees them however their holder ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from escalation.host.client import HostError

_HOST, _STARTING = "host.lock", "host.starting.lock"
_PROBED_SECONDS = 1.0
"""`held` takes the lock for an instant: whoever wants it for good tries for this long."""


class Taken(HostError):  # noqa: N818 - as it reads: `raise Taken(...)`
    """Somebody else holds the lock."""


def private(folder: Path) -> None:
    """Effect: creates the state folder, for its user alone. Raises HostError where others may write into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        open_to_others = folder.stat().st_mode & 0o022
    except OSError as error:
        raise HostError(f"the state folder {folder} cannot be used: {error.strerror}") from None
    if open_to_others:
        raise HostError(f"others may write into the state folder {folder}: run `chmod 700 {folder}`")


@contextmanager
def elected(folder: Path) -> Iterator[None]:
    """Holds the lock of the one host. Raises Taken if another process does, HostError if there can be no lock."""
    with _locked(folder / _HOST, _PROBED_SECONDS):
        yield


def held(folder: Path) -> bool:
    """Whether a host holds the lock: it runs, begins or ends."""
    if not (folder / _HOST).exists():
        return False
    try:
        with _locked(folder / _HOST, 0):
            return False
    except Taken:
        return True


@contextmanager
def turn(folder: Path, seconds: float) -> Iterator[None]:
    """Holds the lock of who starts a host, so that many starters start one. Raises Taken after `seconds`."""
    with _locked(folder / _STARTING, seconds):
        yield


@contextmanager
def _locked(file: Path, seconds: float) -> Iterator[None]:
    # A soft lock would outlive a killed holder, so where there is no real one there is no host.
    lock = FileLock(file, timeout=seconds, mode=0o600, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise Taken(f"another process holds {file}") from None
    except OSError as error:
        advice = "set ESCALATION_HOME to a folder on a local disk"
        raise HostError(f"{file} cannot be locked ({error.strerror}): {advice}") from None
    try:
        yield
    finally:
        lock.release()
