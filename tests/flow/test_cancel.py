"""Cancelling, at any event: no further request starts, and the open one is closed. By the server's own log."""

from __future__ import annotations

import asyncio
import time

import pytest

from escalation.flow.engine import Job
from escalation.flow.events import StreamEnd
from escalation.flow.process import process_message
from escalation.scripted.script import text
from tests.flow.running import APP, L3, L4, create, engine_for, snapshot, texts, until

CLOSED_WITHIN = 0.7  # seconds
SLOW = {"pieces": 6, "pause": 0.02}
SCRIPT = {
    L3: [text("It needs structural work.", **SLOW), text("Finished.", **SLOW)],
    L4: [create("limits.py", "class Limit:\n    pass\n", "I build it.", **SLOW), text("Built.", **SLOW)],
}
EVENTS = 40  # more than the run has


def job() -> Job:
    return Job("Make greet polite.", snapshot({"app.py": APP}))


async def settled(server) -> None:
    """Until every request is closed, and time for another one to begin has passed."""
    before = len(server.requests)
    start = time.monotonic()
    await until(lambda: all(request.closed_at is not None for request in server.requests))
    assert all(request.closed_at - start < CLOSED_WITHIN for request in server.requests)
    await asyncio.sleep(0.1)
    assert len(server.requests) == before


@pytest.mark.parametrize("number", range(EVENTS))
async def test_closing_the_generator(number):
    async with engine_for(SCRIPT) as (engine, server):
        events = process_message(job(), engine)
        seen = 0
        async for _ in events:
            seen += 1
            if seen > number:
                break
        await events.aclose()
        await settled(server)


@pytest.mark.parametrize("number", range(0, EVENTS, 3))
async def test_setting_the_event(number):
    """The run ends with an event of its own, which says what it cost."""
    async with engine_for(SCRIPT) as (engine, server):
        cancelled = asyncio.Event()
        seen = []
        async for event in process_message(job(), engine, cancelled):
            seen.append(event)
            if len(seen) > number:
                cancelled.set()
        await settled(server)
        assert isinstance(seen[-1], StreamEnd)
        assert [isinstance(event, StreamEnd) for event in seen].count(True) == 1
        if seen[-1].outcome == "cancelled":
            assert seen[-1].reason == "it was cancelled"
            assert seen[-1].cost > 0 or not server.requests
            assert sum(engine.ledger.sums.values()) == pytest.approx(seen[-1].cost)
        else:  # it had come to its end
            assert seen[-1].outcome == "success"


async def test_cancelling_the_task_that_listens():
    async with engine_for({L3: [text("Slow.", pieces=50, pause=0.05)]}) as (engine, server):

        async def listen() -> None:
            async for _ in process_message(job(), engine):
                pass

        task = asyncio.create_task(listen())
        await until(lambda: bool(server.requests))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settled(server)
        assert server.requests[0].closed_by == "client"


async def test_while_it_waits_to_try_again():
    from escalation.scripted.script import rate_limited

    async with engine_for({L3: [rate_limited(60), text("Never said.")]}) as (engine, server):
        cancelled = asyncio.Event()
        async for event in process_message(job(), engine, cancelled):
            if event.type == "meta.retry":
                cancelled.set()
            last = event
        assert last.outcome == "cancelled"
        await settled(server)


async def test_the_check_is_cancelled_too():
    stopped = asyncio.Event()

    async def check(_):
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    async with engine_for({L3: [create("notes.md", "Notes.\n"), text("Done.")]}, check=check) as (engine, server):
        cancelled = asyncio.Event()
        async for event in process_message(job(), engine, cancelled):
            if event.type == "meta.verification":
                cancelled.set()
            last = event
        assert stopped.is_set()
        assert last.outcome == "cancelled"
        await settled(server)


async def test_what_was_done_before_stays_with_the_end():
    slow_finish = {**SCRIPT, L3: [SCRIPT[L3][0], text("Finished.", pieces=50, pause=0.05)]}
    async with engine_for(slow_finish) as (engine, _):
        cancelled = asyncio.Event()
        async for event in process_message(job(), engine, cancelled):
            if event.type == "tier.start" and event.number == 3:
                cancelled.set()
            last = event
        assert last.outcome == "cancelled"
        assert set(texts(last.result.snapshot)) == {"app.py", "limits.py"}
