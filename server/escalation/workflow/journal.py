"""Journal: what a run has paid, each answer a step of the durable workflow; see `flow.journal`.

There is one kind of step. What is recorded says what it answers: a request, or a result that was checked. A run that is
resumed reads all of them first, so that what it records after them comes behind them.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from hashlib import blake2b
from typing import Any, Protocol

import msgspec

from escalation.flow.diff import changed_paths
from escalation.flow.engine import Check
from escalation.flow.events import CheckResult, Result
from escalation.flow.journal import Recorded
from escalation.flow.messages import Answer, ModelFailure, Request, Usage

Make = Callable[[], Coroutine[Any, Any, str]]


class Steps(Protocol):
    """Where a workflow's steps are kept."""

    async def recorded(self) -> list[str]:
        """Those of this workflow, in their order, from its earlier lives. To be called once, before `record`."""
        ...

    async def record(self, make: Make) -> str:
        """Makes a step and keeps what comes of it. A step that is cancelled, or that raises, leaves nothing."""
        ...


class StepJournal:
    """Implements `flow.journal.Journal`, for one life of a workflow."""

    def __init__(self, steps: Steps, recorded: list[str]) -> None:
        self._steps = steps
        self._known: defaultdict[str, deque[Mapping[str, Any]]] = defaultdict(deque)
        for text in recorded:
            entry = json.loads(text)
            self._known[entry["digest"]].append(entry)

    @property
    def left(self) -> int:
        """How many records nobody has asked for yet."""
        return sum(map(len, self._known.values()))

    async def recall(self, request: Request) -> Recorded | None:
        entry = self._recalled(_digest(request))
        return _recorded(entry) if entry is not None else None

    async def record(self, request: Request, make: Callable[[], Awaitable[Recorded]]) -> Recorded:
        made: list[Recorded] = []

        async def step() -> str:
            made.append(await make())
            return json.dumps({"digest": _digest(request), **_plain(made[0])})

        await self._steps.record(step)
        return made[0]

    def checked(self, check: Check) -> Check:
        """A check whose outcome is recorded, too: it may take minutes, and need not say the same twice."""

        async def recorded(result: Result) -> CheckResult:
            digest = _of(result)
            if (entry := self._recalled(digest)) is not None:
                return msgspec.convert(entry["check"], CheckResult)
            made: list[CheckResult] = []

            async def step() -> str:
                made.append(await check(result))
                return json.dumps({"kind": "check", "digest": digest, "check": msgspec.to_builtins(made[0])})

            await self._steps.record(step)
            return made[0]

        return recorded

    def _recalled(self, digest: str) -> Mapping[str, Any] | None:
        """Each record is told once; of several of one digest the first one first."""
        entries = self._known.get(digest)
        return entries.popleft() if entries else None


def _digest(request: Request) -> str:
    """That of all a model would be sent."""
    plain = msgspec.to_builtins(request)
    return _hashed("request", json.dumps(plain, sort_keys=True, separators=(",", ":")))


def _of(result: Result) -> str:
    """That of what a check looks at: the files that changed."""
    changed = changed_paths(result.base, result.snapshot)
    texts = {path: result.snapshot[path].text if path in result.snapshot else None for path in sorted(changed)}
    return _hashed("check", json.dumps(texts, sort_keys=True))


def _hashed(kind: str, text: str) -> str:
    return blake2b(f"{kind}\0{text}".encode(), digest_size=16).hexdigest()


def _plain(recorded: Recorded) -> dict[str, Any]:
    outcome = recorded.outcome
    times = {"seconds": recorded.seconds, "first_content": recorded.first_content}
    usage = msgspec.to_builtins(outcome.usage)
    if isinstance(outcome, Answer):
        said = {"raw": list(outcome.raw), "stop_reason": outcome.stop_reason, "model": outcome.model}
        return {"kind": "answer", **times, "usage": usage, **said}
    failed = {"failure": outcome.kind, "message": str(outcome), "retry_after": outcome.retry_after}
    return {"kind": "failure", **times, "usage": usage, **failed}


def _recorded(entry: Mapping[str, Any]) -> Recorded:
    usage = msgspec.convert(entry["usage"], Usage)
    outcome: Answer | ModelFailure
    if entry["kind"] == "answer":
        outcome = Answer(tuple(entry["raw"]), entry["stop_reason"], usage, entry["model"])
    else:
        outcome = ModelFailure(entry["failure"], entry["message"], retry_after=entry["retry_after"], usage=usage)
    return Recorded(outcome, entry["seconds"], entry["first_content"])
