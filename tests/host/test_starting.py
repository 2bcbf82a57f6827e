"""Starting: whoever needs the host has it, and there is only one; real processes throughout."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from escalation import __version__
from escalation.host import port_file
from escalation.host.client import PREFIX, HostError
from escalation.host.lock import held
from escalation.host.log import last_lines
from escalation.host.running import asked_to_leave, gone, running
from escalation.host.starting import ensure, found
from escalation.scripted.script import hang
from escalation.scripted.server import running as scripted
from escalation.settings.home import state
from tests.host.processes import A_RUN, asking, kill, until

STARTER = """
import os
from escalation.host.running import running
from escalation.host.starting import ensure
from escalation.settings.home import state
client = ensure(state(), os.environ)
print(running(state()).pid, client.base, client.request("GET", "/v1/escalation/health").body["status"])
"""


def starter() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_without_a_host_none_is_found():
    assert found(state()) is None


def test_six_starters_at_once_share_one_host(hosts):
    starters = [starter() for _ in range(6)]
    said = [process.communicate(timeout=120) for process in starters]
    assert [process.returncode for process in starters] == [0] * 6, said
    assert len({out for out, _ in said}) == 1
    assert said[0][0].endswith(" ok\n")
    assert sum("answers at" in line for line in last_lines(state(), 1000)) == 1


def test_a_started_host_outlives_who_started_it(hosts):
    process = starter()
    out, _ = process.communicate(timeout=60)
    pid = int(out.split()[0])
    assert os.getsid(pid) != os.getsid(0)  # no terminal of ours ends it
    assert running(state()).pid == pid


def test_nothing_of_the_current_folder_is_run(hosts, tmp_path, monkeypatch):
    (tmp_path / "escalation").mkdir()
    (tmp_path / "escalation" / "__init__.py").write_text("raise SystemExit('a stranger is here')")
    (tmp_path / "sqlite3.py").write_text("raise SystemExit('a stranger is here')")
    monkeypatch.chdir(tmp_path)
    assert ensure(state(), os.environ).request("GET", f"{PREFIX}/health").status == 200


def test_all_that_it_writes_is_for_its_user_alone(hosts, hermetic, monkeypatch):
    os.umask(0o022)
    monkeypatch.setenv("ESCALATION_HOME", str(hermetic / "new"))
    ensure(state(), os.environ)
    entries = [state(), *state().rglob("*")]
    assert {entry.name for entry in entries} >= {"new", "host.json", "host.lock", "host.log"}
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in entries}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_after_a_kill_the_next_start_takes_over(hosts):
    ensure(state(), os.environ)
    first = running(state())
    kill(first.pid)
    assert port_file.read(state()) is not None  # stale
    assert found(state()) is None
    ensure(state(), os.environ)
    assert running(state()).pid != first.pid


@pytest.fixture
def other_program():
    """A program on some port that answers everything, and keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.seen.append(dict(self.headers))
            body = json.dumps({"status": "ok", "pid": 1}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_another_program_on_the_port_of_a_dead_host_is_not_taken_for_it_nor_sent_the_token(hosts, other_program):
    dead = hosts.serve()
    told = port_file.read(state())
    kill(dead.pid)
    until(lambda: not held(state()))  # the lock goes with the last of its threads
    port_file.write(state(), replace(told, port=other_program.server_port))
    assert found(state()) is None
    assert other_program.seen == []
    assert ensure(state(), os.environ).base != f"http://127.0.0.1:{other_program.server_port}"


@pytest.mark.parametrize("wrong", [{"token": "of-another-host"}, {"pid": 1}])
def test_a_host_that_does_not_match_its_port_file_is_not_believed(hosts, wrong):
    hosts.serve()
    port_file.write(state(), replace(port_file.read(state()), **wrong))
    assert running(state()) is None


def test_it_ends_when_nobody_needs_it(hosts):
    hosts.spawn("--idle-exit", "1")
    assert hosts.last.wait(60) == 0
    assert found(state()) is None
    assert not held(state())
    assert not (state() / port_file.NAME).exists()
    assert "nobody has needed it for 1 s" in "\n".join(last_lines(state(), 3))


def test_asking_for_its_health_does_not_keep_it(hosts):
    here = hosts.serve("--idle-exit", "2")

    def asked_until_it_ends() -> bool:
        try:
            here.client.request("GET", f"{PREFIX}/health")
        except HostError:
            return True
        return False

    until(asked_until_it_ends)
    assert hosts.last.wait(60) == 0


def test_one_whose_folder_is_deleted_ends_for_nobody_could_find_it(hosts):
    hosts.serve()
    shutil.rmtree(state())
    assert hosts.last.wait(60) == 0


def test_the_time_after_which_it_ends_is_the_users_setting(hosts, monkeypatch):
    monkeypatch.setenv("ESCALATION_IDLE_EXIT", "1")
    ensure(state(), os.environ)
    assert gone(state(), 60)


def test_an_older_host_that_is_idle_is_replaced(hosts):
    older = hosts.serve(version="0.0.9")
    assert older.version == "0.0.9"
    client = ensure(state(), os.environ)
    assert client.note == ""
    assert hosts.last.wait(60) == 0
    assert (running(state()).version, running(state()).pid != older.pid) == (__version__, True)


def test_an_older_host_that_is_at_work_is_used_as_it_is_and_this_is_said(hosts):
    with scripted([hang()]) as models:
        older = hosts.serve(env=asking(models), version="0.0.9")
        older.client.request("POST", f"{PREFIX}/submit", A_RUN)
        until(lambda: models.calls)
        client = ensure(state(), os.environ)
        assert running(state()).pid == older.pid
        assert client.note.startswith("the host is of version 0.0.9 and at work, so it is used as it is")


def test_a_host_that_is_at_work_is_needed(hosts):
    with scripted([hang()]) as models:
        here = hosts.serve("--idle-exit", "2", env=asking(models))
        here.client.request("POST", f"{PREFIX}/submit", A_RUN)
        until(lambda: models.calls)
        time.sleep(3.5)
        assert hosts.last.poll() is None
        assert running(state()).busy


def test_a_newer_host_is_used_as_it_is(hosts):
    newer = hosts.serve(version="99.0")
    ensure(state(), os.environ)
    assert running(state()).pid == newer.pid


def test_a_host_that_ends_is_waited_for(hosts):
    leaving = hosts.serve()
    asked_to_leave(leaving)
    ensure(state(), os.environ)
    assert running(state()).pid != leaving.pid


def test_a_host_that_cannot_begin_says_why(hosts):
    (state() / "history.db").write_bytes(b"this is no database, and long enough to be looked at" * 100)
    with pytest.raises(HostError, match=r"the host could not be started: The database .*history.db.*host logs"):
        ensure(state(), os.environ)
    assert not held(state())


@pytest.mark.parametrize("name", ["history.db", "workflows.db"])
def test_a_damaged_database_is_one_line(hosts, name):
    (state() / name).write_bytes(b"this is no database, and long enough to be looked at" * 100)
    out, err = hosts.spawn().communicate(timeout=60)
    assert hosts.last.returncode == 2
    assert out == ""
    assert re.fullmatch(rf"escalation: .*{name}.*", err.splitlines()[-1])
    assert "Traceback" not in err


def test_a_history_of_a_newer_version_is_one_line(hosts):
    hosts.serve()
    hosts.last.terminate()
    hosts.last.wait(60)
    with closing(sqlite3.connect(state() / "history.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    _, err = hosts.spawn().communicate(timeout=60)
    assert hosts.last.returncode == 2
    assert re.fullmatch(r"escalation: .*newer.*\n", err)


def test_a_host_that_hangs_is_not_waited_for_in_vain(hosts, monkeypatch):
    monkeypatch.setattr("escalation.host.starting._START_SECONDS", 0.3)
    monkeypatch.setattr("escalation.host.running._ANSWER_SECONDS", 0.1)
    here = hosts.serve()
    os.kill(here.pid, signal.SIGSTOP)
    with pytest.raises(HostError, match=r"holds the lock .* does not answer.*host stop"):
        ensure(state(), os.environ)


def test_a_folder_that_cannot_be(monkeypatch, hermetic):
    (hermetic / "file").write_text("")
    with pytest.raises(HostError, match="cannot be used"):
        ensure(hermetic / "file" / "state", os.environ)


def test_one_started_by_hand_at_the_same_time_is_used(hosts):
    by_hand = hosts.spawn()
    client = ensure(state(), os.environ)
    assert running(state()).client.base == client.base
    until(lambda: by_hand.poll() == 1 or running(state()).pid == by_hand.pid)


def test_the_editor_can_load_it_for_it_is_the_standard_library_and_a_lock():
    code = """
import sys
before = set(sys.modules)
import escalation.host.starting
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"escalation", "filelock"}


def test_it_listens_on_this_machine_only(hosts):
    here = hosts.serve()
    port = int(here.client.base.rpartition(":")[2])
    with socket.socket() as other:  # else the address would be taken
        other.bind(("127.0.0.2", port))
