"""What is written comes back, once, in order; on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from escalation.store.errors import UnknownWorkflow
from escalation.store.records import Attempt, Case, Feedback, Told, Workflow
from tests.store.made import attempt, completion, decision, finished, request, told, workflow


class TestAWorkflow:
    def test_comes_back_as_it_was_begun(self, store):
        submitted = request(
            "w", repository="shop", root="/srv/shop", requester="jane", task="Lock the account",
            task_type="security", priority="high", execute=True,
        )  # fmt: skip
        store.begin(submitted, decision(), state="detecting", host="one", at=1_001)
        expected = Workflow(
            request=submitted, decision=decision(), state="detecting", completion=None, updated=1_001, host="one"
        )
        assert store.workflow("w") == expected
        assert store.by_request_id("request of w") == expected

    def test_that_is_not_there_is_none(self, store):
        assert store.workflow("w") is None
        assert store.by_request_id("w") is None
        assert store.workflow("w\0\ud800") is None, "nor is one whose name no database can hold"

    def test_is_begun_once(self, store):
        store.begin(request("w", task="first"), None, state="detecting", host="one", at=1)
        store.begin(request("w", task="second"), decision(), state="failed", host="two", at=2)
        found = store.workflow("w")
        assert (found.request.task, found.decision, found.state, found.host) == ("first", None, "detecting", "one")

    def test_is_the_only_one_of_its_request_id(self, store):
        workflow(store, "w", request_id="r")
        workflow(store, "other", request_id="r")
        assert store.by_request_id("r").id == "w"
        assert store.workflow("other") is None

    def test_that_was_only_decided_on_is_finished_at_once(self, store):
        store.begin(request("w"), decision(), state="completed", host="one", at=5)
        assert store.workflow("w").finished == 5
        assert store.unfinished() == ()

    def test_takes_the_last_decision(self, store):
        workflow(store, "w")
        store.decide("w", decision(confidence=0.1))
        store.decide("w", decision(reasons=(), failure_probability=None, cost_estimate=None, should_escalate=False))
        assert store.workflow("w").decision == decision(
            reasons=(), failure_probability=None, cost_estimate=None, should_escalate=False
        )

    def test_is_completed_once(self, store):
        workflow(store, "w")
        store.complete("w", completion(), 5)
        store.complete("w", completion(outcome="failed", cost=None), 6)
        assert store.workflow("w").completion == completion()

    def test_that_was_only_decided_on_has_no_outcome(self, store):
        workflow(store, "w")
        bare = completion(outcome=None, verified=None, cost=None, tier="", diff="", text="")
        store.complete("w", bare, 5)
        assert store.workflow("w").completion == bare

    def test_belongs_to_who_took_it_last(self, store):
        workflow(store, "w", host="one")
        store.take("w", "two")
        assert [w.id for w in store.unfinished("two")] == ["w"]
        assert store.unfinished("one") == ()

    def test_is_cancelled_by_asking_while_it_is_unfinished(self, store):
        workflow(store, "w")
        finished(store, "done")
        assert store.request_cancel("w")
        assert not store.request_cancel("done")
        assert not store.request_cancel("unheard of")
        assert store.workflow("w").cancelling
        assert store.cancelling(["w", "done", "unheard of"]) == {"w"}
        assert store.cancelling([]) == frozenset()
        assert store.cancelling([*map(str, range(2_000)), "w"]) == {"w"}

    @pytest.mark.parametrize(
        "text", ["a\0b", "half \ud83d of a squid", "🦑 ünï \u202e", "' \" \\ %s :name {}", "x" * 2_000_000]
    )
    def test_may_hold_any_text(self, store, text):
        workflow(store, "w", task=text)
        store.complete("w", completion(diff=text), 1)
        store.tell([Told("w", 1, 1, "text", {text[:99]: [text]})])
        found = store.workflow("w")
        storable = text.replace("\0", "�").encode("utf-8", "replace").decode()
        assert found.request.task == found.completion.diff == storable
        assert store.events("w")[0].body == {text[:99]: [text]}

    def test_needs_to_be_there_for_what_is_written_about_it(self, store):
        about = [
            lambda: store.decide("w", decision()),
            lambda: store.attempt(attempt("w", 1)),
            lambda: store.complete("w", completion(), 1),
            lambda: store.tell([told("w", 1, "executing")]),
            lambda: store.add_feedback(Feedback(id="f", at=1, verdict="accepted", workflow="w")),
        ]
        for write in about:
            with pytest.raises(UnknownWorkflow, match=r"never begun here, or it was pruned"):
                write()


class TestEvents:
    def test_come_back_in_order_and_in_parts(self, store):
        workflow(store, "w")
        events = [Told("w", number, 1_000 + number, "usage", {"n": number}) for number in range(1, 8)]
        store.tell(events[4:])
        store.tell(events[:4])
        assert store.events("w") == tuple(events)
        assert store.events("w", after=5) == tuple(events[5:])
        assert store.events("w", after=2, limit=2) == tuple(events[2:4])
        assert store.events("w", after=10**30) == ()
        assert store.last_event("w") == 7
        assert store.last_event("unheard of") == 0

    def test_of_one_number_are_told_once(self, store):
        workflow(store, "w")
        store.tell([told("w", 1, "detecting"), told("w", 1, "failed")])
        store.tell([told("w", 1, "cancelled", at=9)])
        assert store.events("w") == (told("w", 1, "detecting"),)
        assert store.workflow("w").state == "detecting"

    def test_of_several_workflows_may_be_told_at_once(self, store):
        workflow(store, "a")
        workflow(store, "b")
        store.tell([told("b", 1, "detecting"), told("a", 1, "failed", at=7), told("b", 2, "analyzing", at=8)])
        assert (store.workflow("a").state, store.workflow("a").finished) == ("failed", 7)
        assert (store.workflow("b").state, store.workflow("b").updated) == ("analyzing", 8)

    def test_of_the_type_state_move_the_state_forward_only(self, store):
        workflow(store, "w")
        store.tell([told("w", 5, "completed", at=50)])
        store.tell([told("w", 4, "executing", at=40)])
        found = store.workflow("w")
        assert (found.state, found.updated, found.finished) == ("completed", 50, 50)
        assert store.last_event("w") == 5

    def test_that_retry_make_a_workflow_unfinished_again(self, store):
        workflow(store, "w")
        store.tell([told("w", 1, "failed"), told("w", 2, "retrying", at=60)])
        assert store.workflow("w").finished is None
        assert [w.id for w in store.unfinished()] == ["w"]

    def test_may_be_many(self, store):
        workflow(store, "w")
        store.tell([Told("w", number, 1, "usage", {}) for number in range(1, 10_001)])
        store.tell([])
        assert store.last_event("w") == 10_000
        assert len(store.events("w")) == 1_000


class TestAttempts:
    def test_are_named_by_number_and_model(self, store):
        workflow(store, "w")
        first, second, fallback = attempt("w", 1), attempt("w", 2), attempt("w", 2, model="another", started=1_700)
        for each in (fallback, second, first):
            store.attempt(each)
        assert store.attempts("w") == (first, second, fallback)

    def test_are_told_again_as_they_go_on(self, store):
        workflow(store, "w")
        store.attempt(attempt("w", 1))
        done = Attempt(
            workflow="w", number=1, tier="L3", model="claude-sonnet-5-5", endpoint="anthropic", started=1, finished=2,
            input_tokens=3, output_tokens=4, cache_read=5, cache_creation=6, cost=0.7, ttfc_ms=8.5, ttc_ms=9.5,
            requests=10,
        )  # fmt: skip
        store.attempt(done)
        assert store.attempts("w") == (done,)

    def test_that_are_finished_do_not_begin_again(self, store):
        workflow(store, "w")
        done = attempt("w", 1, finished=2, cost=0.5)
        store.attempt(done)
        store.attempt(attempt("w", 1, cost=0.1))
        assert store.attempts("w") == (done,)
        store.attempt(replace(done, cost=0.6))
        assert store.attempts("w") == (replace(done, cost=0.6),)


class TestFeedback:
    def test_counts_once(self, store):
        workflow(store, "w")
        said = Feedback(
            id="f", at=5, verdict="discarded", workflow="w", repository="shop", reason="api_design", path="a/b.py",
            note="no", requester="jane", confidence=0.8, should_escalate=True,
        )  # fmt: skip
        assert store.add_feedback(said)
        assert not store.add_feedback(replace(said, verdict="accepted"))
        assert store.feedback("w") == (said,)

    def test_may_be_about_no_workflow(self, store):
        said = Feedback(id="f", at=5, verdict="dismissed", repository="shop")
        assert store.add_feedback(said)
        assert list(store.cases()) == [Case(None, (), (said,))]
        assert store.repositories() == ("shop",)


class TestPages:
    def test_show_the_newest_first(self, store):
        for number in range(7):
            workflow(store, f"w{number}", created=1_000 + number // 3)
        seen, cursor = [], ""
        while True:
            page = store.workflows(limit=3, cursor=cursor)
            seen.append([w.id for w in page.workflows])
            if not (cursor := page.cursor):
                break
        assert seen == [["w6", "w5", "w4"], ["w3", "w2", "w1"], ["w0"]]

    def test_stay_the_same_while_newer_ones_come(self, store):
        for number in range(4):
            workflow(store, f"w{number}", created=number)
        first = store.workflows(limit=2)
        workflow(store, "newer", created=99)
        assert [w.id for w in store.workflows(limit=2, cursor=first.cursor).workflows] == ["w1", "w0"]

    def test_end_where_nothing_is_left(self, store):
        assert store.workflows().workflows == ()
        workflow(store, "w")
        assert store.workflows(limit=1).cursor == ""

    def test_may_be_filtered(self, store):
        workflow(store, "a", repository="shop", created=1)
        workflow(store, "b", repository="shop", execute=True, created=2)
        workflow(store, "c", repository="other", state="failed", created=3)

        def ids(**filters):
            return "".join(w.id for w in store.workflows(**filters).workflows)

        assert ids() == "cba"
        assert ids(repository="shop") == "ba"
        assert ids(execute=True) == "b"
        assert ids(execute=False) == "ca"
        assert ids(state="failed") == "c"
        assert ids(since=2) == "cb"
        assert ids(since=10**30) == ""
        assert ids(repository="shop", state="initialized", execute=True, since=2) == "b"

    @pytest.mark.parametrize("cursor", ["x", "ü", "bm9uc2Vuc2U", "LTEgeA", "OTk5OTk5OTk5OTk5OTk5OTk5OTkgeA", "=", "\0"])
    def test_of_no_such_cursor_are_refused(self, store, cursor):
        with pytest.raises(ValueError, match="no such cursor"):
            store.workflows(cursor=cursor)


class TestCases:
    def test_hold_all_that_came_of_a_decision_but_what_is_bulky(self, store):
        finished(store, "w")
        (case,) = store.cases()
        whole = store.workflow("w")
        assert case.workflow == replace(
            whole,
            decision=replace(whole.decision, assessment={"costs": {"p50": 0.1}}),
            completion=replace(whole.completion, diff="", text=""),
        )
        assert case.attempts == store.attempts("w")
        assert case.feedback == store.feedback("w")

    def test_of_an_assessment_without_costs_hold_none(self, store):
        store.begin(request("w"), decision(assessment={"schema": 1}), state="completed", host="", at=1)
        (case,) = store.cases()
        assert case.workflow.decision.assessment == {}

    def test_come_oldest_first_with_the_feedback_between_them(self, store):
        for number in range(1_201):
            workflow(store, f"w{number:04}", created=10 * number)
        store.add_feedback(Feedback(id="f", at=505, verdict="dismissed"))
        names = [case.workflow.id if case.workflow else "feedback" for case in store.cases()]
        assert names == [*(f"w{n:04}" for n in range(51)), "feedback", *(f"w{n:04}" for n in range(51, 1_201))]

    def test_may_be_those_of_a_time_and_of_a_repository(self, store):
        for number, repository in enumerate(["shop", "other", "shop"]):
            workflow(store, f"w{number}", created=number, repository=repository)
            store.add_feedback(Feedback(id=f"f{number}", at=number, verdict="dismissed", repository=repository))
        names = [
            case.workflow.id if case.workflow else case.feedback[0].id
            for case in store.cases(since=1, repository="shop")
        ]
        assert names == ["f2", "w2"]

    def test_are_read_in_few_queries(self, store):
        from sqlalchemy import event

        for number in range(1_000):
            workflow(store, f"w{number}", created=number)
        statements = []
        event.listen(store._engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert sum(1 for _ in store.cases()) == 1_000
        assert len([statement for statement in statements if statement.startswith("SELECT")]) <= 12

    def test_hold_nobody_up_who_writes_meanwhile(self, store):
        for number in range(3):
            workflow(store, f"w{number}", created=number)
        cases = store.cases()
        next(cases)
        workflow(store, "newer", created=99)
        assert store.prune(1) == ()
        assert len(list(cases)) >= 2


def test_repositories_are_those_that_anything_is_about(store):
    workflow(store, "a", repository="shop")
    workflow(store, "b", repository="")
    store.add_feedback(Feedback(id="f", at=1, verdict="dismissed", repository="atelier"))
    assert store.repositories() == ("atelier", "shop")


def test_unfinished_come_oldest_first(store):
    workflow(store, "b", created=2)
    workflow(store, "a", created=3)
    finished(store, "c", created=1)
    assert [w.id for w in store.unfinished()] == ["b", "a"]


class TestPruning:
    def test_deletes_what_finished_before_with_all_its_rows(self, store):
        finished(store, "old", at=2_000)
        finished(store, "new", at=3_000)
        workflow(store, "unfinished", created=1)
        assert store.prune(3_000) == ("old",)
        assert store.prune(3_000) == ()
        assert {w.id for w in store.workflows().workflows} == {"new", "unfinished"}
        assert (store.events("old"), store.attempts("old"), store.feedback("old")) == ((), (), ())
        assert len(store.events("new")) == 3
        # Nothing of the old one is in the way of a new one of its name.
        finished(store, "old", at=4_000)
        assert len(store.attempts("old")) == 2

    def test_deletes_feedback_without_a_workflow_by_its_age(self, store):
        store.add_feedback(Feedback(id="old", at=1, verdict="dismissed"))
        store.add_feedback(Feedback(id="new", at=3, verdict="dismissed"))
        assert store.prune(2) == ()
        assert [case.feedback[0].id for case in store.cases()] == ["new"]

    def test_goes_in_parts(self, store):
        for number in range(1_201):
            workflow(store, f"w{number}", state="completed", created=number)
        assert len(store.prune(1_200)) == 1_200
        assert [w.id for w in store.unfinished()] == []
        assert [w.id for w in store.workflows().workflows] == ["w1200"]


class TestTheExport:
    def test_is_the_whole_log_as_json(self, store):
        finished(store, "w")
        (exported,) = store.export()
        again = json.loads(json.dumps(exported))
        assert again["request"]["id"] == "w"
        assert again["decision"]["reasons"][0]["reason"] == "critical_security"
        assert again["decision"]["assessment"] == decision().assessment
        assert again["completion"]["diff"] == "--- a\n+++ b\n"
        assert again["state"] == "completed"
        assert [event["body"].get("state") for event in again["events"]] == ["executing", None, "completed"]
        assert [each["tier"] for each in again["attempts"]] == ["L3", "L4"]
        assert again["feedback"][0]["verdict"] == "accepted"

    def test_holds_feedback_without_a_workflow(self, store):
        store.add_feedback(Feedback(id="f", at=1, verdict="dismissed"))
        (exported,) = store.export()
        assert exported["request"] is None
        assert exported["feedback"][0]["id"] == "f"

    def test_goes_in_parts_from_a_time_on(self, store):
        for number in range(120):
            finished(store, f"w{number:03}", created=number)
        exported = list(store.export(since=10))
        assert [each["request"]["id"] for each in exported] == [f"w{number:03}" for number in range(10, 120)]
        assert all(len(each["events"]) == 3 for each in exported)


def test_a_store_says_that_it_works(store):
    store.ping()
