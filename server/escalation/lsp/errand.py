"""The errand: what a run is asked to do, in words. Never empty: a model that is told nothing does anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types

from escalation.decision.reasons import title
from escalation.lsp.convert import position
from escalation.lsp.project import Buffer, Project
from escalation.text.document import Document, Encoding

_MARK = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b[\s:(\w)-]*?[:\s]\s*(?P<words>\S.*)")
_QUOTES = r"\"{3}|'{3}"
_COMMENT = re.compile(
    rf"^\s*(?:#+|//+|/\*+|\*+(?!/)|--|;+|<!--|%+|{_QUOTES})\s?(?P<words>.*?)\s*(?:\*/|-->|{_QUOTES})?\s*$"
)
_ABOVE = 3
"""Lines above the place in which a mark counts."""
_MOST_LINES = 12


def errand(
    project: Project, buffer: Buffer, place: types.Range | None, encoding: Encoding, *, reason: str, symbol: str | None
) -> str:
    """The words for a run at a place of a text: those of a TODO or a comment there, else what the judgement says."""
    if place is not None:
        document = buffer.document
        first = document.line_at(document.offset(position(place.start), encoding))
        last = document.line_at(document.offset(position(place.end), encoding))
        if said := _marked(document, first, last) or _commented(document, first):
            return said
    return _judged(project, buffer, reason, symbol)


def _line(document: Document, line: int) -> str:
    start, end = document.line_span(line)
    return document.data[start:end].decode("utf-8", "replace")


def _marked(document: Document, first: int, last: int) -> str:
    """What a TODO or its like says, in the lines of the place or right above it."""
    nearest = (*range(first, min(last, first + 200) + 1), *range(first - 1, max(first - 1 - _ABOVE, -1), -1))
    for line in nearest:
        if found := _MARK.search(_line(document, line)):
            rest = _comment_lines(document, line + 1, 1)
            return _plain([found["words"], *rest])
    return ""


def _commented(document: Document, first: int) -> str:
    """The comment that the place is in, from its first line to its last."""
    if not _COMMENT.match(_line(document, first)):
        return ""
    above = list(_comment_lines(document, first - 1, -1))
    return _plain([*reversed(above), *_comment_lines(document, first, 1)])


def _comment_lines(document: Document, line: int, step: int) -> Iterator[str]:
    for _ in range(_MOST_LINES):
        found = _COMMENT.match(_line(document, line)) if 0 <= line < document.line_count else None
        if found is None or _MARK.search(_line(document, line)) or not found["words"]:
            return
        yield found["words"]
        line += step


def _plain(lines: list[str]) -> str:
    words = " ".join(" ".join(lines).split())
    return re.sub(r"\s*(?:\*/|-->|\"\"\"|''')\s*$", "", words)


def _judged(project: Project, buffer: Buffer, reason: str, symbol: str | None) -> str:
    """A task made of the judgement: to look the pending change over, with the reasons that it names."""
    triggers = project.assessment.triggers if project.assessment is not None else ()
    named = [trigger for trigger in triggers if trigger.reason == reason] or list(triggers[:3])
    where = f"`{symbol}` in {buffer.path}" if symbol else buffer.path
    reasons = ", ".join(title(trigger.reason).lower() for trigger in named)
    what = f" It matters for: {reasons}." if reasons else ""
    return f"Review the pending change of {where}, and complete and correct it.{what}"
