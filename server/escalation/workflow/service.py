"""The service: takes submissions, has them done, and tells how they stand. The one owner of the host's state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from escalation.store.records import Feedback, Workflow
from escalation.store.store import Store
from escalation.workflow.following import Progress
from escalation.workflow.judging import Judged
from escalation.workflow.submission import Submission


@dataclass(frozen=True, slots=True)
class ResultFiles:
    """What a run made of the files that it changed. `files` are the texts by path, None for a file that is to go;
    `base_digests` what the run found there (`digest` of the text; empty for a file that was not). `complete`: no
    placeholder of a secret is left in them; after a restart of the host their values may be lost."""

    files: Mapping[str, str | None]
    base_digests: Mapping[str, str]
    complete: bool


class ServiceError(Exception):
    """The host cannot do its work. The message says why, and what to do."""


class Service:
    """Belongs to one event loop; there is one in a process."""

    store: Store

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
        raise NotImplementedError
        yield

    async def judge(self, submission: Submission) -> Judged:
        """What is to be said of a change; nothing is kept. Raises BadSubmission."""
        raise NotImplementedError

    async def submit(self, submission: Submission) -> Workflow:
        """Decides at once; with `execute` the run begins as soon as one may. The same request id again is the same
        workflow. Raises BadSubmission, StoreError."""
        raise NotImplementedError

    async def cancel(self, id: str) -> Workflow | None:
        """Ends a workflow, queued or running; a finished one stays as it is. None: there is none of that id."""
        raise NotImplementedError

    def follow(self, id: str, after: str = "") -> AsyncIterator[Progress]:
        """What happens in a workflow, from its beginning or from after an id on, until it has finished. Ends at once
        for an unknown one. Raises ValueError for an id that none was."""
        raise NotImplementedError

    async def result(self, id: str) -> ResultFiles | None:
        """None: there is none of that id, or it has no result (yet)."""
        raise NotImplementedError

    async def feedback(self, feedback: Feedback) -> None:
        """Effect: keeps it, and what is learnt from it. Raises StoreError."""
        raise NotImplementedError

    def busy(self) -> bool:
        """Whether a run is queued here, or under way."""
        raise NotImplementedError

    async def prune(self, before: int) -> int:
        """Deletes what finished before this time (milliseconds); how many workflows that were."""
        raise NotImplementedError
