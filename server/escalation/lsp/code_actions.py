"""Code actions: run, show, dismiss, say that it was needed. Rebuilt from the judgement, or from what the
diagnostic carries; nothing is remembered between asking and choosing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lsprotocol import types

from escalation.lsp import commands
from escalation.lsp.convert import span_of
from escalation.lsp.diagnostics import SOURCE
from escalation.lsp.project import Buffer, Project
from escalation.lsp.session import Session

_SCOPES = (("function", "this function"), ("file", "this file"), ("project", "this project"))


@dataclass(frozen=True)
class _Subject:
    """What the actions are about: a reason at a place, or (without a reason) a touched function."""

    reason: str
    path: str
    symbol: str | None
    diagnostics: list[types.Diagnostic] = field(default_factory=list)


async def code_actions(session: Session, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    """The actions for a range: those of each reason there, then those of the change."""
    found = await session.ready(params.text_document.uri)
    if found is None or not _wanted(params.context.only):
        return []
    project, buffer = found
    actions = [*_results(session, project, buffer)]
    subjects = list(_subjects(session, project, buffer, params))
    if subjects:
        actions += _common(project, buffer, subjects[0], params.range)
        actions += [action for subject in subjects for action in _dismissals(buffer, subject)]
    if session.capabilities.code_action_literals:
        return list(actions)
    return [action.command for action in actions if action.command is not None]


def _wanted(only: Sequence[types.CodeActionKind | str] | None) -> bool:
    return only is None or any(kind in ("", types.CodeActionKind.QuickFix) for kind in only)


def _subjects(session: Session, project: Project, buffer: Buffer, params: types.CodeActionParams) -> Iterator[_Subject]:
    start, end = span_of(buffer.document, params.range, session.capabilities.encoding)
    seen = set()
    own = [d for d in buffer.diagnostics if _meets(session, buffer, d, start, end)]
    for diagnostic in [*own, *params.context.diagnostics]:
        subject = _of_diagnostic(project, buffer, diagnostic)
        if subject is not None and (subject.reason, subject.path, subject.symbol) not in seen:
            seen.add((subject.reason, subject.path, subject.symbol))
            yield subject
    if seen:
        return
    for function in project.touched(buffer):
        if function.metrics.start <= end and start <= function.metrics.end:
            triggers = project.triggers_at(buffer, function.metrics.line, function.metrics.end_line)
            yield from (_Subject(t.reason, buffer.path, function.metrics.name) for t in triggers)
            yield _Subject("", buffer.path, function.metrics.name)
            return


def _meets(session: Session, buffer: Buffer, diagnostic: types.Diagnostic, start: int, end: int) -> bool:
    first, last = span_of(buffer.document, diagnostic.range, session.capabilities.encoding)
    line = buffer.document.line_at
    return line(first) <= line(end) and line(start) <= line(last)


def _of_diagnostic(project: Project, buffer: Buffer, diagnostic: types.Diagnostic) -> _Subject | None:
    reason = diagnostic.code
    if diagnostic.source != SOURCE or not isinstance(reason, str):
        return None
    if isinstance(diagnostic.data, dict):
        path, symbol = diagnostic.data.get("path"), diagnostic.data.get("symbol")
    else:  # a client that does not carry data: what the judgement says now
        triggers = project.assessment.triggers if project.assessment else ()
        foremost = next((t.evidence[0] for t in triggers if t.reason == reason and t.evidence), None)
        path, symbol = (foremost.path, foremost.symbol) if foremost else (None, None)
    return _Subject(
        reason,
        path if isinstance(path, str) else buffer.path,
        symbol if isinstance(symbol, str) else None,
        [diagnostic],
    )


def _results(session: Session, project: Project, buffer: Buffer) -> Iterator[types.CodeAction]:
    """What can be done with a result that waits, in each file that it changes: for clients without a view of ours,
    whose user was asked once at most."""
    if session.events:
        return
    for run in session.runs.values():
        if run.root != project.root or not run.waiting or run.proposal is None or buffer.path not in run.proposal.files:
            continue
        count = len(run.proposal.files)
        files = buffer.path if count == 1 else f"{count} files"
        cost = f", {run.cost:.2f} USD" if run.cost is not None else ""
        for what, choice in (("Apply", "apply"), ("Show the diff of", "show"), ("Discard", "discard")):
            title = f"{what} the result ({files}{cost})"
            yield _action(title, commands.DECIDE, {"workflow": run.workflow, "choice": choice}, _Subject("", "", None))


def _common(project: Project, buffer: Buffer, subject: _Subject, range: types.Range) -> Iterator[types.CodeAction]:
    ends = {"start": range.start, "end": range.end}
    where = {name: {"line": end.line, "character": end.character} for name, end in ends.items()}
    place = {"uri": buffer.uri, "reason": subject.reason, "symbol": subject.symbol}
    runs = (
        ("Run with Opus escalation", _escalation(project)),
        ("Run on Sonnet only", "L3"),
        ("Run on Opus only", "L4"),
    )
    for title, route in runs:
        yield _action(title, commands.RUN, {**place, "range": where, "route": route}, subject)
    yield _action("Show the assessment", commands.SHOW_ASSESSMENT, {"uri": buffer.uri}, subject)
    yield _action("This needed Opus", commands.FEEDBACK, place, subject)


def _escalation(project: Project) -> str:
    """The route through both models: the recommended one, else the settings' usual one."""
    if project.assessment is not None and "->" in project.assessment.recommended_route:
        return project.assessment.recommended_route
    return "L3->L4->L3" if project.settings.two_pass else "L4->L3"


def _dismissals(buffer: Buffer, subject: _Subject) -> Iterator[types.CodeAction]:
    if not subject.reason:
        return
    for scope, where in _SCOPES:
        if scope == "function" and not subject.symbol:
            continue
        argument = {"uri": buffer.uri, "reason": subject.reason, "path": subject.path, "symbol": subject.symbol}
        title = f"Not needed here: dismiss {subject.reason} in {where}"
        yield _action(title, commands.DISMISS, {**argument, "scope": scope}, subject)


def _action(title: str, command: str, argument: Mapping[str, object], subject: _Subject) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=subject.diagnostics or None,
        command=types.Command(title, command, arguments=[argument]),
    )
