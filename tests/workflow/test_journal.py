"""What is recorded answers what it was the answer to, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from escalation.flow.events import CheckResult, Result
from escalation.flow.journal import Recorded
from escalation.flow.messages import Answer, Message, ModelFailure, Request, ToolDefinition, Usage
from escalation.workflow.journal import StepJournal
from tests.flow.running import snapshot

REQUEST = Request(
    "model",
    ("instructions", "context"),
    (Message("user", ({"type": "text", "text": "Do it."},)),),
    (ToolDefinition("voice", "says it", {"type": "object"}),),
    1_000,
)
TOOL = {"type": "tool_use", "id": "1", "name": "voice", "input": {"text": "é \ud83d", "n": [1, 2.5, None]}}
ANSWER = Recorded(Answer(({"type": "text", "text": "Done."}, TOOL), "tool_use", Usage(1, 2, 3, 4), "model-1"), 1.5, 0.5)


@dataclass
class Steps:
    """Steps in memory."""

    kept: list[str] = field(default_factory=list)

    async def recorded(self) -> list[str]:
        return list(self.kept)

    async def record(self, make) -> str:
        self.kept.append(await make())
        return self.kept[-1]


def again(steps: Steps) -> StepJournal:
    """The journal of the next life; what is kept has been through a database."""
    return StepJournal(Steps(), json.loads(json.dumps(steps.kept)))


async def made(recorded: Recorded) -> Recorded:
    return recorded


async def test_an_answer_is_recalled_as_it_came_once():
    steps = Steps()
    assert await StepJournal(steps, []).record(REQUEST, lambda: made(ANSWER)) == ANSWER
    journal = again(steps)
    assert await journal.recall(REQUEST) == ANSWER
    assert await journal.recall(REQUEST) is None


async def test_a_failure_is_one_again():
    failure = ModelFailure("transient", "It is overloaded.", retry_after=2.5, usage=Usage(input_tokens=7))
    steps = Steps()
    await StepJournal(steps, []).record(REQUEST, lambda: made(Recorded(failure, 0.1)))
    found = await again(steps).recall(REQUEST)
    assert found is not None
    assert isinstance(found.outcome, ModelFailure)
    assert (str(found.outcome), found.outcome.kind, found.outcome.retry_after, found.outcome.usage) == (
        "It is overloaded.",
        "transient",
        2.5,
        Usage(input_tokens=7),
    )


async def test_of_the_same_request_the_first_record_comes_first():
    steps = Steps()
    journal = StepJournal(steps, [])
    failed = Recorded(ModelFailure("transient", "Not now."), 0.1)
    await journal.record(REQUEST, lambda: made(failed))
    await journal.record(REQUEST, lambda: made(ANSWER))
    next_life = again(steps)
    assert isinstance((await next_life.recall(REQUEST)).outcome, ModelFailure)
    assert await next_life.recall(REQUEST) == ANSWER


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "other"},
        {"system": ("instructions", "another context")},
        {"messages": ()},
        {"tools": ()},
        {"max_tokens": 1},
    ],
)
async def test_another_request_is_not_answered(changed):
    steps = Steps()
    await StepJournal(steps, []).record(REQUEST, lambda: made(ANSWER))
    journal = again(steps)
    assert await journal.recall(replace(REQUEST, **changed)) is None
    assert await journal.recall(REQUEST) == ANSWER  # what did not fit is not used up
    assert journal.left == 0


async def test_what_ends_a_step_leaves_nothing():
    steps = Steps()

    async def ended() -> Recorded:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await StepJournal(steps, []).record(REQUEST, ended)
    assert steps.kept == []


async def test_a_check_is_made_once_for_what_it_looks_at():
    steps, run = Steps(), []

    async def check(result: Result) -> CheckResult:
        run.append(result)
        return CheckResult("make", "failed", 1.0, 2, "no")

    def result(text: str) -> Result:
        return Result(snapshot({"a.py": "", "b.py": ""}), snapshot({"a.py": text, "b.py": ""}), ("a.py",))

    said = await StepJournal(steps, []).checked(check)(result("1"))
    checked = again(steps).checked(check)
    assert await checked(result("1")) == said
    assert len(run) == 1
    assert await checked(result("2")) == said
    assert len(run) == 2
