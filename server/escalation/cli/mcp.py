"""`escalation mcp`: the host for agents that speak the Model Context Protocol, on standard input and output.

A thin client: each tool is one request to the host, which is started when it is first needed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from inspect import getdoc
from typing import TYPE_CHECKING, Any, Literal

from escalation.cli.failure import Failure

if TYPE_CHECKING:
    from mcp.server import MCPServer

_INSTRUCTIONS = """Judges pending code changes: where a mistake would cost enough, or the work is hard enough, that the
strong model is worth its price. Judging is offline and free. Only `submit_escalation` with `execute` asks models: it
sends code to the user's own endpoints and spends their money, so use it when the user asks for it. No tool changes a
file: the result is a diff, which the user applies with `escalation runs ID --apply`."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "mcp",
        help="the host's judgement for agents that speak the Model Context Protocol",
        description="Serves the tools assess_change, submit_escalation and escalation_status on standard input and"
        " output, for agents that speak the Model Context Protocol. Needs the extra `mcp`.",
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    try:
        served = server()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise Failure("the extra `mcp` is not installed: pip install 'opus-escalation[mcp]'") from None
    served.run("stdio")
    return 0


@dataclass(frozen=True)
class Trigger:
    """A reason for the strong model; the first place is the one that matters."""

    reason: str
    priority: str
    confidence: float
    description: str
    places: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """What is to be said of a change."""

    should_escalate: bool
    confidence: float
    recommended_route: str
    recommended_model: str
    fallback_model: str
    summary: str
    complexity_level: str
    business_impact: str
    risk_level: str
    key_factors: tuple[str, ...]
    triggers: tuple[Trigger, ...]


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """A decision, and the id that it is kept by."""

    workflow_id: str
    status: str
    should_escalate: bool
    confidence: float
    recommended_model: str
    fallback_model: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a workflow stands. `outcome` is null until it has ended, and of a decision alone; `cost` is USD."""

    workflow_id: str
    state: str
    has_ended: bool
    outcome: str | None
    message: str
    should_escalate: bool | None
    recommended_model: str | None
    tier: str
    cost: float | None
    files_changed: int
    verified: bool | None
    said: str
    diff: str


def server() -> MCPServer:
    """The server with its tools. Raises ModuleNotFoundError without the extra."""
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    from escalation import __version__

    served: MCPServer = MCPServer(
        "opus-escalation", version=__version__, instructions=_INSTRUCTIONS, log_level="WARNING"
    )
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    writes = ToolAnnotations(read_only_hint=False, destructive_hint=False)
    for tool, kind in ((assess_change, reads), (submit_escalation, writes), (escalation_status, reads)):
        served.add_tool(tool, description=getdoc(tool), annotations=kind, structured_output=True)
    return served


def assess_change(task: str = "", files: Sequence[str] = (), folder: str = "") -> Assessed:
    """Judge the pending change of a repository (its working tree against HEAD), a task in words, or both: is the strong
    model worth its price, and why? Nothing is kept, no model is asked.

    files: what the task is about, relative to the folder; they need not exist yet.
    folder: a folder of the repository; the one that the server was started in if empty.
    """
    with _for_the_agent():
        said = _asked("POST", "/analyze", {"task_description": task, **_place(folder, files)})
    return Assessed(
        should_escalate=said["should_escalate"],
        confidence=said["confidence_score"],
        recommended_route=said["recommended_route"],
        recommended_model=said["recommended_model"],
        fallback_model=said["fallback_model"],
        summary=said["overall_recommendation"],
        complexity_level=said["complexity_level"],
        business_impact=said["business_impact"],
        risk_level=said["risk_level"],
        key_factors=tuple(said["key_factors"]),
        triggers=tuple(_trigger(trigger) for trigger in said["assessment"]["triggers"]),
    )


def submit_escalation(
    task: str,
    files: Sequence[str] = (),
    folder: str = "",
    *,
    execute: bool = False,
    route: Literal["auto", "L3", "L4", "two-pass"] = "auto",
    check: str = "",
    budget_usd: float | None = None,
) -> Submitted:
    """Have a pending change and a task decided on, and the decision kept. With `execute`, models do the task meanwhile:
    ask `escalation_status` how it stands. No file is changed.

    files: what the task is about, relative to the folder; they need not exist yet.
    folder: a folder of the repository; the one that the server was started in if empty.
    execute: sends code to the user's endpoints and spends their money.
    route: with execute, which models work: as recommended, the default model (L3) or the strong one (L4), or both.
    check: with execute, a command that the result must pass; it runs on a copy of the repository.
    budget_usd: with execute, what the run may cost at most; the user's own limit if left out.
    """
    body = {"task_description": task, "requester": "mcp", "execute": execute, "route": route, "check": check}
    with _for_the_agent():
        if not execute and (route != "auto" or check or budget_usd is not None):
            raise Failure("route, check and budget_usd are for what is executed: set execute, or leave them out")
        body |= _place(folder, files)
        said = _asked("POST", "/submit", body if budget_usd is None else {**body, "budget": budget_usd})
    return Submitted(**{field.name: said[field.name] for field in fields(Submitted)})


def escalation_status(workflow_id: str) -> Standing:
    """How a submitted escalation stands and, when it has ended, what came of it: the diff (secrets are masked in it),
    whether it passed its verification, and what it cost."""
    from escalation.cli.hosted import quoted

    with _for_the_agent():
        said = _asked("GET", f"/status/{quoted(workflow_id)}")
    result = said["result"] or {}
    return Standing(
        workflow_id=said["workflow_id"],
        state=said["state"],
        has_ended=said["finished_at"] is not None,
        outcome=said["outcome"],
        message=said["message"],
        should_escalate=said["should_escalate"],
        recommended_model=said["recommended_model"],
        tier=said["tier"],
        cost=said["cost"],
        files_changed=said["files_changed"],
        verified=result.get("verified"),
        said=result.get("text", ""),
        diff=result.get("diff", ""),
    )


@contextmanager
def _for_the_agent() -> Iterator[None]:
    """What goes wrong is told to the agent, in our words: of any other exception it learns only that there was one."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        yield
    except Failure as failure:
        raise ToolError(str(failure)) from None


def _asked(method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    from escalation.cli.hosted import asked, host

    return asked(host(), method, path, body)


def _place(folder: str, files: Sequence[str]) -> dict[str, Any]:
    """Where, in the words of the API. Raises Failure."""
    from escalation.repository.git import RepositoryError
    from escalation.repository.workspace import Workspace

    here = os.path.abspath(folder or os.curdir)
    if not os.path.isdir(here):
        raise Failure(f"{folder} is no folder: name one of the repository")
    try:
        workspace = Workspace.open(here)
        named = [workspace.relative(os.path.join(here, file)) for file in files]
    except RepositoryError as error:
        raise Failure(str(error)) from None
    return {"workspace_root": str(workspace.root), "files_to_modify": named}


def _trigger(trigger: Mapping[str, Any]) -> Trigger:
    return Trigger(
        reason=trigger["reason"],
        priority=trigger["priority"],
        confidence=trigger["confidence"],
        description=trigger["description"],
        places=tuple(f"{one['path']}:{one['start_line']} {one['what']}" for one in trigger["evidence"][:5]),
    )
