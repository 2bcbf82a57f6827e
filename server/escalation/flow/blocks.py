"""Blocks: an exact piece of a text, which must occur exactly once."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, get_close_matches

from escalation.flow import layout
from escalation.flow.entities import Entity, find, spliced
from escalation.flow.outcome import Refusal
from escalation.text.document import Document

_MOST_PLACES = 20
_MOST_COMPARED = 20_000
_LONGEST = 400
_SHOWN = 160


def replaced(document: Document, path: str, name: str | None, block: str, text: str) -> Document | Refusal:
    """The document with a block replaced. A newline at the end of one of the two texts alone does not count where the
    line ends anyway."""
    span = _span(document, path, name, block)
    if isinstance(span, Refusal):
        return span
    new, old = layout.unified(text), layout.unified(block)
    ends_line = span[1] >= document.line_span(document.line_at(span[1]))[1]
    if ends_line and new.endswith("\n") and not old.endswith("\n"):
        new = new[:-1]
    elif old.endswith("\n") and new and not new.endswith("\n"):
        new += "\n"
    return spliced(document, *span, layout.encoded(new, layout.line_end(document.data)))


def without(document: Document, path: str, name: str | None, block: str) -> Document | Refusal:
    """The document without a block. One of whole lines takes its last line end, and the empty lines before it where
    there are some behind it, too."""
    span = _span(document, path, name, block)
    if isinstance(span, Refusal):
        return span
    start, end = span
    first, last = document.line_at(start), document.line_at(max(end - 1, start))
    low, high = document.lines.start(first), document.line_span(last)[1]
    if document.data[low:start].strip() or document.data[end:high].strip():
        return spliced(document, start, end, b"")
    before, behind = layout.content_before(document, first), layout.content_after(document, last)
    if last + 1 < document.line_count:
        high = document.lines.start(last + 1)
        if before < first - 1 and (behind > last + 1 or behind < 0):
            low = document.lines.start(before + 1)
    elif first:
        low = document.line_span(first - 1)[1]
    return spliced(document, low, high, b"")


def _span(document: Document, path: str, name: str | None, block: str) -> tuple[int, int] | Refusal:
    """The bytes of the one place where a block stands: in an entity, or in the file. Any line end matches any other."""
    start, end = 0, document.lines.size
    if name is not None:
        entity = find(document, name, path)
        if not isinstance(entity, Entity):
            return entity
        start, end = entity.start, entity.end
    wanted = layout.unified(block)
    if not wanted.strip():
        return Refusal("`find` is empty. Send the exact text that is to be found.", path)
    lines = [re.escape(line.encode("utf-8", "replace")) for line in wanted.split("\n")]
    found = list(re.compile(rb"(?:\r\n|\n|\r)".join(lines)).finditer(document.data, start, end))
    if len(found) == 1:
        return found[0].span()
    if not found:
        return _missing(document, wanted, (start, end), path)
    places = ", ".join(str(document.line_at(match.start()) + 1) for match in found[:_MOST_PLACES])
    message = f"The text of `find` occurs {len(found)} times in `{path}` (lines {places}). Send more of what is around."
    return Refusal(message, path, (), "ambiguous")


def _missing(document: Document, wanted: str, span: tuple[int, int], path: str) -> Refusal:
    """What comes closest: the same lines laid out otherwise, else lines like the longest of them."""
    first, last = document.line_at(span[0]), document.line_at(max(span[1] - 1, span[0]))
    last = min(last, first + _MOST_COMPARED)
    known = [document.lines.line(number)[1].decode("utf-8", "replace") for number in range(first, last + 1)]
    stripped = [line.strip() for line in known]
    block = [line.strip() for line in wanted.strip().split("\n")]
    same = [at for at in range(len(stripped) - len(block) + 1) if stripped[at : at + len(block)] == block]
    if same:
        places = ", ".join(f"{first + at + 1}-{first + at + len(block)}" for at in same[:_MOST_PLACES])
        message = f"The lines {places} of `{path}` differ from `find` in white space. Copy it exactly from the file."
        numbers = list(range(same[0], same[0] + min(len(block), 3)))
    else:
        message = f"The text of `find` is not in `{path}`. Copy it exactly; read the file again if need be."
        numbers = _alike(max(block, key=len)[:_LONGEST], stripped)
    shown = tuple(f"line {first + number + 1}: `{known[number][:_SHOWN]}`" for number in numbers)
    return Refusal(message, path, shown, "not_found")


def _alike(line: str, lines: list[str]) -> list[int]:
    """The numbers of the lines most like one, best first."""
    short = {text: number for number, text in reversed(list(enumerate(lines))) if text and len(text) <= _LONGEST}
    matcher = SequenceMatcher(b=line)
    near = []
    for text in short:
        matcher.set_seq1(text)
        if matcher.real_quick_ratio() > 0.6 and matcher.quick_ratio() > 0.6:
            near.append(text)
    return [short[text] for text in get_close_matches(line, near[:500], n=3, cutoff=0.6)]
