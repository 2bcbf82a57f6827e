"""Reading: what `read_entity` shows of a file: an entity, a range of lines, all of it, or an outline where that is too
much."""

from __future__ import annotations

import re
from collections.abc import Sequence

from escalation.flow.edits import opened
from escalation.flow.entities import find, named, split
from escalation.flow.outcome import Applied, Outcome, Refusal
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

MAX_ANSWER = 24_000
"""Bytes of text in one answer."""
_RANGE = re.compile(r"\s*(\d{1,7})\s*(?:(-)\s*(\d{0,7})\s*)?")


def read(snapshot: Snapshot, address: str, lines: str | None, paths: Sequence[str]) -> Outcome:
    """The text of a file or an entity, from the first line of its own to the last; the lines are not numbered, so that
    they can be sent back as they are."""
    path, name = split(address)
    document = opened(snapshot, path, paths)
    if isinstance(document, Refusal):
        return document
    span = _span(document, path, name)
    if isinstance(span, Refusal):
        return span
    (first, last), total = span, _count(document)
    whole = lines is None
    if lines is not None:
        asked = _range(lines, path, total)
        if isinstance(asked, Refusal):
            return asked
        first, last = asked if name is None else (max(first, asked[0]), min(last, asked[1]))
        if first > last:
            message = f"`{address}` stands on the lines {span[0]}-{span[1]} of `{path}`. Ask for some of these."
            return Refusal(message, path)
    shown, until = _shown(document, first, last)
    if until < last and whole and name is None:
        return Applied(snapshot, _outline(document, path))
    head = f"`{path}{'' if name is None else f'::{name}'}`, lines {first}-{until} of {total}:"
    more = "" if until >= last else f"\n(cut; ask for the rest with `lines`: {until + 1}-{last})"
    return Applied(snapshot, f"{head}\n{shown}{more}" if document.lines.size else f"`{path}` is empty.")


def _span(document: Document, path: str, name: str | None) -> tuple[int, int] | Refusal:
    """The lines, from 1, of a file or an entity."""
    if name is None:
        return 1, _count(document)
    entity = find(document, name, path)
    if isinstance(entity, Refusal):
        return entity
    return document.line_at(entity.start) + 1, document.line_at(max(entity.end - 1, entity.start)) + 1


def _count(document: Document) -> int:
    """The lines of a document as people count them."""
    ends = document.data.endswith((b"\n", b"\r"))
    return document.line_count - 1 if ends else document.line_count


def _range(lines: str, path: str, count: int) -> tuple[int, int] | Refusal:
    match = _RANGE.fullmatch(lines)
    first = int(match[1]) if match else 0
    last = first if match is None or not match[2] else int(match[3] or count)
    if match is None or not 1 <= first <= last or first > count:
        message = f"`lines` must be like `10-40`, within 1-{count} of `{path}`."
        return Refusal(message, path)
    return first, min(last, count)


def _shown(document: Document, first: int, last: int) -> tuple[str, int]:
    """As many of the lines as one answer holds, and the last of them."""
    room, texts = MAX_ANSWER, list[str]()
    for line in range(first, last + 1):
        data = document.lines.line(line - 1)[1]
        room -= len(data) + 1
        if room < 0 and texts:
            return "\n".join(texts), line - 1
        if len(data) > MAX_ANSWER:
            texts.append(data[:MAX_ANSWER].decode("utf-8", "replace") + " … (this line goes on)")
            return "\n".join(texts), line
        texts.append(data.decode("utf-8", "replace"))
    return "\n".join(texts), last


def _outline(document: Document, path: str) -> str:
    """The entities of a file with their lines."""
    head = f"`{path}` has {_count(document)} lines, more than one answer holds. Ask for a part"
    rows, room = list[str](), MAX_ANSWER
    for name, symbol in named(document).items():
        if symbol.kind == "lambda":
            continue
        first, last = document.line_at(symbol.start) + 1, document.line_at(max(symbol.end - 1, symbol.start)) + 1
        row = f"{first}-{last}: {symbol.kind} {name}"
        room -= len(row.encode("utf-8", "replace")) + 1
        if room < 0:
            rows.append("…")
            break
        rows.append(row)
    if not rows:
        return f"{head} with `lines`, such as 1-300."
    return f"{head} by `{path}::name` or with `lines`. Its entities:\n" + "\n".join(rows)
