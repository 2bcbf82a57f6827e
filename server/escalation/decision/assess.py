"""`assess`: from a change to an assessment. The one entry to the decision, and a pure function: the same change,
settings and history in, the same assessment out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from escalation.analysis.change import Change
from escalation.analysis.facts import NOTHING, ChangeFacts, FileFacts, Surroundings, gather
from escalation.analysis.risk import Risk, features, risk
from escalation.decision import prices
from escalation.decision.assessment import AssessedFile, Assessment, Costs, Route, Scores, Trigger, Validation
from escalation.decision.context import ContextAnalyzer
from escalation.decision.costs import costs, failure_probability
from escalation.decision.detector import EscalationDetector
from escalation.decision.dismissals import NONE, Dismissals
from escalation.decision.history import NO_HISTORY, History
from escalation.decision.policies import without_excluded
from escalation.decision.prices import Rates
from escalation.decision.reasons import Priority, Question, Reason, is_reason, table, title
from escalation.decision.rules import difficulty_ratio
from escalation.decision.strength import strength
from escalation.decision.terms import routine
from escalation.decision.validation import TriggerValidator, get_trigger_validator
from escalation.settings.schema import Settings

_MAKES_SENSE = ("valid", "partially_valid")
_SUREST = 0.97
"""No judgement of this kind is certain."""


def assess(
    change: Change,
    *,
    settings: Settings | None = None,
    surroundings: Surroundings = NOTHING,
    facts: Mapping[str, FileFacts] | None = None,
    dismissals: Dismissals = NONE,
    rates: Rates | None = None,
    history: History = NO_HISTORY,
    detector: EscalationDetector | None = None,
    validator: TriggerValidator | None = None,
) -> Assessment:
    """Judge a change, a task, or both. `facts` are files examined before, by path; `rates` are the prices of the models
    of the settings, looked up where they are not given; `history` is what the repository's outcomes taught."""
    settings = settings or Settings()
    change = without_excluded(change, settings)
    detector = detector or EscalationDetector(settings)
    known = gather(change, surroundings, facts)
    evidence = detector.evidence(known)
    triggers = detector.triggers(evidence, dismissals)
    kept = {trigger.reason for trigger in triggers}
    dismissed = tuple(t for t in detector.triggers(evidence) if t.reason not in kept) if dismissals.entries else ()
    strengths = {
        reason: strength(e for e in seen if not dismissals.covers(reason, e)) for reason, seen in evidence.items()
    }
    changed = risk(features(change, surroundings.history))
    known_rates = prices.rates(settings) if rates is None else rates
    weighed = _Weighed(triggers, dismissed, strengths, changed, known_rates, history)
    return _judged(known, weighed, settings, (validator or get_trigger_validator()).with_rules(settings.rules))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What speaks for the strong model, weighed."""

    triggers: tuple[Trigger, ...]
    dismissed: tuple[Trigger, ...]
    strengths: Mapping[str, float]
    risk: Risk
    rates: Rates
    history: History


def _judged(facts: ChangeFacts, weighed: _Weighed, settings: Settings, validator: TriggerValidator) -> Assessment:
    triggers, strengths = weighed.triggers, weighed.strengths
    context = ContextAnalyzer(settings).analyze(facts, strengths, weighed.risk)
    hardest = max((difficulty_ratio(f.metrics, settings.thresholds) for _, f in facts.touched()), default=0.0)
    failure = failure_probability(facts, hardest)
    strong: Route = _strong_route(facts, settings)
    history = weighed.history
    worth = costs(facts, settings, weighed.rates, strong, failure, history=history)
    dull = routine(facts.task.description) if facts.task else None
    validation = validator.validate(triggers, context, worth, dull, history=history)
    confidence, should = _decided(triggers, validation, worth, strengths, settings)
    return Assessment(
        should_escalate=should,
        confidence=confidence,
        recommended_route=strong if should else "L3",
        recommended_model=settings.models.escalation if should else settings.models.default,
        fallback_model=settings.models.fallback,
        summary=_summary(should, triggers, validation, worth, facts),
        scores=_scores(strengths, history.failure.apply(failure), weighed.risk),
        triggers=triggers,
        dismissed=weighed.dismissed,
        context=context,
        validation=validation,
        costs=worth,
        files=tuple(_assessed(file) for file in facts.files),
    )


def _strong_route(facts: ChangeFacts, settings: Settings) -> Route:
    """A new project has nothing for the default model to finish on; a recommendation given beforehand skips the draft
    that would be thrown away, unless the settings ask for it."""
    if facts.files and all(f.status == "added" for f in facts.files) and not facts.surroundings.files:
        return "L4"
    return "L3->L4->L3" if settings.two_pass else "L4->L3"


def _decided(
    triggers: tuple[Trigger, ...],
    validation: Validation,
    worth: Costs,
    strengths: Mapping[str, float],
    settings: Settings,
) -> tuple[float, bool]:
    """The confidence in the recommendation, and whether it is to escalate."""
    by_reason = {v.reason: v for v in validation.triggers}
    speaking = [
        by_reason[t.reason].calibrated
        for t in triggers
        if t.priority.rank >= Priority.HIGH.rank
        and by_reason[t.reason].result in _MAKES_SENSE
        and by_reason[t.reason].calibrated >= settings.min_confidence
    ]
    if speaking and worth.within_threshold:
        return min(max(speaking), _SUREST), True
    return round(_SUREST - 0.6 * max(strengths.values(), default=0.0), 4), False


def _scores(strengths: Mapping[str, float], failure: float, changed: Risk) -> Scores:
    silent = 1.0
    for reason, force in strengths.items():
        if _question(reason) == "consequence":
            silent *= 1.0 - 0.9 * force
    consequence = 1.0 - silent
    hard = max((force for reason, force in strengths.items() if _question(reason) == "difficulty"), default=0.0)
    difficulty = 1.0 - (1.0 - failure) * (1.0 - 0.5 * hard)
    overall = 1.0 - (1.0 - 0.6 * consequence) * (1.0 - 0.5 * difficulty) * (1.0 - 0.5 * changed.score)
    return Scores(*(round(value, 4) for value in (consequence, difficulty, changed.score, overall)))


def _question(reason: str) -> Question:
    return table()[Reason(reason)].question if is_reason(reason) else "consequence"


def _summary(
    should: bool, triggers: tuple[Trigger, ...], validation: Validation, worth: Costs, facts: ChangeFacts
) -> str:
    """One sentence for a person."""
    if should:
        names = [_in_a_sentence(title(t.reason)) for t in triggers if t.priority.rank >= Priority.HIGH.rank]
        return f"The strong model is worth its price here: {', '.join(names[:3])}."
    if any(t.priority.rank >= Priority.HIGH.rank for t in triggers):
        return _not_outweighed(validation, worth)
    if triggers:
        return "The default model will do; what was noticed does not outweigh the price."
    if not facts.files and not facts.task:
        return "Nothing has changed."
    return "The default model will do: nothing here needs the strong one."


def _not_outweighed(validation: Validation, worth: Costs) -> str:
    """Why reasons of high priority do not recommend the strong model."""
    if not worth.within_threshold:
        return f"The strong model would be worth it, but {worth.note}."
    if validation.result in _MAKES_SENSE:
        return _too_unsure(validation)
    return f"The default model will do: {_in_a_sentence(validation.recommendation)}"


def _in_a_sentence(words: str) -> str:
    """Words that begin with a capital letter, as they stand in the middle of a sentence: `API` stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _too_unsure(validation: Validation) -> str:
    """Which confidence is below `min_confidence`, and what the outcomes of the repository have to do with it."""
    surest = max(validation.triggers, key=lambda checked: checked.calibrated)
    said = f"The default model will do: a confidence of {surest.calibrated:.2f} is below min_confidence"
    if surest.calibrated == surest.confidence:
        return f"{said}."
    return f"{said}; it was {surest.confidence:.2f} before it was {surest.calibration}."


def _assessed(file: FileFacts) -> AssessedFile:
    return AssessedFile(
        path=file.path,
        status=file.status,
        role=file.role,
        language=file.language,
        lines_added=file.lines_added,
        lines_deleted=file.lines_deleted,
        functions=tuple(f.metrics.name for f in file.touched),
        problem=file.problem,
        note=file.note,
    )
