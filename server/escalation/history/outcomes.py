"""Outcomes: what a case says of the judgement it began with, and whether its run did what it was for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from escalation.decision.reasons import Question, Reason, is_reason, table
from escalation.history.needed import SILENT, Answered, Facts, Worked, answer
from escalation.store.records import Case, Completion, Decision, Feedback, ReasonGiven

Finding = Literal["right", "wrong", "missed", "spared", "unknown"]
"""`right`: recommended and needed; `wrong`: recommended, not needed (a false positive); `missed`: not recommended and
needed (a false negative); `spared`: neither."""

_SPEAKING = frozenset({"high", "critical"})
_HOLDS_UP = frozenset({"valid", "partially_valid"})
_OF_THE_RESULT = frozenset({"accepted", "discarded"})


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
    def finding(self) -> Finding:
        """A reason that did not speak may only have been missed: it claimed nothing."""
        found = _finding(self.spoke, self.answered)
        return "unknown" if found == "spared" else found


@dataclass(frozen=True, slots=True)
class Judged:
    """What a case says. `recommended` is None where nothing was decided, `at` (milliseconds since the epoch) is when it
    was judged, `failed` whether the default model failed where that could be seen."""

    at: int
    recommended: bool | None
    answered: Answered
    reasons: tuple[JudgedReason, ...] = ()
    failed: bool | None = None

    @property
    def finding(self) -> Finding:
        return _finding(self.recommended, self.answered)


def _finding(recommended: bool | None, answered: Answered) -> Finding:
    if recommended is None or answered.needed is None:
        return "unknown"
    if recommended:
        return "right" if answered.needed else "wrong"
    return "missed" if answered.needed else "spared"


def judged(case: Case) -> Judged:
    """What a case says of its judgement."""
    words = sorted(case.feedback, key=lambda word: (word.at, word.id), reverse=True)
    if case.workflow is None:
        return _of_the_editor(words)
    decision, at = case.workflow.decision, case.workflow.request.created
    if decision is None:
        return Judged(at, None, SILENT)
    facts = _facts(decision, case.workflow.completion)
    speaking = frozenset(one.reason for one in decision.reasons if _spoke(decision, one))
    return Judged(
        at,
        decision.should_escalate,
        answer(
            replace(facts, policy=any(question(reason) == "consequence" for reason in speaking)),
            _of_the_whole(words, speaking),
        ),
        tuple(_reason(one, facts, words, spoke=one.reason in speaking) for one in _given(decision, words)),
        _default_failed(facts, words),
    )


def question(reason: str) -> Question:
    """The question that a reason answers; one of the user's own is about consequence."""
    return table()[Reason(reason)].question if is_reason(reason) else "consequence"


def _facts(decision: Decision, done: Completion | None) -> Facts:
    if done is None or done.outcome is None:
        return Facts(decision.should_escalate)
    worked: Worked = "strong" if "L4" in done.tier else "default" if "L3" in done.tier else "nobody"
    return Facts(decision.should_escalate, worked, done.signal, done.outcome, done.verified)


def _spoke(decision: Decision, one: ReasonGiven) -> bool:
    return decision.should_escalate and one.priority in _SPEAKING and one.result in _HOLDS_UP


def _given(decision: Decision, words: Sequence[Feedback]) -> Sequence[ReasonGiven]:
    """The reasons of a decision, and those that only a person named: that is how one learns of what was not seen."""
    known = {one.reason for one in decision.reasons}
    named = dict.fromkeys(word.reason for word in words if word.reason and word.reason not in known)
    return (*decision.reasons, *(ReasonGiven(reason, "", -1.0, "") for reason in named))


def _reason(one: ReasonGiven, facts: Facts, words: Sequence[Feedback], *, spoke: bool) -> JudgedReason:
    asked = question(one.reason)
    policy = facts.recommended and asked == "consequence"
    about = (word.verdict for word in words if word.reason in ("", one.reason))
    confidence = one.confidence if one.confidence >= 0 else None
    return JudgedReason(one.reason, asked, confidence, spoke, answer(replace(facts, policy=policy), about))


def _of_the_whole(words: Sequence[Feedback], speaking: frozenset[str]) -> Sequence[str]:
    """The words about a recommendation as a whole: who dismisses one reason of two has not said that the other was
    wrong."""
    dismissed = {word.reason for word in words if word.verdict == "dismissed"}
    return [word.verdict for word in words if not word.reason or word.verdict != "dismissed" or speaking <= dismissed]


def _default_failed(facts: Facts, words: Sequence[Feedback]) -> bool | None:
    """Words of the result are about the default model where it worked alone; no policy changes what it did."""
    about = [word.verdict for word in words if word.verdict in _OF_THE_RESULT] if facts.worked == "default" else []
    return answer(facts, about).needed


_RECOMMENDED_BY_WORD: Mapping[str, bool] = {"dismissed": True, "needed_opus": False}


def _of_the_editor(words: Sequence[Feedback]) -> Judged:
    """A judgement in the editor that somebody spoke of: nothing but the words is known of it."""
    if not words:
        return Judged(0, None, SILENT)
    newest = words[0]
    recommended = newest.should_escalate
    if recommended is None:
        recommended = _RECOMMENDED_BY_WORD.get(newest.verdict)
    if recommended is None:
        return Judged(newest.at, None, SILENT)
    answered = answer(Facts(recommended), (word.verdict for word in words))
    if not newest.reason:
        return Judged(newest.at, recommended, answered)
    # A reason is shown, and can be dismissed, where it does not suffice for a recommendation, too.
    spoke = recommended or newest.verdict == "dismissed"
    # The confidence of what was not recommended is that in the default model.
    confidence = newest.confidence if recommended else None
    reason = JudgedReason(newest.reason, question(newest.reason), confidence, spoke, answered)
    return Judged(newest.at, recommended, answered, (reason,))


def solved(case: Case) -> bool | None:
    """Whether a run solved its task: a person's word, else its outcome. None without a run, and for one that somebody
    cancelled: nobody knows how it would have ended."""
    done = case.workflow.completion if case.workflow else None
    if done is None or done.outcome in (None, "cancelled"):
        return None
    words = [word for word in case.feedback if word.verdict in _OF_THE_RESULT]
    if words:
        return max(words, key=lambda word: (word.at, word.id)).verdict == "accepted"
    return done.outcome in ("success", "fallback_success") and done.verified is not False
