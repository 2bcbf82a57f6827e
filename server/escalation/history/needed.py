"""Needed: did a change need the strong model?

That can rarely be observed: where the strong model worked, nobody saw what the default one would have done. So a case
answers by the rows of one table, `ROWS`, or it stays silent. `docs/validation.md` shows the table; a test keeps the two
equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

Answer = Literal["needed", "not_needed", "as_recommended"]
Basis = Literal["person", "run", "none"]
Worked = Literal["nobody", "default", "strong"]
"""Who took part in a run: the default model alone, or the strong one, too."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row looks at. `word` is a verdict of a person, empty for none; `signal`, `outcome` and `verified` are
    those of the run; `policy`: a reason of consequence asked for the strong model, as an insurance does."""

    recommended: bool
    worked: Worked = "nobody"
    signal: str = ""
    outcome: str = ""
    verified: bool | None = None
    policy: bool = False
    word: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: when it speaks, what it answers, and on what that stands. A `proxy` is likely to be so, and not seen."""

    name: str
    says: str
    answer: Answer
    basis: Basis
    proxy: bool
    speaks: Callable[[Facts], bool]


ROWS: tuple[Row, ...] = (
    Row("needed_opus", "somebody said that it needed Opus", "needed", "person", False,
        lambda f: f.word == "needed_opus"),
    Row("dismissed", "somebody said that the recommendation was not needed", "not_needed", "person", False,
        lambda f: f.word == "dismissed"),
    Row("accepted_default", "the result of the default model alone was taken; no policy asked for the strong one",
        "not_needed", "person", False,
        lambda f: f.word == "accepted" and f.worked == "default" and not f.policy),
    Row("accepted_strong", "the strong model was recommended, and its result was taken", "needed", "person", True,
        lambda f: f.word == "accepted" and f.worked == "strong" and f.recommended),
    Row("accepted_judgement", "the judgement was accepted, and nothing ran", "as_recommended", "person", True,
        lambda f: f.word == "accepted" and f.worked == "nobody"),
    Row("discarded_default", "the result of the default model alone was thrown away", "needed", "person", True,
        lambda f: f.word == "discarded" and f.worked == "default"),
    Row("draft_failed", "the draft of the default model failed its verification, or its edits did not apply",
        "needed", "run", False,
        lambda f: f.signal in ("verification", "edits")),
    Row("draft_asked", "the default model said itself that it needed help", "needed", "run", True,
        lambda f: f.signal == "phrase"),
    Row("default_failed", "the default model worked alone, and its result failed its verification", "needed", "run",
        False,
        lambda f: f.worked == "default" and (f.verified is False or f.outcome == "partial_success")),
    Row("default_succeeded", "the default model worked alone, its result passed; no policy asked for the strong one",
        "not_needed", "run", True,
        lambda f: f.worked == "default" and f.outcome == "success" and f.verified is True and not f.policy),
)  # fmt: skip
"""The rows in the order in which they are asked; the first that speaks counts. Those on a person's word come first."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the table answers. `needed` is None, and `row` empty, where it says nothing."""

    needed: bool | None = None
    row: str = ""
    basis: Basis = "none"
    proxy: bool = False


SILENT = Answered()


def answer(facts: Facts, words: Iterable[str] = ()) -> Answered:
    """What the newest word says that says something (`words`, the newest first), else what the run says."""
    for word in (*words, ""):
        asked = replace(facts, word=word)
        for row in ROWS:
            if (row.basis == "person") == bool(word) and row.speaks(asked):
                needed = facts.recommended if row.answer == "as_recommended" else row.answer == "needed"
                return Answered(needed, row.name, row.basis, row.proxy)
    return SILENT
