"""The lock: one host per state folder, whatever happens to it."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading

import pytest

from escalation.host.client import HostError
from escalation.host.lock import Taken, elected, held, private, turn
from tests.host.processes import until

HOLDS = """
import sys, time
from pathlib import Path
from escalation.host.lock import elected
with elected(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of `tmp_path`."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_nobody_holds_it_at_first(tmp_path):
    assert not held(tmp_path)
    assert list(tmp_path.iterdir()) == []  # looking leaves no trace


def test_only_one_process_can_hold_it(tmp_path, holder):
    assert held(tmp_path)
    with pytest.raises(Taken), elected(tmp_path):
        pass


def test_it_is_free_when_its_holder_is_killed(tmp_path, holder):
    holder.kill()
    until(lambda: not held(tmp_path))
    with elected(tmp_path):
        pass


def test_it_is_free_when_its_holder_is_done(tmp_path):
    with elected(tmp_path):
        assert held(tmp_path)
    assert not held(tmp_path)


def test_who_only_looks_keeps_nobody_from_it(tmp_path):
    with elected(tmp_path):
        pass
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            held(tmp_path)

    looking = [threading.Thread(target=look) for _ in range(2)]
    for thread in looking:
        thread.start()
    try:
        for _ in range(10):
            with elected(tmp_path):
                pass
    finally:
        over.set()
        for thread in looking:
            thread.join()


def test_starters_take_turns(tmp_path):
    with turn(tmp_path, 0), pytest.raises(Taken), turn(tmp_path, 0):
        pass
    with turn(tmp_path, 0):
        pass


def test_its_file_is_for_its_user_alone(tmp_path):
    with elected(tmp_path), turn(tmp_path, 0):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"host.lock": 0o600, "host.starting.lock": 0o600}


def test_a_new_state_folder_is_for_its_user_alone(tmp_path):
    private(tmp_path / "new" / "state")
    assert stat.S_IMODE((tmp_path / "new" / "state").stat().st_mode) == 0o700
    private(tmp_path / "new" / "state")


def test_a_folder_that_others_may_write_into_is_refused(tmp_path):
    tmp_path.chmod(0o770)
    with pytest.raises(HostError, match=r"others may write into .*: run `chmod 700"):
        private(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="cannot be used"):
        private(tmp_path / "file")
