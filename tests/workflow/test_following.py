"""Those who follow a workflow hear everything in its order, wherever they begin."""

from __future__ import annotations

import asyncio

import pytest

from escalation.store.records import Told
from escalation.workflow.following import Channel, Progress, place


def told(number: int, type: str = "tool_call", **body) -> Told:
    return Told("w", number, 0, type, body)


def ids(queue: asyncio.Queue) -> list[str | None]:
    found = []
    while not queue.empty():
        progress = queue.get_nowait()
        found.append(progress and progress.id)
    return found


async def test_pieces_count_from_the_last_event():
    channel = Channel(number=4)
    with channel.listening() as queue:
        channel.say("text.delta", {"text": "a"})
        channel.say("text.delta", {"text": "b"})
        channel.tell(told(5))
        channel.say("text.delta", {"text": "c"})
        channel.close()
    assert ids(queue) == ["4.1", "4.2", "5", "5.1", None]


async def test_who_comes_late_hears_the_pieces_that_no_event_has_followed_yet():
    channel = Channel(number=4)
    channel.say("text.delta", {"text": "a"})
    channel.tell(told(5))
    channel.say("text.delta", {"text": "b"})
    with channel.listening() as queue:
        assert ids(queue) == ["5.1"]


async def test_who_has_left_hears_nothing():
    channel = Channel()
    with channel.listening() as queue:
        pass
    channel.tell(told(1))
    assert ids(queue) == []


def test_the_order_of_ids():
    assert place("") == (0, 0)
    assert place("7") < place("7.3") < place("7.10") < place("8")
    for wrong in ("x", "7.x", "-1", "7.-1", "1.2.3"):
        with pytest.raises(ValueError):
            place(wrong)


@pytest.mark.parametrize(("state", "last"), [("completed", True), ("cancelled", True), ("executing", False)])
def test_the_state_that_finishes_is_the_last(state, last):
    assert Progress("9", "state", {"state": state}).last is last
    assert not Progress("9", "stream.end", {"state": state}).last
