"""One tier pass: a model works on a snapshot until it ends its turn.

It streams, applies what it is told to, and answers each tool call, so that the model can act on a refusal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

from escalation.flow import tools
from escalation.flow.calls import Listener, call
from escalation.flow.clock import Clock
from escalation.flow.engine import Model
from escalation.flow.events import TextDelta, Tier, TierEnd, TierStart, ToolCalled, ToolRefused, Verdict
from escalation.flow.messages import Answer, Block, Message, Request, ToolCall, Usage
from escalation.flow.outcome import Applied, Created, Outcome, Refusal
from escalation.flow.run import Run
from escalation.flow.spending import cost
from escalation.text.snapshot import Snapshot

EDIT_RETRIES = 3
"""How often a model may try an edit of a file again that was refused; then the pass is over."""
_EDITING = ("mutate_entity", "set_relationship")
_CUT_OFF = ("max_tokens", "model_context_window_exceeded")
_TOO_LONG = "Your last answer was longer than one answer may be, and was dropped as a whole. Work in smaller steps."

Ending = Literal["end_turn", "turn_limit", "cut_off", "edits"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a pass is to do: a model in the place of a tier, its system prompt and the user's message."""

    tier: Tier
    number: int
    model: Model
    system: tuple[str, str]
    message: str


@dataclass(frozen=True, slots=True)
class PassResult:
    """What a pass leaves. `text` is what the user reads; `tool_calls` are those that took effect, `raw_tools` all
    blocks of tool use as they came; `unapplied` says of each refused edit that was never mended what was wrong."""

    tier: Tier
    model: str
    snapshot: Snapshot
    text: tuple[str | Mapping[str, object], ...]
    tool_calls: tuple[ToolCall, ...]
    raw_tools: tuple[Block, ...]
    created: tuple[Created, ...]
    unapplied: tuple[str, ...]
    usage: Usage
    ttfc_ms: float | None
    ttc_ms: float
    ending: Ending
    verdict: Verdict | None = None


@dataclass(slots=True)
class _Work:
    """A pass under way."""

    snapshot: Snapshot
    clock: Clock
    started: float = field(default_factory=perf_counter)
    charged: float = 0.0
    """What the clock had been charged with when the pass began."""
    first_content: float | None = None
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    text: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    raw_tools: list[Block] = field(default_factory=list)
    created: list[Created] = field(default_factory=list)
    standing: dict[str, str] = field(default_factory=dict)
    """Refused edits by path, until one of the same file succeeds."""
    refusals: Counter[str] = field(default_factory=Counter)
    dropped: int = 0

    def content(self, seconds: float) -> None:
        if self.first_content is None:
            self.first_content = self.seconds() + seconds

    def seconds(self) -> float:
        """How long the pass has taken, in all lives of the run."""
        return perf_counter() - self.started + self.clock.charged - self.charged


async def run_pass(run: Run, given: Assignment, snapshot: Snapshot) -> PassResult:
    """Effect: tells its events. Raises ModelFailure, OverBudget."""
    run.emit(TierStart(given.tier, given.number, given.model.name, given.model.endpoint))
    work = _Work(snapshot, run.clock, charged=run.clock.charged)
    ending = await _turns(run, given, work)
    seconds = work.seconds()
    unapplied = list(work.standing.values())
    if ending in ("turn_limit", "cut_off"):
        unapplied.append(_unfinished(ending, run.engine.settings.max_turns))
    result = PassResult(
        tier=given.tier,
        model=given.model.name,
        snapshot=work.snapshot,
        text=tuple(work.text),
        tool_calls=tuple(work.calls),
        raw_tools=tuple(work.raw_tools),
        created=tuple(work.created),
        unapplied=tuple(unapplied),
        usage=work.usage,
        ttfc_ms=None if work.first_content is None else _ms(work.first_content),
        ttc_ms=_ms(seconds),
        ending=ending,
    )
    run.emit(_end(run, given, result, work.requests))
    return result


async def _turns(run: Run, given: Assignment, work: _Work) -> Ending:
    messages = [Message("user", ({"type": "text", "text": given.message},))]
    for _ in range(run.engine.settings.max_turns):
        answer = await _answer(run, given, tuple(messages), work)
        if answer.stop_reason in _CUT_OFF:
            work.dropped += 1
            if work.dropped > 1 or answer.stop_reason == "model_context_window_exceeded":
                return "cut_off"
            messages[-1] = _with_note(messages[-1], _TOO_LONG)
            continue
        results = _worked(run, given.tier, answer, work)
        if not results and answer.stop_reason != "pause_turn":
            return "end_turn"
        if max(work.refusals.values(), default=0) > EDIT_RETRIES:
            return "edits"
        messages.append(Message("assistant", answer.raw))
        if results:
            messages.append(Message("user", results))
    return "turn_limit"


async def _answer(run: Run, given: Assignment, messages: tuple[Message, ...], work: _Work) -> Answer:
    request = Request(given.model.name, given.system, messages, tools.TOOLS, run.engine.settings.max_tokens)

    def heard(text: str) -> None:
        run.emit(TextDelta(given.tier, text))

    listener = Listener(given.tier, heard, work.content)
    answer, requests = await call(run, given.model, request, listener)
    work.requests += requests
    work.usage += answer.usage
    return answer


def _worked(run: Run, tier: Tier, answer: Answer, work: _Work) -> tuple[Block, ...]:
    """The blocks of an answer taken into account, in their order. Returns the results of its tool calls."""
    results: list[Block] = []
    for block in answer.raw:
        if block.get("type") == "text" and (text := str(block.get("text", "")).strip()):
            work.text.append(text)
        elif block.get("type") == "tool_use":
            work.raw_tools.append(block)
            made = ToolCall(str(block.get("id", "")), str(block.get("name", "")), block.get("input") or {})
            outcome = _made(run, tier, made, work)
            results.append(
                {
                    "type": "tool_result",
                    "tool_use_id": made.id,
                    "content": outcome.answer,
                    **({"is_error": True} if isinstance(outcome, Refusal) else {}),
                }
            )
    return tuple(results)


def _made(run: Run, tier: Tier, made: ToolCall, work: _Work) -> Outcome:
    """Effect: applies a tool call to the work, or notes that it was refused."""
    outcome = _outcome(run, made, work)
    if isinstance(outcome, Refusal):
        run.emit(ToolRefused(tier, made.name, outcome.message, outcome.nearest))
        if made.name in _EDITING:
            work.standing[outcome.path] = outcome.message
            work.refusals[outcome.path] += 1
        return outcome
    work.snapshot = outcome.snapshot
    work.calls.append(made)
    work.created += outcome.created
    for path in outcome.changed:
        work.standing.pop(path, None)
        work.refusals.pop(path, None)
    if (said := tools.voice(made)) is not None:
        work.text.append(said)
        run.emit(TextDelta(tier, said))
    run.emit(ToolCalled(tier, made.name, tools.summary(made), outcome.changed))
    return outcome


def _outcome(run: Run, made: ToolCall, work: _Work) -> Outcome:
    if refused := _open(run, tools.paths_of(made), work):
        return refused
    outcome = tools.apply(work.snapshot, made, run.engine.sources.paths)
    # The place of a new test file is the tool's own choice: it must not be private either.
    changed = outcome.changed if isinstance(outcome, Applied) else ()
    return _open(run, changed, work) or outcome


def _open(run: Run, paths: Sequence[str], work: _Work) -> Refusal | None:
    """Effect: what there is at the paths is in the work's snapshot; or why one of them may not be named."""
    for path in paths:
        opened = run.open(path, work.snapshot)
        if isinstance(opened, Refusal):
            return opened
        work.snapshot = opened
    return None


def _with_note(message: Message, note: str) -> Message:
    return Message(message.role, (*message.content, {"type": "text", "text": note}))


def _unfinished(ending: Ending, turns: int) -> str:
    if ending == "turn_limit":
        return f"it had not finished after {turns} requests"
    return "its answers were longer than one answer may be"


def _end(run: Run, given: Assignment, result: PassResult, requests: int) -> TierEnd:
    rate = given.model.rate
    return TierEnd(
        tier=given.tier,
        number=given.number,
        model=given.model.name,
        usage=result.usage,
        cost=cost(result.usage, rate) if rate else None,
        spent=run.purse.cost,
        ttfc_ms=result.ttfc_ms,
        ttc_ms=result.ttc_ms,
        requests=requests,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
