"""Jobs: what a run of the flow needs, gathered from a workspace, the settings and the environment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from escalation.analysis.change import Change, FileChange, Task
from escalation.flow.client import Client, client
from escalation.flow.context import Focus
from escalation.flow.engine import Check, Engine, Job, Model, Requested
from escalation.flow.events import CheckResult, Result
from escalation.repository.checking import run_check
from escalation.repository.prices import load_rates
from escalation.repository.scope import read_scope
from escalation.repository.sources import WorkspaceSources
from escalation.repository.spending import DayLedger
from escalation.repository.workspace import Workspace
from escalation.settings.endpoints import Named, base_url, endpoints, key, resolve
from escalation.settings.schema import Settings


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
    graph = workspace.surroundings().graph
    sources = WorkspaceSources(workspace.root, workspace.settings)
    scope = read_scope(workspace, focus, pending, graph, sources)
    told = _without_private(pending, sources)
    job = Job(task, scope.snapshot, requested, tuple(focus), told, workspace.assess(change), graph)
    return Prepared(job, sources, scope.left_out)


@asynccontextmanager
async def opened(
    workspace: Workspace, sources: WorkspaceSources, env: Mapping[str, str], check: str = ""
) -> AsyncIterator[Engine]:
    """The engine that does jobs in a workspace, its connections open until the end. `check` is the command that a
    result must pass. Raises ModelFailure where a key or an address is missing, EndpointError."""
    settings = workspace.settings
    named = {spec: resolve(settings, spec) for spec in _specs(settings)}
    async with AsyncExitStack() as stack:
        clients: dict[str, Client] = {}
        for one in named.values():
            if one.name not in clients:
                clients[one.name] = await stack.enter_async_context(_client(one, settings, env))
        rates = load_rates(settings)
        models = {spec: Model(one.model, one.name, clients[one.name], rates.get(spec)) for spec, one in named.items()}
        yield Engine(
            tiers={"L3": models[settings.models.default], "L4": models[settings.models.escalation]},
            fallback=models[settings.models.fallback],
            ledger=DayLedger(),
            settings=settings.flow,
            sources=sources,
            check=_check(workspace, check) if check else None,
            keys=tuple(found for endpoint in endpoints(settings).values() if (found := key(endpoint, env))),
        )


def _without_private(change: Change, sources: WorkspaceSources) -> Change:
    """A pending change as a model may see it: neither side of a private file, whatever it is or was called."""

    def may_leave(file: FileChange) -> bool:
        return not any(path is not None and sources.reason_private(path) for path in (file.path, file.base_path))

    return Change(tuple(filter(may_leave, change.files)), change.task)


def _specs(settings: Settings) -> tuple[str, ...]:
    models = settings.models
    return tuple(dict.fromkeys((models.default, models.escalation, models.fallback)))


def _client(one: Named, settings: Settings, env: Mapping[str, str]) -> Client:
    return client(one.endpoint, one.name, key(one.endpoint, env), base_url(one.endpoint, env), settings.flow.stall)


def _check(workspace: Workspace, command: str) -> Check:
    """The check, which is not given the keys: it is the repository's own code that runs there."""
    variables = tuple(e.key_variable for e in endpoints(workspace.settings).values() if e.key_variable)
    timeout = workspace.settings.flow.check_timeout

    async def check(result: Result) -> CheckResult:
        return await run_check(workspace.root, result, command, timeout, without=variables)

    return check
