"""Fields of stored and exchanged records: of ORM models, messages, tables; and what a change does to them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import tree_sitter

from escalation.analysis.pattern import Match, blanked, group, pattern
from escalation.syntax.language import query
from escalation.syntax.tree import SyntaxTree

Row = Mapping[str, Any]
Key = TypeVar("Key", bound=Hashable)
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
    blocks = _Blocks(row, text)
    found = []
    for match in pattern(row["field"]).finditer(text):
        block = blocks.around(match.end())
        if block is None and not row.get("flat"):
            continue
        name = group(match, "name")
        if "not_name" in row and pattern(row["not_name"]).search(name.encode()):
            continue
        required = "owner_required" not in row or (
            block is not None and bool(pattern(row["owner_required"]).search(text, block.head, block.start))
        )
        start = match.start() + len(match.group()) - len(match.group().lstrip(b" \t\r\n{;"))
        found.append(_field(row, match, block.name if block else "", _line(text, match), start, may_require=required))
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
            found.append(_field(row, match, owner, text, member.start_byte, may_require=True))
    return tuple(found)


def compare(before: Sequence[Field], after: Sequence[Field]) -> Iterator[FieldChange]:
    """What became of each field, in no particular order. A record that came or went is one change."""
    old = {(field.owner, field.name): field for field in before}
    new = {(field.owner, field.name): field for field in after}
    old_owners, new_owners = _grouped(before, _owner_of), _grouped(after, _owner_of)
    for owner in sorted(old_owners.keys() - new_owners.keys()):
        yield FieldChange("owner_removed", old_owners[owner][0], None)
    for owner in sorted(new_owners.keys() - old_owners.keys()):
        yield FieldChange("owner_added", None, _record(new_owners[owner]))
    gone = {key: field for key, field in old.items() if key not in new and field.owner in new_owners}
    come = {key: field for key, field in new.items() if key not in old and field.owner in old_owners}
    for left, right in _renames(list(gone.values()), list(come.values())):
        del gone[left.owner, left.name], come[right.owner, right.name]
        yield FieldChange("renamed", left, right)
    yield from (FieldChange("removed", field, None) for field in gone.values())
    yield from (FieldChange("added_required" if field.required else "added", None, field) for field in come.values())
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
    """Pairs that are surely one field: the only one gone and the only one come with this owner, type and
    number."""
    left, right = _grouped(gone, _shape), _grouped(come, _shape)
    return [
        (fields[0], right[shape][0]) for shape, fields in left.items() if len(fields) == len(right.get(shape, ())) == 1
    ]


def _owner_of(field: Field) -> str:
    return field.owner


def _shape(field: Field) -> tuple[str, str, str]:
    return field.owner, field.type, field.number


def _grouped(fields: Iterable[Field], key: Callable[[Field], Key]) -> dict[Key, list[Field]]:
    groups: dict[Key, list[Field]] = {}
    for field in fields:
        groups.setdefault(key(field), []).append(field)
    return groups


def _record(fields: Sequence[Field]) -> Field:
    """One field that spans all fields of a record."""
    first = fields[0]
    return Field(first.owner, first.name, "", False, "", b"", first.start, fields[-1].end)


def _field(row: Row, match: Match, owner: str, text: bytes, start: int, *, may_require: bool) -> Field:
    kind = " ".join(filter(None, (group(match, "hint"), group(match, "arguments"), group(match, "type"))))
    kind = _QUOTE.sub("", kind)  # a forward reference is the same type
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
    """A named group of fields between `start` and `end`; its head begins at `head`."""

    name: str
    head: int
    start: int
    end: int
    outer: _Block | None


class _Blocks:
    """The blocks of a text, found in one pass."""

    def __init__(self, row: Row, text: bytes) -> None:
        self._blocks: list[_Block] = []
        self._starts: list[int] = []
        ends = _ends(row, text) if "block" in row else lambda _: len(text)
        for match in pattern(row["block"]).finditer(text) if "block" in row else ():
            outer, name = self.around(match.start()), group(match, "block")
            full = f"{outer.name}.{name}" if outer and name else name
            self._blocks.append(_Block(full, match.start(), match.end(), ends(match.end()), outer))
            self._starts.append(match.end())

    def around(self, offset: int) -> _Block | None:
        """The innermost block that an offset stands in."""
        index = bisect_right(self._starts, offset) - 1
        block = self._blocks[index] if index >= 0 else None
        while block is not None and block.end < offset:
            block = block.outer
        return block


def _ends(row: Row, text: bytes) -> Callable[[int], int]:
    """Where the block ends whose content begins at an offset."""
    if "end" in row:
        closing = [match.start() for match in pattern(row["end"]).finditer(text)]
        return lambda start: next(iter(closing[(place := bisect_left(closing, start)) : place + 1]), len(text))
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    for brace in _BRACE.finditer(text):
        if brace.group() == b"{":
            waiting.append(brace.end())
        elif waiting:
            pairs[waiting.pop()] = brace.start()
    return lambda start: pairs.get(start, len(text))


def _line(text: bytes, match: Match) -> bytes:
    end = text.find(b"\n", match.end())
    return text[match.start() : end if end >= 0 else len(text)].strip()


_QUOTE = re.compile("[\"']")
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
