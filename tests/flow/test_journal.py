"""A run that is resumed does everything once more, and pays for nothing twice."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from escalation.flow.engine import Job
from escalation.flow.events import Escalation, Redaction, Retry, StreamEnd, TextDelta, TierEnd, record
from escalation.flow.journal import Recorded
from escalation.flow.messages import Request
from escalation.flow.process import process_message
from escalation.scripted.script import overloaded, text
from escalation.settings.schema import FlowSettings
from tests.flow.running import APP, Day, Ran, engine_for, requested, snapshot, until, update

POLITE = "def greet(name):\n    return 'Dear ' + name\n"
TWO_PASS = requested("two-pass")
SEED = b"sixteen bytes..."
SECRET = "ghp_" + "n0tAr3alT0ken" * 3


@dataclass
class Memory:
    """A journal that outlives its run. `life` begins the next one."""

    kept: list[tuple[str, Recorded]] = field(default_factory=list)
    left: list[tuple[str, Recorded]] = field(default_factory=list)

    def life(self) -> Memory:
        self.left = list(self.kept)
        return self

    async def recall(self, request: Request) -> Recorded | None:
        found = next((one for one in self.left if one[0] == name(request)), None)
        if found is not None:
            self.left.remove(found)
        return found and found[1]

    async def record(self, request: Request, make: Callable[[], Awaitable[Recorded]]) -> Recorded:
        recorded = await make()
        self.kept.append((name(request), recorded))
        return recorded


def name(request: Request) -> str:
    return json.dumps(msgspec.to_builtins(request), sort_keys=True)


async def live(
    script: Any,
    memory: Memory,
    day: Day,
    files: dict[str, str] | None = None,
    *,
    until_: int | None = None,
    job: Callable[[Job], Job] = TWO_PASS,
    **fields: Any,
) -> Ran:
    """One life of a run; `until_`: it ends hard after so many events."""
    async with engine_for(script, journal=memory.life(), ledger=day, **fields) as (engine, server):
        asked = job(Job("Make greet polite.", snapshot(files or {"app.py": APP}), seed=SEED))
        events = []
        happening = process_message(asked, engine)
        async for event in happening:
            events.append(event)
            if len(events) == until_:
                break
        await happening.aclose()
        await until(lambda: all(request.closed_at is not None for request in server.requests))
        return Ran(events, list(server.requests), day)


def work() -> list[Any]:
    return [text("A look."), update("app.py::greet", POLITE, "There."), text("Done."), text("Fine.")]


PRICED = ("usage", "cost", "spent")
"""What a server counts otherwise that has not seen the prompts before."""


def told(ran: Ran, *without: str) -> list[dict[str, Any]]:
    """What was told but for the text, which may come in other pieces, and the times."""
    plain = [record(event) for event in ran.events if not isinstance(event, TextDelta)]
    left_out = {"ttfc_ms", "ttc_ms", "seconds", *without}
    return [{name: value for name, value in each.items() if name not in left_out} for each in plain]


async def test_a_run_that_was_done_is_done_again_without_a_request():
    memory, day = Memory(), Day()
    first = await live(work(), memory, day)
    spent = sum(day.sums.values())
    again = await live([], memory, day)
    assert len(first.requests) == 4
    assert again.requests == []
    assert told(again) == told(first)
    assert (again.end.usage, again.end.cost, again.end.diff) == (first.end.usage, first.end.cost, first.end.diff)
    assert {path: one.text for path, one in again.end.result.snapshot.items()}["app.py"].startswith(POLITE)
    assert sum(day.sums.values()) == spent


async def test_its_times_are_those_that_it_took_at_first():
    memory, day = Memory(), Day()
    script = [replace(reply, wait=0.1) for reply in work()]
    first, again = await live(script, memory, day), await live([], memory, day)
    for before, now in zip(first.of(TierEnd), again.of(TierEnd), strict=True):
        assert now.ttfc_ms == pytest.approx(before.ttfc_ms, rel=0.5)
        assert now.ttc_ms == pytest.approx(before.ttc_ms, rel=0.5)
    assert again.end.ttfc_ms >= 100
    assert again.end.ttc_ms >= 400


async def test_the_text_is_told_again():
    memory, day = Memory(), Day()
    first, again = await live(work(), memory, day), await live([], memory, day)

    def said(ran: Ran) -> str:
        return "".join(event.text for event in ran.of(TextDelta))

    assert said(again) == said(first)


@pytest.mark.parametrize("ended", range(1, 12))
async def test_wherever_it_ended_it_goes_on_there(ended):
    memory, day = Memory(), Day()
    whole = await live(work(), Memory(), Day())
    first = await live(work(), memory, day, until_=ended)
    known = len(memory.kept)
    again = await live(work()[known:], memory, day)
    assert len(first.requests) - known in (0, 1)  # the one that was under way
    assert len(again.requests) == 4 - known
    assert told(again, *PRICED) == told(whole, *PRICED)


async def test_a_failure_in_passing_is_remembered_and_not_waited_for_again():
    memory, day = Memory(), Day()
    script = [overloaded(), *work()]
    first = await live(script, memory, day)
    again = await live([], memory, day, first_backoff=3_600.0)
    assert again.requests == []
    assert len(again.of(Retry)) == len(first.of(Retry)) == 1
    assert again.of(TierEnd)[0].requests == 2


async def test_in_another_world_the_requests_are_made():
    memory, day = Memory(), Day()
    await live(work(), memory, day)
    again = await live(work(), memory, day, files={"app.py": APP + "\n\ndef more():\n    pass\n"})
    assert len(again.requests) == 4
    assert again.end.outcome == "success"


async def test_with_its_seed_a_run_asks_the_same_of_texts_with_secrets():
    memory, day = Memory(), Day()
    files = {"app.py": f'TOKEN = "{SECRET}"\n\n\n{APP}'}
    first, again = await live(work(), memory, day, files), await live([], memory, day, files)
    assert again.requests == []
    assert first.of(Redaction) == again.of(Redaction) != []
    assert SECRET in again.end.result.snapshot["app.py"].text
    assert SECRET not in json.dumps([name for name, _ in memory.kept])


async def test_what_was_paid_before_counts_against_the_budget_of_the_run():
    memory, day = Memory(), Day()
    first = await live(work(), memory, day)
    memory.kept.pop()
    tight = FlowSettings(budget=first.end.cost / 2)
    again = await live([], memory, day, settings=tight)
    assert again.requests == []
    assert again.end.outcome == "partial_success"
    assert "of the run's" in again.end.reason


async def test_the_time_that_it_took_before_counts_too():
    memory, day = Memory(), Day()
    script = work()
    script[1] = replace(script[1], wait=1.2)
    await live(script, memory, day)
    memory.kept.pop()
    again = await live([text("Fine.", wait=1.0)], memory, day, settings=FlowSettings(timeout=1.5))
    assert again.end.outcome == "timeout"


async def test_the_signal_of_the_draft_is_found_again():
    memory, day = Memory(), Day()
    script = [text("This needs a new section."), *work()[1:]]
    first = await live(script, memory, day, job=lambda job: job)
    again = await live([], memory, day, job=lambda job: job)
    assert again.of(Escalation) == first.of(Escalation) != []
    assert isinstance(again.end, StreamEnd)
