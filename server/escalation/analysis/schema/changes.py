"""Evidence that a change touches a schema: migrations, DDL, ORM models, interface and schema languages.

What counts is data: `data/schema.toml`. What loses or refuses existing data or calls (dropped, renamed,
retyped, made required) weighs more and is called destructive; what a migration drops to undo itself does not
count.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

import tree_sitter

from escalation.analysis import anchor
from escalation.analysis.change import FileChange
from escalation.analysis.evidence import Evidence
from escalation.analysis.pattern import Match, blanked, pattern
from escalation.analysis.roles import role_of
from escalation.analysis.schema.ddl import Definition, literal_definitions, sql_definitions
from escalation.analysis.schema.fields import Field, FieldChange, compare, format_fields, model_fields
from escalation.analysis.schema.keys import Key, keys
from escalation.syntax.language import query
from escalation.syntax.tree import SyntaxTree, parse
from escalation.text.document import Document

Row = Mapping[str, Any]

# Per file; a new migration of a hundred operations is one thing to look at, not a hundred.
_MOST = 20
_SILENT_ROLES = frozenset({"test", "vendored", "lock", "generated"})
# Bytes within which a document says what it is.
_HEAD = 4096
# More than the longest text that a row of the table looks for.
_ROOM = 128
# Operations of one file that are read, and levels of nesting around them.
_MOST_OPERATIONS = 200
_MOST_LEVELS = 64
# More hunks than this are read as one range.
_MOST_RANGES = 40


@cache
def _table() -> Row:
    return tomllib.loads(files("escalation.analysis").joinpath("data", "schema.toml").read_text("utf-8"))


def schema_evidence(
    change: FileChange, base_tree: SyntaxTree | None = None, current_tree: SyntaxTree | None = None
) -> tuple[Evidence, ...]:
    """What `change` does to a schema, at lines of the current text (of a deleted line: the nearest), ordered
    by line.

    Trees already parsed from `change.base` and `change.current` may be passed in; they are parsed on demand
    otherwise.
    """
    if (
        change.problem is not None
        or (not change.hunks and change.base_path is None)
        or role_of(change.path) in _SILENT_ROLES
    ):
        return ()
    sides = _Sides(change, base_tree, current_tree)
    framework = _framework(sides)
    found = list(_migration(sides, framework) if framework else _definitions_and_fields(sides))
    strongest = sorted(set(found), key=lambda item: (-item.weight, item.start_line, item.what))[:_MOST]
    return tuple(sorted(strongest, key=lambda item: (item.start_line, -item.weight, item.what)))


@lru_cache(maxsize=512)
def _contains(data: bytes, texts: tuple[bytes, ...]) -> bool:
    return any(text in data for text in texts)


class _Sides:
    """Both texts of a change with their trees, parsed when first asked for."""

    def __init__(self, change: FileChange, base_tree: SyntaxTree | None, current_tree: SyntaxTree | None) -> None:
        self.change = change
        self._base_tree, self._current_tree = base_tree, current_tree

    @cached_property
    def base_tree(self) -> SyntaxTree | None:
        return self._base_tree or (parse(self.change.base) if self.change.base else None)

    @cached_property
    def current_tree(self) -> SyntaxTree | None:
        return self._current_tree or (parse(self.change.current) if self.change.current else None)

    @property
    def paths(self) -> Iterator[str]:
        yield self.change.path
        if self.change.base_path:
            yield self.change.base_path

    @property
    def documents(self) -> Iterator[Document]:
        yield from filter(None, (self.change.current, self.change.base))

    @property
    def base(self) -> bytes:
        return self.change.base.data if self.change.base else b""

    @property
    def current(self) -> bytes:
        return self.change.current.data if self.change.current else b""

    def named(self, source: str) -> bool:
        """Whether the path, old or new, matches."""
        return any(pattern(source).search(os.fsencode(path)) for path in self.paths)

    def contain(self, texts: Iterable[str]) -> bool:
        """Whether one of the texts stands in the base or in the current text.

        The base is the same at every keystroke, so that is remembered; what the base has not can only stand
        where the current text differs.
        """
        wanted = tuple(text.encode() for text in texts)
        return _contains(self.base, wanted) or any(text in part for part in self._new_parts for text in wanted)

    @cached_property
    def _new_parts(self) -> tuple[bytes, ...]:
        """The changed lines of the current text, with room on both sides for a text that begins or ends
        there."""
        data, spans = self.current, self.change.current_spans
        return tuple(data[max(0, start - _ROOM) : end + _ROOM] for start, end in spans)

    def begin_with(self, source: str) -> bool:
        return any(pattern(source).search(document.data, 0, _HEAD) for document in self.documents)

    def at(self, start: int, end: int, what: str, weight: float, destructive: bool) -> Evidence:
        """Evidence at a byte range of the current text."""
        assert self.change.current is not None
        first, last = anchor.lines(self.change.current, start, end)
        return _evidence(self.change.path, first, last, what, weight, destructive=destructive)

    def at_base(self, start: int, what: str, weight: float, destructive: bool) -> Evidence:
        """Evidence about a place of the base text, shown at the nearest line of the current one."""
        assert self.change.base is not None
        line = anchor.current_line(self.change, self.change.base.line_at(start) + 1)
        return _evidence(self.change.path, line, line, what, weight, destructive=destructive)


def _evidence(path: str, first: int, last: int, what: str, weight: float, *, destructive: bool) -> Evidence:
    return Evidence(path, first, last, f"{what} (destructive)" if destructive else what, weight)


# ---- migrations


def _framework(sides: _Sides) -> str | None:
    for row in _table()["migrations"]:
        if sides.named(row["path"]) and ("content" not in row or sides.contain(row["content"])):
            return str(row["framework"])
    return None


def _migration(sides: _Sides, framework: str) -> Iterator[Evidence]:
    change = sides.change
    kind = str(change.status)
    if kind == "modified":
        kind = "applied" if _touches_operation(sides) else "touched"
    row = _table()["migration"][kind]
    what = row["what"].format(framework=framework)
    lines = change.current_lines
    if not change.hunks and kind != "renamed":
        return
    first, last = (lines[0][0], lines[0][0]) if lines and change.status == "modified" else (1, 1)
    yield _evidence(change.path, first, last, what, row["weight"], destructive=kind == "deleted")
    if change.current is None or pattern(_table()["rollback_path"]).search(os.fsencode(change.path)):
        return
    undone = tuple(_rollback_sections(change.current.data))
    yield from (*_sql(sides, undone), *_literals(sides), *_operations(sides, undone))


def _touches_operation(sides: _Sides) -> bool:
    """Whether changed lines, before or now, are part of a statement or of an operation with its arguments."""
    change = sides.change
    for document, spans in ((change.current, change.current_spans), (change.base, change.base_spans)):
        if document is not None and any(anchor.touches(spans, *span) for span in _operation_spans(document)):
            return True
    return False


def _operation_spans(document: Document) -> Iterator[anchor.Span]:
    if document.language == "sql":
        yield from (item.statement for item in sql_definitions(_table()["ddl"], document.data))
        return
    for row in _table()["operations"]:
        for match in pattern(row["pattern"], re.IGNORECASE).finditer(document.data):
            yield match.start(), match.end() + len(_call(document.data, match.end()))


def _rollback_sections(data: bytes) -> Iterator[tuple[int, int]]:
    for row in _table()["rollback_sections"]:
        for match in pattern(row["start"]).finditer(data):
            end = pattern(row["end"]).search(data, match.end())
            yield match.start(), end.start() if end else len(data)


def _operations(sides: _Sides, undone: Iterable[tuple[int, int]]) -> Iterator[Evidence]:
    """Calls (or elements) that name an operation, on changed lines and not in what undoes the migration."""
    assert sides.change.current is not None
    if sides.change.current.language == "sql":
        return
    data, claimed = sides.current, set[int]()
    for row in _table()["operations"]:
        for match in pattern(row["pattern"], re.IGNORECASE).finditer(data):
            place = match.span()
            if (
                place[0] not in claimed
                and anchor.touches(sides.change.current_spans, *place)
                and not any(low <= place[0] < high for low, high in undone)
                and _speaks(sides.current_tree, place[0])
            ):
                claimed.add(place[0])
                if len(claimed) > _MOST_OPERATIONS:
                    return
                yield _operation(sides, row, match)


def _operation(sides: _Sides, row: Row, match: Match) -> Evidence:
    text = _call(sides.current, match.end())
    what, weight, destructive = row["what"], row["weight"], row.get("destructive", False)
    if (
        "not_null" in row
        and pattern(row["not_null"], re.I).search(text)
        and not pattern(row["default"], re.I).search(text)
    ):
        what, weight, destructive = f"{what} NOT NULL without a default", 0.9, True
    name = ".".join(_named(text)[: row.get("names", 1)])
    return sides.at(*match.span(), " ".join(what.format(name=name).split()), weight, destructive)


_CALL_LIMIT = 4000
_TABLE_KEY = re.compile(rb"(?:table|tableName|table_name|model_name)\"?\s*[:=]\s*[\"'](\w+)", re.IGNORECASE)
_NAME_KEY = re.compile(rb"\b(?:name|columnName|column_name)\"?\s*[:=]\s*[\"'](\w+)", re.IGNORECASE)
_POSITIONAL = re.compile(rb"\s*\(?\s*(?:[\"']|:\w)")
_WORD = re.compile(rb"[\"']([\w.]+)[\"']|(?<!:):(\w+)|(?:Name|name):\s*(\w+)")


def _call(data: bytes, start: int) -> bytes:
    """What stands behind the name of an operation: its arguments, or the rest of the line."""
    text = data[start : start + _CALL_LIMIT]
    if not text.lstrip().startswith(b"("):
        return text.split(b"\n\n" if text.startswith(b":") else b">" if b"<" in data[start - 20 : start] else b"\n")[0]
    depth = 0
    for match in re.finditer(rb"[()]", text):
        depth += 1 if match.group() == b"(" else -1
        if not depth:
            return text[: match.end()]
    return text


def _named(text: bytes) -> list[str]:
    """The names in the arguments of an operation: table first, then column."""
    table, name = _TABLE_KEY.search(text), _NAME_KEY.search(text)
    if (table or name) and not _POSITIONAL.match(text):
        found = [match[1] for match in (table, name) if match]
    else:
        found = [next(filter(None, match.groups())) for match in _WORD.finditer(text)]
    return [word.decode("ascii", "replace") for word in found]


def _speaks(tree: SyntaxTree | None, offset: int) -> bool:
    """Whether code at `offset` is part of what the migration does: no comment, no string, not in what undoes
    it."""
    if tree is None:
        return True
    node = tree.root.descendant_for_byte_range(offset, offset + 1)
    if node is None or "comment" in node.type or node.type in ("string_content", "string_fragment"):
        return False
    return not _undoes(node)


def _undoes(node: tree_sitter.Node | None) -> bool:
    """Whether a node is part of what undoes a migration, as far as the functions around it tell."""
    for _ in range(_MOST_LEVELS):
        if node is None:
            break
        for key in ("name", "key", "left"):
            found = node.child_by_field_name(key)
            text = (found.text or b"") if found is not None else b""
            if pattern(_table()["rollback"]).match(text.rsplit(b".", 1)[-1]):
                return True
        node = node.parent
    return False


# ---- DDL


def _sql(sides: _Sides, undone: Iterable[tuple[int, int]] = ()) -> Iterator[Evidence]:
    change = sides.change
    if next(sides.documents).language != "sql":
        return
    definitions = list(sql_definitions(_table()["ddl"], sides.current)) if change.current else []
    for item in definitions:
        if anchor.touches(change.current_spans, item.start, item.end) and not any(
            low <= item.start < high for low, high in undone
        ):
            yield _definition(sides, item)
    if undone or change.base is None:
        return
    kept = {item.what for item in definitions}
    for item in sql_definitions(_table()["ddl"], sides.base):
        if item.what.startswith("creates ") and item.what not in kept:
            yield sides.at_base(item.start, f"removes what {item.what}", 0.85, True)


def _definition(sides: _Sides, item: Definition) -> Evidence:
    """A definition on changed lines; if its statement had been there before, what changed in it is shown."""
    spans = sides.change.current_spans
    start, end = item.statement
    if any(low <= start and end <= high for low, high in spans):
        return sides.at(item.start, item.end, item.what, item.weight, item.destructive)
    hunks = zip(sides.change.hunks, spans, strict=True)
    shrinks = any(hunk.old_lines > hunk.new_lines and start <= low <= end for hunk, (low, _) in hunks)
    edited = item.edited + (", removing lines" if shrinks else "")
    weight = max(item.weight, 0.85 if shrinks else 0.7) if item.edited != item.what else item.weight
    place = anchor.overlap(spans, start, end)
    return sides.at(*place, edited, weight, item.destructive or shrinks)


def _literals(sides: _Sides) -> Iterator[Evidence]:
    """DDL in string literals of code on changed lines."""
    tree = sides.current_tree
    if tree is None or tree.document.language == "sql":
        return
    for start, end in _strings(tree, sides.change.current_spans):
        found = tuple(literal_definitions(_table()["ddl"], sides.current, start, end))
        if not found or _undoes(tree.root.descendant_for_byte_range(start, start + 1)):
            continue
        for item in found:
            if anchor.touches(sides.change.current_spans, item.start, item.end):
                yield sides.at(item.start, item.end, f"SQL in code {item.what}", item.weight, item.destructive)


def _strings(tree: SyntaxTree, spans: tuple[anchor.Span, ...]) -> list[anchor.Span]:
    literals = query(tree.document.language, "literals")
    if literals is None or not spans:
        return []
    ranges = spans if len(spans) <= _MOST_RANGES else ((spans[0][0], spans[-1][1]),)
    found, prose = set[anchor.Span](), set[anchor.Span]()
    for low, high in ranges:
        cursor = tree_sitter.QueryCursor(literals)
        cursor.set_byte_range(low, max(high, low + 1))
        captures = cursor.captures(tree.root)
        found.update((node.start_byte, node.end_byte) for node in captures.get("string", ()))
        prose.update((node.start_byte, node.end_byte) for node in captures.get("prose", ()))
    outermost: list[anchor.Span] = []
    for start, end in sorted(found - prose, key=lambda span: (span[0], -span[1])):
        if not outermost or end > outermost[-1][1]:
            outermost.append((start, end))
    return outermost


# ---- fields and keys


def _definitions_and_fields(sides: _Sides) -> Iterator[Evidence]:
    if role_of(sides.change.path) != "docs":
        yield from _sql(sides)
        yield from _literals(sides)
        yield from _models(sides)
    yield from _formats(sides)
    yield from _documents(sides)


def _models(sides: _Sides) -> Iterator[Evidence]:
    languages = {"tsx": "typescript"}
    language = next(sides.documents).language
    language = languages.get(language, language)
    for row in _table()["models"]:
        if (language == row["language"] or language in row.get("also", ())) and sides.contain(row["marker"]):
            before = model_fields(row, sides.base_tree) if sides.base_tree else ()
            after = model_fields(row, sides.current_tree) if sides.current_tree else ()
            for item in compare(before, after):
                yield _field_evidence(sides, row, item, "stored")


def _formats(sides: _Sides) -> Iterator[Evidence]:
    for row in _table()["formats"]:
        if sides.named(row["path"]) and ("content" not in row or sides.contain(row["content"])):
            changes = compare(format_fields(row, sides.base), format_fields(row, sides.current))
            for item in changes:
                yield _field_evidence(sides, row, item, "stored" if row.get("stored") else "wire")


def _field_evidence(sides: _Sides, row: Row, item: FieldChange, place: str) -> Evidence:
    rule = _table()["changes"][item.kind]
    after, before = item.after or item.before, item.before or item.after
    assert after is not None
    assert before is not None
    owner = item.kind.startswith("owner_")
    was, now = (before.number, after.number) if item.kind == "renumbered" else (before.type, after.type)
    words = rule["what"].format(
        field=after.owner if owner else after.qualified,
        before=before.qualified,
        was=was or "none",
        now=now or "none",
    )
    what, weight, destructive = f"{words} ({row['name']})", rule[place], rule["destructive"]
    if item.kind == "removed" and row.get("numbered") and _reserved(sides.current, before):
        what, weight, destructive = f"{words}, whose number is reserved ({row['name']})", 0.7, False
    if item.after is not None:
        return sides.at(after.start, after.end, what, weight, destructive)
    return sides.at_base(before.start, what, weight, destructive)


def _reserved(data: bytes, field: Field) -> bool:
    """Whether a removed field's number stays reserved, so that it cannot be used again (Protocol Buffers)."""
    for match in re.finditer(rb"\breserved\s+([^;]*);", data):
        for low, high in re.findall(rb"(\d+)(?:\s+to\s+(\d+|max))?", match[1]):
            last = int(high) if high.isdigit() else (1 << 29 if high else int(low))
            if field.number.isdigit() and int(low) <= int(field.number) <= last:
                return True
    return False


@dataclass(frozen=True, slots=True)
class _KeyChange:
    change: str
    key: Key


def _documents(sides: _Sides) -> Iterator[Evidence]:
    """OpenAPI, AsyncAPI and JSON Schema documents, key by key."""
    for row in _table()["documents"]:
        if sides.named(row["path"]) and sides.begin_with(row["content"]):
            for item in _key_changes(sides.base, sides.current):
                yield from _key_evidence(sides, row["name"], item)
            return


def _key_changes(base: bytes, current: bytes) -> Iterator[_KeyChange]:
    """Keys that came, went or have another value; of those inside a key that came or went, only that key."""
    comment = r"(?m:^[ \t]*#[^\n]*)"
    old = {key.path: key for key in keys(blanked(base, comment))}
    new = {key.path: key for key in keys(blanked(current, comment))}
    for path, key in old.items():
        if path not in new and (key.parent in new or not key.parent):
            yield _KeyChange("removed", key)
    for path, key in new.items():
        if path not in old and (key.parent in old or not key.parent):
            yield _KeyChange("added", key)
        elif path in old and old[path].value != key.value:
            yield _KeyChange("changed", key)


def _key_evidence(sides: _Sides, name: str, item: _KeyChange) -> Iterator[Evidence]:
    for rule in _table()["keys"]:
        if item.change in rule["change"] and pattern(rule["path"]).search(item.key.path.encode()):
            if not rule["weight"]:
                return
            what = f"{rule['what'].format(key=item.key.readable, change=item.change)} ({name})"
            destructive = rule.get("destructive", False)
            if item.change == "removed":
                yield sides.at_base(item.key.start, what, rule["weight"], destructive)
            else:
                yield sides.at(item.key.start, item.key.end, what, rule["weight"], destructive)
            return
