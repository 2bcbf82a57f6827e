"""Runs: what the models are doing, or have done, for the projects of this session."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from escalation.host.client import PREFIX, Client, HostError
from escalation.host.starting import found as found_host
from escalation.lsp import hosted
from escalation.lsp.convert import file_uri
from escalation.lsp.hosted import Event, Refused
from escalation.lsp.project import Buffer, Project
from escalation.lsp.proposal import Proposal
from escalation.lsp.session import Session, in_thread
from escalation.settings.endpoints import EndpointError, key, resolve, without_key
from escalation.settings.home import state
from escalation.settings.schema import Settings
from escalation.text.document import Document

_ROUTES = {"auto": "auto", "L3": "L3", "L4": "L4", "L4->L3": "auto", "L3->L4->L3": "two-pass", "two-pass": "two-pass"}
_LAST_SECONDS = 2.0
_MOST_FILES = 200
"""Texts that the host takes with a submission; what is on the disk it reads itself."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A run that did not begin, or brought nothing. `code` is for programs, `message` says what to do."""

    code: Literal["no_key", "no_task", "no_host", "failed"]
    message: str
    variable: str = ""
    """The environment variable that should hold a key."""


@dataclass
class Run:
    """One run, as far as it is known here. `base` are the texts that it was given."""

    workflow: str
    root: Path
    task: str
    route: str = "auto"
    own: bool = False
    started: int = 0
    finished: int | None = None
    state: str = "initialized"
    outcome: str | None = None
    tier: str = ""
    cost: float | None = None
    message: str = ""
    verified: bool | None = None
    proposal: Proposal | None = None
    diff: str = ""
    applied: Literal["no", "yes", "discarded"] = "no"
    base: Mapping[str, Document] = field(default_factory=dict, repr=False)
    working: asyncio.Task[Any] | None = None
    """Who follows it for a client that waits."""

    @property
    def waiting(self) -> bool:
        """Whether its result is still to be applied or discarded."""
        return self.applied == "no" and self.proposal is not None and bool(self.proposal.files)

    def hear(self, event: Event) -> None:
        """Effect: what an event tells of the run."""
        _, type, body = event
        if type == "state":
            self.state = str(body.get("state", self.state))
            self.message = str(body.get("reason", ""))
        elif type == "tier.end":
            self.cost = body.get("spent", self.cost)
        elif type == "tier.start":
            self.tier = f"{self.tier}->{body['tier']}".removeprefix("->")
        elif type == "stream.end":
            self.tier, self.outcome, self.cost = body["tier"], body["outcome"], body["cost"]
            self.message = body["reason"]


def is_finished(run: Run) -> bool:
    return run.state in hosted.FINISHED


def missing_key(settings: Settings) -> Failed | None:
    """What a run would lack: the key of an endpoint that a tier names."""
    for spec in (settings.models.default, settings.models.escalation):
        try:
            named = resolve(settings, spec)
        except EndpointError as error:
            return Failed("failed", str(error))
        if not key(named.endpoint, os.environ):
            variable = named.endpoint.key_variable
            return Failed("no_key", f"There is no key for {named.model}: {without_key(named.name, variable)}", variable)
    return None


def submission(
    project: Project, buffer: Buffer, documents: Mapping[str, Document], task: str, route: str
) -> dict[str, object]:
    """What the host is asked: the pending change as the editor has it (`documents`, as `given` has them), over the
    files of the workspace."""
    contents = {path: document.text for path, document in documents.items()}
    base = {
        file.path: file.base.text if file.base is not None else None
        for file in project.change.files
        if file.path in contents and (file.base is None or file.base.text != contents[file.path])
    }
    return {
        "task_description": task,
        "files_to_modify": [buffer.path],
        "file_contents": contents,
        "base_contents": base,
        "workspace_root": str(project.root),
        "repository": str(project.root),
        "requester": "editor",
        "execute": True,
        "route": _ROUTES.get(route, "auto"),
    }


def given(project: Project, buffer: Buffer) -> dict[str, Document]:
    """The texts that a run is given: those of the pending change, and the one that the user looks at."""
    documents = {file.path: file.current for file in project.change.files if file.current is not None}
    documents[buffer.path] = buffer.document
    return dict(list(documents.items())[-_MOST_FILES:])


async def settle(run: Run, client: Client) -> None:
    """Effect: what has come of a finished run is known. Raises HostError, Refused."""
    found = await hosted.status(client, run.workflow, files=True)
    result = found.get("result") or {}
    run.state, run.outcome, run.tier = found["state"], found["outcome"], found["tier"] or run.tier
    run.cost, run.finished, run.message = found["cost"], found["finished_at"], found["message"] or run.message
    run.task, run.started = found["task_description"] or run.task, found["created_at"]
    run.verified, run.diff = result.get("verified"), result.get("diff") or ""
    if found["files"] is not None:
        run.proposal = Proposal(found["files"], found["base_digests"], found["files_complete"], run.base)
    verdicts = {said["verdict"] for said in found["feedback"]}
    if run.applied == "no" and verdicts & {"accepted", "discarded"}:
        run.applied = "yes" if "accepted" in verdicts else "discarded"


async def end(session: Session, run: Run) -> None:
    """Effect: the run is cancelled: no further request to a model begins. Raises HostError."""
    client = await hosted.host(start=False)
    if client is not None:
        await hosted.cancelled(client, run.workflow)


def end_all(session: Session) -> None:
    """Effect: where the settings say so, the runs of this editor end with it. Waits for the host, but not for long:
    the process is about to end."""
    mine = [run for run in session.runs.values() if run.own and not is_finished(run)]
    ending = [run for run in mine if (found := session.projects.get(run.root)) and not found.settings.lsp.leave_runs]
    client = found_host(state()) if ending else None
    for run in ending:
        with suppress(HostError):
            if client is None:
                return
            client.request("DELETE", f"{PREFIX}/workflow/{run.workflow}", timeout=_LAST_SECONDS)


async def decide(session: Session, run: Run, verdict: Literal["accepted", "discarded"]) -> None:
    """Effect: the result is no longer waiting, and the host learns from it, if it can be reached."""
    run.applied = "yes" if verdict == "accepted" else "discarded"
    await in_thread(lambda: forget(run.workflow))
    with suppress(HostError):
        client = await hosted.host(start=False)
        if client is not None:
            await hosted.said(client, run.workflow, verdict)


async def known(session: Session, root: Path) -> list[Run]:
    """The runs of a workspace, the newest first: those of this session and those the host tells of."""
    with suppress(HostError, Refused):
        client = await hosted.host(start=False)
        for row in await hosted.listed(client, str(root)) if client is not None else ():
            run = session.runs.get(row["workflow_id"])
            if run is None:
                run = session.runs[row["workflow_id"]] = Run(row["workflow_id"], root, row["task_description"])
                run.started = row["created_at"]
            if not is_finished(run) or run.finished is None:
                run.state, run.outcome, run.cost = row["state"], row["outcome"], row["cost"]
                run.tier, run.finished = row["tier"] or run.tier, row["finished_at"]
                if client is not None and is_finished(run):
                    await settle(run, client)
    return sorted((run for run in session.runs.values() if run.root == root), key=lambda run: -run.started)


# What waits for the user when the editor is opened again


def _waiting_folder() -> Path:
    return state() / "waiting"


def remember(run: Run) -> None:
    """Effect: a run of this editor is looked for when it is opened again."""
    with suppress(OSError):  # then it is found in the list of runs only
        _waiting_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        (_waiting_folder() / run.workflow).write_text(str(run.root), "utf-8")


def forget(workflow: str) -> None:
    """Effect: nobody is asked about a run again."""
    with suppress(OSError):
        (_waiting_folder() / workflow).unlink()


def remembered(root: Path) -> list[str]:
    """The runs of a workspace whose results may still wait, the newest first."""
    try:
        files = [file for file in _waiting_folder().iterdir() if file.read_text("utf-8") == str(root)]
        return [file.name for file in sorted(files, key=lambda file: -file.stat().st_mtime)]
    except OSError:
        return []


def now() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def record(session: Session, run: Run) -> dict[str, Any]:
    """A run as clients get it."""
    proposal = run.proposal
    files = [
        {"path": path, "uri": uri_of(session, run.root, path), "kind": proposal.kind(path)}
        for path in (proposal.files if proposal else ())
        if proposal
    ]
    return {
        "workflow": run.workflow,
        "task": run.task,
        "state": run.state,
        "outcome": run.outcome,
        "route": run.route,
        "tier": run.tier,
        "cost": run.cost,
        "started": run.started,
        "finished": run.finished,
        "message": run.message,
        "files": files,
        "verified": run.verified,
        "complete": proposal.complete if proposal else True,
        "own": run.own,
        "applied": run.applied,
    }


def uri_of(session: Session, root: Path, path: str) -> str:
    """The client's own spelling where it has the file open."""
    project = session.projects.get(root)
    buffer = project.buffer_at(path) if project else None
    return buffer.uri if buffer else file_uri(root / path)


def roots(session: Session) -> list[Path]:
    return [root for root in session.projects if root is not None]
