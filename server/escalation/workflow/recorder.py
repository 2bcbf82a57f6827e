"""Recorder: what the store keeps of a run, folded from the events that the flow tells.

Pure: `heard` and `stated` take a `Course`, how far the workflow has been told, and give the next one with the entry
that it brings; `write` puts an entry into the store. The same run told again gets the same numbers, so that writing it
twice keeps one: nothing here depends on pieces of text, which a run that is resumed may bring in other pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from escalation.decision.assessment import Assessment
from escalation.decision.record import record as assessment_record
from escalation.flow.events import (
    Classification,
    Escalation,
    Event,
    Fallback,
    FlowOutcome,
    Retry,
    StreamEnd,
    TextDelta,
    TierEnd,
    TierStart,
    ToolCalled,
    ToolRefused,
    Verification,
    record,
)
from escalation.settings.schema import Settings
from escalation.store.records import Attempt, Completion, Decision, ReasonGiven, State, Told

if TYPE_CHECKING:
    from escalation.store.store import Store

JUDGING: tuple[tuple[State, str], ...] = (
    ("detecting", "reasons for the strong model are looked for"),
    ("analyzing", "the change and its surroundings are measured"),
    ("deciding", "the reasons are validated and the routes weighed"),
)
"""The states that every workflow passes before anything runs, and what is said of each."""
_BETWEEN = "\n\x1f\n"
_END: Mapping[FlowOutcome, State] = {
    "success": "completed",
    "fallback_success": "completed",
    "partial_success": "completed",
    "failed": "failed",
    "timeout": "failed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Course:
    """How far a workflow has been told: the number of the last event, the state, the pass under way, and why L4 took
    over."""

    workflow: str
    number: int = 0
    state: State = "initialized"
    attempt: Attempt | None = None
    signal: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event brings to the store."""

    told: tuple[Told, ...] = ()
    attempt: Attempt | None = None
    completion: Completion | None = None


def stated(course: Course, state: State, reason: str, at: int) -> tuple[Course, Entry]:
    """A transition, which is kept as an event of the type `state`."""
    told = Told(course.workflow, course.number + 1, at, "state", {"state": state, "reason": reason})
    return replace(course, number=told.number, state=state), Entry((told,))


def heard(course: Course, event: Event, at: int) -> tuple[Course, Entry]:
    """An event of the flow at a time: the event itself, then the state that it brings. Pieces of text are not kept."""
    if isinstance(event, TextDelta):
        return course, Entry()
    body = record(event)
    told = Told(course.workflow, course.number + 1, at, body.pop("type"), body)
    attempt = _attempt(course, event, at)
    course = replace(
        course, number=told.number, attempt=attempt or course.attempt, signal=course.signal or _signal(event)
    )
    completion = completed(event, course.signal) if isinstance(event, StreamEnd) else None
    state, reason = _state(course, event)
    if state == course.state:
        return course, Entry((told,), attempt, completion)
    course, transition = stated(course, state, reason, at)
    return course, Entry((told, *transition.told), attempt, completion)


def write(store: Store, entry: Entry, at: int) -> None:
    """Effect: an entry is kept. The end of a run comes last, so that who sees it finds all the rest. Raises
    StoreError."""
    if entry.attempt is not None:
        store.attempt(entry.attempt)
    if entry.completion is not None:
        store.complete(entry.told[0].workflow, entry.completion, at)
    if entry.told:
        store.tell(entry.told)


def completed(end: StreamEnd, signal: str = "") -> Completion:
    """What came of a run."""
    usage = end.usage
    return Completion(
        outcome=end.outcome,
        message=end.reason,
        tier=end.tier,
        signal=signal,
        verified=end.verdict.passed if end.verdict is not None else None,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read=usage.cache_read,
        cache_creation=usage.cache_creation,
        cost=end.cost,
        ttfc_ms=end.ttfc_ms,
        ttc_ms=end.ttc_ms,
        files=len(end.result.changed),
        diff=end.diff,
        text="\n\n".join(end.text),
    )


def decided(assessment: Assessment, settings: Settings, mask: Callable[[str], str]) -> Decision:
    """A judgement as it is kept. Its words quote the task and the code in places: `mask` is what they pass through."""
    checked = {one.reason: one for one in assessment.validation.triggers}
    return Decision(
        should_escalate=assessment.should_escalate,
        confidence=assessment.confidence,
        route=assessment.recommended_route,
        recommended_model=assessment.recommended_model,
        fallback_model=assessment.fallback_model,
        default_model=settings.models.default,
        reasons=tuple(
            ReasonGiven(
                trigger.reason,
                trigger.priority,
                trigger.confidence,
                checked[trigger.reason].result if trigger.reason in checked else "insufficient_data",
            )
            for trigger in assessment.triggers
        ),
        validation=assessment.validation.result,
        failure_probability=assessment.costs.failure_probability,
        cost_estimate=next(
            (one.p50 for one in assessment.costs.routes if one.route == assessment.recommended_route), None
        ),
        assessment=_masked(assessment_record(assessment), mask),
    )


def _masked(value: Any, mask: Callable[[str], str]) -> Any:  # noqa: ANN401 - walks plain data
    """All texts are masked as one: a record has a hundred short ones, and each call costs more than its text."""
    texts = list(dict.fromkeys(_texts(value)))
    masked = mask(_BETWEEN.join(texts)).split(_BETWEEN)
    if len(masked) != len(texts):  # a text holds what is to separate them
        masked = [mask(text) for text in texts]
    return _replaced(value, dict(zip(texts, masked, strict=True)))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - walks plain data
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:  # noqa: ANN401 - walks plain data
    if isinstance(value, str):
        return texts[value]
    if isinstance(value, Mapping):
        return {key: _replaced(item, texts) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, texts) for item in value]
    return value


def _attempt(course: Course, event: Event, at: int) -> Attempt | None:
    """The pass that an event begins or ends."""
    if isinstance(event, TierStart):
        return Attempt(
            workflow=course.workflow,
            number=event.number,
            tier=event.tier,
            model=event.model,
            endpoint=event.endpoint,
            started=at,
        )
    if not isinstance(event, TierEnd) or course.attempt is None:
        return None
    return replace(
        course.attempt,
        finished=at,
        input_tokens=event.usage.input_tokens,
        output_tokens=event.usage.output_tokens,
        cache_read=event.usage.cache_read,
        cache_creation=event.usage.cache_creation,
        cost=event.cost,
        ttfc_ms=event.ttfc_ms,
        ttc_ms=event.ttc_ms,
        requests=event.requests,
    )


def _signal(event: Event) -> str:
    """Why L4 takes over, as far as an event says it. Where the draft is left out, the recommendation was the signal."""
    if isinstance(event, Escalation) and event.to_tier == "L4":
        return event.signal
    return "recommended" if isinstance(event, Classification) and event.route == "L4->L3" else ""


def _state(course: Course, event: Event) -> tuple[State, str]:  # noqa: PLR0911 - a table
    """The state after an event, and why."""
    match event:
        case Classification(route="L4" | "L4->L3") | Escalation(to_tier="L4"):
            return "escalating", event.reason
        case TierStart():
            return "executing", f"pass {event.number}: {event.tier}, {event.model}"
        case Verification():
            return "validating", f"the result of {event.tier} is verified"
        case Retry():
            return "retrying", event.reason
        case Fallback():
            return "retrying", f"{event.to_model} takes over from {event.from_model}: {event.reason}"
        case ToolCalled() | ToolRefused() | TierEnd() if course.state == "retrying":
            return "executing", "the model has answered"
        case StreamEnd():
            return _END[event.outcome], event.reason or event.outcome.replace("_", " ")
    return course.state, ""
