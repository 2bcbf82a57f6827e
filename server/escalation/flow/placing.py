"""Placing: entities put into a file, given a new text there, and taken out of it.

An entity is put behind a line that has content, with the line end before it, and is taken out in the same way: creating
and then removing it restores the file to the byte.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from escalation.flow import layout
from escalation.flow.entities import (
    BLANK,
    Entity,
    Rules,
    bodies_in,
    find,
    line_of,
    named,
    nearest,
    plain,
    rules_of,
    spliced,
    split,
    starts_with_comment,
    text_of,
    tree_of,
)
from escalation.flow.outcome import Refusal
from escalation.syntax.language import languages
from escalation.text.document import Document

_MOST_GAP = 3  # empty lines that are taken over from what is around
_COMMENTED = re.compile(r"//|/\*|#|--")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entity goes: behind the byte `at`, the end of a line, with `gap` empty lines before it. `around` is what
    else goes before and behind it."""

    at: int
    gap: int
    indent: str
    around: tuple[str, str] = ("\n", "")


@dataclass(frozen=True, slots=True)
class Put:
    """An entity in its place: the document, the entity's address in it, its lines from 1."""

    document: Document
    name: str
    first: int
    last: int


def put(document: Document, path: str, name: str, text: str, after: str | None) -> Put | Refusal:
    """An entity put into a file; it must be what it is called."""
    known, wanted = named(document), plain(name)
    if tree_of(document) is None:
        message = f"`{path}` has no entities that can be named: use `update` with `find`, or with the whole file."
        return Refusal(message, path, (), "not_found")
    taken = [other for other in known if plain(other) == wanted]
    if taken and not languages()[document.language].overloads:
        line = line_of(document, known[taken[0]])
        return Refusal(f"`{path}::{wanted}` exists (line {line}). Use `update`.", path, (taken[0],), "exists")
    if not text.strip():
        return Refusal(f"The text of `{wanted}` is empty.", path)
    places = _places(document, path, name.rpartition(".")[0], after)
    if isinstance(places, Refusal):
        return places
    defined: list[str] = []
    for place in places:
        for gap in dict.fromkeys((place.gap, max(place.gap, 1))):
            put, found = _tried(document, wanted, text, place, gap)
            if put is not None:
                return put
            defined = defined or found
    return _misnamed(document, path, wanted, defined)


def _misnamed(document: Document, path: str, wanted: str, defined: list[str]) -> Refusal:
    parent = wanted.rpartition(".")[0]
    known = named(document)
    missing = parent and not any(plain(other) == parent or other.startswith(f"{parent}.") for other in known)
    what = ", ".join(f"`{name}`" for name in defined[:5]) or "no class or function"
    message = (
        f"The text does not define `{wanted}`: it defines {what}. Send the whole definition, and nothing around it."
    )
    if missing:
        message = f"`{path}` has no class `{parent}` to put `{wanted}` into. Create it first, or name another one."
        return Refusal(message, path, nearest(parent, known), "not_found")
    return Refusal(message, path, tuple(defined[:5]))


def _tried(document: Document, wanted: str, text: str, place: _Place, gap: int) -> tuple[Put | None, list[str]]:
    """The entity in a place, if it goes by its name there; and the names that the text defines there."""
    body = layout.laid(text, place.indent, place.indent, document.language)
    before, behind = place.around
    lead = before + "\n" * gap if before else ""
    end = layout.line_end(document.data)
    new = spliced(document, place.at, place.at, layout.encoded(lead + body + behind, end))
    start = place.at + len(layout.encoded(lead, end))
    stop = start + len(layout.encoded(body, end))
    found = {name: symbol for name, symbol in named(new).items() if start <= symbol.start < stop}
    defined = [plain(name) for name in found]
    before_it = Counter(map(plain, named(document)))
    grown = Counter(map(plain, named(new))) - before_it
    again = any(
        symbol.kind == "class" and before_it[plain(other)] for other, symbol in found.items() if plain(other) != wanted
    )
    name = next((name for name in found if plain(name) == wanted), None)
    if name is None or wanted not in grown or again:  # a method that comes in a second class of that name
        return None, defined
    entity = find(new, name)
    if isinstance(entity, Entity) and entity.start < start and gap == 0:
        return None, defined  # it would take the comment before it for its own
    return Put(new, name, new.line_at(start) + 1, new.line_at(max(start, stop - 1)) + 1), defined


def _places(document: Document, path: str, parent: str, after: str | None) -> list[_Place] | Refusal:
    """Where a member of `parent` (of the file, if empty) may go, the best place first."""
    if after is not None:
        sibling = _sibling(document, path, parent, after)
        return sibling if isinstance(sibling, Refusal) else [_behind(document, sibling)]
    places: list[_Place] = []
    if parent:
        inside = _inside(document, path, parent)
        if isinstance(inside, Refusal):
            return inside
        places += inside
        places += [_behind(document, entity) for entity in _last(document, parent)]
    return [*places, *(_behind(document, entity) for entity in _last(document, "")), _at_end(document)]


def _sibling(document: Document, path: str, parent: str, after: str) -> Entity | Refusal:
    other, name = split(after)
    if name is None:
        name = other
    elif other != path:
        return Refusal(f"`after` must name an entity of `{path}`.", path)
    known = [plain(item) for item in named(document)]
    if parent and name not in named(document) and f"{parent}.{plain(name)}" in known:
        name = f"{parent}.{name}"
    sibling = find(document, name, path)
    if isinstance(sibling, Entity) and not sibling.whole:
        return Refusal(f"`{sibling.name}` shares its lines with other code; name another sibling.", path)
    return sibling


def _last(document: Document, parent: str) -> Iterator[Entity]:
    """The last entity of a parent (of the file, if empty) that stands on its own lines at the margin; else the last one
    of a namespace."""
    prefix = f"{parent}." if parent else ""
    mine = [
        name
        for name in named(document)
        if name == parent or (name.startswith(prefix) and "." not in name.removeprefix(prefix))
    ]
    bodies = rules_of(document.language).bodies
    inner: Entity | None = None
    for name in reversed(mine):
        entity = find(document, name)
        if not isinstance(entity, Entity) or not entity.whole or entity.node.parent is None:
            continue
        if entity.node.parent.parent is None:
            yield entity
            return
        if inner is None and entity.node.parent.type in bodies and not rules_of(document.language).empty:
            inner = entity
    if inner is not None:
        yield inner


def _inside(document: Document, path: str, parent: str) -> list[_Place] | Refusal:
    """The end of the body of a class, or of what is named like it and holds others of its members."""
    known, rules = named(document), rules_of(document.language)
    if any(plain(name) == parent and symbol.kind != "class" for name, symbol in known.items()):
        return Refusal(f"`{parent}` is a function: use `update` on it, with what is to be in it.", path)
    if sum(plain(name) == parent for name in known) > 1:
        found = find(document, parent, path)
        return found if isinstance(found, Refusal) else []
    if parent in known:
        entity = find(document, parent, path)
        if isinstance(entity, Refusal):
            return entity
        body = entity.node if rules.class_end else bodies_in(entity.node, rules.bodies)
        if body is not None:
            place = _in_body(document, entity, body, rules)
            return [place] if place else _one_line(path, parent)
    for name in known:
        if name.startswith(f"{parent}.") and "." not in name.removeprefix(f"{parent}."):
            member = find(document, name)
            body = member.node.parent if isinstance(member, Entity) and member.whole else None
            if isinstance(member, Entity) and body is not None and _is_own(body, rules):
                return [place] if (place := _in_body(document, member, body, rules)) else _one_line(path, parent)
    return []


def _is_own(body: tree_sitter.Node, rules: Rules) -> bool:
    """Whether a body holds what a type has of itself, not for a trait."""
    return body.type in rules.bodies and (body.parent is None or body.parent.child_by_field_name("trait") is None)


def _one_line(path: str, parent: str) -> Refusal:
    message = f"The body of `{parent}` begins or ends on a line with other code: use `update` on `{path}::{parent}`."
    return Refusal(message, path)


def _in_body(document: Document, owner: Entity, body: tree_sitter.Node, rules: Rules) -> _Place | None:
    """The end of a body; None if it is written on one line."""
    data, lines = document.data, document.lines
    first, last = document.line_at(body.start_byte), document.line_at(max(body.end_byte - 1, 0))
    margin = layout.indent_at(document, first)
    inner = _member_indent(document, body) or margin + layout.step(document, rules.indent)
    if not rules.closer:
        if data[lines.start(first) : body.start_byte].strip() or not owner.whole:
            return None
        return _behind_line(document, owner.end, inner, 1)
    if data[body.start_byte : body.end_byte] == b"{}":
        return _Place(body.start_byte + 1, 0, inner, ("\n", f"\n{margin}"))
    closer = lines.line(last)[1].strip()
    if first == last or not (closer.startswith(b"}") or (rules.class_end and closer == b"end")):
        return None
    line = layout.content_before(document, last)
    empty = line <= first
    return _Place(document.line_span(line)[1], (0 if rules.class_end else 1) if empty else 1, inner)


def _member_indent(document: Document, body: tree_sitter.Node) -> str:
    """The indentation of the last member of a body that begins a line."""
    children = body.named_children
    if len(children) and children[-1].type == "body_statement":
        children = children[-1].named_children
    opening = document.line_at(body.start_byte)
    for child in reversed(children):
        line = document.line_at(child.start_byte)
        start = document.lines.start(line)
        text = document.data[start : child.start_byte]
        if (
            child.type != "access_specifier"
            and not text.strip()
            and (line > opening or start + len(text) == body.start_byte)
        ):
            return text.decode()
    return ""


def _behind(document: Document, sibling: Entity) -> _Place:
    default = rules_of(document.language).blank if not sibling.indent else 1
    return _behind_line(document, sibling.end, sibling.indent.decode(), default, sibling.start)


def _behind_line(document: Document, end: int, indent: str, default: int, start: int | None = None) -> _Place:
    """Behind the line that ends at `end`, with the empty lines that its neighbours have between them."""
    line = document.line_at(max(end - 1, 0))
    at = document.line_span(line)[1]
    gap, following = default, layout.content_after(document, line)
    if following >= 0 and layout.indent_at(document, following) == indent and following - line > 1:
        gap = following - line - 1
    elif start is not None:
        first = document.line_at(start)
        before = layout.content_before(document, first)
        if before >= 0 and layout.indent_at(document, before) >= indent and first - before > 1:
            gap = first - before - 1
    return _Place(at, min(gap, _MOST_GAP), indent)


def _at_end(document: Document) -> _Place:
    """Behind the last line of a file that has content."""
    data = document.data
    content = len(data.rstrip(BLANK))
    if content:
        at = document.line_span(document.line_at(content - 1))[1]
        return _Place(at, rules_of(document.language).blank, "")
    if not data or data.endswith((b"\n", b"\r")):
        return _Place(len(data), 0, "", ("", "\n"))
    return _Place(len(data), 0, "")


def updated(document: Document, entity: Entity, path: str, text: str) -> Document | Refusal:
    """The document with a new text for an entity."""
    if not text.strip():
        return Refusal(f"The new text of `{entity.name}` is empty. Use `remove` to remove it.", path)
    data, old = document.data, layout.unified(text_of(document, entity))
    if layout.unified(text) == old:
        return document
    start = _kept_comment(document, entity, text)
    indent = entity.indent.decode()
    body = layout.laid(text, indent if entity.whole else "", indent, document.language, frozenset(old.split("\n")))
    body += _mark(data[entity.tail : entity.end].strip()[:1].decode("utf-8", "replace"), body)
    if body == old and start == entity.start:
        return document
    put = layout.encoded(body, layout.line_end(data))
    new = spliced(document, start, entity.end, put)
    if not any(start <= symbol.start < start + len(put) for symbol in named(new).values()):
        message = (
            f"The text defines no class or function in the place of `{entity.name}`. Send its whole definition; "
            "to change a part of it send that part as `find`; use `remove` to remove it."
        )
        return Refusal(message, path)
    return new


def _mark(mark: str, body: str) -> str:
    """The semicolon or comma that stood behind an entity, if its new text has none and no comment where it would be."""
    last = body.rstrip().rpartition("\n")[2]
    return mark if mark in (";", ",") and not last.endswith(mark) and not _COMMENTED.search(last) else ""


def _kept_comment(document: Document, entity: Entity, text: str) -> int:
    """Where an update begins: behind the comment above, if the new text brings none."""
    if entity.code == entity.start:
        return entity.start
    tree = layout.fragment(text, document.language)
    return entity.start if tree is not None and starts_with_comment(tree) else entity.code


def without(document: Document, entity: Entity, path: str) -> Document | Refusal:
    """The document without an entity."""
    if not entity.whole:
        message = f"`{entity.name}` shares its lines with other code. Update what is around it, or remove a block."
        return Refusal(message, path)
    rules, body = rules_of(document.language), entity.node.parent
    if rules.empty and body is not None and body.type in rules.bodies and _only(body, entity.node):
        return spliced(document, entity.start, entity.end, entity.indent + rules.empty.encode())
    start, end = _cut(document, entity)
    return spliced(document, start, end, b"")


def _only(body: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    return all(child == node or child.type == "comment" for child in body.named_children)


def _cut(document: Document, entity: Entity) -> tuple[int, int]:
    """The bytes that go with an entity: its lines and the empty ones before them, so that what follows it keeps its
    distance. The first one in its place takes those behind it instead."""
    first, last = document.line_at(entity.start), document.line_at(max(entity.end - 1, entity.start))
    before, behind = layout.content_before(document, first), layout.content_after(document, last)
    indent = entity.indent.decode()
    if before < 0:
        return _first_cut(document, first, last, behind)
    if before == first - 1:
        head = document.lines.line(before)[1].rstrip()
        if behind == last + 1 and head.endswith(b"{") and document.lines.line(behind)[1].lstrip().startswith(b"}"):
            close = document.lines.start(behind) + len(layout.indent_at(document, behind))
            return document.lines.start(before) + len(head), close
        heading = len(layout.indent_at(document, before)) < len(indent)
        if heading and behind >= 0 and layout.indent_at(document, behind) == indent:
            return entity.start, document.lines.start(behind)
    return document.line_span(before)[1], document.line_span(last)[1]


def _first_cut(document: Document, first: int, last: int, behind: int) -> tuple[int, int]:
    start = document.lines.start(first)
    if behind >= 0:
        return start, document.lines.start(behind)
    if last + 1 < document.line_count:
        return start, document.lines.start(last + 1)
    return (document.line_span(first - 1)[1] if first else 0), document.lines.size


def renamed(document: Document, entity: Entity, name: str, path: str) -> str | Refusal:
    """The text of an entity, under the last part of a name."""
    last, symbol, data = name.rpartition(".")[2], entity.symbol, document.data
    if last == plain(entity.name).rpartition(".")[2]:
        return text_of(document, entity)
    own = data[symbol.name_start : symbol.name_end]
    if not own or b"::" in own or not entity.start <= symbol.name_start < entity.end:
        return Refusal(f"`{entity.name}` cannot be renamed by a move. Keep its last name in `to`.", path)
    head, tail = data[entity.start : symbol.name_start], data[symbol.name_end : entity.end]
    return (head + last.encode("utf-8", "replace") + tail).decode("utf-8", "replace")
