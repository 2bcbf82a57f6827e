"""Two hosts on one database, set up as docs/team.md says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation.host.client import PREFIX
from escalation.host.running import Running, running
from escalation.scripted.script import hang, text
from tests.cli.conftest import CART
from tests.cli.test_run import COUNTED, L3, update
from tests.host.processes import Hosts, kill, until


@pytest.fixture
def shared(postgresql_server, postgresql_url, monkeypatch) -> None:
    """The environment of both hosts: the same token and database, the password beside the URL."""
    monkeypatch.setenv("ESCALATION_TOKEN", "a-token-for-both-of-them")
    monkeypatch.setenv("ESCALATION_DATABASE", postgresql_url.replace(f":{postgresql_server.password}@", "@"))
    monkeypatch.setenv("PGPASSWORD", postgresql_server.password)


@pytest.fixture
def two(shared, tmp_path, serve, hosts) -> Iterator[object]:
    """The scripted server and two hosts that ask it, with a state folder each."""
    with serve([update(words="I change count."), hang(), text("Done.")]) as server:
        yield server, host_in(tmp_path / "one", hosts), host_in(tmp_path / "two", hosts)


def host_in(folder: Path, hosts: Hosts) -> Running:
    hosts.spawn(env={"ESCALATION_HOME": str(folder)})
    found = until(lambda: running(folder))
    assert found is not None
    return found


@pytest.mark.postgresql
def test_they_are_one_service_and_the_second_carries_on_what_the_first_had(two):
    server, first, second = two
    asked = {
        "task_description": "Make count take any iterable.",
        "file_contents": {"cart.py": CART},
        "execute": True,
        "route": "L3",
    }
    id = first.client.request("POST", f"{PREFIX}/submit", asked).body["workflow_id"]
    until(lambda: len(server.calls) == 2)
    seen = second.client.request("GET", f"{PREFIX}/status/{id}").body
    assert (seen["state"], seen["tiers"][0]["model"]) == ("executing", L3)
    kill(first.pid)
    told = [(type, body) for _, type, body in second.client.events(id)]
    assert (told[-1][0], told[-1][1]["state"]) == ("state", "completed")
    assert [type for type, _ in told].count("tier.start") == 1
    assert "host.resumed" in dict(told)
    assert len(server.calls) == 3
    found = second.client.request("GET", f"{PREFIX}/status/{id}?files=true").body
    assert (found["outcome"], found["files"]) == ("success", {"cart.py": COUNTED})
