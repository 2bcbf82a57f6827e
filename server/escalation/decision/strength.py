"""Strength: how much a set of evidence says together."""

from __future__ import annotations

from collections.abc import Iterable

from escalation.analysis.evidence import Evidence

_DECAY = 0.6


def strength(evidence: Iterable[Evidence]) -> float:
    """Noisy-or of the weights, strongest first, each further one counting less (0..1).

    Evidence found in one place is never independent: without the decay ten weak words would make a certainty.
    """
    silent, share = 1.0, 1.0
    for weight in sorted((e.weight for e in evidence), reverse=True):
        silent *= 1.0 - min(max(weight, 0.0), 1.0) * share
        share *= _DECAY
    return 1.0 - silent
