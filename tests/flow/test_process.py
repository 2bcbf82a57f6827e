"""The two-pass flow, each of its rules: through the real SDK, against a server that speaks the real protocol."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from escalation.flow.events import (
    CheckResult,
    Classification,
    Escalation,
    Fallback,
    Redaction,
    Result,
    StreamEnd,
    TextDelta,
    TierEnd,
    TierStart,
    ToolCalled,
    ToolRefused,
    Verification,
    record,
)
from escalation.flow.messages import Usage
from escalation.flow.spending import cost
from escalation.scripted import script as said
from escalation.scripted.script import text
from escalation.settings.schema import FlowSettings
from tests.flow.running import (
    APP,
    FALLBACK,
    L3,
    L4,
    OPUS,
    SONNET,
    Day,
    call,
    create,
    requested,
    run,
    snapshot,
    texts,
    update,
    voice,
)

POLITE = "def greet(name):\n    return 'Good day, ' + name\n"
POLITE_APP = APP.replace("Hello ", "Good day, ")
LIMITS = "class Limit:\n    pass\n"
DRAFT, STRUCTURE, FINISH = said.Usage(500, 100, 4590), said.Usage(800, 60, 5491), said.Usage(500, 100, 4590)


# ---- L3 alone


async def test_without_a_signal_the_default_model_works_alone():
    ran = await run([update("app.py::greet", POLITE), text("Done.")])
    assert ran.models == [L3, L3]
    assert (ran.end.tier, ran.end.outcome, ran.end.reason) == ("L3", "success", "")
    assert texts(ran.end.result.snapshot) == {"app.py": POLITE_APP}
    assert "+    return 'Good day, ' + name" in ran.end.diff


async def test_an_answer_without_tools_is_one_call():
    ran = await run([text("Nothing is to be done.")])
    assert ran.models == [L3]
    assert (ran.end.outcome, ran.end.text, ran.end.diff) == ("success", ("Nothing is to be done.",), "")


async def test_the_events_come_in_their_order():
    ran = await run([update("app.py::greet", POLITE, "I make it polite."), text("Done.")])
    kinds = [event.type for event in ran.events]
    assert kinds[:2] == ["meta.classification", "tier.start"]
    assert kinds[-3:] == ["tier.end", "meta.verification", "stream.end"]
    first = ran.of(Classification)[0]
    assert (first.route, first.models) == ("L3", {"L3": L3, "L4": L4})
    assert "".join(delta.text for delta in ran.of(TextDelta)) == "I make it polite.Done."
    assert ran.of(ToolCalled) == [ToolCalled("L3", "mutate_entity", "update app.py::greet", ("app.py",))]


# ---- the four signals


SIGNALS = {
    "phrase": [text("This needs a new section.")],
    "phrase in a voice": [voice("It NEEDS STRUCTURAL work."), text("I stop here.")],
    "phrase with edits": [update("app.py::greet", POLITE, "I would escalate this."), text("Done.")],
    "structure": [create("limits.py", LIMITS), text("Done.")],
    "verification": [update("app.py", "def greet(:\n"), text("Done.")],
    "edits": [update("app.py::nobody", POLITE), text("I give up.")],
}


@pytest.mark.parametrize("name", SIGNALS)
async def test_each_signal_goes_from_l3_to_l4_to_l3(name):
    ran = await run({L3: [*SIGNALS[name], text("Finished.")], L4: [create("limits.py", LIMITS), text("Built.")]})
    assert ran.models == [L3] * len(SIGNALS[name]) + [L4, L4, L3]
    assert ran.end.tier == "L3->L4->L3"
    [escalation] = ran.of(Escalation)
    assert (escalation.from_tier, escalation.to_tier, escalation.signal) == ("L3", "L4", name.split()[0])
    assert escalation.reason
    assert texts(ran.end.result.snapshot) == {"app.py": APP, "limits.py": LIMITS}


async def test_a_failing_check_is_a_signal():
    checks = []

    async def check(result: Result) -> CheckResult:
        checks.append(texts(result.snapshot))
        return CheckResult(
            "make test", "passed" if len(checks) > 1 else "failed", 0.1, int(len(checks) == 1), "1 failed"
        )

    script = {
        L3: [update("app.py::greet", "def greet(name):\n    return 1 / 0\n"), text("Done."), text("Finished.")],
        L4: [update("app.py::greet", POLITE), text("Built.")],
    }
    ran = await run(script, check=check)
    assert ran.of(Escalation)[0].signal == "verification"
    assert ran.of(Escalation)[0].reason == "the check `make test` failed with exit code 1"
    assert [found["app.py"] for found in checks[1:]] == [POLITE_APP] * 2
    assert [event.state for event in ran.of(Verification)] == ["running", "failed", *["running", "passed"] * 2]
    assert (ran.end.outcome, ran.end.verdict.passed) == ("success", True)


async def test_an_edit_that_is_mended_is_no_signal():
    ran = await run([update("app.py::gret", POLITE), update("app.py::greet", POLITE), text("Done.")])
    assert ran.models == [L3] * 3
    [refused] = ran.of(ToolRefused)
    assert "greet" in str(refused.nearest)
    assert ran.end.outcome == "success"


async def test_an_edit_that_is_never_mended_ends_the_pass():
    ran = await run({L3: [*[update("app.py::nobody", POLITE)] * 9], L4: [text("Built.")]})
    assert ran.models[:5] == [L3, L3, L3, L3, L4]
    assert ran.of(Escalation)[0].signal == "edits"


async def test_a_phrase_of_the_task_is_no_signal():
    ran = await run([text("The escalation is closed.")], task="Close the privilege escalation.")
    assert ran.models == [L3]


# ---- what each tier gets, and what is kept


async def test_l4_gets_the_original_snapshot_and_l3_what_l4_made():
    script = {
        L3: [
            update("app.py::greet", "def greet(name):\n    return 'DRAFT'\n", "This needs structural work."),
            text("."),
            text("Finished."),
        ],
        L4: [update("app.py::greet", "def greet(name):\n    return 'BUILT'\n"), text("The structure stands.")],
    }
    ran = await run(script)
    l4, finish = ran.sent(2), ran.sent(4)
    assert "DRAFT" not in l4
    assert "'Hello '" in l4
    assert "BUILT" in finish
    assert "The structure stands." in finish
    assert "DRAFT" not in ran.end.diff
    assert "BUILT" in ran.end.result.snapshot["app.py"].text


async def test_the_draft_leaves_no_calls_no_text_and_no_file():
    script = {
        L3: [
            create("draft.py", LIMITS, "A draft."),
            text("."),
            update("app.py::part", "def part(name):\n    pass\n"),
            text("Finished."),
        ],
        L4: [update("app.py::greet", POLITE), text("Built.")],
    }
    ran = await run(script)
    assert [(made.tier, made.input["entity"]) for made in ran.end.tool_calls] == [
        ("L4", "app.py::greet"),
        ("L3", "app.py::part"),
    ]
    assert ran.end.text == ("Built.", "Finished.")
    assert set(ran.end.result.snapshot) == {"app.py"}


async def test_usage_is_the_sum_of_all_passes():
    script = {
        L3: [text("It needs structural work.", usage=DRAFT), text("Finished.", usage=FINISH)],
        L4: [text("Built.", usage=STRUCTURE)],
    }
    ran = await run(script)
    assert ran.end.usage == Usage(input_tokens=1800, output_tokens=260, cache_read=14671)
    assert ran.end.cost == pytest.approx(2 * cost(Usage(500, 100, 4590), SONNET) + cost(Usage(800, 60, 5491), OPUS))
    assert sum(ran.day.sums.values()) == pytest.approx(ran.end.cost)


async def test_time_to_first_content_is_l4s_and_the_whole_is_the_sum():
    script = {
        L3: [text("It needs structural work."), text("Finished.")],
        L4: [text("Built.", wait=0.15)],
    }
    ran = await run(script)
    ends = ran.of(TierEnd)
    assert [(end.tier, end.number) for end in ends] == [("L3", 1), ("L4", 2), ("L3", 3)]
    assert ran.end.ttfc_ms == ends[1].ttfc_ms
    assert ran.end.ttfc_ms >= 150
    assert ran.end.ttc_ms == pytest.approx(sum(end.ttc_ms for end in ends), abs=0.2)


async def test_voice_and_tools_may_come_together():
    both = said.tools(
        call("voice", text="I make it polite."),
        call("mutate_entity", action="update", entity="app.py::greet", text=POLITE),
        words="Working.",
    )
    ran = await run([both, text("Done.")])
    assert ran.end.text == ("Working.", "I make it polite.", "Done.")
    assert [made.name for made in ran.end.tool_calls] == ["voice", "mutate_entity"]
    assert [len(request.results) for request in ran.requests] == [0, 2]


async def test_a_refusal_goes_back_as_a_result_the_model_can_act_on():
    ran = await run([update("app.py::gret", POLITE), update("app.py::greet", POLITE), text("Done.")])
    [result] = ran.requests[1].results
    assert result["is_error"] is True
    assert "greet" in json.dumps(result["content"])


# ---- routes


async def test_an_empty_snapshot_goes_to_l4_at_once():
    ran = await run([create("app.py", APP), text("Done.")], files={}, task="Start a project.")
    assert ran.models == [L4, L4]
    assert ran.end.tier == "L4"


async def test_a_question_goes_to_l4_at_once():
    ran = await run([text("Because.")], task="Why does greet return a string?")
    assert (ran.models, ran.end.tier, ran.end.text) == ([L4], "L4", ("Because.",))


async def test_l4_alone_when_asked_for():
    ran = await run([update("app.py::greet", POLITE), text("It needs structural work.")], job=requested("L4"))
    assert (ran.models, ran.end.tier) == ([L4, L4], "L4")


async def test_l3_alone_when_asked_for_and_its_signal_is_told():
    ran = await run([text("It needs structural work.")], job=requested("L3"))
    assert (ran.models, ran.end.tier, ran.end.outcome) == ([L3], "L3", "partial_success")
    assert "needs help" in ran.end.reason
    assert ran.of(Escalation) == []


async def test_both_passes_when_asked_for():
    ran = await run({L3: [text("Easy."), text("Finished.")], L4: [text("Built.")]}, job=requested("two-pass"))
    assert (ran.models, ran.end.tier) == ([L3, L4, L3], "L3->L4->L3")
    assert ran.of(Escalation)[0].signal == "requested"


@pytest.mark.parametrize(
    ("two_pass", "models", "tier"), [(False, [L4, L3], "L4->L3"), (True, [L3, L4, L3], "L3->L4->L3")]
)
async def test_a_recommendation_is_a_signal_given_beforehand(two_pass, models, tier):
    from escalation.analysis.change import Change, FileChange, Task
    from escalation.analysis.facts import Surroundings
    from escalation.decision.assess import assess
    from escalation.settings.schema import Settings

    task = "Implement JWT authentication with OAuth2: access and refresh tokens, rotation and revocation."
    planned = tuple(FileChange(path, recorded="modified", counted=(0, 0)) for path in ("src/auth/jwt.py",))
    assessment = assess(
        Change(planned, Task(task, files=("src/auth/jwt.py",))),
        settings=Settings(two_pass=two_pass),
        surroundings=Surroundings(files=frozenset({"src/auth/jwt.py"})),
    )
    assert assessment.should_escalate
    script = {L3: [text("Easy.")] * 2, L4: [text("Built.")]}
    ran = await run(script, task=task, job=lambda job: replace(job, assessment=assessment))
    assert (ran.models, ran.end.tier) == (models, tier)
    assert ran.of(Classification)[0].confidence == assessment.confidence


# ---- what stops a run


async def test_a_call_beyond_the_budget_is_not_made():
    ran = await run([text("Never said.")], settings=FlowSettings(budget=0.001))
    assert ran.models == []
    assert ran.end.outcome == "failed"
    assert "--budget" in ran.end.reason


async def test_a_budget_that_ends_between_the_passes_leaves_what_is_done():
    dear = said.Usage(output=12_000)
    script = {L3: [text("Never said.")], L4: [update("app.py::greet", POLITE), text("Built.", usage=dear)]}
    ran = await run(script, settings=FlowSettings(budget=0.25, max_tokens=2_000), job=requested("L4"))
    assert ran.end.outcome == "success"
    recommended = {
        L3: [text("It needs structural work.")],
        L4: [update("app.py::greet", POLITE), text("Built.", usage=dear)],
    }
    ran = await run(recommended, settings=FlowSettings(budget=0.25, max_tokens=2_000))
    assert (ran.end.tier, ran.end.outcome) == ("L3->L4->L3", "partial_success")
    assert "0.250 USD are left" in ran.end.reason
    assert texts(ran.end.result.snapshot) == {"app.py": POLITE_APP}


async def test_the_day_has_a_ceiling_too():
    day = Day()
    day.sums["earlier"] = 24.99
    ran = await run([text("Never said.")], ledger=day)
    assert ran.models == []
    assert "the day's ceiling of 25.00 USD" in ran.end.reason


async def test_a_pass_has_a_limit_of_turns():
    ran = await run(lambda _: said.tool("read_entity", {"entity": "app.py"}), settings=FlowSettings(max_turns=3))
    assert ran.models == [L3] * 3 + [L4] * 3 + [L3] * 3
    assert (ran.end.outcome, ran.end.reason) == ("partial_success", "it had not finished after 3 requests")


async def test_time_is_limited():
    ran = await run([said.hang()], settings=FlowSettings(timeout=0.3))
    assert (ran.end.outcome, ran.end.tier) == ("timeout", "L3")
    assert "flow.timeout" in ran.end.reason
    assert ran.requests[0].closed_by == "client"


async def test_a_result_that_fails_its_check_is_still_offered():
    async def check(_: Result) -> CheckResult:
        return CheckResult("make test", "failed", 0.1, 2, "test_greet failed")

    ran = await run(
        {L3: [text("Finished.")], L4: [update("app.py::greet", POLITE), text("Built.")]},
        check=check,
        job=requested("L4"),
    )
    assert (ran.end.outcome, ran.end.reason) == ("partial_success", "the check `make test` failed with exit code 2")
    assert texts(ran.end.result.snapshot) == {"app.py": POLITE_APP}
    assert ran.end.verdict.check.output == "test_greet failed"


async def test_what_the_check_said_reaches_the_tier_that_finishes():
    async def check(_: Result) -> CheckResult:
        return CheckResult("make test", "failed", 0.1, 2, "AssertionError in test_greet")

    script = {L3: [text("needs structural"), text("Finished.")], L4: [update("app.py::greet", POLITE), text("Built.")]}
    ran = await run(script, check=check)
    assert "AssertionError in test_greet" in ran.requests[-1].asked


# ---- failures


async def test_a_tier_that_stays_unavailable_is_taken_over():
    settings = FlowSettings(retries=1)
    script = {
        L3: [text("needs structural"), text("Finished.")],
        L4: [said.overloaded()] * 2,
        FALLBACK: [text("Built.")],
    }
    ran = await run(script, settings=settings)
    assert ran.models == [L3, L4, L4, FALLBACK, L3]
    [fallback] = ran.of(Fallback)
    assert (fallback.tier, fallback.from_model, fallback.to_model) == ("L4", L4, FALLBACK)
    assert (ran.end.tier, ran.end.outcome) == ("L3->L4->L3", "fallback_success")
    assert FALLBACK in ran.end.reason
    assert [start.model for start in ran.of(TierStart)] == [L3, L4, FALLBACK, L3]


async def test_a_model_that_declines_is_taken_over_at_once():
    script = {L3: [text("needs structural"), text("Finished.")], L4: [said.refused()], FALLBACK: [text("Built.")]}
    ran = await run(script)
    assert ran.models == [L3, L4, FALLBACK, L3]
    assert ran.end.outcome == "fallback_success"


async def test_a_takeover_begins_at_the_start_of_the_pass():
    script = {
        L3: [text("needs structural"), text("Finished.")],
        L4: [update("app.py::greet", POLITE), said.refused()],
        FALLBACK: [text("Built.")],
    }
    ran = await run(script)
    assert "Good day" not in ran.sent(3)
    assert texts(ran.end.result.snapshot) == {"app.py": APP}


async def test_where_the_fallback_is_the_same_model_the_run_fails():
    ran = await run([said.refused()], fallback=L3)
    assert (ran.models, ran.end.outcome) == ([L3], "failed")
    assert ran.end.reason


async def test_a_finish_that_fails_leaves_what_l4_built():
    script = {
        L3: [text("needs structural"), said.unauthorized()],
        L4: [update("app.py::greet", POLITE), text("Built.")],
    }
    ran = await run(script)
    assert (ran.end.tier, ran.end.outcome) == ("L3->L4->L3", "partial_success")
    assert texts(ran.end.result.snapshot) == {"app.py": POLITE_APP}


async def test_an_answer_that_is_too_long_is_dropped_and_asked_for_in_smaller_steps():
    long = said.truncated(update("app.py::greet", "def greet(name):\n    return 'CUT OFF'\n"))
    ran = await run([long, update("app.py::greet", POLITE), text("Done.")])
    assert ran.end.outcome == "success"
    assert "CUT OFF" not in ran.sent(1)
    assert "smaller steps" in ran.sent(1)
    assert texts(ran.end.result.snapshot) == {"app.py": POLITE_APP}


async def test_answers_that_are_always_too_long_are_a_signal():
    ran = await run({L3: [said.truncated()] * 2 + [text("Finished.")], L4: [text("Built.")]})
    assert ran.models == [L3, L3, L4, L3]
    assert ran.of(Escalation)[0].signal == "edits"


# ---- secrets


SECRET = "ghp_" + "R4nd0mLook1ngT0kenF0rTheTests0123456"[:36]


def placeholder_in(request) -> str:
    """What stands for the token in the snapshot that was sent."""
    sent = request.system[1]["text"]
    return sent[sent.index("REDACTED_") :].split("'")[0]


async def test_a_secret_stays_here_and_comes_back():
    files = {"app.py": f"TOKEN = '{SECRET}'\n\n\n{APP}"}

    def answer(request):
        if request.turn:
            return text("Done.")
        placeholder = placeholder_in(request)
        return update("app.py", f"TOKEN = '{placeholder}'\nTIMEOUT = 3\n\n\n{APP}")

    ran = await run(answer, files)
    assert all(SECRET not in ran.sent(number) for number in range(len(ran.requests)))
    assert SECRET not in json.dumps([record(event) for event in ran.events])
    [redaction] = ran.of(Redaction)
    assert (redaction.masked[0].path, redaction.masked[0].line) == ("app.py", 1)
    assert ran.end.result.snapshot["app.py"].text == f"TOKEN = '{SECRET}'\nTIMEOUT = 3\n\n\n{APP}"
    assert SECRET not in ran.end.diff


async def test_the_key_itself_never_leaves_in_a_text():
    from tests.flow.running import KEY

    ran = await run([text(f"I say {KEY[:4]}.")], {"app.py": f"x = '{KEY}'\n"}, task=f"Use {KEY} here.")
    assert KEY not in ran.sent(0)


async def test_a_mangled_placeholder_is_told():
    files = {"app.py": f"TOKEN = '{SECRET}'\n"}

    def answer(request):
        if request.turn:
            return text("Done.")
        placeholder = placeholder_in(request)
        return update("app.py", f"TOKEN = '{placeholder[:-1]}'\n")

    ran = await run(answer, files)
    assert ran.end.outcome == "partial_success"
    assert "mangled" in ran.end.reason


# ---- events


async def test_every_event_is_plain_json():
    script = {L3: [text("needs structural"), text("Finished.")], L4: [update("app.py::greet", POLITE), text("Built.")]}
    ran = await run(script)
    for event in ran.events:
        line = json.loads(json.dumps(record(event)))
        assert line["type"] == event.type
        assert "result" not in line
    assert isinstance(ran.end, StreamEnd)


async def test_the_base_is_what_the_run_saw():
    ran = await run([update("app.py::greet", POLITE), text("Done.")])
    assert texts(ran.end.result.base) == texts(snapshot({"app.py": APP}))
    assert ran.end.result.changed == ("app.py",)
