"""`escalation export`: the decision log, and what is not in it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from escalation.cli import export
from escalation.cli.storage import days, opened
from escalation.scripted.script import text
from escalation.store.records import (
    Attempt,
    Case,
    Completion,
    Decision,
    Feedback,
    ReasonGiven,
    Request,
    Told,
    Workflow,
)
from tests.cli.test_run import GOOD, TASK, update

PAGE = (Path(__file__).parents[2] / "docs" / "team.md").read_text("utf-8")
DAY = 86_400_000
NOW = int(time.time() * 1000)


def workflow(id: str, created: int = NOW, **fields: object) -> Workflow:
    request = Request(id=id, request_id=id, created=created, repository="shop", task="Pay", execute=True)
    decision = Decision(
        should_escalate=True,
        confidence=0.8,
        route="L4->L3",
        recommended_model="opus",
        fallback_model="sonnet",
        default_model="sonnet",
        reasons=(ReasonGiven("revenue_critical", "high", 0.8, "valid"),),
        assessment={"evidence": "the text of a file"},
    )
    completion = Completion(outcome="success", diff="-the text of a file", text="I read the text of a file", cost=0.25)
    return Workflow(
        request=request, decision=decision, state="completed", completion=completion, updated=created, **fields
    )


def keep(*found: Workflow) -> None:
    with opened() as store:
        for one in found:
            store.begin(one.request, one.decision, state="initialized", host="test", at=one.request.created)
            assert one.completion is not None
            store.complete(one.id, one.completion, one.request.created)
            store.tell([Told(one.id, 1, one.request.created, "state", {"state": "completed", "reason": ""})])


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_line_for_each_decision_the_oldest_first(run):
    keep(workflow("b", NOW - 1), workflow("c", NOW), workflow("a", NOW - 2))
    answer = run("export")
    assert (answer.status, answer.err) == (0, "")
    assert [line["workflow_id"] for line in lines(answer.out)] == ["a", "b", "c"]


def test_only_the_last_days(run):
    keep(workflow("old", NOW - 31 * DAY), workflow("new", NOW - 29 * DAY))
    assert [line["workflow_id"] for line in lines(run("export", "--since", "30d").out)] == ["new"]


def test_nothing_is_no_line(run):
    assert run("export").out == ""


def test_no_text_of_a_file_is_in_it(run, cart, serve):
    keep(workflow("a"))
    with serve([update("def count(items):\n    return canary_in_the_file(items)\n"), text("canary_in_words"), *GOOD]):
        run("run", "cart.py", *TASK, "--route", "L3", "--apply", cwd=cart.root)
    found = run("export").out
    assert len(lines(found)) == 2
    for canary in ("the text of a file", "canary_in_the_file", "canary_in_words", "return len"):
        assert canary not in found
    assert TASK[1] in found


def test_a_run_is_in_it_with_its_passes_and_what_was_said_of_it(run, cart, serve):
    with serve(GOOD):
        run("run", "cart.py", *TASK, "--route", "L3", "--apply", cwd=cart.root)
    (line,) = lines(run("export").out)
    assert (line["task_description"], line["execute"], line["state"]) == (TASK[1], True, "completed")
    assert line["decision"]["should_escalate"] is False
    assert line["result"]["outcome"] == "success"
    assert [(tier["tier"], tier["requests"]) for tier in line["tiers"]] == [("L3", 2)]
    assert line["tiers"][0]["cost"] == pytest.approx(line["result"]["cost"])
    assert line["result"]["cost"] > 0
    with opened() as store:
        store.add_feedback(Feedback(id="f", at=NOW, verdict="accepted", workflow=line["workflow_id"]))
    (line,) = lines(run("export").out)
    assert [said["verdict"] for said in line["feedback"]] == ["accepted"]


def test_feedback_from_the_editor_is_a_line_of_its_own(run):
    with opened() as store:
        store.add_feedback(Feedback(id="f", at=NOW, verdict="dismissed", repository="shop", reason="api_design"))
    (line,) = lines(run("export").out)
    assert line["workflow_id"] is None
    assert [(said["verdict"], said["reason"]) for said in line["feedback"]] == [("dismissed", "api_design")]


@pytest.mark.parametrize("word", ["", "30", "d", "-3d", "3w", "1.5d", "999999d"])
def test_what_is_no_number_of_days(run, word):
    answer = run("export", "--since", word)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.count("\n") == 1


def test_days():
    assert (days("90d"), days(" 0d ")) == (90, 0)


def test_a_database_that_is_not_there_is_one_line(run):
    answer = run("export", "--database", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("escalation: The PostgreSQL database none at 127.0.0.1:1 cannot be used")
    assert answer.err.count("\n") == 1


@pytest.mark.postgresql
def test_a_teams_database(run, postgresql_url, monkeypatch):
    monkeypatch.setenv("ESCALATION_DATABASE", postgresql_url)
    keep(workflow("a"))
    by_option = run("export", "--database", postgresql_url).out
    assert [line["workflow_id"] for line in lines(by_option)] == ["a"]
    assert run("export").out == by_option
    monkeypatch.delenv("ESCALATION_DATABASE")
    assert run("export").out == ""


def test_every_field_is_documented():
    case = Case(
        workflow("a"),
        (Attempt(workflow="a", number=1, tier="L4", model="opus"),),
        (Feedback(id="f", at=NOW, verdict="accepted"),),
    )
    line = export.line(case)
    section = PAGE[PAGE.index("## Export") :].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", section))
    fields = {*line, *line["decision"], *line["result"], *line["result"]["usage"]}
    fields |= {*line["decision"]["reasons"][0], *line["tiers"][0], *line["feedback"][0]}
    assert fields - named == set()
