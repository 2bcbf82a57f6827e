"""Hovers: the whole assessment, over the name of a touched function or over a diagnostic."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from lsprotocol import types

from escalation.analysis.evidence import Evidence
from escalation.decision.markdown import markdown
from escalation.lsp.convert import file_uri, position, range_of
from escalation.lsp.diagnostics import span
from escalation.lsp.project import Buffer, Project
from escalation.lsp.session import Session


async def hover(session: Session, params: types.HoverParams) -> types.Hover | None:
    """The assessment as Markdown, or nothing where it does not belong."""
    found = await session.ready(params.text_document.uri)
    if found is None or not found[0].settings.lsp.hover or found[0].assessment is None:
        return None
    project, buffer = found
    encoding = session.capabilities.encoding
    at = buffer.document.offset(position(params.position), encoding)
    for start, end in _places(project, buffer):
        if start <= at <= end:
            return types.Hover(
                contents=types.MarkupContent(_kind(session), assessment_text(project)),
                range=range_of(buffer.document, (start, end), encoding),
            )
    return None


def assessment_text(project: Project, folder: Path | None = None) -> str:
    """The assessment as Markdown, with links to its evidence: relative ones for a document in a folder, where viewers
    of Markdown follow no others."""
    assert project.assessment is not None
    return markdown(project.assessment, lambda evidence: _link(project, evidence, folder))


def _places(project: Project, buffer: Buffer) -> list[tuple[int, int]]:
    functions = [(f.metrics.name_start, f.metrics.name_end) for f in project.touched(buffer)]
    triggers = project.assessment.triggers if project.assessment else ()
    foremost = [trigger.evidence[0] for trigger in triggers if trigger.evidence]
    return functions + [span(buffer, evidence) for evidence in foremost if evidence.path == buffer.path]


def _kind(session: Session) -> types.MarkupKind:
    return types.MarkupKind.Markdown if session.capabilities.markdown_hover else types.MarkupKind.PlainText


def _link(project: Project, evidence: Evidence, folder: Path | None) -> str:
    line = f"#L{evidence.start_line}"
    if folder is not None and project.root is not None:
        with suppress(ValueError):  # another drive
            return quote(Path(os.path.relpath(project.root / evidence.path, folder)).as_posix()) + line
    buffer = project.buffer_at(evidence.path)
    uri = buffer.uri if buffer else file_uri(project.root / evidence.path) if project.root else evidence.path
    return f"{uri}{line}"
