"""Fields of stored and exchanged records: of ORM models, messages, tables; and what a change does to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import tree_sitter

from escalation.analysis.pattern import Match, blanked, group, pattern
from escalation.syntax.language import query
from escalation.syntax.tree import SyntaxTree

Row = Mapping[str, Any]
Kind = Literal[
    "removed",
    "renamed",
    "renumbered",
    "retyped",
    "required",
    "added_required",
    "added",
    "altered",
    "owner_removed",
    "owner_added",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field at byte range `start`..`end`; `number` is its tag on the wire, if it has one."""

    owner: str
    name: str
    type: str
    required: bool
    number: str
    text: bytes
    start: int
    end: int

    @property
    def qualified(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What happened to a field; `before` is None for what is new, `after` for what is gone."""

    kind: Kind
    before: Field | None
    after: Field | None


def format_fields(row: Row, data: bytes) -> tuple[Field, ...]:
    """The fields of a text in an interface or schema language, by a row of `schema.toml`'s `formats`."""
    text = blanked(data, row.get("comment", ""))
    blocks = list(_blocks(row, text))
    found = []
    for match in pattern(row["field"]).finditer(text):
        block = _innermost(blocks, match.end())
        if block is None and not row.get("flat"):
            continue
        name = group(match, "name")
        if "not_name" in row and pattern(row["not_name"]).search(name.encode()):
            continue
        required = "owner_required" not in row or (
            block is not None and bool(pattern(row["owner_required"]).search(text, block.head, block.start))
        )
        start = match.start() + len(match.group()) - len(match.group().lstrip(b" \t\r\n{;"))
        found.append(_field(row, match, block.name if block else "", _line(text, match), start, required))
    return tuple(found)


def model_fields(row: Row, tree: SyntaxTree) -> tuple[Field, ...]:
    """The fields of the models in a file, by a row of `schema.toml`'s `models`."""
    data = tree.document.data
    models = query(tree.document.language, "models")
    if models is None:
        return ()
    found = []
    for _, captures in tree_sitter.QueryCursor(models).matches(tree.root):
        model, body, member = captures["class"][0], captures["body"][0], captures["member"][0]
        head = data[_outer(model).start_byte : body.start_byte + (body.type in _OPENS_HEAD)]
        owner = _owner(row, model, head)
        if owner is None:
            continue
        text = member.text or b""
        match = pattern(row["field"]).search(text)
        if match and _wanted(row, text):
            found.append(_field(row, match, owner, text, member.start_byte, True))
    return tuple(found)


def compare(before: Sequence[Field], after: Sequence[Field]) -> Iterator[FieldChange]:
    """What became of each field, in no particular order. A record that came or went is one change."""
    old = {(field.owner, field.name): field for field in before}
    new = {(field.owner, field.name): field for field in after}
    old_owners, new_owners = {owner for owner, _ in old}, {owner for owner, _ in new}
    yield from (
        FieldChange("owner_removed", found, None) for found in _firsts(before, old_owners - new_owners)
    )
    yield from (FieldChange("owner_added", None, found) for found in _records(after, new_owners - old_owners))
    both = old_owners & new_owners
    gone = [field for key, field in old.items() if key not in new and field.owner in both]
    come = [field for key, field in new.items() if key not in old and field.owner in both]
    for left, right in _renames(gone, come):
        gone.remove(left)
        come.remove(right)
        yield FieldChange("renamed", left, right)
    yield from (FieldChange("removed", field, None) for field in gone)
    yield from (FieldChange("added_required" if field.required else "added", None, field) for field in come)
    for key in old.keys() & new.keys():
        if kind := _altered(old[key], new[key]):
            yield FieldChange(kind, old[key], new[key])


def _altered(old: Field, new: Field) -> Kind | None:
    if old.number != new.number:
        return "renumbered"
    if old.type != new.type:
        return "retyped"
    if new.required and not old.required:
        return "required"
    return "altered" if old.text.split() != new.text.split() else None


def _renames(gone: Sequence[Field], come: Sequence[Field]) -> list[tuple[Field, Field]]:
    """Pairs that are surely one field: the only one gone and the only one come with this owner, type and number."""
    pairs = []
    for field in gone:
        alike = [other for other in come if _shape(other) == _shape(field)]
        rivals = [other for other in gone if _shape(other) == _shape(field)]
        if len(alike) == 1 and len(rivals) == 1:
            pairs.append((field, alike[0]))
    return pairs


def _shape(field: Field) -> tuple[str, str, str]:
    return field.owner, field.type, field.number


def _firsts(fields: Sequence[Field], owners: Iterable[str]) -> list[Field]:
    return [next(field for field in fields if field.owner == owner) for owner in sorted(owners)]


def _records(fields: Sequence[Field], owners: Iterable[str]) -> list[Field]:
    """One field per owner that spans all of its fields."""
    records = []
    for owner in sorted(owners):
        own = [field for field in fields if field.owner == owner]
        records.append(Field(owner, own[0].name, "", False, "", b"", own[0].start, own[-1].end))
    return records


def _field(row: Row, match: Match, owner: str, text: bytes, start: int, may_require: bool) -> Field:
    kind = " ".join(filter(None, (group(match, "hint"), group(match, "arguments"), group(match, "type"))))
    length = len(match.group().strip(b" \t\r\n{;")) if "block" in row else len(text)
    return Field(
        owner,
        group(match, "name"),
        kind,
        may_require and _required(row, text),
        group(match, "number"),
        text,
        start,
        start + length,
    )


def _required(row: Row, text: bytes) -> bool:
    optional = row.get("optional")
    if "required" not in row or (optional and pattern(optional).search(text)):
        return False
    return not row["required"] or bool(pattern(row["required"], re.MULTILINE).search(text))


# ---- text formats


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    head: int
    start: int
    end: int


def _blocks(row: Row, text: bytes) -> Iterator[_Block]:
    found: list[_Block] = []
    for match in pattern(row["block"]).finditer(text) if "block" in row else ():
        end = _block_end(row, text, match.end())
        outer = _innermost(found, match.start())
        name = group(match, "block")
        found.append(
            _Block(f"{outer.name}.{name}" if outer and name else name, match.start(), match.end(), end)
        )
    yield from found


def _block_end(row: Row, text: bytes, start: int) -> int:
    if "end" in row:
        closing = pattern(row["end"]).search(text, start)
        return closing.start() if closing else len(text)
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace.group() == b"{" else -1
        if not depth:
            return brace.start()
    return len(text)


def _innermost(blocks: Sequence[_Block], offset: int) -> _Block | None:
    inside = [block for block in blocks if block.start <= offset <= block.end]
    return max(inside, key=lambda block: block.start, default=None)


def _line(text: bytes, match: Match) -> bytes:
    end = text.find(b"\n", match.end())
    return text[match.start() : end if end >= 0 else len(text)].strip()


_BRACE = re.compile(rb"[{}]")


# ---- models

# Bodies whose first byte belongs to the head: the parenthesis of a call.
_OPENS_HEAD = frozenset({"argument_list", "arguments"})
_WRAPPERS = frozenset({"decorated_definition", "export_statement", "type_declaration"})


def _outer(node: tree_sitter.Node) -> tree_sitter.Node:
    """The node with its decorators and modifiers."""
    while node.parent is not None and node.parent.type in _WRAPPERS:
        node = node.parent
    previous = node.prev_named_sibling
    while previous is not None and previous.type == "attribute_item":
        node, previous = previous, previous.prev_named_sibling
    return node


def _owner(row: Row, model: tree_sitter.Node, head: bytes) -> str | None:
    """The name of the model, or None if the row does not take it for one."""
    if "not_owner" in row and pattern(row["not_owner"]).search(head):
        return None
    match = pattern(row["owner"]).search(head) if "owner" in row else None
    if "owner" in row and match is None:
        return None
    if match and (named := group(match, "owner")):
        return named
    return _name(model)


def _name(node: tree_sitter.Node) -> str:
    current: tree_sitter.Node | None = node
    while current is not None:
        for key in ("name", "left"):
            found = current.child_by_field_name(key)
            if found is not None and found.text is not None:
                return found.text.decode("utf-8", "replace")
        current = current.parent
    return ""


def _wanted(row: Row, text: bytes) -> bool:
    if "must" in row and not pattern(row["must"]).search(text):
        return False
    return "not_field" not in row or not pattern(row["not_field"]).search(text)
