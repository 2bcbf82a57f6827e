"""`escalation serve`: how it begins, what it says, how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from escalation import __version__
from escalation.host import port_file
from escalation.host.client import PREFIX, Client, HostError
from escalation.host.lock import held
from escalation.host.log import NAME as LOG
from escalation.host.log import last_lines
from escalation.host.running import running
from escalation.scripted.script import hang, text
from escalation.scripted.server import running as scripted
from escalation.settings.home import state
from tests.host.processes import A_RUN, Hosts, answering, asking, until

TOKEN = "a-token-of-the-tests-0123456789"


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.close()


def refused(hosts: Hosts, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """How a host that does not begin ends, and what it says."""
    out, err = hosts.spawn(*arguments, env=env).communicate(timeout=60)
    assert out == ""
    return hosts.last.returncode, err


# ---- beginning


def test_it_answers_on_a_port_of_its_own_and_says_where(hosts):
    here = hosts.serve()
    line = hosts.last.stdout.readline()
    assert line == f"escalation: the host answers; its dashboard is {here.client.base}/\n"
    assert here.client.request("GET", f"{PREFIX}/health").body == {"status": "ok", "version": __version__}


def test_the_port_may_be_chosen(hosts):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert hosts.serve("--port", str(port)).client.base == f"http://127.0.0.1:{port}"


def test_the_token_is_made_anew_for_each_start_and_only_its_user_can_read_it(hosts):
    tokens = []
    for _ in range(2):
        here = hosts.serve()
        tokens.append(here.client.token)
        assert stat.S_IMODE((state() / port_file.NAME).stat().st_mode) == 0o600
        hosts.last.terminate()
        hosts.last.wait(60)
    assert len(set(tokens)) == 2
    assert all(len(token) >= 40 for token in tokens)


def test_the_token_may_be_given(hosts):
    assert hosts.serve(env={"ESCALATION_TOKEN": TOKEN}).client.token == TOKEN


@pytest.mark.parametrize("token", ["short", "with blanks in it, which no header takes", "ä" * 20, "x" * 513])
def test_a_token_that_cannot_be(hosts, token):
    status, err = refused(hosts, env={"ESCALATION_TOKEN": token})
    assert status == 2
    assert err.startswith("escalation: ESCALATION_TOKEN must be 16 to 512 letters")
    assert token not in err


def test_who_has_no_token_is_not_let_in(hosts):
    here = hosts.serve()
    for path in ("/host", f"{PREFIX}/workflows"):
        with pytest.raises(HostError, match="token"):
            Client(here.client.base, "wrong").request("GET", path)
    with pytest.raises(HostError, match="token"):
        Client(here.client.base, "wrong").request("POST", "/host/stop")
    assert running(state()) == here


def test_a_page_of_another_name_cannot_end_it(hosts):
    here = hosts.serve()
    for header in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        request = urllib.request.Request(f"{here.client.base}/host/stop", b"{}", method="POST")
        request.add_header("Authorization", f"Bearer {here.client.token}")
        for name, value in header.items():
            request.add_header(name, value)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)
    assert running(state()) == here


def test_a_second_one_says_who_runs_and_ends(hosts):
    here = hosts.serve()
    status, err = refused(hosts)
    assert status == 1
    said = f"you have a host already: {here.client.base}, process {here.pid}; `escalation host stop` ends it"
    assert err == f"escalation: {said}\n"
    assert running(state()) == here


def test_a_port_that_is_taken(hosts):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, err = refused(hosts, "--port", str(port))
    assert status == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in err
    assert "choose another with --port" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--port", "x"), "a port is a number"),
        (("--port", "65536"), "a port is a number"),
        (("--idle-exit", "-1"), "seconds are a number"),
        (("--idle-exit", "nan"), "seconds are a number"),
        (("--root", "nowhere"), "--root nowhere: there is no such folder"),
        (("--host", "no.such.name.invalid"), "no.such.name.invalid is no address of this machine"),
        (("--host", "203.0.113.7"), "cannot listen on 203.0.113.7"),
        (("--database", "mysql://x"), "database"),
    ],
)
def test_what_cannot_be_is_one_line(hosts, arguments, said):
    status, err = refused(hosts, *arguments, env={"ESCALATION_TOKEN": TOKEN})
    assert status == 2
    assert err.startswith("escalation: ")
    assert said in err
    assert err.count("\n") == 1
    assert not held(state())


# ---- other addresses


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_another_address_needs_a_token_of_the_users_own(hosts, host):
    status, err = refused(hosts, "--host", host)
    assert status == 2
    assert err.startswith(f"escalation: {host} lets others in, so you must say by which token: set ESCALATION_TOKEN")
    assert not held(state())


def test_another_address_says_what_it_means_and_reads_no_folder_that_is_not_given(hosts, tmp_path):
    here = hosts.serve("--host", "0.0.0.0", env={"ESCALATION_TOKEN": TOKEN})
    assert here.client.base.startswith("http://127.0.0.1:")  # where a client on this machine reaches it
    body = {"task_description": "Rename it", "workspace_root": str(tmp_path), "files_to_modify": ["a.py"]}
    (tmp_path / "a.py").write_text("x = 1\n")
    answer = here.client.request("POST", f"{PREFIX}/analyze", body)
    assert answer.status == 422
    hosts.last.terminate()
    _, err = hosts.last.communicate()
    said = next(line for line in err.splitlines() if line.startswith("escalation: "))
    assert "whoever reaches it and has ESCALATION_TOKEN can read the history" in said
    assert "no folder (--root names some)" in said
    assert "put a proxy with TLS in front" in said


def test_folders_that_are_given_are_read_and_no_others(hosts, tmp_path):
    for name in ("given", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("x = 1\n")
    here = hosts.serve("--root", str(tmp_path / "given"))
    statuses = {}
    for name in ("given", "other"):
        body = {"task_description": "Rename it", "workspace_root": str(tmp_path / name), "files_to_modify": ["a.py"]}
        statuses[name] = here.client.request("POST", f"{PREFIX}/analyze", body).status
    assert statuses == {"given": 200, "other": 422}


@pytest.mark.postgresql
def test_several_hosts_share_a_database_whose_password_nobody_sees(hosts, tmp_path, postgresql_url):
    clients = []
    for name in ("one", "two"):
        env = {"ESCALATION_HOME": str(tmp_path / name), "ESCALATION_DATABASE": postgresql_url}
        clients.append(answering(hosts.spawn(env={**env, "ESCALATION_TOKEN": TOKEN}), tmp_path / name).client)
    one, two = clients
    workflow = one.request("POST", f"{PREFIX}/submit", {**A_RUN, "execute": False}).body["workflow_id"]
    assert two.request("GET", f"{PREFIX}/status/{workflow}").body["state"] == "completed"
    password = urlsplit(postgresql_url).password
    for process, name in zip(hosts.started, ("one", "two"), strict=True):
        process.terminate()
        assert password not in "".join(process.communicate(timeout=60))
        assert password not in (tmp_path / name / LOG).read_text()


# ---- ending


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(hosts, number):
    hosts.serve()
    hosts.last.send_signal(number)
    _, err = hosts.last.communicate(timeout=60)
    assert hosts.last.returncode == 0
    assert "Traceback" not in err
    assert not (state() / port_file.NAME).exists()
    assert not held(state())


@pytest.mark.parametrize(
    ("number", "seconds"), [(signal.SIGTERM, 0.0), (signal.SIGINT, 0.2), (signal.SIGTERM, 0.5), (signal.SIGINT, 0.8)]
)
def test_it_ends_when_it_is_told_to_while_it_begins(hosts, number, seconds):
    hosts.spawn()
    until(lambda: held(state()))
    time.sleep(seconds)
    hosts.last.send_signal(number)
    _, err = hosts.last.communicate(timeout=60)
    assert hosts.last.returncode == 0
    assert "Traceback" not in err
    assert not held(state())


def test_who_follows_a_stream_is_let_go(hosts):
    with scripted([hang()]) as models:
        here = hosts.serve(env=asking(models))
        workflow = here.client.request("POST", f"{PREFIX}/submit", A_RUN).body["workflow_id"]
        events = here.client.events(workflow)
        until(lambda: next(events)[2].get("state") == "executing")
        hosts.last.terminate()
        list(events)  # ends, and is not torn: that would be a HostError
        assert hosts.last.wait(60) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_is_under_way_goes_on_at_the_next_start(hosts, how):
    with scripted([hang(), *[text("Hello is said politely already.")] * 9]) as models:
        here = hosts.serve(env=asking(models))
        workflow = here.client.request("POST", f"{PREFIX}/submit", A_RUN).body["workflow_id"]
        until(lambda: models.calls)
        assert running(state()).busy
        hosts.last.send_signal(how)
        hosts.last.wait(60)
        again = hosts.serve(env=asking(models)).client
        states = [body.get("state") for _, type, body in again.events(workflow) if type == "state"]
    assert states[-1] == "completed"


# ---- the log


def test_the_log_holds_no_token_no_key_no_query_and_no_text(hosts):
    key = "sk-ant-canary-key-0123456789abcdefghijkl"
    here = hosts.serve(env={"ESCALATION_TOKEN": TOKEN, "ANTHROPIC_API_KEY": key})
    source = {"a.py": "def canary_of_the_source(): ...\n"}
    body = {"task_description": "canary of the task", "file_contents": source, "files_to_modify": ["a.py"]}
    assert here.client.request("POST", f"{PREFIX}/submit", body).status < 300
    here.client.request("GET", f"{PREFIX}/workflows?repository=canary-of-the-query")
    urllib.request.urlopen(f"{here.client.base}/?token={TOKEN}")
    for wrong in ({"task_description": 7, "canary_of_a_field": 1}, ["canary of a list"]):
        here.client.request("POST", f"{PREFIX}/submit", wrong)
    hosts.last.terminate()
    out, err = hosts.last.communicate(timeout=60)
    log = (state() / LOG).read_text()
    assert f'"POST {PREFIX}/submit HTTP/1.1"' in log
    assert f'"GET {PREFIX}/workflows HTTP/1.1" 200' in log
    for canary in ("canary", TOKEN, key):
        assert canary not in log + out + err


def test_the_log_has_times_and_levels(hosts):
    hosts.serve()
    for line in last_lines(state(), 100):
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|WARNING|ERROR) [\w.]+: ", line)


# ---- on a terminal


def test_a_person_is_shown_the_link_that_opens_the_dashboard(hosts):
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "escalation", "serve"], stdout=theirs, stderr=theirs, stdin=theirs, text=True
    )
    os.close(theirs)
    hosts.started.append(process)
    said = ""
    while "\n" not in said:
        said += os.read(mine, 1000).decode()
    told = port_file.read(state())
    link = f"{told.base}/?token={told.token}"
    assert said.strip() == f"escalation: the host answers; its dashboard is {link}"
    page = urllib.request.urlopen(link)  # follows to /, with the cookie gone astray, as a page is nobody's data
    assert page.status == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    os.close(mine)


def test_the_settings_of_the_host_are_the_users_own(hosts):
    (state() / "escalation.toml").write_text("[host]\nmax_concurrent = 'many'\n")
    hosts.serve()
    hosts.last.terminate()
    _, err = hosts.last.communicate(timeout=60)
    assert "`host.max_concurrent` is not used" in err


def test_it_tells_its_version_in_its_schema(hosts):
    here = hosts.serve()
    schema = here.client.request("GET", f"{PREFIX}/openapi.json").body
    assert schema["info"]["version"] == __version__
    assert [path for path in schema["paths"] if path.startswith("/host")] == []
    assert json.dumps(schema)
