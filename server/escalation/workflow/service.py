"""The service: takes submissions, has them done, and tells how they stand. The one owner of the host's state."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from escalation.repository.jobs import Clients
from escalation.store.errors import StoreError
from escalation.store.opening import open_store, sqlite_url
from escalation.store.records import FINISHED, Completion, Feedback, Told, Workflow
from escalation.store.store import Store
from escalation.workflow import durability, learning, recorder, running, slots, taking
from escalation.workflow.commission import Commission
from escalation.workflow.durability import Durable
from escalation.workflow.following import Channel, Progress, kept, place
from escalation.workflow.judging import Judged, judge
from escalation.workflow.masking import Secrets, missing, rebuilt
from escalation.workflow.submission import Submission
from escalation.workflow.taking import Taken

_SWEEP = 1.0
"""Seconds between two looks at what other hosts do, or want."""
_POLL = 0.2
"""Seconds between two looks into the store for what another host tells."""
_PATIENCE = 10.0
"""Seconds that a result may take to be kept when its run has ended."""
_MOST_SECRETS = 200
"""Runs whose secrets are held in memory, so that their results can be had."""
_Found = TypeVar("_Found")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ResultFiles:
    """What a run made of the files that it changed. `files` are the texts by path, None for a file that is to go;
    `base_digests` what the run found there (`commission.digest` of the text; empty for a file that was not).
    `complete`: no placeholder of a secret is left in them; after a restart of the host their values may be lost."""

    files: Mapping[str, str | None]
    base_digests: Mapping[str, str]
    complete: bool


class ServiceError(Exception):
    """The host cannot do its work. The message says why, and what to do."""


class Service:
    """Belongs to one event loop; there is one in a process."""

    def __init__(self, store: Store, env: Mapping[str, str], roots: Sequence[Path] | None, clients: Clients) -> None:
        self.store = store
        self._env, self._roots, self._clients = env, roots, clients
        self._durable: Durable
        self._slots: slots.Slots
        self._judging = ThreadPoolExecutor(2, "judging")
        self._lives: dict[str, asyncio.Task[str]] = {}
        self._channels: dict[str, Channel] = {}
        self._cancelled: dict[str, asyncio.Event] = {}
        self._secrets: OrderedDict[str, Secrets] = OrderedDict()
        self._queued: set[str] = set()
        self._entry = asyncio.Lock()
        """So that of two submissions of one request the secrets are those of the one that is queued."""
        self._taught: set[str] = set()
        self._lesson = asyncio.Event()
        self._closing = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        *,
        database: str = "",
        folder: Path,
        env: Mapping[str, str],
        roots: Sequence[Path] | None = None,
        max_concurrent: int = 5,
    ) -> AsyncIterator[Service]:
        """The service on SQLite files in `folder`, or on a PostgreSQL database (`postgresql+psycopg://…`). What was
        under way goes on. Raises ServiceError, StoreError."""
        async with AsyncExitStack() as stack:
            with _explained():
                slot = await stack.enter_async_context(slots.opened(database, folder))
            store = await asyncio.to_thread(open_store, database or sqlite_url(folder))
            stack.callback(store.close)
            clients = await stack.enter_async_context(Clients(env))
            service = cls(store, env, roots, clients)
            stack.callback(service._judging.shutdown, wait=False, cancel_futures=True)
            service._slots = slot
            runs = durability.launched(
                database=database,
                folder=folder,
                executor=slot.own,
                max_concurrent=max_concurrent,
                body=service._carry_out,
            )
            with _explained():
                service._durable = await stack.enter_async_context(runs)
            chores = [asyncio.create_task(each) for each in service._chores()]
            try:
                yield service
            finally:
                await service._close(chores)

    # ---- what clients ask for

    async def judge(self, submission: Submission) -> Judged:
        """What is to be said of a change; nothing is kept. Raises BadSubmission."""
        return await self._thought(lambda: judge(submission, roots=self._roots, env=self._env))

    async def submit(self, submission: Submission) -> Workflow:
        """Decides at once; with `execute` the run begins as soon as one may. The same request id again is the same
        workflow. Raises BadSubmission, StoreError."""
        if submission.request_id:
            known = await asyncio.to_thread(self.store.by_request_id, submission.request_id)
            if known is not None:
                return known
        taken = await self._thought(lambda: taking.take(submission, self._roots, self._env, self._clients.keys))
        if taken.commission is not None:
            await self._enqueue(taken, taken.commission)
        await asyncio.to_thread(taking.keep, self.store, taken, self._slots.own)
        found = await asyncio.to_thread(self.store.by_request_id, taken.request.request_id)
        assert found is not None
        return found

    async def cancel(self, id: str) -> Workflow | None:
        """Ends a workflow, queued or running; a finished one stays as it is. None: there is none of that id."""
        if await asyncio.to_thread(self.store.request_cancel, id):
            if id not in self._cancelled and await self._durable.withdraw(id):
                self._queued.discard(id)
                await self._end(id, "cancelled", "it was cancelled before it began")
            if (stop := self._cancelled.get(id)) is not None:
                stop.set()
        return await asyncio.to_thread(self.store.workflow, id)

    async def follow(self, id: str, after: str = "") -> AsyncGenerator[Progress, None]:
        """What happens in a workflow, from its beginning or from after an id on, until it has finished. Ends at once
        for an unknown one. Raises ValueError for an id that none was."""
        at = place(after)
        while not self._closing.is_set():
            channel = self._channels.get(id)
            with channel.listening() if channel is not None else nullcontext() as queue:
                for told in await asyncio.to_thread(self.store.events, id, at[0]):
                    progress, at = kept(told), (told.number, 0)
                    yield progress
                    if progress.last:
                        return
                while queue is not None and (news := await queue.get()) is not None:
                    if news.place <= at:
                        continue
                    at = news.place
                    yield news
                    if news.last:
                        return
            if queue is None:
                found = await asyncio.to_thread(self.store.workflow, id)
                if found is None or (found.state in FINISHED and await self._told_all(id, at)):
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _POLL)

    async def result(self, id: str) -> ResultFiles | None:
        """None: there is none of that id, or it has no result (yet)."""
        found = await asyncio.to_thread(self.store.workflow, id)
        if found is None or found.state not in FINISHED or found.completion is None or not found.completion.files:
            return None
        text = await self._outcome(id)
        if text is None:
            return None
        result = running.loaded(text)
        secrets = await self._secrets_of(id)
        files = {
            path: secrets.restore(masked) if masked is not None and secrets is not None else masked
            for path, masked in result.files.items()
        }
        complete = not any(text is not None and missing(text, result.placeholders) for text in files.values())
        return ResultFiles(files, result.digests, complete)

    async def feedback(self, feedback: Feedback) -> None:
        """Effect: keeps it, and what is learnt from it. Raises StoreError."""
        if not await asyncio.to_thread(self.store.add_feedback, feedback):
            return
        about = await asyncio.to_thread(self.store.workflow, feedback.workflow) if feedback.workflow else None
        self._learn(about.request.repository if about is not None else feedback.repository)

    def busy(self) -> bool:
        """Whether a run is queued here, or under way."""
        return bool(self._lives or self._queued)

    async def prune(self, before: int) -> int:
        """Deletes what finished before this time (milliseconds); how many workflows that were."""
        ids = await asyncio.to_thread(self.store.prune, before)
        for start in range(0, len(ids), 500):
            await self._durable.delete(ids[start : start + 500])
        return len(ids)

    # ---- runs

    async def _enqueue(self, taken: Taken, commission: Commission) -> None:
        """The queue first: what is in it will be done, and finds its way into the store if we die now."""
        id = commission.id
        async with self._entry:
            if await self._durable.standing(id) is not None:
                return
            if taken.secrets is not None:
                taken.secrets.rest()
                self._remember(id, taken.secrets)
            self._channels.setdefault(id, Channel())
            await self._durable.enqueue(id, commission.dumps())
            if id not in self._lives:
                self._queued.add(id)

    async def _carry_out(self, id: str, text: str) -> str:
        """The body of a durable run, in a task of its own, so that the end of the host can end it."""
        self._queued.discard(id)
        task = self._lives[id] = asyncio.create_task(self._lived(id, text))
        try:
            return await task
        finally:
            if self._lives.get(id) is task:
                del self._lives[id]

    async def _lived(self, id: str, text: str) -> str:
        channel = self._channels.setdefault(id, Channel())
        cancelled = self._cancelled[id] = asyncio.Event()
        try:
            commission = Commission.loads(text)
            life = running.Life(
                commission=commission,
                store=self.store,
                steps=durability.Steps(id),
                channel=channel,
                cancelled=cancelled,
                secrets=await self._known(commission),
                clients=self._clients,
                host=self._slots.own,
            )
            kept = await life.live()
            self._let_go(life.secrets, id)
            self._learn(commission.request.repository)
            return running.dumped(kept)
        except Exception as problem:  # what takes the run away from this host is none
            _log.error("run %s failed with %s, which nobody foresaw", id, type(problem).__name__)
            await self._end(id, "failed", f"the host failed ({type(problem).__name__}); please report it")
            raise
        finally:
            self._cancelled.pop(id, None)
            self._channels.pop(id, None)
            channel.close()

    async def _known(self, commission: Commission) -> Secrets:
        """The secrets of a run: those that we have, if they are of this very commission."""
        secrets = self._secrets.get(commission.id)
        if secrets is None or secrets.seed != commission.seed:
            keys = self._clients.keys(commission.settings)
            secrets = await asyncio.to_thread(rebuilt, commission, keys)
            self._remember(commission.id, secrets)
        return secrets

    async def _secrets_of(self, id: str) -> Secrets | None:
        if id in self._secrets:
            return self._secrets[id]
        given = await self._durable.given(id)
        return await self._known(Commission.loads(given)) if given is not None else None

    def _remember(self, id: str, secrets: Secrets) -> None:
        self._secrets[id] = secrets
        self._secrets.move_to_end(id)
        idle = (known for known in self._secrets if known not in self._lives and known not in self._queued)
        for known in list(idle)[: max(len(self._secrets) - _MOST_SECRETS, 0)]:
            del self._secrets[known]

    def _let_go(self, secrets: Secrets, id: str) -> None:
        """The run is over: what is left to do is to restore its result."""
        secrets.rest()
        if secrets.empty:
            self._secrets.pop(id, None)

    async def _outcome(self, id: str) -> str | None:
        """What a run left, which is kept a moment after it was told that it had ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while await self._durable.standing(id) == "running":
                    await asyncio.sleep(0.02)
        return await self._durable.outcome(id)

    async def _end(self, id: str, outcome: Literal["cancelled", "failed"], why: str) -> None:
        """Effect: a workflow that nobody works on has ended."""
        told = await asyncio.to_thread(_ended, self.store, id, outcome, why)
        if (channel := self._channels.pop(id, None)) is not None:
            if told is not None:
                channel.tell(told)
            channel.close()

    async def _told_all(self, id: str, at: tuple[int, int]) -> bool:
        return await asyncio.to_thread(self.store.last_event, id) <= at[0]

    # ---- chores

    def _chores(self) -> Sequence[Any]:
        return (self._sweeping(), self._learning(), self._begin())

    async def _begin(self) -> None:
        """What takes a while, and nobody waits for."""
        with _logged("the feedback of the editor"):
            for feedback in await asyncio.to_thread(list, learning.of_the_editor()):
                await self.feedback(feedback)

    async def _sweeping(self) -> None:
        await self._mend()
        while True:
            await asyncio.sleep(_SWEEP)
            with _logged("looking after other hosts"):
                await self._slots.keep()
                await self._count_queued()
                await self._cancel_asked()
                await self._take_over()

    async def _mend(self) -> None:
        """What the store has as under way here, and nobody will work on: a database was lost or cut by a power failure,
        or a newer program cannot carry on what an older one began."""
        with _logged("mending"):
            for workflow in await asyncio.to_thread(self.store.unfinished, self._slots.own):
                standing = await self._durable.standing(workflow.id)
                if standing in ("queued", "running"):
                    self._queued.add(workflow.id)
                else:
                    if standing == "lost":
                        await self._durable.give_up(workflow.id)
                    await self._end(workflow.id, "failed", "what was kept of the run is of no use; submit it again")

    async def _count_queued(self) -> None:
        """What another host has taken out of our queue waits no longer."""
        if not (known := set(self._queued)):
            return
        for id in known - await self._durable.queued():
            self._queued.discard(id)
            if id not in self._lives and (channel := self._channels.pop(id, None)) is not None:
                channel.close()

    async def _cancel_asked(self) -> None:
        """Those that somebody cancelled at another host."""
        if isinstance(self._slots, slots.OneSlot) or not self._cancelled:
            return
        for id in await asyncio.to_thread(self.store.cancelling, tuple(self._cancelled)):
            if (stop := self._cancelled.get(id)) is not None:
                stop.set()

    async def _take_over(self) -> None:
        """The runs of hosts that are dead."""
        if isinstance(self._slots, slots.OneSlot):
            return
        for host in await self._durable.hosts() - {self._slots.own}:
            if await self._slots.take(host):
                try:
                    taken = await self._durable.take_over(host)
                    self._queued.update(taken)
                    _log.warning("%s has ended; %d of its runs go on here", host, len(taken))
                finally:
                    await self._slots.free(host)

    def _learn(self, repository: str) -> None:
        """There is something to learn of a repository."""
        if repository:
            self._taught.add(repository)
            self._lesson.set()

    async def _learning(self) -> None:
        while True:
            await self._lesson.wait()
            await asyncio.sleep(_SWEEP)  # what comes together is learnt together
            await self._learnt()

    async def _learnt(self) -> None:
        self._lesson.clear()
        while self._taught:
            with _logged("calibrating"):
                await asyncio.to_thread(learning.learn, self.store, self._taught.pop())

    async def _close(self, chores: Sequence[asyncio.Task[None]]) -> None:
        """What is under way is left to the next host."""
        self._closing.set()
        tasks = [*chores, *self._lives.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._learnt()
        for channel in self._channels.values():
            channel.close()

    async def _thought(self, work: Callable[[], _Found]) -> _Found:
        """Judging takes the processor: more than a few at once only slow each other down."""
        return await asyncio.get_running_loop().run_in_executor(self._judging, work)


def _ended(store: Store, id: str, outcome: Literal["cancelled", "failed"], why: str) -> Told | None:
    """Effect: a workflow has ended. None where it had."""
    found = store.workflow(id)
    if found is None or found.state in FINISHED:
        return None
    told = Told(id, store.last_event(id) + 1, running.now(), "state", {"state": outcome, "reason": why})
    recorder.write(store, recorder.Entry((told,), None, Completion(outcome=outcome, message=why)), told.at)
    return told


@contextmanager
def _explained() -> Iterator[None]:
    """Raises ServiceError for what keeps the host from beginning."""
    try:
        yield
    except (slots.NoSlot, durability.NotDurable) as problem:
        raise ServiceError(str(problem)) from None


@contextmanager
def _logged(what: str) -> Iterator[None]:
    """A chore that fails is told in one line, and tried again with the next."""
    try:
        yield
    except Exception as problem:  # noqa: BLE001 - it is told, and nobody else's business
        words = str(problem) if isinstance(problem, StoreError | slots.NoSlot) else type(problem).__name__
        _log.warning("%s: %s", what, words)
