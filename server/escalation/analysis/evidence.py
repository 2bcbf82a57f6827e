"""Evidence: a place and what was found there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place (`path` relative to the root with `/`, lines from 1, inclusive), what was found there, and its weight
    (0..1) for the reason it supports. `symbol` is the qualified name of the function or class around it, if any."""

    path: str
    start_line: int
    end_line: int
    what: str
    weight: float
    symbol: str | None = None
