"""Calls: one answer of a model, asked for again while it fails in passing, and never beyond the budget."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from escalation.flow.engine import Model
from escalation.flow.events import Retry, Tier
from escalation.flow.messages import Answer, ModelFailure, Request
from escalation.flow.run import Run
from escalation.flow.spending import estimated

_LONGEST_BACKOFF = 30.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of an answer while it comes: each piece of text, and that content has begun to arrive."""

    tier: Tier
    text: Callable[[str], None]
    content: Callable[[], None]


async def call(run: Run, model: Model, request: Request, listener: Listener) -> tuple[Answer, int]:
    """The answer, and how many requests it took. Raises ModelFailure when no try brought one, OverBudget before a
    request that the budget does not hold."""
    for attempt in count(1):
        said = 0

        def heard(text: str) -> None:
            nonlocal said
            said += len(text)
            listener.text(text)

        try:
            return await _once(run, model, request, replace(listener, text=heard)), attempt
        except ModelFailure as failure:
            seconds = _pause(attempt, failure, run.engine.first_backoff)
            if failure.kind != "transient" or attempt > run.engine.settings.retries or seconds > run.left():
                raise
            run.emit(Retry(listener.tier, attempt, round(seconds, 1), str(failure), said))
            await asyncio.sleep(seconds)
    raise AssertionError("counting does not end")


async def _once(run: Run, model: Model, request: Request, listener: Listener) -> Answer:
    allowance = run.purse.allow(request, model.rate)
    written = 0

    def heard(text: str) -> None:
        nonlocal written
        written += len(text.encode("utf-8", "replace"))
        listener.text(text)

    used = estimated(request, 0)
    try:
        answer = await model.provider.answer(replace(request, max_tokens=allowance.max_tokens), heard, listener.content)
        used = answer.usage
        return answer
    except ModelFailure as failure:
        used = failure.usage
        raise
    except asyncio.CancelledError:  # what was read and written until now may be billed, and nobody says how much
        used = estimated(request, written)
        raise
    finally:
        run.purse.settle(allowance, used)


def _pause(attempt: int, failure: ModelFailure, first: float) -> float:
    """Seconds until the next try: as the endpoint asks, else doubled each time, with full jitter above the half."""
    if failure.retry_after is not None:
        return failure.retry_after
    return min(first * 2.0 ** (attempt - 1), _LONGEST_BACKOFF) * random.uniform(0.5, 1.0)
