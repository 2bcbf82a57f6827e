"""`process_message`: the two-pass flow as an async generator of events.

L3 works; if it shows that it needs help its edits are dropped, L4 works on the original snapshot, and L3 finishes on
L4's result. One switch each way in a run, never in a step. See docs/flow.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from escalation.analysis.change import Change, FileChange
from escalation.flow.classification import Way, classify
from escalation.flow.context import Focus, context_block
from escalation.flow.diff import changed_paths, unified
from escalation.flow.engine import Engine, Job, Model
from escalation.flow.escalation import Signal, failure, needs_escalation
from escalation.flow.events import (
    Classification,
    Escalation,
    Event,
    Fallback,
    FlowOutcome,
    MergedCall,
    StreamEnd,
    Tier,
    Verdict,
    Verification,
)
from escalation.flow.messages import ModelFailure
from escalation.flow.prompt import instructions, task_message
from escalation.flow.run import Emit, Run
from escalation.flow.spending import OverBudget
from escalation.flow.tier_pass import Assignment, PassResult, run_pass
from escalation.flow.verification import new_problems
from escalation.text.snapshot import Snapshot

Role = Literal["draft", "structure", "finish", "whole"]
_FALL_BACK = ("transient", "refusal")


async def process_message(
    job: Job, engine: Engine, cancelled: asyncio.Event | None = None
) -> AsyncGenerator[Event, None]:
    """The events of a run; the last one is a `StreamEnd`, whatever happened.

    `cancelled`, once set, ends the run with that outcome. Closing the generator does too, with nobody to tell. Either
    way no further request starts, and the one under way is closed.
    """
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    work = asyncio.create_task(_work(job, engine, events.put_nowait))
    work.add_done_callback(lambda _: events.put_nowait(None))
    stop = asyncio.create_task(_stopped(work, cancelled)) if cancelled is not None else None
    try:
        while (event := await events.get()) is not None:
            yield event
        with suppress(asyncio.CancelledError):
            work.result()  # what nobody foresaw is not swallowed
    finally:
        for task in (work, stop):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def _stopped(work: asyncio.Task[None], cancelled: asyncio.Event) -> None:
    await cancelled.wait()
    work.cancel()


@dataclass(slots=True)
class _Course:
    """The passes of a run: all that came to their end, and those whose work is kept."""

    begun: list[Tier] = field(default_factory=list)
    ended: list[PassResult] = field(default_factory=list)
    kept: list[PassResult] = field(default_factory=list)
    fallback: str = ""
    note: str = ""
    """Why what is kept is less than what was asked for."""


async def _work(job: Job, engine: Engine, emit: Emit) -> None:
    run, course = Run(job, engine, emit), _Course()
    way = classify(job, new_project=not job.snapshot and not engine.sources.paths)
    emit(_classification(way, job, engine))
    run.tell_masked()
    outcome: FlowOutcome | None = None
    try:
        async with run.clock.limit():
            await _follow(run, way, course)
    except TimeoutError:
        outcome = "timeout"
        course.note = f"it took longer than {engine.settings.timeout:.0f} seconds of work (setting flow.timeout)"
    except (ModelFailure, OverBudget) as stopped:
        outcome = "partial_success" if course.kept else "failed"
        course.note = str(stopped)
    except asyncio.CancelledError:
        course.note = "it was cancelled"
        emit(_end(run, course, "cancelled"))
        raise
    emit(_end(run, course, outcome or _outcome(course)))


def _classification(way: Way, job: Job, engine: Engine) -> Classification:
    confidence = job.assessment.confidence if job.assessment else None
    return Classification(way.route, way.reason, {t: model.name for t, model in engine.tiers.items()}, confidence)


async def _follow(run: Run, way: Way, course: _Course) -> None:
    """The passes of a way, one after another."""
    if way.route == "L4":
        course.kept.append(await _verified(run, await _pass(run, course, "L4", run.base, role="whole")))
        return
    signal = way.signal
    if way.route in ("L3", "L3->L4->L3"):
        draft = await _pass(run, course, "L3", run.base, role="draft" if way.may_escalate else "whole")
        if (signal := signal or needs_escalation(draft, run.task)) is None or not way.may_escalate:
            draft = await _verified(run, draft)
            signal = signal or needs_escalation(draft, run.task)
        if signal is None or not way.may_escalate:
            course.kept.append(draft)
            course.note = f"L3 alone was requested, and it needs help: {signal.reason}" if signal else ""
            return
        run.emit(Escalation("L3", "L4", signal.kind, signal.reason))
    structure = await _verified(run, await _pass(run, course, "L4", run.base, role="structure", signal=signal))
    course.kept.append(structure)
    course.kept.append(
        await _verified(run, await _pass(run, course, "L3", structure.snapshot, role="finish", before=structure))
    )


async def _pass(
    run: Run,
    course: _Course,
    tier: Tier,
    snapshot: Snapshot,
    *,
    role: Role,
    signal: Signal | None = None,
    before: PassResult | None = None,
) -> PassResult:
    """One pass on `snapshot`; the fallback model makes it again, from its start, where the tier's own cannot."""
    course.begun.append(tier)
    given = Assignment(
        tier=tier,
        number=len(course.begun),
        model=run.engine.tiers[tier],
        system=(instructions(), _context(run, snapshot)),
        message=task_message(
            run.task,
            role=role,
            signal=signal.reason if signal else "",
            said=[str(text) for text in before.text] if before else (),
            verdict=before.verdict if before else None,
        ),
    )
    try:
        result = await run_pass(run, given, snapshot)
    except ModelFailure as failed:
        fallback = run.engine.fallback
        if failed.kind not in _FALL_BACK or _same(fallback, given.model):
            raise
        run.emit(Fallback(tier, given.model.name, fallback.name, str(failed)))
        course.fallback = fallback.name
        result = await run_pass(run, replace(given, model=fallback), snapshot)
    course.ended.append(result)
    return result


def _same(one: Model, other: Model) -> bool:
    return (one.endpoint, one.name) == (other.endpoint, other.name)


def _context(run: Run, snapshot: Snapshot) -> str:
    changed = changed_paths(run.base, snapshot)
    draft = Change(tuple(FileChange(path, run.base.get(path), snapshot.get(path)) for path in changed))
    return context_block(
        snapshot,
        focus=run.job.focus or _everything(run),
        change=run.change,
        graph=run.job.graph,
        paths=run.engine.sources.paths,
        budget_tokens=run.engine.settings.context_tokens,
        draft=draft if changed else None,
    )


def _everything(run: Run) -> tuple[Focus, ...]:
    """Where nobody points anywhere and nothing has changed, every file of the job is what it is about."""
    return () if run.change.files else tuple(Focus(path) for path in run.job.snapshot)


async def _verified(run: Run, result: PassResult) -> PassResult:
    """A pass with the verdict on its snapshot. The check command is for a result that changes something and parses."""
    problems = new_problems(run.base, result.snapshot)
    verdict = Verdict(problems)
    check = run.engine.check
    if check is not None and not problems and changed_paths(run.base, result.snapshot):
        run.emit(Verification(result.tier, "running"))
        done = await check(run.result(result.snapshot))
        verdict = Verdict(check=replace(done, output=run.mask(done.output)))
    run.emit(Verification(result.tier, "passed" if verdict.passed else "failed", verdict))
    return replace(result, verdict=verdict)


def _outcome(course: _Course) -> FlowOutcome:
    """That of a run whose passes all came to their end."""
    last = course.kept[-1]
    if last.verdict is not None and not last.verdict.passed:
        course.note = course.note or failure(last.verdict)
    elif last.unapplied:
        course.note = course.note or last.unapplied[0]
    if course.note:
        return "partial_success"
    if course.fallback:
        course.note = f"the fallback model {course.fallback} took over"
        return "fallback_success"
    return "success"


def _end(run: Run, course: _Course, outcome: FlowOutcome) -> StreamEnd:
    kept = course.kept
    snapshot = kept[-1].snapshot if kept else run.base
    mangled = run.mangled(snapshot)
    if mangled:
        course.note = f"{course.note}; placeholders of secrets were mangled: {', '.join(mangled)}".removeprefix("; ")
    return StreamEnd(
        tier="->".join(course.begun),
        outcome="partial_success" if mangled and outcome in ("success", "fallback_success") else outcome,
        reason=course.note,
        usage=run.purse.usage,
        cost=run.purse.cost,
        ttfc_ms=_first_content(course.ended),
        ttc_ms=round(sum(ended.ttc_ms for ended in course.ended), 1),
        text=tuple(str(text) for one in kept for text in one.text),
        tool_calls=tuple(MergedCall(one.tier, made.name, made.input) for one in kept for made in one.tool_calls),
        diff=unified(run.base, snapshot).decode("utf-8", "replace"),
        verdict=kept[-1].verdict if kept else None,
        result=run.result(snapshot),
    )


def _first_content(ended: Sequence[PassResult]) -> float | None:
    """Milliseconds: L4's, where it worked, else those of the first pass."""
    strong = [one for one in ended if one.tier == "L4"]
    return (strong or list(ended))[0].ttfc_ms if ended else None
