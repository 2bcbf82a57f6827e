"""Events: what `process_message` tells while it works. Plain data; `record` makes them JSON.

No event holds a secret: what was masked stays masked in texts, diffs and messages. Only `StreamEnd.result`, which
never leaves the process, has the true texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Literal

from escalation.decision.assessment import Route
from escalation.flow.messages import Usage
from escalation.text.snapshot import Snapshot

Tier = Literal["L3", "L4"]
SignalKind = Literal["phrase", "structure", "verification", "edits", "recommended", "requested"]
FlowOutcome = Literal["success", "partial_success", "failed", "cancelled", "timeout", "fallback_success"]
"""`partial_success`: there is a result, but it failed its verification or a later pass could not finish it."""


@dataclass(frozen=True, slots=True)
class Classification:
    """First of all: which way the task goes, and why."""

    type: ClassVar[str] = "meta.classification"
    route: Route
    reason: str
    models: Mapping[Tier, str]
    confidence: float | None = None
    """That of the assessment, where there was one."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A secret that is not sent: where it stands (line from 1), what it is, and what is sent in its place."""

    path: str
    line: int
    kind: str
    placeholder: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """Secrets were masked before anything was sent."""

    type: ClassVar[str] = "meta.redaction"
    masked: tuple[Masked, ...]


@dataclass(frozen=True, slots=True)
class TierStart:
    """A tier begins; `number` counts the passes of the run from 1."""

    type: ClassVar[str] = "tier.start"
    tier: Tier
    number: int
    model: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of what the model says to the user."""

    type: ClassVar[str] = "text.delta"
    tier: Tier
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool call that was applied or answered. `summary` says in a few words what it did."""

    type: ClassVar[str] = "tool_call"
    tier: Tier
    name: str
    summary: str
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolRefused:
    """A tool call that did nothing; the model was told why."""

    type: ClassVar[str] = "tool_refused"
    tier: Tier
    name: str
    message: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """A call failed in a way that passes; it is made again in `seconds`."""

    type: ClassVar[str] = "meta.retry"
    tier: Tier
    attempt: int
    seconds: float
    reason: str
    discarded: int = 0
    """How many characters the failed call had brought as `text.delta`: they are void."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """The fallback model takes a pass over, from its start."""

    type: ClassVar[str] = "meta.fallback"
    tier: Tier
    from_model: str
    to_model: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A syntax error that the original had not; `line` from 1."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the user's check command said. `output` is cut to what helps."""

    command: str
    status: Literal["passed", "failed", "timeout", "not_run"]
    seconds: float
    exit_code: int | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verification of a result."""

    problems: tuple[SyntaxProblem, ...] = ()
    check: CheckResult | None = None

    @property
    def passed(self) -> bool:
        return not self.problems and (self.check is None or self.check.status in ("passed", "not_run"))


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a pass is verified: `running` when the check command starts, then what came of it."""

    type: ClassVar[str] = "meta.verification"
    tier: Tier
    state: Literal["running", "passed", "failed"]
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class TierEnd:
    """A tier is done. `cost` in USD, None where a price is unknown; `spent` is that of the run so far."""

    type: ClassVar[str] = "tier.end"
    tier: Tier
    number: int
    model: str
    usage: Usage
    cost: float | None
    spent: float | None
    ttfc_ms: float | None
    ttc_ms: float
    requests: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """The other tier takes over. `signal` is which of the signs it was, `reason` says it in words."""

    type: ClassVar[str] = "meta.escalation"
    from_tier: Tier
    to_tier: Tier
    signal: SignalKind
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """The texts before and after, with nothing masked. Stays inside the process."""

    base: Snapshot
    """The files as the run saw them first."""
    snapshot: Snapshot
    changed: tuple[str, ...]
    """The paths that differ."""


@dataclass(frozen=True, slots=True)
class MergedCall:
    """A tool call that is part of the result."""

    tier: Tier
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Last of all. `tier` names the passes that began, in full (`L3->L4->L3`); `text` is what the user reads."""

    type: ClassVar[str] = "stream.end"
    tier: str
    outcome: FlowOutcome
    reason: str
    """Why it is not a plain success; empty otherwise."""
    usage: Usage
    cost: float | None
    ttfc_ms: float | None
    ttc_ms: float
    text: tuple[str, ...]
    tool_calls: tuple[MergedCall, ...]
    diff: str
    """Unified; secrets are masked."""
    verdict: Verdict | None
    result: Result


Event = (
    Classification
    | Redaction
    | TierStart
    | TextDelta
    | ToolCalled
    | ToolRefused
    | Retry
    | Fallback
    | Verification
    | TierEnd
    | Escalation
    | StreamEnd
)


def record(event: Event) -> dict[str, Any]:
    """An event as JSON has it: `type`, then its fields; the result, which holds the files, is left out."""
    return {"type": event.type, **_plain(event)}


def _plain(value: Any) -> Any:  # noqa: ANN401 - walks plain data
    if isinstance(value, Result | Snapshot):
        return None
    if is_dataclass(value):
        names = (f.name for f in fields(value))
        return {name: _plain(found) for name in names if not isinstance(found := getattr(value, name), Result)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
