"""What is kept of a run: its states, its passes, its events and what came of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from escalation.analysis.change import Change, FileChange, Task
from escalation.decision.assess import assess
from escalation.flow.events import Event, Fallback, Retry, TextDelta, TierStart
from escalation.scripted.script import overloaded, refused, text
from escalation.settings.schema import FlowSettings, Settings
from escalation.store.records import FINISHED, Attempt, Completion, Told
from escalation.workflow.recorder import Course, Entry, decided, heard, stated
from tests.flow.running import APP, FALLBACK, L3, L4, Ran, create, document, requested, run, update

POLITE = "def greet(name):\n    return 'Good day, ' + name\n"
LIMITS = "class Limit:\n    pass\n"
DRAFT = [update("app.py::greet", POLITE), text("Done.")]


def told(events: list[Event], course: Course | None = None) -> tuple[Course, list[Entry]]:
    """The events at the times 1, 2, 3 …"""
    course, entries = course or Course("w"), []
    for at, event in enumerate(events, 1):
        course, entry = heard(course, event, at)
        entries.append(entry)
    return course, entries


def rows(entries: list[Entry]) -> list[Told]:
    return [row for entry in entries for row in entry.told]


def states(ran: Ran) -> list[str]:
    return [row.body["state"] for row in rows(told(ran.events)[1]) if row.type == "state"]


def attempts(ran: Ran) -> list[Attempt]:
    return [entry.attempt for entry in told(ran.events)[1] if entry.attempt is not None]


def completion(ran: Ran) -> Completion:
    found = [entry.completion for entry in told(ran.events)[1] if entry.completion is not None]
    assert len(found) == 1
    return found[0]


# ---- states


async def test_the_states_of_a_run_of_one_pass():
    assert states(await run(DRAFT)) == ["executing", "validating", "completed"]


async def test_the_states_of_two_passes_with_a_switch():
    ran = await run({L3: [create("limits.py", LIMITS), text("Done."), text("Fine.")], L4: DRAFT})
    assert ran.end.tier == "L3->L4->L3"
    assert states(ran) == [
        "executing", "escalating", "executing", "validating", "executing", "validating", "completed"
    ]  # fmt: skip


async def test_a_route_that_begins_with_the_strong_model_escalates_first():
    ran = await run(DRAFT, job=requested("L4"))
    assert states(ran) == ["escalating", "executing", "validating", "completed"]


async def test_a_call_that_is_made_again_is_retrying_until_the_model_has_answered():
    ran = await run([overloaded(), *DRAFT])
    assert ran.of(Retry)
    assert states(ran) == ["executing", "retrying", "executing", "validating", "completed"]


async def test_the_fallback_model_is_a_retry():
    ran = await run({L3: [refused()], FALLBACK: DRAFT})
    assert ran.of(Fallback)
    assert states(ran) == ["executing", "retrying", "executing", "validating", "completed"]


@pytest.mark.parametrize(("outcome", "script"), [("failed", [overloaded()] * 9), ("timeout", [])])
async def test_what_ends_without_a_result_has_failed(outcome, script):
    settings = FlowSettings(timeout=0.2 if outcome == "timeout" else 60, retries=1)
    ran = await run(script or [replace(text("Late."), pause=5.0, pieces=4)], settings=settings)
    assert (ran.end.outcome, states(ran)[-1]) == (outcome, "failed")


async def test_each_transition_says_why():
    ran = await run([overloaded(), *DRAFT])
    reasons = [row.body["reason"] for row in rows(told(ran.events)[1]) if row.type == "state"]
    assert reasons[0] == f"pass 1: L3, {L3}"
    assert all(reasons[:-1])


# ---- events


async def test_events_are_numbered_as_they_are_told_and_text_is_not_kept():
    ran = await run({L3: [create("limits.py", LIMITS, "A module."), text("Done."), text("Fine.")], L4: DRAFT})
    course, entries = told(ran.events, Course("w", 4))
    assert [row.number for row in rows(entries)] == list(range(5, course.number + 1))
    assert [row.type for row in rows(entries) if row.type != "state"] == [
        event.type for event in ran.events if not isinstance(event, TextDelta)
    ]
    assert rows(entries)[-1].body["state"] in FINISHED


async def test_the_numbers_do_not_depend_on_the_pieces_of_a_text():
    ran = await run([overloaded(), replace(text("One two three."), pieces=3)])
    joined = [event for event in ran.events if not isinstance(event, TextDelta)]
    assert rows(told(ran.events)[1]) != []
    assert [(row.number, row.type) for row in rows(told(joined)[1])] == [
        (row.number, row.type) for row in rows(told(ran.events)[1])
    ]


async def test_what_is_kept_is_json():
    ran = await run(DRAFT)
    bodies = [row.body for row in rows(told(ran.events)[1])]
    assert json.loads(json.dumps(bodies)) == bodies
    assert not any("type" in body for body in bodies)


def test_a_transition_of_its_own():
    course, entry = stated(Course("w", 2), "deciding", "for the test", 7)
    assert (course.number, course.state) == (3, "deciding")
    assert entry.told == (Told("w", 3, 7, "state", {"state": "deciding", "reason": "for the test"}),)


# ---- passes


async def test_a_pass_is_under_way_and_then_done():
    begun, done = attempts(ran := await run(DRAFT))
    assert (begun.number, begun.tier, begun.model, begun.endpoint) == (1, "L3", L3, "anthropic")
    assert (begun.finished, done.started) == (None, begun.started)
    assert done.finished is not None
    assert done.finished > begun.started
    assert done.requests == 2
    assert (done.cost, done.output_tokens) == (ran.end.cost, ran.end.usage.output_tokens)


async def test_a_pass_of_the_fallback_is_one_of_its_own():
    ran = await run({L3: [refused()], FALLBACK: DRAFT})
    assert [(one.number, one.model, one.finished is not None) for one in attempts(ran)] == [
        (1, L3, False), (1, FALLBACK, False), (1, FALLBACK, True)
    ]  # fmt: skip


async def test_as_many_passes_are_kept_as_began():
    ran = await run({L3: [create("limits.py", LIMITS), text("Done."), text("Fine.")], L4: DRAFT})
    assert len([one for one in attempts(ran) if one.finished is None]) == len(ran.of(TierStart)) == 3


# ---- what came of it


async def test_the_end_of_a_run_is_what_came_of_it():
    ran = await run({L3: [create("limits.py", LIMITS), text("Done."), text("Fine.")], L4: DRAFT})
    end, kept = ran.end, completion(ran)
    assert (kept.outcome, kept.tier, kept.signal, kept.verified) == ("success", "L3->L4->L3", "structure", True)
    assert (kept.cost, kept.input_tokens, kept.cache_read) == (end.cost, end.usage.input_tokens, end.usage.cache_read)
    assert (kept.files, kept.diff, kept.text) == (1, end.diff, "Done.\n\nFine.")


async def test_a_failure_has_its_reason_and_no_verdict():
    kept = completion(await run([overloaded()] * 9, settings=FlowSettings(retries=1)))
    assert (kept.outcome, kept.verified, kept.files, kept.diff) == ("failed", None, 0, "")
    assert kept.message


# ---- the decision


def change() -> Change:
    before, after = "def check(token):\n    return verify(token)\n", "def check(token):\n    return True\n"
    path = "auth/tokens.py"
    file = FileChange(path, document(path, before), document(path, after))
    return Change((file,), Task("Skip the verification of access tokens, the password is hunter22"))


def test_the_decision_has_each_reason_with_what_validation_left_of_it():
    assessment = assess(change())
    kept = decided(assessment, Settings(), lambda text: text)
    assert (kept.should_escalate, kept.confidence) == (assessment.should_escalate, assessment.confidence)
    assert (kept.route, kept.recommended_model) == (assessment.recommended_route, assessment.recommended_model)
    assert kept.default_model == L3
    assert [one.reason for one in kept.reasons] == [trigger.reason for trigger in assessment.triggers] != []
    assert {one.result for one in kept.reasons} <= {one.result for one in assessment.validation.triggers}
    assert kept.assessment["summary"] == assessment.summary
    assert json.loads(json.dumps(kept.assessment)) == kept.assessment


def test_every_word_of_a_decision_passes_the_mask():
    kept = decided(assess(change()), Settings(), lambda text: text.replace("token", "MASKED"))
    assert "token" not in json.dumps(kept.assessment)


async def test_a_recommendation_is_the_signal_where_the_draft_is_left_out():
    assessment = assess(change())
    recommended = replace(assessment, should_escalate=True, recommended_route="L4->L3")
    ran = await run(
        {L4: DRAFT, L3: [text("Fine.")]}, {"app.py": APP}, job=lambda job: replace(job, assessment=recommended)
    )
    assert (completion(ran).tier, completion(ran).signal) == ("L4->L3", "recommended")
