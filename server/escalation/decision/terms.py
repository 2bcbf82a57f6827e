"""Terms: phrases of the reasons' table found in a task description.

The measured truth is that a task's words do not predict where the strong model pays off (DESIGN 6); they do say what
the task is *about*, which is what a policy on consequences needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from tomllib import loads

from escalation.analysis.evidence import Evidence
from escalation.decision.reasons import Reason, table
from escalation.decision.strength import strength

TASK = "<task>"
"""The path of evidence that stands in the task description."""


@dataclass(frozen=True, slots=True)
class Term:
    """A phrase and the weight (0..1) it has."""

    phrase: str
    weight: float


@lru_cache(maxsize=4096)
def pattern(phrase: str) -> re.Pattern[str]:
    """The regular expression of a phrase: whole words, `*` lets a word go on; space, hyphen and underscore are one."""
    words = [re.escape(word).replace(r"\*", r"\w*") for word in re.split(r"[ _-]+", phrase.lower())]
    return re.compile(r"(?<![\w/])" + r"[\s_-]+".join(words) + r"(?!\w)")


def matches(text: str, terms: Mapping[str, float], what: str = "the task says") -> tuple[Evidence, ...]:
    """One evidence for each term in `text`, strongest first; a term inside a longer found one does not count again."""
    folded = text.lower()
    found: list[tuple[int, int, float, str]] = []
    for phrase, weight in terms.items():
        if (match := pattern(phrase).search(folded)) is not None:
            found.append((match.start(), match.end(), weight, match.group()))
    found.sort(key=lambda hit: (-hit[2], hit[0] - hit[1], hit[0]))
    kept: list[tuple[int, int, float, str]] = []
    for hit in found:
        if not any(start <= hit[0] and hit[1] <= end for start, end, _, _ in kept):
            kept.append(hit)
    return tuple(
        _evidence(folded, start, f"{what} “{' '.join(words.split())}”", weight) for start, _, weight, words in kept
    )


def _evidence(text: str, offset: int, what: str, weight: float) -> Evidence:
    line = text.count("\n", 0, offset) + 1
    return Evidence(TASK, line, line, what, weight)


@lru_cache(maxsize=1)
def _routine_terms() -> Mapping[str, float]:
    row = loads(files("escalation.decision").joinpath("data/reasons.toml").read_text("utf-8"))["routine"]
    return {phrase: float(weight) for weight, phrases in row["terms"].items() for phrase in phrases}


def routine(text: str) -> float:
    """How strongly a task description says that the work is routine (0..1)."""
    return strength(matches(text, _routine_terms()))


def evidence_by_reason(text: str) -> Mapping[Reason, Sequence[Evidence]]:
    """The terms of every reason found in a task description, dimmed by what says that the work is routine."""
    dim = 1.0 - 0.75 * routine(text)
    return {
        reason: tuple(
            Evidence(e.path, e.start_line, e.end_line, e.what, e.weight * dim) for e in matches(text, row.terms)
        )
        for reason, row in table().items()
    }
