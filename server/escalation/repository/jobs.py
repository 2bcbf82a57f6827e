"""Jobs: what a run of the flow needs, gathered from a workspace, the settings and the environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from escalation.analysis.change import Change, FileChange, Task
from escalation.decision.assessment import Assessment
from escalation.flow.client import Client, client
from escalation.flow.context import Focus
from escalation.flow.engine import Check, Engine, Job, Model, Requested
from escalation.flow.events import CheckResult, Result
from escalation.flow.sources import Sources
from escalation.repository.checking import run_check
from escalation.repository.prices import load_rates
from escalation.repository.scope import read_scope
from escalation.repository.sources import WorkspaceSources
from escalation.repository.spending import DayLedger
from escalation.repository.workspace import Workspace
from escalation.settings.endpoints import Named, base_url, endpoints, key, resolve
from escalation.settings.schema import Settings
from escalation.text.document import Document


@dataclass(frozen=True)
class Prepared:
    """A job, and the sources it may read more from. `left_out` are files that are not sent, each with the reason."""

    job: Job
    sources: WorkspaceSources
    left_out: tuple[tuple[str, str], ...]


def prepare(workspace: Workspace, task: str, focus: Sequence[Focus] = (), requested: Requested = "auto") -> Prepared:
    """What is to be done in a workspace, with what is known of the pending change. Raises RepositoryError."""
    pending = workspace.repository.working_change() if workspace.repository else Change()
    change = workspace.with_task(pending, Task(task, files=tuple(dict.fromkeys(place.path for place in focus))))
    return prepared(workspace, task, pending, workspace.assess(change), focus=focus, requested=requested)


def prepared(
    workspace: Workspace,
    task: str,
    pending: Change,
    assessment: Assessment,
    *,
    focus: Sequence[Focus] = (),
    requested: Requested = "auto",
    overlay: Mapping[str, Document] = MappingProxyType({}),
) -> Prepared:
    """The same of a change that has been judged. `overlay` are texts that count instead of the files. Raises
    RepositoryError."""
    graph = workspace.surroundings().graph
    sources = WorkspaceSources(workspace.root, workspace.settings, overlay)
    scope = read_scope(workspace, focus, pending, graph, sources)
    told = _without_private(pending, sources)
    job = Job(task, scope.snapshot, requested, tuple(focus), told, assessment, graph)
    return Prepared(job, sources, scope.left_out)


class Clients:
    """The endpoints that are asked, each once however many runs ask it: so its limit of requests under way holds for
    all of them. Close it, or use it with `async with`."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._clients: dict[tuple[str, str, str, float, bytes], Client] = {}

    async def __aenter__(self) -> Clients:
        return self

    async def __aexit__(self, *_: object) -> None:
        clients, self._clients = tuple(self._clients.values()), {}
        for one in clients:
            await one.aclose()

    def at(self, one: Named, stall: float) -> Client:
        """Raises ModelFailure where a key or an address is missing, EndpointError."""
        found, url = key(one.endpoint, self._env), base_url(one.endpoint, self._env)
        known = (one.name, found, url, stall, msgspec.json.encode(one.endpoint))
        if known not in self._clients:
            self._clients[known] = client(one.endpoint, one.name, found, url, stall)
        return self._clients[known]

    def keys(self, settings: Settings) -> tuple[str, ...]:
        """The keys in use, which must not leave in any text."""
        return tuple(found for one in endpoints(settings).values() if (found := key(one, self._env)))


@asynccontextmanager
async def opened(
    workspace: Workspace, sources: WorkspaceSources, env: Mapping[str, str], check: str = ""
) -> AsyncIterator[Engine]:
    """The engine that does jobs in a workspace, its connections open until the end. `check` is the command that a
    result must pass. Raises ModelFailure where a key or an address is missing, EndpointError."""
    settings = workspace.settings
    async with Clients(env) as clients:
        yield engine(settings, sources, clients, check_in(workspace.root, settings, check) if check else None)


def engine(settings: Settings, sources: Sources, clients: Clients, check: Check | None = None) -> Engine:
    """The engine that does jobs with these settings. Raises ModelFailure where a key or an address is missing,
    EndpointError."""
    named = {spec: resolve(settings, spec) for spec in _specs(settings)}
    rates = load_rates(settings)
    models = {
        spec: Model(one.model, one.name, clients.at(one, settings.flow.stall), rates.get(spec))
        for spec, one in named.items()
    }
    return Engine(
        tiers={"L3": models[settings.models.default], "L4": models[settings.models.escalation]},
        fallback=models[settings.models.fallback],
        ledger=DayLedger(),
        settings=settings.flow,
        sources=sources,
        check=check,
        keys=clients.keys(settings),
    )


def check_in(root: str | os.PathLike[str], settings: Settings, command: str) -> Check:
    """The check, which is not given the keys: it is the repository's own code that runs there."""
    variables = tuple(one.key_variable for one in endpoints(settings).values() if one.key_variable)
    timeout = settings.flow.check_timeout

    async def check(result: Result) -> CheckResult:
        return await run_check(root, result, command, timeout, without=variables)

    return check


def _without_private(change: Change, sources: WorkspaceSources) -> Change:
    """A pending change as a model may see it: neither side of a private file, whatever it is or was called."""

    def may_leave(file: FileChange) -> bool:
        return not any(path is not None and sources.reason_private(path) for path in (file.path, file.base_path))

    return Change(tuple(filter(may_leave, change.files)), change.task)


def _specs(settings: Settings) -> tuple[str, ...]:
    models = settings.models
    return tuple(dict.fromkeys((models.default, models.escalation, models.fallback)))
