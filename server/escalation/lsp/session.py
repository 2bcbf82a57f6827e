"""The session: the one owner of mutable state. Everything else is a function of it, or immutable.

Keystrokes are handled on the event loop and read nothing; disk and git are read in a thread, one project at a
time, and what was read is swapped in as a whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types

from escalation.lsp.capabilities import Capabilities
from escalation.lsp.convert import file_path, relative
from escalation.lsp.protocol import Server

if TYPE_CHECKING:
    from escalation.lsp.project import Buffer, Project
    from escalation.lsp.runs import Run

log = logging.getLogger("escalation.lsp")
T = TypeVar("T")

# The import graph and the history may take so long when nothing of them is cached; the rest is read the next time.
_SURVEY_SECONDS = 20.0
_BETWEEN_SURVEYS = 5.0


class Session:
    """Everything that is known of one client. `judged` is told of each new judgement (and of closed texts), `begun` of
    each project that was read for the first time."""

    def __init__(
        self,
        server: Server,
        judged: Callable[[Session, Project], None],
        begun: Callable[[Session, Project], Coroutine[None, None, None]],
    ) -> None:
        self.server = server
        self.capabilities = Capabilities()
        self.folders: list[Path] = []
        self.client_settings: dict[str, object] = {}
        self.buffers: dict[str, Buffer] = {}
        self.projects: dict[Path | None, Project] = {}
        self.said: set[str] = set()
        self.runs: dict[str, Run] = {}
        # The client has views of ours: it is told of every event of a run, and of each recommendation.
        self.events = False
        self.recommended: dict[str, object] = {}
        self.leaving = False
        # Set by the transport: whether messages wait to be handled; and how to leave when the client is gone.
        self.waiting: Callable[[], bool] = lambda: False
        self.leave: Callable[[], None] = lambda: None
        self._judged, self._begun = judged, begun
        self._soon: asyncio.Handle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._settling: set[asyncio.Task[None]] = set()
        self._readers: dict[Project, asyncio.Task[None]] = {}
        self._again: set[Project] = set()
        self._outdated: set[Project] = set()
        self._surveys: set[Project] = set()
        self._one_reading, self._one_survey = asyncio.Lock(), asyncio.Lock()

    # Texts

    def open(self, buffer: Buffer) -> None:
        """Effect: `buffer` is judged as soon as its project is known."""
        self.buffers[buffer.uri] = buffer
        if buffer.judged:
            task = self.start(self._settle(buffer))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    def close(self, uri: str) -> Buffer | None:
        """Effect: forgets an open text; what is on disk counts again."""
        buffer = self.buffers.pop(uri, None)
        for project in self.projects.values():
            if project.buffers.pop(uri, None) is not None:
                self.refresh(project)
        return buffer

    def project_of(self, uri: str) -> tuple[Project, Buffer] | None:
        """The project and buffer of an open text, if it is judged."""
        for project in self.projects.values():
            if uri in project.buffers:
                return project, project.buffers[uri]
        return None

    async def _settle(self, buffer: Buffer) -> None:
        from escalation.lsp.project import Project
        from escalation.lsp.reading import root_of

        file, folders = file_path(buffer.uri), tuple(self.folders)
        root = await in_thread(lambda: root_of(file, folders)) if file else None
        if self.buffers.get(buffer.uri) is not buffer:
            return  # closed meanwhile
        buffer.path = (relative(file, root) if file and root else None) or buffer.uri
        project = self.projects.setdefault(root, Project(root))
        project.buffers[buffer.uri] = buffer
        self._start_reading(project)

    # Judging

    def touch(self, buffer: Buffer) -> None:
        """Effect: `buffer` is judged once the messages that have arrived are handled and the quiet time is
        over."""
        found = self.project_of(buffer.uri)
        quiet = found[0].settings.lsp.quiet_ms if found else 0
        if self._soon is not None and quiet:
            self._soon.cancel()
            self._soon = None
        if self._soon is None:
            loop = asyncio.get_running_loop()
            self._soon = loop.call_later(quiet / 1000, self._judge) if quiet else loop.call_soon(self._judge)

    def _judge(self) -> None:
        if self.waiting():
            self._soon = asyncio.get_running_loop().call_soon(self._judge)
            return
        self._soon = None
        for project in list(self.projects.values()):
            if any(buffer.stale for buffer in project.buffers.values()):
                self.judge(project)

    def judge(self, project: Project) -> None:
        """Effect: judges a project now and says so."""
        project.judge()
        if project.assessment is not None:
            self._judged(self, project)

    def up_to_date(self, uri: str) -> tuple[Project, Buffer] | None:
        """The project and buffer of an open text, judged as it is now; None while it cannot be judged."""
        found = self.project_of(uri)
        if found is None:
            return None
        project, buffer = found
        if buffer.stale:
            self.judge(project)
        return found if project.assessment is not None and not buffer.stale else None

    # Reading

    def refresh(self, project: Project) -> None:
        """Effect: reads a project's files again, in the background; calls during a reading lead to one
        more."""
        self._outdated.add(project)
        self._start_reading(project)

    def _start_reading(self, project: Project) -> None:
        if project in self._readers:
            self._again.add(project)
        else:
            self._readers[project] = self.start(self._read(project))

    def refresh_all(self) -> None:
        """Effect: reads every project again."""
        for project in list(self.projects.values()):
            self.refresh(project)

    async def ready(self, uri: str) -> tuple[Project, Buffer] | None:
        """Like `up_to_date`, after the readings that are under way."""
        while (found := self.up_to_date(uri)) is None and uri in self.buffers:
            under_way = {*self._settling, *self._readers.values()}
            if not under_way:
                break
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        return found

    @property
    def busy(self) -> bool:
        """Whether something is still to be read or judged."""
        return bool(self._soon or self._settling or self._readers)

    async def _read(self, project: Project) -> None:
        from escalation.lsp.reading import extend, read

        try:
            async with self._one_reading:
                self._again.discard(project)
                paths = [buffer.path for buffer in project.buffers.values()]
                client, previous = self.client_settings, project.reading
                if previous is not None and project not in self._outdated:
                    project.reread(await in_thread(lambda: extend(previous, project.root, paths)))
                else:
                    self._outdated.discard(project)
                    project.reread(await in_thread(lambda: read(project.root, paths, client, previous)))
        finally:
            del self._readers[project]
        self.judge(project)
        if previous is None:
            self.survey(project, seconds=0)
            self.start(self._begun(self, project))
        if project in self._again:
            self.refresh(project)

    def survey(self, project: Project, seconds: float = _BETWEEN_SURVEYS) -> None:
        """Effect: reads what lies around the change again, in the background, after a while: what changes until
        then is read with it."""
        if project.root is not None and project not in self._surveys:
            self._surveys.add(project)
            self.start(self._survey(project, project.root, seconds))

    async def _survey(self, project: Project, root: Path, seconds: float) -> None:
        from escalation.lsp.reading import survey

        await asyncio.sleep(seconds)
        async with self._one_survey:
            self._surveys.discard(project)
            settings = project.settings
            project.surroundings = await in_thread(lambda: survey(root, settings, _SURVEY_SECONDS))
        self.judge(project)

    # Tasks and words

    def start(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Effect: runs a coroutine of the session's own; ended by `stop`."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a background task failed", exc_info=error)

    def command_token(self) -> types.ProgressToken | None:
        """The token under which the client shows the progress of the command that is being carried out."""
        tasks, task = self.server.protocol.tasks, asyncio.current_task()
        return next((token for token, other in tasks.items() if other is task), None)

    def stop(self) -> None:
        """Effect: cancels everything that is under way."""
        for task in self._tasks:
            task.cancel()

    def say_once(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Effect: shows a message to the user, the same one only once in a session."""
        if message not in self.said:
            self.said.add(message)
            self.server.window_show_message(types.ShowMessageParams(type=kind, message=message))


async def in_thread(function: Callable[[], T]) -> T:
    """The result of a function that reads files. The thread is a daemon, so that leaving never waits for a
    disk."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type] # T may be None

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except Exception as caught:  # noqa: BLE001 - it is raised where the result is awaited
            error = caught
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    Thread(target=run, name="lsp-disk", daemon=True).start()
    return await future


def show(session: Session, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
    """Effect: shows a message to the user."""
    session.server.window_show_message(types.ShowMessageParams(type=kind, message=message))
