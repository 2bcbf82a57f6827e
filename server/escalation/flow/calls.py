"""Calls: one answer of a model, asked for again while it fails in passing, and never beyond the budget."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from time import perf_counter

from escalation.flow.engine import Model
from escalation.flow.events import Retry, Tier
from escalation.flow.journal import Recorded
from escalation.flow.messages import Answer, ModelFailure, Request
from escalation.flow.run import Run
from escalation.flow.spending import estimated

_LONGEST_BACKOFF = 30.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of an answer while it comes: each piece of text, and that content has begun to arrive; the seconds are
    those that it took in an earlier life of the run, 0 in this one."""

    tier: Tier
    text: Callable[[str], None]
    content: Callable[[float], None]


async def call(run: Run, model: Model, request: Request, listener: Listener) -> tuple[Answer, int]:
    """The answer, and how many requests it took. Raises ModelFailure when no try brought one, OverBudget before a
    request that the budget does not hold."""
    for attempt in count(1):
        said = 0

        def heard(text: str) -> None:
            nonlocal said
            said += len(text)
            listener.text(text)

        recorded = await run.engine.journal.recall(request)
        if recorded is not None:
            outcome = _recalled(run, model, recorded, replace(listener, text=heard))
        else:
            outcome = await _once(run, model, request, replace(listener, text=heard))
        if isinstance(outcome, Answer):
            return outcome, attempt
        seconds = _pause(attempt, outcome, run.engine.first_backoff)
        if outcome.kind != "transient" or attempt > run.engine.settings.retries or seconds > run.clock.left():
            raise outcome
        run.emit(Retry(listener.tier, attempt, round(seconds, 1), str(outcome), said))
        await asyncio.sleep(0 if recorded else seconds)
    raise AssertionError("counting does not end")


def _recalled(run: Run, model: Model, recorded: Recorded, listener: Listener) -> Answer | ModelFailure:
    """What came of a request in an earlier life of the run, told and counted as it was then."""
    run.purse.add(recorded.outcome.usage, model.rate)
    if recorded.first_content is not None:
        listener.content(recorded.first_content)
    run.clock.charge(recorded.seconds)
    for block in recorded.outcome.raw if isinstance(recorded.outcome, Answer) else ():
        if block.get("type") == "text":
            listener.text(str(block.get("text", "")))
    return recorded.outcome


async def _once(run: Run, model: Model, request: Request, listener: Listener) -> Answer | ModelFailure:
    """Raises OverBudget."""
    allowance = run.purse.allow(request, model.rate)
    used = estimated(request, 0)
    written = 0

    async def made() -> Recorded:
        nonlocal used, written
        started, first = perf_counter(), None

        def heard(text: str) -> None:
            nonlocal written
            written += len(text.encode("utf-8", "replace"))
            listener.text(text)

        def content() -> None:
            nonlocal first
            if first is None:
                first = perf_counter() - started
                listener.content(0.0)

        outcome: Answer | ModelFailure
        try:
            outcome = await model.provider.answer(replace(request, max_tokens=allowance.max_tokens), heard, content)
        except ModelFailure as failure:
            outcome = failure
        used = outcome.usage
        return Recorded(outcome, perf_counter() - started, first)

    try:
        return (await run.engine.journal.record(request, made)).outcome
    except asyncio.CancelledError:  # what was read and written until now may be billed, and nobody says how much
        used = used if used.output_tokens else estimated(request, written)
        raise
    finally:
        run.purse.settle(allowance, used)


def _pause(attempt: int, failure: ModelFailure, first: float) -> float:
    """Seconds until the next try: as the endpoint asks, else doubled each time, with full jitter above the half."""
    if failure.retry_after is not None:
        return failure.retry_after
    return min(first * 2.0 ** (attempt - 1), _LONGEST_BACKOFF) * random.uniform(0.5, 1.0)
