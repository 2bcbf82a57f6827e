"""Diagnostics: one per reason, at the place that matters. Pushed, or pulled where the client asks for them
itself."""

from __future__ import annotations

import json
from hashlib import blake2b

from lsprotocol import types

from escalation.analysis.evidence import Evidence
from escalation.decision.assessment import Trigger
from escalation.decision.reasons import Priority, Reason, page, title
from escalation.lsp.convert import file_uri, line_range, range_of
from escalation.lsp.project import Buffer, Project
from escalation.lsp.session import Session
from escalation.repository.files import too_large

SOURCE = "escalation"
# Never an error: the code is not wrong, it deserves a better look.
_SEVERITY = {
    Priority.CRITICAL: types.DiagnosticSeverity.Warning,
    Priority.HIGH: types.DiagnosticSeverity.Warning,
    Priority.MEDIUM: types.DiagnosticSeverity.Information,
    Priority.LOW: types.DiagnosticSeverity.Hint,
}


def publish(session: Session, project: Project) -> None:
    """Effect: tells the client what changed. Each new version of a text gets its diagnostics, changed or not,
    so that a client that waits for this version hears of it."""
    changed = False
    for buffer in project.buffers.values():
        found = diagnostics(session, project, buffer)
        differs = found != buffer.diagnostics
        buffer.diagnostics = found
        if buffer.too_large:
            session.say_once(f"{buffer.path} {too_large()}, so it is not judged.")
        if session.capabilities.pull_diagnostics:
            # The client pulls after its own edits; what changed for another reason it has to be told.
            changed = changed or (differs and buffer.told)
        elif differs or not buffer.told:
            _push(session, buffer)
        buffer.told = True
    if changed:
        session.server.workspace_diagnostic_refresh(None)
    _publish_problems(session, project)


def clear(session: Session, buffer: Buffer) -> None:
    """Effect: a closed text has no diagnostics."""
    if not session.capabilities.pull_diagnostics and buffer.judged:
        session.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(buffer.uri, []))


def _push(session: Session, buffer: Buffer) -> None:
    session.server.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(buffer.uri, list(buffer.diagnostics), buffer.document.version)
    )


async def pull(session: Session, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    """The diagnostics of a text as it is now, or “unchanged” if the client has them. None for a client that gets them
    pushed: it would show them twice."""
    if not session.capabilities.pull_diagnostics:
        return types.RelatedFullDocumentDiagnosticReport([])
    found = await session.ready(params.text_document.uri)
    items = list(found[1].diagnostics) if found else []
    result_id = _result_id(session, items)
    if params.previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    return types.RelatedFullDocumentDiagnosticReport(items, result_id=result_id)


def _result_id(session: Session, items: list[types.Diagnostic]) -> str:
    """The same diagnostics have the same id, in every session."""
    text = json.dumps(items, default=session.server.protocol._serialize_message, sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def diagnostics(session: Session, project: Project, buffer: Buffer) -> tuple[types.Diagnostic, ...]:
    """The diagnostics of one buffer: the triggers whose foremost evidence lies in it."""
    least = Priority(project.settings.lsp.least_priority).rank
    triggers = project.assessment.triggers if project.assessment else ()
    return tuple(
        _diagnostic(session, project, buffer, trigger)
        for trigger in triggers
        if trigger.evidence and trigger.evidence[0].path == buffer.path and trigger.priority.rank >= least
    )


def _diagnostic(session: Session, project: Project, buffer: Buffer, trigger: Trigger) -> types.Diagnostic:
    can, place = session.capabilities, trigger.evidence[0]
    carried = {"reason": trigger.reason, "path": place.path, "symbol": place.symbol}
    return types.Diagnostic(
        range=range_of(buffer.document, span(buffer, place), can.encoding),
        message=f"{title(trigger.reason)}: {place.what}.\n{trigger.description}",
        severity=_SEVERITY[trigger.priority],
        source=SOURCE,
        code=trigger.reason,
        code_description=_page(trigger.reason) if can.code_description else None,
        related_information=(
            [_related(session, project, evidence) for evidence in trigger.evidence[1:]] or None
            if can.related_information
            else None
        ),
        data=carried if can.diagnostic_data else None,
    )


def _page(reason: str) -> types.CodeDescription | None:
    """The page of a reason; a pattern of the user's own has none."""
    return types.CodeDescription(page(Reason(reason))) if reason in list(Reason) else None


def span(buffer: Buffer, evidence: Evidence) -> tuple[int, int]:
    """The bytes to underline: the name of the function the evidence is about, else the text of its first
    line."""
    document = buffer.document
    first = min(max(evidence.start_line, 1), document.line_count) - 1
    start, text = document.lines.line(first)
    if evidence.symbol and buffer.source is not None:
        last = min(evidence.end_line, document.line_count) - 1
        for function in buffer.source.measures.within(start, document.line_span(max(first, last))[1]):
            if function.name == evidence.symbol:
                return function.name_start, function.name_end
    indent = len(text) - len(text.lstrip())
    return start + (indent if indent < len(text) else 0), start + len(text.rstrip())


def _related(session: Session, project: Project, evidence: Evidence) -> types.DiagnosticRelatedInformation:
    buffer = project.buffer_at(evidence.path)
    if buffer is not None:
        place = range_of(buffer.document, span(buffer, evidence), session.capabilities.encoding)
        return types.DiagnosticRelatedInformation(types.Location(buffer.uri, place), evidence.what)
    uri = file_uri(project.root / evidence.path) if project.root else evidence.path
    location = types.Location(uri, line_range(evidence.start_line, evidence.end_line))
    return types.DiagnosticRelatedInformation(location, evidence.what)


def _publish_problems(session: Session, project: Project) -> None:
    """Effect: what is wrong with the settings stands where it was written, or is said once."""
    if project.reading is None or project.told is project.reading.problems:
        return
    files: dict[str, list[types.Diagnostic]] = {problem.path: [] for problem in project.told if problem.path}
    project.told = project.reading.problems
    for problem in project.told:
        if problem.path is None or project.root is None:
            session.say_once(problem.message, types.MessageType.Warning)
            continue
        line = (problem.line or 1) - 1
        place = types.Range(types.Position(line, 0), types.Position(line + 1, 0))
        files.setdefault(problem.path, []).append(
            types.Diagnostic(place, problem.message, severity=types.DiagnosticSeverity.Warning, source=SOURCE)
        )
    for path, items in files.items():
        if project.root is not None:
            session.server.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(file_uri(project.root / path), items)
            )
