"""Outcomes: what a case says of the judgement it began with.

Whether a change *needed* the strong model can rarely be observed: where the strong model worked, nobody saw what the
default one would have done. So a case speaks by the rows of one table, `ROWS`, or it stays silent. `docs/validation.md`
shows the table; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from escalation.decision.reasons import Question, Reason, is_reason, table
from escalation.store.records import Case, Decision, Feedback, ReasonGiven, Workflow

Answer = Literal["needed", "not_needed", "as_recommended"]
Basis = Literal["person", "run", "none"]
Verdict = Literal["right", "wrong", "missed", "spared", "unknown"]
"""`right`: recommended and needed; `wrong`: recommended, not needed (a false positive); `missed`: not recommended and
needed (a false negative); `spared`: neither."""

_SPEAKING = frozenset({"high", "critical"})
_HOLDS_UP = frozenset({"valid", "partially_valid"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row looks at. `word` is a verdict of a person, empty for none; `worked` is who took part in the run;
    `policy`: a reason of consequence asked for the strong model, as an insurance does."""

    word: str
    worked: Literal["nobody", "default", "strong"]
    signal: str
    outcome: str
    verified: bool | None
    recommended: bool
    policy: bool


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


@dataclass(frozen=True, slots=True)
class JudgedReason:
    """A reason of a case. `spoke`: it was one of those that recommended the strong model. `confidence` is what was
    left after validation, before any calibration; None where nobody recorded it."""

    reason: str
    question: Question
    confidence: float | None
    spoke: bool
    answered: Answered

    @property
    def verdict(self) -> Verdict:
        """A reason that did not speak may only have been missed: it claimed nothing."""
        if self.answered.needed is None:
            return "unknown"
        if self.spoke:
            return "right" if self.answered.needed else "wrong"
        return "missed" if self.answered.needed else "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a case says. `recommended` is None where nothing was decided."""

    case: Case
    at: int
    recommended: bool | None
    answered: Answered
    reasons: tuple[JudgedReason, ...]

    @property
    def verdict(self) -> Verdict:
        if self.recommended is None or self.answered.needed is None:
            return "unknown"
        if self.recommended:
            return "right" if self.answered.needed else "wrong"
        return "missed" if self.answered.needed else "spared"


def judged(case: Case) -> Judged:
    """What a case says of its judgement."""
    words = sorted(case.feedback, key=lambda said: (said.at, said.id), reverse=True)
    if case.workflow is None:
        return _editors(case, words)
    decision = case.workflow.decision
    if decision is None:
        return Judged(case, case.workflow.request.created, None, SILENT, ())
    given = {reason.reason: reason for reason in decision.reasons}
    speaking = {name for name, reason in given.items() if _spoke(decision, reason)}
    # Reasons that only a person named count, too: that is how one learns of what was not seen.
    given |= {w.reason: ReasonGiven(w.reason, "", 0.0, "") for w in words if w.reason and w.reason not in given}
    seen = {reason.reason for reason in decision.reasons}
    run = _run(case, decision)
    reasons = tuple(
        JudgedReason(
            name,
            question(name),
            reason.confidence if name in seen else None,
            name in speaking,
            _answer(
                [w.verdict for w in words if w.reason in ("", name)],
                run,
                policy=decision.should_escalate and question(name) == "consequence",
            ),
        )
        for name, reason in given.items()
    )
    dismissed = {w.reason for w in words if w.verdict == "dismissed"}
    whole = [w.verdict for w in words if _of_the_whole(w, speaking, dismissed)]
    policy = any(question(name) == "consequence" for name in speaking)
    answered = _answer(whole, run, policy=policy)
    return Judged(case, case.workflow.request.created, decision.should_escalate, answered, reasons)


def question(reason: str) -> Question:
    """The question that a reason answers; one of the user's own is about consequence."""
    return table()[Reason(reason)].question if is_reason(reason) else "consequence"


def last_word(case: Case, verdicts: Iterable[str]) -> str:
    """The newest of these verdicts that somebody gave; empty for none."""
    wanted = frozenset(verdicts)
    said = [word for word in case.feedback if word.verdict in wanted]
    return max(said, key=lambda word: (word.at, word.id)).verdict if said else ""


@dataclass(frozen=True, slots=True)
class _Run:
    worked: Literal["nobody", "default", "strong"]
    signal: str
    outcome: str
    verified: bool | None
    recommended: bool


def _answer(words: Iterable[str], run: _Run, *, policy: bool) -> Answered:
    """The newest word that says something of the need, else the run."""
    for word in (*words, ""):
        facts = Facts(word, run.worked, run.signal, run.outcome, run.verified, run.recommended, policy)
        for row in ROWS:
            if (row.basis == "person") == bool(word) and row.speaks(facts):
                needed = run.recommended if row.answer == "as_recommended" else row.answer == "needed"
                return Answered(needed, row.name, row.basis, row.proxy)
    return SILENT


def _spoke(decision: Decision, reason: ReasonGiven) -> bool:
    return decision.should_escalate and reason.priority in _SPEAKING and reason.result in _HOLDS_UP


def _of_the_whole(word: Feedback, speaking: set[str], dismissed: set[str]) -> bool:
    """Whether a word is about the recommendation as a whole: who dismisses one reason of two has not said that the
    other was wrong."""
    return not word.reason or word.verdict != "dismissed" or speaking <= dismissed


def _run(case: Case, decision: Decision) -> _Run:
    workflow = case.workflow
    done = workflow.completion if workflow else None
    if done is None or done.outcome is None:
        return _Run("nobody", "", "", None, decision.should_escalate)
    worked: Literal["nobody", "default", "strong"] = (
        "strong" if "L4" in done.tier else "default" if "L3" in done.tier else "nobody"
    )
    return _Run(worked, done.signal, done.outcome, done.verified, decision.should_escalate)


_RECOMMENDED_BY_WORD: Mapping[str, bool] = {"dismissed": True, "needed_opus": False}


def _editors(case: Case, words: list[Feedback]) -> Judged:
    """A judgement in the editor that somebody spoke of: nothing but the words is known of it."""
    if not words:
        return Judged(case, 0, None, SILENT, ())
    newest = words[0]
    recommended = newest.should_escalate
    if recommended is None:
        recommended = _RECOMMENDED_BY_WORD.get(newest.verdict)
    run = _Run("nobody", "", "", None, bool(recommended))
    answered = SILENT if recommended is None else _answer([word.verdict for word in words], run, policy=False)
    reasons: tuple[JudgedReason, ...] = ()
    if newest.reason:
        spoke = bool(recommended) or newest.verdict == "dismissed"
        reasons = (JudgedReason(newest.reason, question(newest.reason), newest.confidence, spoke, answered),)
    return Judged(case, newest.at, recommended, answered, reasons)


def settled(workflow: Workflow) -> bool:
    """Whether a run has come to an end of its own: one that was cancelled says nothing of how it would have ended."""
    done = workflow.completion
    return done is not None and done.outcome is not None and done.outcome != "cancelled"


def solved(case: Case) -> bool | None:
    """Whether a run solved its task: a person's word, else its outcome. None without a run that came to its end."""
    if case.workflow is None or not settled(case.workflow):
        return None
    if word := last_word(case, ("accepted", "discarded")):
        return word == "accepted"
    done = case.workflow.completion
    assert done is not None
    return done.outcome in ("success", "fallback_success") and done.verified is not False


def default_failed(case: Case) -> bool | None:
    """Whether the default model failed where that could be seen: it worked first, and its result or its draft was
    verified or judged by a person. None otherwise."""
    if case.workflow is None or case.workflow.decision is None:
        return None
    run = _run(case, case.workflow.decision)
    word = last_word(case, ("accepted", "discarded")) if run.worked == "default" else ""
    return _answer((word,) if word else (), run, policy=False).needed
