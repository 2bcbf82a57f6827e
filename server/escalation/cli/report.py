"""The assessment as text for a terminal or a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from escalation.analysis.evidence import Evidence
from escalation.decision.assessment import Assessment, Trigger
from escalation.decision.markdown import headline, range_text
from escalation.decision.reasons import title
from escalation.decision.terms import TASK

if TYPE_CHECKING:
    from rich.text import Text

_STYLE = {"critical": "bold red", "high": "yellow", "medium": "cyan", "low": "dim"}
_MARK = {"critical": "●", "high": "●", "medium": "○", "low": "·"}
_SHOWN = 4


def show(assessment: Assessment) -> None:
    """Effect: prints the report; colours on a terminal only, unless NO_COLOR is set."""
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for line in report(assessment):
        console.print(line)


def report(assessment: Assessment) -> Iterator[Text]:
    """The lines of the report."""
    from rich.text import Text

    style = "bold red" if assessment.should_escalate else "bold green"
    yield Text(headline(assessment), style)
    yield Text("  " + assessment.summary)
    for trigger in assessment.triggers:
        yield Text("")
        yield from _trigger(trigger)
    for trigger in assessment.dismissed:
        yield Text(f"  – {title(trigger.reason)}: dismissed in .escalation/dismissed.toml", "dim")
    yield Text("")
    yield from _context(assessment)
    yield from _problems(assessment)
    if assessment.triggers or assessment.should_escalate:
        yield Text.assemble(("  what to do  ", "dim"), advice(assessment))


def _trigger(trigger: Trigger) -> Iterator[Text]:
    from rich.text import Text

    style = _STYLE[trigger.priority]
    yield Text.assemble(
        "  ", (f"{_MARK[trigger.priority]} {trigger.priority:<8} ", style), (title(trigger.reason), "bold"),
        (f"  {trigger.confidence:.2f}", "dim"),
    )  # fmt: skip
    for evidence in trigger.evidence[:_SHOWN]:
        yield Text.assemble("      ", (_place(evidence), "blue"), "  ", evidence.what)
    if len(trigger.evidence) > _SHOWN:
        yield Text(f"      … and {len(trigger.evidence) - _SHOWN} more", "dim")


def _place(evidence: Evidence) -> str:
    return "task" if evidence.path == TASK else f"{evidence.path}:{evidence.start_line}"


def _context(assessment: Assessment) -> Iterator[Text]:
    from rich.text import Text

    context, metrics, costs = assessment.context, assessment.context.metrics, assessment.costs
    yield Text.assemble(
        ("  context     ", "dim"),
        f"complexity {context.complexity_level} · business impact {context.business_impact}",
        f" · risk {context.risk_level}",
    )
    if metrics.files:
        yield Text.assemble(
            ("  change      ", "dim"),
            f"{_counted(metrics.files, 'file')}, +{metrics.lines_added} −{metrics.lines_deleted}, ",
            f"{_counted(metrics.functions, 'function')} touched",
        )
    by_route = {cost.route: cost for cost in costs.routes}
    strong = assessment.recommended_route if assessment.should_escalate else "L4->L3"
    yield Text.assemble(
        ("  cost        ", "dim"),
        f"L3 {range_text(by_route['L3'])} · {strong} {range_text(by_route[strong])}; "
        f"P(L3 fails) ≈ {costs.failure_probability:.2f}",
    )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _problems(assessment: Assessment) -> Iterator[Text]:
    from rich.text import Text

    for file in assessment.files:
        if file.problem:
            yield Text.assemble(("  not judged  ", "dim"), f"{file.path} {file.problem}")
        elif file.note:
            yield Text.assemble(("  note        ", "dim"), f"{file.path} {file.note}")


def advice(assessment: Assessment) -> str:
    """What to do, in one sentence."""
    if assessment.should_escalate:
        return (
            f"use {assessment.recommended_model} (route {assessment.recommended_route}); dismiss a reason that does not"
            " apply in the editor, or by a policy"
        )
    return f"{assessment.recommended_model} will do; look at the places above when you review its work"
