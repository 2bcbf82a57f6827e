"""Calls that fail: which are made again, how often, and that no cut answer is ever taken for one."""

from __future__ import annotations

import pytest

from escalation.flow.events import Retry, TextDelta
from escalation.scripted import script as said
from escalation.scripted.script import text
from escalation.settings.schema import FlowSettings
from tests.flow.running import L3, run

PASSING = {
    "429": said.rate_limited(),
    "429 with a time to wait": said.rate_limited(0.02),
    "529": said.overloaded(),
    "500": said.server_error(),
    "502 in HTML": said.bad_gateway(),
    "503": said.unavailable(),
    "dropped before the answer": said.drop(),
    "cut in mid-stream": said.cut(),
    "reset in mid-stream": said.cut(reset=True),
    "overloaded in mid-stream, status 200": said.overloaded_in_stream(),
    "an end without message_stop": said.endless(),
    "an event that is no JSON": said.malformed(),
}
SLOW = {"hanging": said.hang(), "stalled in mid-stream": said.stall()}
LASTING = {
    "400": said.bad_request(),
    "too long a request": said.too_long(),
    "401": said.unauthorized(),
    "402": said.no_credit(),
    "403": said.forbidden(),
    "404": said.unknown_model(L3),
    "413": said.too_large(),
}
ANSWER = "All of the answer."


@pytest.mark.parametrize("name", PASSING)
async def test_a_failure_in_passing_is_tried_again(name):
    ran = await run([PASSING[name], text(ANSWER)])
    assert ran.models == [L3, L3]
    assert (ran.end.outcome, ran.end.text) == ("success", (ANSWER,))
    assert [retry.attempt for retry in ran.of(Retry)] == [1]


@pytest.mark.parametrize("name", SLOW)
async def test_a_connection_that_stands_still_is_one_too(name):
    ran = await run([SLOW[name], text(ANSWER)], stall=0.2)
    assert ran.models == [L3, L3]
    assert ran.end.text == (ANSWER,)


@pytest.mark.parametrize("name", PASSING)
async def test_it_is_tried_as_often_as_the_settings_say(name):
    ran = await run(lambda _: PASSING[name], settings=FlowSettings(retries=2), fallback=L3)
    assert ran.models == [L3] * 3
    assert (ran.end.outcome, ran.end.text) == ("failed", ())
    assert ran.end.reason
    assert len(ran.of(Retry)) == 2


@pytest.mark.parametrize("name", LASTING)
async def test_a_lasting_failure_is_not(name):
    ran = await run([LASTING[name]])
    assert ran.models == [L3]
    assert (ran.end.outcome, ran.of(Retry)) == ("failed", [])
    assert ran.end.reason


async def test_what_a_failed_call_had_said_is_void():
    ran = await run([said.cut(text("One two three four.", pieces=4), after=2), text(ANSWER)])
    [retry] = ran.of(Retry)
    before = ran.events.index(retry)
    heard = "".join(event.text for event in ran.events[:before] if isinstance(event, TextDelta))
    assert retry.discarded == len(heard) > 0
    assert ran.end.text == (ANSWER,)


async def test_a_time_to_wait_beyond_the_time_that_is_left_is_not_waited():
    ran = await run([said.rate_limited(90)], settings=FlowSettings(timeout=5), fallback=L3)
    assert ran.models == [L3]
    assert ran.end.outcome == "failed"


async def test_all_the_tries_together_stay_within_the_time():
    ran = await run(lambda _: said.hang(), settings=FlowSettings(timeout=0.5, retries=100), stall=0.1)
    assert ran.end.outcome == "timeout"
    assert all(request.closed_at is not None for request in ran.requests)


async def test_pauses_grow():
    ran = await run(lambda _: said.overloaded(), settings=FlowSettings(retries=4), fallback=L3, first_backoff=0.2)
    pauses = [retry.seconds for retry in ran.of(Retry)]
    assert len(pauses) == 4
    assert all(0.5 * 0.2 * 2**n - 0.05 <= pause <= 0.2 * 2**n + 0.05 for n, pause in enumerate(pauses))


async def test_what_a_failed_call_had_counted_is_paid_for():
    ran = await run(
        [said.cut(text("One two.", usage=said.Usage(1000, 50)), after=1), text(ANSWER, usage=said.Usage(1000, 50))]
    )
    assert ran.end.usage.input_tokens == 2000
    assert sum(ran.day.sums.values()) == pytest.approx(ran.end.cost)
