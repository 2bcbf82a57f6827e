"""Several hosts on one database: who works on what, and what becomes of it when one is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from escalation.scripted.script import Silence
from escalation.scripted.server import running
from escalation.store.opening import open_store
from escalation.store.store import Store
from escalation.workflow.slots import NoSlot, SharedSlots
from tests.postgresql import MISSING, discard, new_server, programs
from tests.workflow.hosting import Asked, hosts, submission, three_tiers, until, workflow
from tests.workflow.serving import heard, serving, task

pytestmark = pytest.mark.postgresql
NAMES = [f"run-{number}" for number in range(8)]


@pytest.fixture
def start() -> Iterator[Any]:
    with hosts() as start:
        yield start


@pytest.fixture
def store(postgresql_url) -> Iterator[Store]:
    found = open_store(postgresql_url)
    yield found
    found.close()


def test_the_runs_of_a_dead_host_are_taken_over(start, store, postgresql_url, tmp_path):
    with running(three_tiers(0.1)) as server:
        other = start(tmp_path / "other", server, database=postgresql_url, stay=True)
        other.read("ready")
        one = start(
            tmp_path / "one", server, database=postgresql_url, stay=True, submissions=list(map(submission, NAMES))
        )
        one.read("submitted")
        until(lambda: len(server.calls) >= 10)
        assert {found.host for found in store.workflows().workflows} == {one.lines[0]["ready"]}
        one.kill()
        until(lambda: all(found.finished for found in store.workflows().workflows))
        found = store.workflows().workflows
        assert {each.completion.outcome for each in found if each.completion} == {"success"}
        assert {each.host for each in found} <= {"host-1", "host-2"}
        asked = Asked.of(server, NAMES)
        assert sum(sum(asked.repeated(name).values()) for name in NAMES) <= 5
        assert all(len(asked.distinct(name)) == 6 for name in NAMES)


def test_a_run_is_cancelled_from_another_host(start, store, postgresql_url, tmp_path):
    with running(lambda _: Silence("hang")) as server:
        working = start(tmp_path / "one", server, database=postgresql_url, stay=True, submissions=[submission("run-0")])
        working.read("submitted")
        until(lambda: server.calls)
        store.request_cancel(workflow("run-0"))  # as another host's `cancel` does
        until(lambda: (found := store.workflow(workflow("run-0"))) is not None and found.state == "cancelled")
        until(lambda: not server.open)


async def test_a_run_of_another_host_is_followed(start, postgresql_url, tmp_path):
    with running(three_tiers(0.05)) as server:
        other = start(tmp_path / "other", server, database=postgresql_url, stay=True, submissions=[submission("run-0")])
        other.read("submitted")
        async with serving(tmp_path / "own", database=postgresql_url) as (service, _):
            events = await heard(service, workflow("run-0"))
            assert events[-1].body["state"] == "completed"
            assert [event.id for event in events] == [str(number) for number in range(1, len(events) + 1)]
            assert (await service.submit(task(request_id="run-0"))).state == "completed"
            result = await service.result(workflow("run-0"))
            assert result is not None
            assert result.complete


async def test_each_host_has_a_slot_of_its_own_until_it_is_gone(postgresql_url):
    one, other = SharedSlots(postgresql_url), SharedSlots(postgresql_url)
    await one.open()
    await other.open()
    assert (one.own, other.own) == ("host-1", "host-2")
    assert not await other.take(one.own)
    assert not await other.take(other.own)
    await one.close()
    assert await other.take("host-1")
    assert not await other.take(other.own)
    await other.free("host-1")
    await one.open()
    assert one.own == "host-1"
    await one.close()
    await other.close()


async def test_a_host_keeps_its_slot_when_the_database_is_started_anew(postgresql_url, postgresql_server):
    one, other = SharedSlots(postgresql_url), SharedSlots(postgresql_url)
    await one.open()
    postgresql_server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'escalation host'"
    )
    await one.keep()
    await other.open()
    assert other.own == "host-2"
    await one.close()
    await other.close()


def test_a_database_that_is_away_for_a_while_is_waited_for(start, tmp_path):
    if programs() is None:
        pytest.skip(MISSING)
    own = new_server()
    try:
        with own.database() as url, running(three_tiers(0.3)) as server:
            host = start(tmp_path, server, database=url, submissions=list(map(submission, NAMES[:3])))
            host.read("submitted")
            until(lambda: len(server.calls) >= 4)
            own.stop("immediate")
            time.sleep(3.0)
            own.start()
            outcomes = host.read("outcomes")["outcomes"]
            assert {one["outcome"] for one in outcomes.values()} == {"success"}
            asked = Asked.of(server, NAMES[:3])
            assert all(asked.repeated(name) == {} for name in NAMES[:3])
            assert "Traceback" not in host.log.read_text()
    finally:
        discard(own)


async def test_a_database_that_does_not_answer_is_named():
    with pytest.raises(NoSlot, match="cannot be used"):
        await SharedSlots("postgresql+psycopg://nobody@127.0.0.1:1/none").open()
