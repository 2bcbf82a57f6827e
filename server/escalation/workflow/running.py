"""Running: one life of a run, from where the last one ended until there is an outcome.

The run is carried out from its beginning each time. Its journal answers what was paid before, so it comes at once to
where it was; what it tells on the way there has been told, and is not told again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import time
from typing import Any, TypeVar

from escalation.flow.client import warm
from escalation.flow.engine import Check, Engine
from escalation.flow.events import CheckResult, Event, Result, StreamEnd, TextDelta
from escalation.flow.messages import ModelFailure
from escalation.flow.process import process_message
from escalation.flow.sources import ABSENT
from escalation.repository.jobs import Clients, check_in, engine
from escalation.repository.prices import load_rates
from escalation.repository.sources import WorkspaceSources
from escalation.settings.endpoints import EndpointError
from escalation.store.errors import StoreError, UnknownWorkflow
from escalation.store.records import FINISHED, Completion, Told
from escalation.store.store import Store
from escalation.text.document import Document
from escalation.workflow import recorder
from escalation.workflow.commission import Commission, digest
from escalation.workflow.durability import Steps
from escalation.workflow.following import Channel
from escalation.workflow.journal import StepJournal
from escalation.workflow.masking import Secrets, missing

MAX_LIVES = 50
"""Hosts that may die over a run before it is given up: it may be what kills them."""
STARTED, RESUMED = "host.started", "host.resumed"
_OF_HOSTS = "host."
_LONGEST_PAUSE = 10.0
"""Seconds between two tries at a database that does not answer."""
_GOOD = ("success", "partial_success", "fallback_success")
_PAGE = 1_000
_ELSEWHERE = "lies in the workspace, which this host has not"
_Found = TypeVar("_Found")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a result: the texts of the files that changed, masked, what the run found there, and all
    placeholders that may stand in them."""

    files: Mapping[str, str | None] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    placeholders: tuple[str, ...] = ()


@dataclass
class Life:
    """One life of a run on one host."""

    commission: Commission
    store: Store
    steps: Steps
    channel: Channel
    cancelled: asyncio.Event
    secrets: Secrets
    clients: Clients
    host: str

    async def live(self) -> Kept:
        """To the end of the run. Raises what ends the host or takes the run away from it."""
        id, commission = self.commission.id, self.commission
        await self._kept(begin, self.store, commission, self.host)
        stored = await self._kept(events, self.store, id)
        telling = _Telling(self, stored)
        self.channel.number = max(self.channel.number, telling.last)
        workflow = await self._kept(self.store.workflow, id)
        if workflow is not None and workflow.state in FINISHED:
            outcome = workflow.completion.outcome if workflow.completion is not None else None
            if outcome not in _GOOD:
                return Kept()
        elif not await telling.begin():
            return Kept()
        if workflow is not None and workflow.cancelling:
            self.cancelled.set()
        journal = StepJournal(self.steps, await self.steps.recorded())
        try:
            working = await self._engine(journal)
        except (ModelFailure, EndpointError) as problem:
            await telling.failed(str(problem))
            return Kept()
        return await self._followed(working, telling)

    async def _followed(self, working: Engine, telling: _Telling) -> Kept:
        kept = Kept()
        async with aclosing(process_message(self.commission.job(), working, self.cancelled)) as happening:
            async for event in happening:
                if isinstance(event, TextDelta):
                    telling.say(event)
                    continue
                if isinstance(event, StreamEnd):
                    kept = await asyncio.to_thread(self._result, event.result)
                await telling.tell(event)
        return kept

    async def _engine(self, journal: StepJournal) -> Engine:
        """Raises ModelFailure, EndpointError."""
        settings, root = self.commission.settings, self.commission.request.root
        await asyncio.to_thread(warm)  # a second, and more on a busy machine, which is none of the run's time
        await asyncio.to_thread(load_rates, settings)
        sources = await asyncio.to_thread(_Sources.opened, self.commission)
        check = self._check(check_in(root, settings, self.secrets.restore(self.commission.check)))
        made = engine(settings, sources, self.clients, check if self.commission.check else None)
        return replace(made, journal=journal, check=journal.checked(made.check) if made.check else None)

    def _check(self, check: Check) -> Check:
        """The check on the true texts, whose output is masked before anything is done with it."""

        async def checked(result: Result) -> CheckResult:
            true, command = self.secrets.true(result), self.commission.check
            if why := self._unchecked(true):
                return CheckResult(command, "not_run", 0.0, output=why)
            done = await check(true)
            await asyncio.to_thread(self.secrets.learn, true.base)
            return replace(done, command=command, output=self.secrets.mask(done.output))

        return checked

    def _unchecked(self, result: Result) -> str:
        """Why the check cannot be run; empty if it can."""
        if not os.path.isdir(self.commission.request.root):
            return "The host that took the task has ended, and this one has not its workspace."
        changed = [result.snapshot[path].text for path in result.changed if path in result.snapshot]
        command = self.secrets.restore(self.commission.check)
        if any(missing(text, self.secrets.placeholders) for text in (*changed, command)):
            return "The host that took the task has ended, and with it the values of secrets in what is to be checked."
        return ""

    def _result(self, result: Result) -> Kept:
        true = self.secrets.true(result)
        self.secrets.learn(true.base)
        files = {
            path: self.secrets.mask(result.snapshot[path].text) if path in result.snapshot else None
            for path in result.changed
        }
        found = {path: self._found(path, true.base.get(path)) for path in result.changed}
        late = (one.placeholder for one in self.secrets.late.masked)
        return Kept(files, found, tuple(sorted({*self.secrets.placeholders, *late})))

    def _found(self, path: str, document: Document | None) -> str:
        known = self.commission.digests.get(path)
        return known if known is not None else "" if document is None else digest(document.text)

    async def _kept(self, call: Callable[..., _Found], *arguments: Any) -> _Found:  # noqa: ANN401
        return await patient(lambda: asyncio.to_thread(call, *arguments))


class _Telling:
    """Numbers what happens, keeps it, and passes it on. What was told in an earlier life is passed over."""

    def __init__(self, life: Life, stored: Sequence[Told]) -> None:
        self._life = life
        first = len(life.commission.told)
        self._known = deque(told for told in stored[first:] if not told.type.startswith(_OF_HOSTS))
        self._lives = sum(told.type in (STARTED, RESUMED) for told in stored)
        self._course = recorder.Course(life.commission.id, state="deciding")
        self.last = stored[-1].number if stored else 0

    async def begin(self) -> bool:
        """Tells that a life begins. Whether it may: False for a run that is given up."""
        host, secrets = self._life.host, self._life.secrets
        if self._lives >= MAX_LIVES:
            await self.failed(f"{self._lives} hosts ended while they worked on it; it is given up")
            return False
        if self._lives == 0:
            await self._write(recorder.Entry((self._told(STARTED, {"host": host}),)))
            return True
        reason = "the host that worked on it has ended; what it paid is not paid again"
        if secrets.lost:
            reason += "; the values of some secrets are lost, so their placeholders stay in the result"
        body = {"host": host, "reason": reason, "complete": not secrets.lost}
        await self._write(recorder.Entry((self._told(RESUMED, body),)))
        return True

    def say(self, event: TextDelta) -> None:
        if not self._known:
            self._life.channel.say(event.type, {"tier": event.tier, "text": event.text})

    async def tell(self, event: Event) -> None:
        at = self._known[0].at if self._known else now()
        self._course, entry = recorder.heard(self._course, event, at)
        new = []
        for told in entry.told:
            if self._known:
                self._known.popleft()
            else:
                new.append(self._told(told.type, told.body, told.at))
        if new:
            await self._write(replace(entry, told=tuple(new)))

    async def failed(self, why: str) -> None:
        """The run comes to nothing."""
        told = self._told("state", {"state": "failed", "reason": why})
        await self._write(recorder.Entry((told,), completion=Completion(outcome="failed", message=why)))

    def _told(self, type: str, body: Mapping[str, Any], at: int = 0) -> Told:
        self.last += 1
        return Told(self._life.commission.id, self.last, at or now(), type, body)

    async def _write(self, entry: recorder.Entry) -> None:
        await patient(lambda: asyncio.to_thread(recorder.write, self._life.store, entry, now()))
        for told in entry.told:
            self._life.channel.tell(told)


class _Sources:
    """The files of the workspace as it is, the list of them as it was when the task was submitted: so the run asks in
    each life what it asked in the first. Implements `flow.sources.Sources`."""

    def __init__(self, paths: Sequence[str], files: WorkspaceSources | None) -> None:
        self.paths = paths
        self._files = files

    @classmethod
    def opened(cls, commission: Commission) -> _Sources:
        """Reads the workspace."""
        root, paths = commission.request.root, commission.workspace_paths()
        if not root or not os.path.isdir(root):
            return cls(paths, None)
        files = WorkspaceSources(root, commission.settings)
        files.reason_private(".")  # which lists the files, here rather than while others wait
        return cls(paths, files)

    def read(self, path: str) -> Document | str:
        if self._files is not None:
            return self._files.read(path)
        return _ELSEWHERE if path in self.paths else ABSENT


def begin(store: Store, commission: Commission, host: str) -> None:
    """Effect: the workflow is in the store, as it was decided on. Doing it again changes only who works on it."""
    request, told = commission.request, commission.told
    store.begin(request, commission.decision, state="initialized", host=host, at=request.created)
    store.tell(told)
    store.take(request.id, host)


def events(store: Store, id: str) -> list[Told]:
    """All that was told of a workflow."""
    found: list[Told] = []
    while page := store.events(id, found[-1].number if found else 0, _PAGE):
        found += page
    return found


async def patient(call: Callable[[], Awaitable[_Found]]) -> _Found:
    """Waits for a database that does not answer, as the steps do: it may only be starting anew. Raises
    UnknownWorkflow."""
    pause = 0.1
    while True:
        try:
            return await call()
        except UnknownWorkflow:
            raise
        except StoreError as problem:
            _log.warning("%s Trying again in %.1f s.", problem, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def dumped(kept: Kept) -> str:
    return json.dumps({"files": kept.files, "digests": kept.digests, "placeholders": kept.placeholders})


def loaded(text: str) -> Kept:
    found = json.loads(text)
    return Kept(found["files"], found["digests"], tuple(found["placeholders"]))


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time() * 1000)
