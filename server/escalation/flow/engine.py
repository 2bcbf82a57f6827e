"""What a run is given: the job, and the engine that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from escalation.analysis.change import Change
from escalation.analysis.coupling import ImportGraph
from escalation.decision.assessment import Assessment
from escalation.decision.prices import Rate
from escalation.flow.context import Focus
from escalation.flow.events import CheckResult, Result, Tier
from escalation.flow.journal import Journal, NoJournal
from escalation.flow.messages import Provider
from escalation.flow.sources import NoSources, Sources
from escalation.flow.spending import Ledger
from escalation.settings.schema import FlowSettings
from escalation.text.snapshot import Snapshot

Requested = Literal["auto", "L3", "L4", "two-pass"]
Check = Callable[[Result], Awaitable[CheckResult]]
"""Runs the user's check command on a result, away from the user's files."""


@dataclass(frozen=True)
class Job:
    """What is to be done: `task` in the user's words, on the files of `snapshot`, around `focus`. `change` is the
    pending change, `assessment` its judgement, `graph` what the files of the workspace import. `seed` is for the
    placeholders of secrets: a run that is resumed must have the one that it began with."""

    task: str
    snapshot: Snapshot
    requested: Requested = "auto"
    focus: tuple[Focus, ...] = ()
    change: Change = field(default_factory=Change)
    assessment: Assessment | None = None
    graph: ImportGraph | None = None
    seed: bytes = b""


@dataclass(frozen=True)
class Model:
    """A model of an endpoint; `rate` is None where its price is unknown."""

    name: str
    endpoint: str
    provider: Provider
    rate: Rate | None


@dataclass(frozen=True)
class Engine:
    """What does it. `keys` are the keys in use, which must not leave in any text."""

    tiers: Mapping[Tier, Model]
    fallback: Model
    ledger: Ledger
    settings: FlowSettings = field(default_factory=FlowSettings)
    sources: Sources = field(default_factory=NoSources)
    check: Check | None = None
    keys: tuple[str, ...] = field(default=(), repr=False)
    journal: Journal = field(default_factory=NoJournal)
    first_backoff: float = 1.0
    """Seconds before a call that failed in passing is made again for the first time; doubled each time."""
