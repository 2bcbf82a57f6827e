"""Workflows and their history, from `/submit` to `/statistics`: against the scripted models."""

from __future__ import annotations

import pytest

from escalation.workflow.commission import digest
from tests.api.conftest import CART, COUNTED, SLOWLY
from tests.api.live import Live
from tests.host.processes import until

TASK = "Make count take any iterable"
ASKED = {"task_description": TASK, "files_to_modify": ["cart.py"], "file_contents": {"cart.py": CART}}


def submitted(host: Live, **fields: object) -> str:
    answer = host.post("submit", {**ASKED, **fields})
    assert answer.status == 200, answer.json
    return answer.json["workflow_id"]


@pytest.fixture(scope="module")
def done(host) -> str:
    """A workflow that models have worked on."""
    id = submitted(host, execute=True, requester="jane", repository="cart", metadata={"ticket": 7})
    assert host.events(id)[-1].body["state"] == "completed"
    return id


class TestSubmit:
    def test_a_decision_alone_is_completed_at_once(self, host):
        answer = host.post("submit", ASKED).json
        assert answer["status"] == "completed"
        assert answer["should_escalate"] is False
        assert answer["recommended_model"] == "claude-sonnet-5-5"
        assert answer["message"]

    def test_the_same_request_id_is_the_same_workflow(self, host):
        assert submitted(host, request_id="twice") == submitted(host, request_id="twice")
        assert host.get(f"status/{submitted(host, request_id='twice')}").json["request_id"] == "twice"

    def test_what_a_client_says_of_its_own_is_kept_with_secrets_masked(self, host, done):
        assert host.get(f"status/{done}").json["metadata"] == {"ticket": 7}
        token = "ghp_" + "a1B2c3D4e5" * 4
        id = submitted(host, metadata={"hook": f"https://x:{token}@example.org", "n": None})
        kept = host.get(f"status/{id}").json["metadata"]
        assert kept["n"] is None
        assert token not in kept["hook"]

    def test_a_workflow_needs_a_task(self, host):
        assert host.post("submit", {"file_contents": {"a.py": CART}}).error == (422, "invalid")
        assert host.post("submit", {"task_description": ""}).error == (422, "invalid")

    @pytest.mark.parametrize(
        "fields",
        [
            {"timeout_seconds": 0}, {"timeout_seconds": 1e6}, {"budget": -1}, {"budget": 0}, {"route": "L5"},
            {"execute": "yes"}, {"metadata": {"a": {"b": 1}}}, {"metadata": {"a": "x" * 5_000}},
            {"metadata": {str(number): 1 for number in range(33)}}, {"check": "true"},
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_refused_before_anything_is_kept(self, host, fields):
        before = host.get("workflows").json["workflows"][:1]
        assert host.post("submit", {**ASKED, **fields}).error == (422, "invalid")
        assert host.get("workflows").json["workflows"][:1] == before


class TestStatus:
    def test_what_came_of_it(self, host, done):
        status = host.get(f"status/{done}").json
        assert (status["state"], status["outcome"], status["tier"]) == ("completed", "success", "L3")
        assert (status["requester"], status["repository"], status["execute"]) == ("jane", "cart", True)
        assert status["usage"]["output_tokens"] > 0
        assert status["cost"] > 0
        assert "sum(1 for _ in items)" in status["result"]["diff"]
        assert status["result"]["files_changed"] == 1
        assert status["result"]["verified"] is True
        assert "any iterable now" in status["result"]["text"]

    def test_how_it_came_to_it(self, host, done):
        status = host.get(f"status/{done}").json
        states = [transition["state"] for transition in status["transitions"]]
        assert states[:4] == ["initialized", "detecting", "analyzing", "deciding"]
        assert states[-1] == "completed"
        assert all(transition["reason"] for transition in status["transitions"])
        assert [transition["at"] for transition in status["transitions"]] == sorted(
            transition["at"] for transition in status["transitions"]
        )

    def test_what_each_tier_spent(self, host, done):
        status = host.get(f"status/{done}").json
        [tier] = status["tiers"]
        assert (tier["number"], tier["tier"], tier["model"]) == (1, "L3", "claude-sonnet-5-5")
        assert tier["usage"] == status["usage"]
        assert tier["finished_at"] >= tier["started_at"]

    def test_the_files_come_when_they_are_asked_for(self, host, done):
        assert host.get(f"status/{done}").json["files"] is None
        status = host.get(f"status/{done}?files=true").json
        assert status["files"] == {"cart.py": COUNTED}
        assert status["files_complete"] is True
        assert status["base_digests"] == {"cart.py": digest(CART)}

    def test_a_decision_has_no_result(self, host):
        status = host.get(f"status/{submitted(host)}?files=true").json
        assert (status["result"], status["files"], status["outcome"], status["tiers"]) == (None, None, None, [])
        assert status["assessment"]["schema_version"] == 1

    def test_there_is_none(self, host):
        assert host.get("status/nothing").error == (404, "not_found")

    @pytest.mark.parametrize("id", ["%00", "a%2Fb", "%F0%9F%8D%8B", "x" * 101])
    def test_what_is_no_id(self, host, id):
        assert host.get(f"status/{id}").status in (404, 422)


class TestEvents:
    def test_all_of_them_from_the_beginning(self, host, done):
        events = host.events(done)
        assert next(event.body["state"] for event in events if event.type == "state") == "initialized"
        assert {"tier.start", "tier.end", "tool_call", "stream.end"} <= {event.type for event in events}
        assert events[-1].type == "state"

    @pytest.mark.parametrize("way", ["header", "query"])
    def test_who_was_cut_off_goes_on_after_the_last_one(self, host, done, way):
        events = host.events(done)
        for number in (0, 3, len(events) - 2):
            last = events[number].id
            rest = host.events(done, Last_Event_ID=last) if way == "header" else host.events(done, f"?after={last}")
            assert rest == events[number + 1 :]

    def test_the_header_wins_over_the_query(self, host, done):
        events = host.events(done)
        assert host.events(done, "?after=1", Last_Event_ID=events[3].id) == events[4:]

    def test_they_come_as_it_happens_and_the_words_of_the_models_between_them(self, host):
        id = submitted(host, execute=True, task_description=SLOWLY)
        with host.following(id) as events:
            piece = next(event for event in events if event.type == "text.delta")
            assert "." in piece.id
            assert host.get(f"status/{id}").json["state"] == "executing"
            assert host.ask("DELETE", f"workflow/{id}").status == 200
            assert [event.body["state"] for event in events if event.type == "state"][-1] == "cancelled"

    def test_a_silent_stream_is_kept_alive(self, host, monkeypatch):
        monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.05)
        id = submitted(host, execute=True, task_description=SLOWLY)
        with host.streaming(id) as lines:
            assert next(line for line in lines if line.startswith(b":")) == b": ping\n"
        host.ask("DELETE", f"workflow/{id}")

    def test_who_hangs_up_is_forgotten(self, host):
        id = submitted(host, execute=True, task_description=SLOWLY)
        with host.following(id) as events:
            next(event for event in events if event.type == "text.delta")
            channel = host.service._channels[id]
            assert len(channel.listeners) == 1
        until(lambda: not channel.listeners)
        host.ask("DELETE", f"workflow/{id}")

    def test_nothing_else_is_sent_after_the_end(self, host, done):
        last = host.events(done)[-1].id
        assert host.events(done, Last_Event_ID=last) == []

    def test_there_is_none(self, host):
        assert host.get("events/nothing").error == (404, "not_found")

    @pytest.mark.parametrize("after", ["x", "-1", "7.", "7.x", "1e9", "99999999999"])
    def test_what_is_no_id_of_an_event(self, host, done, after):
        assert host.get(f"events/{done}?after={after}").error == (422, "invalid")
        assert host.get(f"events/{done}", Last_Event_ID=after).error == (422, "invalid")


class TestCancel:
    def test_it_ends_what_is_under_way_and_may_be_said_twice(self, host):
        id = submitted(host, execute=True, task_description=SLOWLY)
        with host.following(id) as events:
            next(event for event in events if event.type == "tier.start")
            first = host.ask("DELETE", f"workflow/{id}")
            assert first.status == 200
            assert first.json["cancelling"] or first.json["status"] == "cancelled"
            list(events)
        again = host.ask("DELETE", f"workflow/{id}")
        assert (again.status, again.json["status"], again.json["cancelling"]) == (200, "cancelled", False)
        assert host.get(f"status/{id}").json["outcome"] == "cancelled"

    def test_what_has_ended_otherwise_cannot_be_cancelled(self, host, done):
        answer = host.ask("DELETE", f"workflow/{done}")
        assert answer.error == (409, "finished")
        assert "completed" in answer.message

    def test_there_is_none(self, host):
        assert host.ask("DELETE", "workflow/nothing").error == (404, "not_found")


class TestWorkflows:
    def test_pages_hold_each_one_once_the_newest_first(self, host):
        ids = [submitted(host, repository="paged") for _ in range(5)]
        found, cursor = [], ""
        while True:
            page = host.get(f"workflows?repository=paged&limit=2&cursor={cursor}").json
            found += [workflow["workflow_id"] for workflow in page["workflows"]]
            if not (cursor := page["cursor"]):
                break
        assert found == ids[::-1]

    def test_filters(self, host, done):
        def ids(query: str) -> list[str]:
            return [workflow["workflow_id"] for workflow in host.get(f"workflows?limit=200&{query}").json["workflows"]]

        assert done in ids("execute=true&state=completed&repository=cart")
        assert done not in ids("execute=false")
        assert done not in ids("state=failed")
        assert done not in ids("repository=other")
        created = host.get(f"status/{done}").json["created_at"]
        assert done in ids(f"since={created}")
        assert done not in ids(f"since={created + 1}")

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=%00", "state=idle", "execute=7", "since=-1"]
    )
    def test_what_does_not_fit(self, host, query):
        assert host.get(f"workflows?{query}").error == (422, "invalid")


class TestFeedback:
    def test_on_a_result(self, host, done):
        answer = host.post("feedback", {"workflow_id": done, "verdict": "accepted", "requester": "jane"})
        assert answer.status == 200
        [said] = host.get(f"status/{done}").json["feedback"]
        assert (said["verdict"], said["requester"]) == ("accepted", "jane")

    def test_twice_under_one_id_counts_once(self, host):
        id = submitted(host)
        for _ in range(2):
            asked = {"workflow_id": id, "verdict": "dismissed", "feedback_id": f"mine-{id}"}
            assert host.post("feedback", asked).json["feedback_id"] == f"mine-{id}"
        assert len(host.get(f"status/{id}").json["feedback"]) == 1

    def test_on_a_judgement_in_the_editor(self, host):
        asked = {"verdict": "dismissed", "reason": "critical_security", "path": "src/lexer.py", "confidence": 0.8}
        assert host.post("feedback", asked).status == 200

    def test_on_what_there_is_not(self, host):
        assert host.post("feedback", {"workflow_id": "nothing", "verdict": "accepted"}).error == (404, "not_found")

    @pytest.mark.parametrize("asked", [{}, {"verdict": "fine"}, {"verdict": "accepted", "confidence": 2}])
    def test_what_does_not_fit(self, host, asked):
        assert host.post("feedback", asked).error == (422, "invalid")


class TestStatistics:
    def test_they_are_those_of_the_history(self, host, done):
        answer = host.get("statistics?days=7").json
        assert answer["decisions"] >= 1
        assert answer["runs"] >= 1
        assert "cart" in answer["repositories"]
        rate = answer["rates"]["escalation"]
        assert 0 <= rate["low"] <= rate["rate"] <= rate["high"] <= 1

    def test_of_one_repository(self, host):
        assert host.get("statistics?repository=none-of-this-name").json["decisions"] == 0

    @pytest.mark.parametrize("query", ["days=0", "days=x", "days=100000"])
    def test_what_does_not_fit(self, host, query):
        assert host.get(f"statistics?{query}").error == (422, "invalid")


def test_no_secret_of_a_submission_is_in_an_answer_or_in_the_store(host):
    key = "sk-ant-api03-" + "CANARY0123456789" * 5
    contents = {"cart.py": CART + f'\nAPI_KEY = "{key}"\n'}
    id = submitted(host, execute=True, file_contents=contents, task_description=f"Make count quick. The key is {key}")
    host.events(id)
    assert key.encode() not in host.get(f"status/{id}").body
    files = host.get(f"status/{id}?files=true").json
    assert files["files_complete"] is True
    assert files["files"] == {"cart.py": COUNTED + f'\nAPI_KEY = "{key}"\n'}, "the result itself has it back"
    kept = b"".join(file.read_bytes() for file in host.folder.rglob("*") if file.is_file())
    assert b"CANARY" not in kept
