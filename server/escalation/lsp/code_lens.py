"""Code lenses: the figures of each function that the change touches, and whether the strong model is
recommended."""

from __future__ import annotations

from lsprotocol import types

from escalation.analysis.facts import TouchedFunction
from escalation.lsp.commands import SHOW_ASSESSMENT
from escalation.lsp.convert import range_of
from escalation.lsp.project import Buffer, Project
from escalation.lsp.session import Session


async def code_lenses(session: Session, params: types.CodeLensParams) -> list[types.CodeLens]:
    """One lens over each touched function."""
    found = await session.ready(params.text_document.uri)
    if found is None or not found[0].settings.lsp.code_lens:
        return []
    project, buffer = found
    encoding = session.capabilities.encoding
    return [
        types.CodeLens(
            range=range_of(buffer.document, (function.metrics.name_start, function.metrics.name_end), encoding),
            command=types.Command(title(project, buffer, function), SHOW_ASSESSMENT, arguments=[{"uri": buffer.uri}]),
        )
        for function in project.touched(buffer)
    ]


def title(project: Project, buffer: Buffer, function: TouchedFunction) -> str:
    """`cyclomatic 14 · cognitive 22 · Opus recommended (0.86)`."""
    metrics, assessment = function.metrics, project.assessment
    parts = [f"cyclomatic {metrics.cyclomatic}", f"cognitive {metrics.cognitive}"]
    triggers = project.triggers_at(buffer, metrics.line, metrics.end_line)
    if triggers and assessment is not None and assessment.should_escalate:
        confidence = max(trigger.confidence for trigger in triggers)
        if confidence >= project.settings.min_confidence:
            parts.append(f"{model_name(assessment.recommended_model)} recommended ({confidence:.2f})")
    return " · ".join(parts)


def model_name(model: str) -> str:
    """A model's name as people say it: `claude-opus-5-5` is Opus."""
    return next((name for name in ("Opus", "Sonnet", "Haiku") if name.lower() in model.lower()), model)
