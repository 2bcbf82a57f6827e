"""Dismissals: “not needed here”, said by somebody for one reason at one place.

Keyed by reason and symbol, never by line, so that they survive edits around them. The file they live in,
`.escalation/dismissed.toml`, is read and written by `repository.dismissed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from escalation.analysis.evidence import Evidence

Scope = Literal["function", "file", "project"]


@dataclass(frozen=True, slots=True)
class Dismissal:
    """One entry. `path` is empty for the whole project, `symbol` (qualified name) only set for a function.
    `when` is an ISO 8601 date."""

    reason: str
    scope: Scope
    path: str = ""
    symbol: str = ""
    who: str = ""
    when: str = ""
    why: str = ""

    def covers(self, reason: str, path: str, symbol: str | None) -> bool:
        if reason != self.reason:
            return False
        if self.scope == "project":
            return True
        return path == self.path and (self.scope == "file" or (symbol or "") == self.symbol)


@dataclass(frozen=True, slots=True)
class Dismissals:
    """All dismissals of a workspace."""

    entries: tuple[Dismissal, ...] = ()

    def dismissed(self, reason: str, path: str, symbol: str | None = None) -> bool:
        """Whether `reason` was dismissed for this place."""
        return any(entry.covers(reason, path, symbol) for entry in self.entries)

    def covers(self, reason: str, evidence: Evidence) -> bool:
        """Whether a piece of evidence no longer speaks for `reason`."""
        return self.dismissed(reason, evidence.path, evidence.symbol)


NONE = Dismissals()
