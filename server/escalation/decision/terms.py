"""Terms: phrases of the reasons' table found in a task description.

The measured truth is that a task's words do not predict where the strong model pays off (DESIGN 6); they do say what
the task is *about*, which is what a policy on consequences needs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from typing import NamedTuple

from escalation.analysis.evidence import Evidence
from escalation.decision.reasons import Reason, table
from escalation.decision.strength import strength

TASK = "<task>"
"""The path of evidence that stands in the task description."""


class Hit(NamedTuple):
    """A term found in a text: where, its weight (0..1), and the words that stand there."""

    start: int
    end: int
    weight: float
    words: str


@lru_cache(maxsize=4096)
def pattern(phrase: str) -> re.Pattern[str]:
    """The regular expression of a phrase: whole words, `*` lets a word go on; space, hyphen and underscore are one."""
    words = [re.escape(word).replace(r"\*", r"\w*") for word in re.split(r"[ _-]+", phrase.lower())]
    return re.compile(r"(?<![\w/])" + r"[\s_-]+".join(words) + r"(?!\w)")


def find(text: str, terms: Mapping[str, float]) -> tuple[Hit, ...]:
    """Where each term first stands in `text`, strongest first; one inside a longer found one does not count again."""
    folded = text.lower()
    found = [
        Hit(match.start(), match.end(), weight, " ".join(match.group().split()))
        for phrase, weight in terms.items()
        if (match := pattern(phrase).search(folded)) is not None
    ]
    found.sort(key=lambda hit: (-hit.weight, hit.start - hit.end, hit.start))
    kept: list[Hit] = []
    for hit in found:
        if not any(other.start <= hit.start and hit.end <= other.end for other in kept):
            kept.append(hit)
    return tuple(kept)


def matches(text: str, terms: Mapping[str, float], what: str = "the task says") -> tuple[Evidence, ...]:
    """One evidence for each term in `text`, strongest first."""
    return tuple(_evidence(text, hit, what, hit.weight) for hit in find(text, terms))


def _evidence(text: str, hit: Hit, what: str, weight: float) -> Evidence:
    line = text.count("\n", 0, hit.start) + 1
    return Evidence(TASK, line, line, f"{what} “{hit.words}”", weight)


@lru_cache(maxsize=1)
def _routine_terms() -> Mapping[str, float]:
    row = loads(files("escalation.decision").joinpath("data/reasons.toml").read_text("utf-8"))["routine"]
    return {phrase: float(weight) for weight, phrases in row["terms"].items() for phrase in phrases}


_CLAUSE = re.compile(r"[.;:,!?]\s|\n|\b(?:and|then|but|while)\b")


def routine(text: str) -> float:
    """How strongly a task description says that the work is routine (0..1): that of its least routine clause."""
    return min((_routine(clause) for _, clause in _clauses(text)), default=0.0)


def _routine(clause: str) -> float:
    return strength(matches(clause, _routine_terms()))


def _clauses(text: str) -> Iterator[tuple[int, str]]:
    """The parts of a text that speak of one thing each, with where they start."""
    start = 0
    for end in (*(match.start() for match in _CLAUSE.finditer(text)), len(text)):
        if text[start:end].strip():
            yield start, text[start:end]
        start = end


def evidence_by_reason(text: str) -> Mapping[Reason, Sequence[Evidence]]:
    """The terms of every reason found in a task description, each dimmed by what its own clause says of routine."""
    clauses = [(start, _routine(clause)) for start, clause in _clauses(text)]
    starts = [start for start, _ in clauses]

    def dimmed(hit: Hit) -> Evidence:
        said = clauses[max(0, bisect_right(starts, hit.start) - 1)][1]
        return _evidence(text, hit, "the task says", hit.weight * (1.0 - 0.75 * said))

    return {reason: tuple(dimmed(hit) for hit in find(text, row.terms)) for reason, row in table().items()}
