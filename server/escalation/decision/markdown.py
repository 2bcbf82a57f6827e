"""The assessment in Markdown: what a hover and “Show the assessment” display."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from escalation.analysis.evidence import Evidence
from escalation.decision.assessment import Assessment, CostRange, Trigger, TriggerValidation
from escalation.decision.reasons import title
from escalation.decision.terms import TASK
from escalation.decision.validation import not_met

Link = Callable[[Evidence], str | None]
"""The target of a link to a piece of evidence, or None for no link."""

_SHOWN = 5


def no_link(_: Evidence) -> str | None:
    return None


def markdown(assessment: Assessment, link: Link = no_link) -> str:
    """The whole assessment."""
    return "\n".join(
        (
            f"# {headline(assessment)}",
            "",
            assessment.summary,
            "",
            *_reasons(assessment.triggers, link),
            *_context(assessment),
            *_costs(assessment),
            *_checks(assessment),
            *_files(assessment),
        )
    )


def headline(assessment: Assessment) -> str:
    """One line: the recommendation, its confidence and route."""
    verdict = "Opus recommended" if assessment.should_escalate else "Sonnet will do"
    return f"{verdict} ({assessment.confidence:.2f}) · {assessment.recommended_route} · {assessment.recommended_model}"


def _reasons(triggers: Iterable[Trigger], link: Link) -> Iterator[str]:
    rows = [
        f"| {title(t.reason)} | {t.priority} | {t.confidence:.2f} | "
        f"{'<br>'.join(_evidence(e, link) for e in t.evidence[:_SHOWN])} |"
        for t in triggers
    ]
    if rows:
        yield from (
            "## Reasons",
            "",
            "| reason | priority | confidence | evidence |",
            "|---|---|---|---|",
            *rows,
            "",
        )


def _evidence(evidence: Evidence, link: Link) -> str:
    what = _escaped(evidence.what)
    if evidence.path == TASK:
        return what
    place = f"{evidence.path}:{evidence.start_line}".replace("|", "\\|")
    target = link(evidence)
    return f"[{place}]({target}) {what}" if target else f"`{place}` {what}"


def _escaped(text: str) -> str:
    """Words as they stand: `Map<K, V>`, `__init__` and `a | b` are neither markup nor columns."""
    parts = text.replace("\n", " ").split("`")
    return "`".join((_IN_CODE if index % 2 else _MARKUP).sub(r"\\\g<0>", part) for index, part in enumerate(parts))


_IN_CODE, _MARKUP = re.compile(r"\|"), re.compile(r"[\\*_<|\[\]]")


def _context(assessment: Assessment) -> Iterator[str]:
    context, metrics = assessment.context, assessment.context.metrics
    yield from (
        "## Context",
        "",
        "| complexity | business impact | risk | files | changed lines | functions | cyclomatic | cognitive |",
        "|---|---|---|---|---|---|---|---|",
        f"| {context.complexity_level} | {context.business_impact} | {context.risk_level} | {metrics.files} | "
        f"+{metrics.lines_added} −{metrics.lines_deleted} | {metrics.functions} | "
        f"{metrics.cyclomatic} | {metrics.cognitive} |",
        "",
    )
    if context.key_factors:
        yield from (*(f"- {factor}" for factor in context.key_factors), "")


def _costs(assessment: Assessment) -> Iterator[str]:
    costs = assessment.costs
    yield from ("## Cost", "", "| route | models | p10 | p50 | p90 |", "|---|---|---|---|---|")
    for cost in costs.routes:
        chosen = "**" if cost.route == assessment.recommended_route else ""
        amounts = " | ".join(usd(amount) for amount in (cost.p10, cost.p50, cost.p90))
        yield f"| {chosen}{cost.route}{chosen} | {' → '.join(cost.models)} | {amounts} |"
    yield from (
        "",
        f"P(the default model fails) ≈ {costs.failure_probability:.2f} ({costs.failure_source}); {costs.note}.",
        "",
    )
    if costs.advice:
        yield from (costs.advice, "")


def _checks(assessment: Assessment) -> Iterator[str]:
    if not assessment.validation.triggers:
        return
    yield from (
        "## Validation",
        "",
        f"{assessment.validation.result.replace('_', ' ')}: {assessment.validation.recommendation}",
        "",
        "| reason | result | confidence | not met |",
        "|---|---|---|---|",
    )
    for checked in assessment.validation.triggers:
        failed = "; ".join(not_met(check) for check in checked.checks if not check.passed) or "–"
        yield f"| {title(checked.reason)} | {checked.result.replace('_', ' ')} | {_confidence(checked)} | {failed} |"
    yield ""


def _confidence(checked: TriggerValidation) -> str:
    """What is compared with `min_confidence`, and where it comes from if that is not the checks alone."""
    if checked.calibrated == checked.confidence:
        return f"{checked.calibrated:.2f}"
    return f"{checked.calibrated:.2f} ({checked.confidence:.2f} before it was {checked.calibration})"


def _files(assessment: Assessment) -> Iterator[str]:
    if assessment.files:
        yield from ("## Files", "")
        for file in assessment.files:
            said = f" — {file.problem or file.note}" if file.problem or file.note else ""
            yield f"- `{file.path}` {file.status}, {file.role}, +{file.lines_added} −{file.lines_deleted}{said}"
        yield ""


def usd(amount: float | None) -> str:
    """An amount in USD as people write it; “unknown” where there is no price."""
    if amount is None:
        return "unknown"
    return f"${amount:.3f}" if amount < 0.1 else f"${amount:.2f}"


def range_text(cost: CostRange) -> str:
    """A cost range in one phrase."""
    return "unknown" if cost.p50 is None else f"{usd(cost.p50)} ({usd(cost.p10)}–{usd(cost.p90)})"
