"""`needs_escalation`: the four signals by which the default model shows that it needs help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from escalation.flow.events import SignalKind, Verdict
from escalation.flow.outcome import Created

PHRASES = ("needs a new section", "needs structural", "escalat")
"""What the default model says when it needs help; it is told to (`prompts/`)."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Why the strong model takes over, in a word and in words."""

    kind: SignalKind
    reason: str


class Worked(Protocol):
    """What a pass leaves to be judged by."""

    @property
    def text(self) -> Sequence[str | Mapping[str, object]]:
        """What it said: strings, or text blocks as the Messages API has them."""
        ...

    @property
    def created(self) -> Sequence[Created]: ...

    @property
    def verdict(self) -> Verdict | None: ...

    @property
    def unapplied(self) -> Sequence[str]:
        """In words, each edit that could not be made to apply."""
        ...


def needs_escalation(result: Worked, task: str = "") -> Signal | None:
    """The first signal of a pass, or None. A phrase that the task itself holds says nothing: who works on privilege
    escalation speaks of it."""
    if phrase := _phrase(result.text, task):
        return Signal("phrase", f"it says so (“{phrase}”)")
    if result.created:
        names = ", ".join(f"{found.kind} {found.entity}" for found in result.created[:3])
        return Signal("structure", f"it created structure: {names}")
    if result.verdict is not None and not result.verdict.passed:
        return Signal("verification", failure(result.verdict))
    if result.unapplied:
        return Signal("edits", f"its edits could not be applied: {result.unapplied[0]}")
    return None


def failure(verdict: Verdict) -> str:
    """A verdict that is not good, in words."""
    if verdict.problems:
        first = verdict.problems[0]
        more = f" and {len(verdict.problems) - 1} more" if len(verdict.problems) > 1 else ""
        return f"its result has a new syntax error at {first.path}:{first.line}{more}"
    assert verdict.check is not None
    how = "ran out of time" if verdict.check.status == "timeout" else f"failed with exit code {verdict.check.exit_code}"
    return f"the check `{verdict.check.command}` {how}"


def _phrase(blocks: Iterable[str | Mapping[str, object]], task: str) -> str | None:
    listened = [phrase for phrase in PHRASES if phrase not in task.casefold()]
    for block in blocks:
        text = block if isinstance(block, str) else block.get("text")
        if isinstance(text, str):
            said = text.casefold()
            if found := next((phrase for phrase in listened if phrase in said), None):
                return found
    return None
