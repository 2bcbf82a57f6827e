"""Rates: of decisions, of runs, and of recommendations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from escalation.decision.proportion import Proportion
from escalation.history.digest import Digest


@dataclass(frozen=True, slots=True)
class Rates:
    """How often, of how many. Right, wrong, missed and spared are those of `outcomes.Finding`."""

    escalation: Proportion
    """Of all decisions, those that recommended the strong model."""
    success: Proportion
    """Of the runs that came to their end, those that solved their task."""
    hits: Proportion
    """Of the recommendations, those that were needed: right / (right + wrong)."""
    false_positives: Proportion
    """Of what did not need the strong model, what was recommended: wrong / (wrong + spared)."""
    false_negatives: Proportion
    """Of what needed the strong model, what was not recommended: missed / (missed + right)."""


def rates_of(digests: Sequence[Digest]) -> Rates:
    decided = [bool(one.judged.recommended) for one in digests if one.decided]
    ended = [one.solved for one in digests if one.solved is not None]
    n = Counter(one.judged.finding for one in digests)
    return Rates(
        escalation=Proportion(sum(decided), len(decided)),
        success=Proportion(sum(ended), len(ended)),
        hits=Proportion(n["right"], n["right"] + n["wrong"]),
        false_positives=Proportion(n["wrong"], n["wrong"] + n["spared"]),
        false_negatives=Proportion(n["missed"], n["missed"] + n["right"]),
    )
