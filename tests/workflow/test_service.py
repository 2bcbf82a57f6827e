"""The service: what it takes, has done, tells, ends and forgets."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from collections import Counter

import pytest

from escalation.repository import calibration
from escalation.scripted.script import Reply, text
from escalation.settings.home import home
from escalation.store.records import Feedback
from escalation.workflow.running import now
from escalation.workflow.service import Service, ServiceError
from escalation.workflow.submission import BadSubmission, Submission
from tests.workflow.hosting import APP, KEY, POLITE, three_tiers
from tests.workflow.serving import SECRET, finished, hanging, heard, serving, task, until

JUDGING = ["initialized", "detecting", "analyzing", "deciding"]


def states(events) -> list[str]:
    return [event.body["state"] for event in events if event.type == "state"]


# ---- decided on


async def test_a_submission_is_decided_on_at_once(tmp_path):
    async with serving(tmp_path) as (service, server):
        found = await service.submit(Submission(task="Rotate the signing keys", contents={"auth/keys.py": APP}))
        assert found.state == "completed"
        assert found.decision is not None
        assert found.decision.assessment["summary"]
        assert found.completion is not None
        assert found.completion.outcome is None
        assert found.finished is not None
        events = service.store.events(found.id)
        assert states(events) == [*JUDGING, "completed"]
        assert [event.number for event in events] == [1, 2, 3, 4, 5]
        assert all(event.body["reason"] for event in events)
        assert not service.busy()
        assert await service.result(found.id) is None
        assert server.requests == []


async def test_what_is_only_judged_is_not_kept(tmp_path):
    async with serving(tmp_path) as (service, _):
        judged = await service.judge(Submission(task="Rotate the signing keys"))
        assert judged.assessment.summary
        assert service.store.workflows().workflows == ()


async def test_what_cannot_be_taken_says_what_to_do(tmp_path):
    async with serving(tmp_path) as (service, _):
        with pytest.raises(BadSubmission, match="may not leave the workspace"):
            await service.submit(Submission(task="x", files=("../x",)))
        assert service.store.workflows().workflows == ()


# ---- done


async def test_a_run_is_done_and_told(tmp_path):
    async with serving(tmp_path) as (service, server):
        begun = await service.submit(task())
        assert begun.state == "deciding"
        assert service.busy()
        events = await heard(service, begun.id)
        assert states(events)[:5] == [*JUDGING, "executing"]
        assert states(events)[-1] == "completed"
        assert {"escalating", "validating"} <= set(states(events))
        types = [event.type for event in events]
        assert Counter(types)["tier.start"] == Counter(types)["tier.end"] == 3
        assert types[4:6] == ["host.started", "meta.classification"]
        assert types[-2:] == ["stream.end", "state"]
        done = service.store.workflow(begun.id)
        assert done is not None
        assert done.completion is not None
        assert (done.completion.outcome, done.completion.tier) == ("success", "L3->L4->L3")
        assert "Dear" in done.completion.diff
        assert [(one.number, one.tier, one.finished is not None) for one in service.store.attempts(done.id)] == [
            (1, "L3", True),
            (2, "L4", True),
            (3, "L3", True),
        ]
        result = await service.result(done.id)
        assert result is not None
        assert result.files == {"app.py": POLITE}
        assert result.complete
        assert len(server.calls) == 6
        await until(lambda: not service.busy())


async def test_text_is_told_between_the_events_that_are_kept(tmp_path):
    async with serving(tmp_path) as (service, _):
        begun = await service.submit(task())
        events = await heard(service, begun.id)
        pieces = [event for event in events if event.type == "text.delta"]
        assert "".join(event.body["text"] for event in pieces).startswith("Let me see.")
        assert all("." in event.id for event in pieces)
        assert [event.place for event in events] == sorted({event.place for event in events})
        kept = service.store.events(begun.id)
        assert [event.id for event in events if "." not in event.id] == [str(one.number) for one in kept]


async def test_who_comes_back_hears_what_came_after(tmp_path):
    async with serving(tmp_path) as (service, _):
        begun = await service.submit(task())
        whole = await heard(service, begun.id)
        again = await heard(service, begun.id, after="7.3")
        assert again == [event for event in whole if "." not in event.id and event.place > (7, 3)]
        assert await heard(service, begun.id, after=whole[-1].id) == []
        assert await heard(service, "unknown") == []
        with pytest.raises(ValueError):
            await heard(service, begun.id, after="seven")


async def test_many_may_follow(tmp_path):
    async with serving(tmp_path, three_tiers(0.05)) as (service, _):
        begun = await service.submit(task())
        one, other = await asyncio.gather(heard(service, begun.id), heard(service, begun.id))
        assert [event.id for event in one] == [event.id for event in other]


async def test_the_same_request_is_done_once(tmp_path):
    async with serving(tmp_path) as (service, server):
        first = await service.submit(task(request_id="mine"))
        second = await service.submit(task("Something else.", request_id="mine"))
        assert (second.id, second.request) == (first.id, first.request)
        await finished(service, first.id)
        assert (await service.submit(task(request_id="mine"))).state == "completed"
        assert len(server.calls) == 6


async def test_the_same_request_twice_at_once_is_done_once(tmp_path):
    async with serving(tmp_path) as (service, server):
        found = await asyncio.gather(*(service.submit(task(request_id="mine")) for _ in range(4)))
        assert len({one.id for one in found}) == 1
        await finished(service, found[0].id)
        assert len(server.calls) == 6
        assert (await service.result(found[0].id)).files == {"app.py": POLITE}


async def test_no_more_run_at_once_than_may(tmp_path):
    under_way: set[int] = set()
    most = 0

    async with serving(tmp_path, three_tiers(0.05), max_concurrent=2) as (service, server):
        begun = [await service.submit(task(f"Make greet polite, {number}.")) for number in range(5)]

        async def watch() -> None:
            nonlocal most
            while True:
                under_way.clear()
                under_way.update(request.number for request in server.open)
                most = max(most, len(under_way))
                await asyncio.sleep(0.005)

        watching = asyncio.create_task(watch())
        done = [await finished(service, one.id) for one in begun]
        watching.cancel()
        assert {one.completion.outcome for one in done if one.completion} == {"success"}
        assert most == 2


async def test_without_a_key_a_run_fails_in_words(tmp_path):
    async with serving(tmp_path, env={"ANTHROPIC_API_KEY": ""}) as (service, server):
        done = await finished(service, (await service.submit(task())).id)
        assert done.state == "failed"
        assert done.completion is not None
        assert done.completion.outcome == "failed"
        assert "ANTHROPIC_API_KEY" in done.completion.message
        assert server.requests == []


async def test_what_a_submission_may_spend_is_kept(tmp_path):
    async with serving(tmp_path) as (service, server):
        done = await finished(service, (await service.submit(task(budget=0.0001))).id)
        assert done.state == "failed"
        assert done.completion is not None
        assert "budget" in done.completion.message
        assert server.requests == []


async def test_how_long_a_submission_may_work_is_kept(tmp_path):
    async with serving(tmp_path, lambda _: text("Late.", wait=30.0)) as (service, _):
        done = await finished(service, (await service.submit(task(timeout=0.5))).id)
        assert (done.state, done.completion and done.completion.outcome) == ("failed", "timeout")


# ---- ended


async def test_a_run_under_way_is_cancelled(tmp_path):
    async with serving(tmp_path, hanging) as (service, server):
        begun = await service.submit(task())
        await server.received(1)
        asked = await service.cancel(begun.id)
        assert asked is not None
        assert asked.cancelling
        done = await finished(service, begun.id)
        assert (done.state, done.completion and done.completion.outcome) == ("cancelled", "cancelled")
        await server.idle()
        assert [request.closed_by for request in server.requests] == ["client"]
        await until(lambda: not service.busy())


async def test_a_queued_run_is_cancelled_at_once_and_asks_nothing(tmp_path):
    async with serving(tmp_path, hanging, max_concurrent=1) as (service, server):
        first = await service.submit(task())
        await server.received(1)
        queued = await service.submit(task())
        following = asyncio.create_task(heard(service, queued.id))
        done = await service.cancel(queued.id)
        assert done is not None
        assert (done.state, done.completion and done.completion.outcome) == ("cancelled", "cancelled")
        assert states(await following)[-1] == "cancelled"
        await service.cancel(first.id)
        await finished(service, first.id)
        assert len(server.requests) == 1
        await until(lambda: not service.busy())


async def test_what_has_finished_stays_as_it_is(tmp_path):
    async with serving(tmp_path) as (service, _):
        done = await finished(service, (await service.submit(task())).id)
        assert await service.cancel(done.id) == done
        assert await service.cancel("unknown") is None


# ---- kept


async def test_no_secret_is_kept_anywhere(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    app = f'TOKEN = "{SECRET}"\n\n\n{APP}'
    script = [
        Reply(text="I see."),
        *three_tiers_once(),
        Reply(text="Done."),
    ]
    async with serving(tmp_path, script) as (service, server):
        words = f"Make greet polite; the token is {SECRET}, the key {KEY}."
        begun = await service.submit(
            task(words, contents={"app.py": app}, base={"app.py": app.replace("Hello", "Hi")}, requester="me")
        )
        await finished(service, begun.id)
        result = await service.result(begun.id)
        assert result is not None
        assert SECRET in (result.files["app.py"] or "")
        assert result.complete
        only = await service.submit(Submission(task=words, contents={"app.py": app}))
        assert SECRET not in only.request.task
        sent = json.dumps([request.body for request in server.calls])
        assert SECRET not in sent
        assert KEY not in sent
        events = await heard(service, begun.id)
        assert any(event.type == "meta.redaction" for event in events)
        assert SECRET not in str(events)
        for file in files_of(tmp_path):
            assert SECRET.encode() not in file.read_bytes(), file
            assert KEY.encode() not in file.read_bytes(), file
    for file in files_of(tmp_path):
        assert SECRET.encode() not in file.read_bytes(), file
        assert KEY.encode() not in file.read_bytes(), file
    assert SECRET not in caplog.text
    assert KEY not in caplog.text


def three_tiers_once() -> list[Reply]:
    from tests.flow.running import update

    return [update("app.py::greet", POLITE), Reply(text="Built.")]


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_files_are_their_owners(tmp_path):
    folder = tmp_path / "state"
    async with serving(folder) as (service, _):
        await finished(service, (await service.submit(task())).id)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for file in files_of(folder):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_feedback_counts_once(tmp_path):
    async with serving(tmp_path) as (service, _):
        done = await service.submit(Submission(task="Rename it"))
        said = Feedback(id="a", at=now(), verdict="accepted", workflow=done.id)
        await service.feedback(said)
        await service.feedback(said)
        assert service.store.feedback(done.id) == (said,)


async def test_what_people_say_is_learnt(tmp_path):
    async with serving(tmp_path) as (service, _):
        done = await service.submit(Submission(task="Rename it", repository="mine"))
        await service.feedback(Feedback(id="a", at=now(), verdict="needed_opus", workflow=done.id))
    history, problems = calibration.read("mine")
    assert problems == ()
    assert history.repository == "mine"


async def test_what_was_said_in_the_editor_is_taken_in_once(tmp_path):
    line = {"when": "2026-11-20T10:00:00+00:00", "kind": "needed_opus", "root": "/work", "reason": "api_design"}
    home().mkdir(parents=True, exist_ok=True)
    (home() / "feedback.jsonl").write_text(f"{json.dumps(line)}\ndamaged\n{json.dumps(line)}\n")
    for _ in range(2):
        async with serving(tmp_path) as (service, _):
            await until(lambda service=service: bool(list(service.store.cases())))
            (case,) = service.store.cases()
            (said,) = case.feedback
            assert (said.verdict, said.repository, said.reason) == ("needed_opus", "/work", "api_design")


async def test_what_is_old_is_deleted_with_all_that_is_kept_of_it(tmp_path):
    async with serving(tmp_path) as (service, _):
        done = await finished(service, (await service.submit(task())).id)
        await until(lambda: not service.busy())
        assert await service.prune(done.request.created) == 0
        assert await service.prune(now() + 1) == 1
        assert service.store.workflow(done.id) is None
        assert await service._durable.standing(done.id) is None


# ---- begun and ended


async def test_there_is_one_host_in_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("escalation.workflow.slots._WAIT", 0.1)
    async with serving(tmp_path):
        with pytest.raises(ServiceError, match="Another host works in"):
            async with Service.opened(folder=tmp_path, env={}):
                pass


async def test_a_file_that_is_damaged_is_named_with_what_to_do(tmp_path):
    (tmp_path / "workflows.db").write_bytes(b"no database at all, and longer than a header" * 100)
    with pytest.raises(ServiceError, match="move it away"):
        async with serving(tmp_path):
            pass
    (tmp_path / "workflows.db").unlink()
    async with serving(tmp_path) as (service, _):  # nothing of the first try is left
        assert (await finished(service, (await service.submit(task())).id)).state == "completed"


async def test_a_run_outlives_the_end_of_its_host(tmp_path):
    async with serving(tmp_path, hanging) as (service, server):
        begun = await service.submit(task())
        await server.received(1)
    async with serving(tmp_path) as (service, server):
        assert await service.submit(task(request_id=begun.request.request_id)) == service.store.workflow(begun.id)
        events = await heard(service, begun.id)
        assert [event.type for event in events if event.type.startswith("host.")] == ["host.started", "host.resumed"]
        assert states(events)[-1] == "completed"
        assert len(server.calls) == 6


async def test_who_follows_is_let_go_when_the_host_ends(tmp_path):
    async with serving(tmp_path, hanging) as (service, server):
        begun = await service.submit(task())
        following = asyncio.create_task(heard(service, begun.id))
        await server.received(1)
    assert states(await following)[-1] == "executing"


async def test_what_nobody_can_take_up_again_has_failed(tmp_path):
    async with serving(tmp_path, hanging) as (service, server):
        begun = await service.submit(task())
        await server.received(1)
    for file in tmp_path.glob("workflows.db*"):
        file.unlink()
    async with serving(tmp_path) as (service, _):
        done = await finished(service, begun.id)
        assert done.state == "failed"
        assert "submit it again" in done.completion.message


async def test_what_another_version_began_and_this_one_cannot_carry_on_has_failed(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("escalation.workflow.durability.LAYOUT", "0")
        async with serving(tmp_path, hanging, max_concurrent=1) as (service, server):
            begun = [await service.submit(task()) for _ in range(3)]
            await server.received(1)
    async with serving(tmp_path, max_concurrent=1) as (service, _):
        for each in begun:
            done = await finished(service, each.id)
            assert done.state == "failed"
            assert "submit it again" in done.completion.message
        assert (await finished(service, (await service.submit(task())).id)).state == "completed"


async def test_of_the_same_request_twice_at_once_the_secrets_come_back(tmp_path):
    app = f'TOKEN = "{SECRET}"\n\n\n{APP}'
    async with serving(tmp_path) as (service, _):
        sent = task(request_id="mine", contents={"app.py": app})
        found = await asyncio.gather(*(service.submit(sent) for _ in range(4)))
        await finished(service, found[0].id)
        result = await service.result(found[0].id)
        assert result.complete
        assert SECRET in result.files["app.py"]
