"""What comes of a tool call: applied, answered or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from escalation.text.snapshot import Snapshot

Structure = Literal["package", "module", "class", "schema"]


@dataclass(frozen=True, slots=True)
class Created:
    """A structural entity that a call brought into being. Tests, prose and data are not structure."""

    kind: Structure
    entity: str
    """Its address: `path` or `path::Qualified.name`."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The call did what it said. `answer` is what the model is told; `changed` are the paths it touched."""

    snapshot: Snapshot
    answer: str
    changed: tuple[str, ...] = ()
    created: tuple[Created, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The call did nothing. `message` tells the model what was not found or not allowed and what it can do;
    `nearest` are the candidates that come closest; `path` is the file it was about, empty if it named none."""

    message: str
    path: str = ""
    nearest: tuple[str, ...] = ()
    reason: Literal["unknown", "path", "not_found", "ambiguous", "exists", "input", "private", "type"] = "input"

    @property
    def answer(self) -> str:
        """The text of the tool result."""
        return f"{self.message} Nearest: {', '.join(self.nearest)}." if self.nearest else self.message


Outcome = Applied | Refusal
