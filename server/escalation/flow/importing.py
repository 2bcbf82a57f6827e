"""Importing: an import put into a text where its language and the text itself want it, or taken out again.

What one puts in the other takes out, to the byte: blank lines around a paragraph of imports are kept as they were.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tree_sitter

from escalation.analysis.modules import FileIndex, resolve
from escalation.flow.entities import spliced, tree_of
from escalation.flow.items import line_break, line_start, with_item, without_item
from escalation.flow.layout import line_end
from escalation.flow.openings import opened
from escalation.flow.statements import Entry, Manner, Statement, manner, statements
from escalation.flow.wanted import Wanted
from escalation.syntax.imports import Import
from escalation.syntax.language import languages
from escalation.text.document import Document

Origin = Callable[[str], int]
"""Where a module comes from, as a number: sections of imports stand in this order."""


# ---- where a module comes from


def origins(path: str, document: Document, index: FileIndex) -> Origin:
    """The sections of imports in a file: in Python the standard library, other packages, the workspace's own, relative
    ones (PEP 8); in Go what has no domain, then the rest; in C what is in angle brackets, then the rest."""
    family = languages()[document.language].family

    def python(module: str) -> int:
        if module.startswith("."):
            return 3
        if module.partition(".")[0] in sys.stdlib_module_names:
            return 0
        return 2 if resolve(path, Import(module), index) else 1

    if family == "python":
        return python
    if family == "go":
        return lambda module: int("." in module.partition("/")[0])
    if family in ("c", "cpp"):
        return lambda module: int(module.startswith('"'))
    return lambda module: 0


# ---- putting in


def present(document: Document, import_: Wanted) -> bool:
    """Whether a file has an import already."""
    keys = {entry.key for statement in statements(document) for entry in statement.entries}
    return all(entry.key in keys for entry in import_.entries)


def with_import(document: Document, import_: Wanted, origin: Origin = lambda module: 0) -> Document:
    """The text with an import: in the statement that takes from the same module, else in its place among the other
    imports, else where imports begin. The same document if it is there."""
    rules = manner(document.language)
    if rules is None or present(document, import_):
        return document
    data = _merged(document.data, statements(document), import_) or _inserted(document, rules, import_, origin)
    return _written(document, data)


def _written(document: Document, data: bytes) -> Document:
    """The document with the text `data`; only what differs is parsed again."""
    old = document.data
    start = _alike(lambda count: old[:count] == data[:count], min(len(old), len(data)))
    end = _alike(lambda count: old[len(old) - count :] == data[len(data) - count :], min(len(old), len(data)) - start)
    return spliced(document, start, len(old) - end, data[start : len(data) - end])


def _alike(same: Callable[[int], bool], most: int) -> int:
    """The largest count up to `most` for which `same` holds, as it does for all smaller ones."""
    return bisect_right(range(1, most + 1), False, key=lambda count: not same(count))


def _merged(data: bytes, found: Sequence[Statement], import_: Wanted) -> bytes | None:
    """The text with a name more in a statement; None if there is none to take it."""
    name = import_.name
    if not name or "*" in name or name.startswith("default ") or len(import_.entries) > 1:
        return None
    for statement in found:
        entries = [entry for entry in statement.entries if entry.node.parent and entry.node.parent.type in _TAKES]
        typed = any(child.type == "type" for child in statement.node.children)
        if typed or statement.entries[0].module != import_.module:
            continue
        if _default_alone(statement):
            at = statement.entries[0].node.end_byte
            return data[:at] + f", {{ {name} }}".encode() + data[at:]
        if not entries or entries[0].name == "*":
            continue
        names = [entry.name.removeprefix("type ") for entry in entries]
        index = _position(names, name.removeprefix("type "), _NAME_ORDERS)
        text = name.replace(" as ", ": ") if entries[0].node.parent.type == "object_pattern" else name  # type: ignore[union-attr]
        return with_item(data, [entry.node for entry in entries], index, text.encode(), line_end(data).encode())
    return None


def _default_alone(statement: Statement) -> bool:
    """`import a from "m"`."""
    clause = statement.entries[0].node.parent
    single = clause is not None and clause.type == "import_clause" and len(clause.named_children) == 1
    return single and statement.entries[0].name.startswith("default ")


_TAKES = frozenset({"import_from_statement", "future_import_statement", "named_imports", "object_pattern"})
_NAME_ORDERS: tuple[Callable[[str], object], ...] = (
    lambda name: name,
    lambda name: name.casefold(),
    lambda name: (0 if name.isupper() else 1 if name[:1].isupper() else 2, name.casefold()),
)


def _inserted(document: Document, rules: Manner, import_: Wanted, origin: Origin) -> bytes:
    data, tree = document.data, tree_of(document)
    paragraphs = _paragraphs(data, rules, statements(document), import_.kind)
    if not paragraphs:
        return opened(tree, rules, import_.text, import_.kind) if tree is not None else data
    rank = _rank(import_.entries[0], origin)
    ranks = [{_rank(s.entries[0], origin) for s in paragraph} for paragraph in paragraphs]
    fitting = [index for index, there in enumerate(ranks) if rank in there]
    if not fitting and rules.sections and all(len(there) == 1 for there in ranks):
        return _in_section(data, paragraphs, [min(there) for there in ranks], rank, import_)
    best = max(fitting or range(len(paragraphs)), key=lambda i: (_likeness(paragraphs[i], import_.module), i))
    paragraph = paragraphs[best]
    index = len(paragraph)
    if len(paragraph) >= rules.sorted_from:
        index = _position([_Line.of(s) for s in paragraph], _Line.of(import_), _LINE_ORDERS)
    return _beside(data, paragraph, index, import_)


def _paragraphs(data: bytes, rules: Manner, found: Sequence[Statement], kind: int) -> list[list[Statement]]:
    """The first run of statements of one kind, in its paragraphs. `import "C"` has its comment and stays alone."""
    own = [s for s in found if s.kind == kind and s.entries[0].key != '"C"']
    lists = [s for s in own if s.node.parent is not None and s.node.parent.type == "import_spec_list"]
    paragraphs: list[list[Statement]] = []
    for statement in lists or own:
        if not paragraphs:
            paragraphs.append([statement])
            continue
        before = paragraphs[-1][-1]
        if not _follows(before, statement, rules):
            break
        if re.search(rb"(\r\n|\n|\r)[ \t]*(\r\n|\n|\r)", data[before.end : statement.start]):
            paragraphs.append([])
        paragraphs[-1].append(statement)
    return paragraphs


def _follows(one: Statement, other: Statement, rules: Manner) -> bool:
    """Whether nothing but comments stands between two statements."""
    node = _outer(one.node, other.node).next_named_sibling
    while node is not None and node.start_byte < other.start:
        if "comment" not in node.type and node.type not in rules.attached:
            return False
        node = node.next_named_sibling
    return node is not None and node.start_byte <= other.node.start_byte


def _outer(node: tree_sitter.Node, other: tree_sitter.Node) -> tree_sitter.Node:
    """The node itself, or what is around it beside `other`: an `import "a"` of Go is a declaration."""
    return node if node.parent is None or node.parent == other.parent else node.parent


def _rank(entry: Entry, origin: Origin) -> int:
    return origin(entry.key if entry.key.startswith(("<", '"')) else entry.module)


def _likeness(paragraph: list[Statement], module: str) -> int:
    """How many parts of a module's name the most similar one of a paragraph shares from the start."""
    return max(_shared(statement.entries[0].module, module) for statement in paragraph)


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(re.split(r"[./\\:]+", one), re.split(r"[./\\:]+", other), strict=False):
        if left != right:
            break
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class _Line:
    """What a statement is sorted by."""

    module: str
    taking: bool
    text: str

    @classmethod
    def of(cls, statement: Statement | Wanted) -> _Line:
        entry = statement.entries[0]
        return cls(entry.module, bool(entry.name), entry.key)


_LINE_ORDERS: tuple[Callable[[_Line], object], ...] = (
    lambda line: (line.taking, line.module.casefold()),
    lambda line: line.module.casefold(),
    lambda line: line.module,
    lambda line: (not re.match(r"System\b", line.module), line.module.casefold()),
    lambda line: (line.text.startswith("static "), line.module),
    lambda line: (not line.text.startswith("static "), line.module),
    lambda line: line.text,
)


def _position(there: Sequence[Any], new: Any, orders: Sequence[Callable[[Any], Any]]) -> int:  # noqa: ANN401 - what an order takes
    """Where something new belongs: by the first order that what is there has; behind the last if it has none."""
    for order in orders:
        keys = [order(item) for item in there]
        if keys == sorted(keys):
            return bisect_right(keys, order(new))
    return len(there)


# ---- lines


def _line(import_: Wanted, beside: Statement) -> bytes:
    """The line of an import, as it stands beside another one."""
    if beside.node.parent is not None and beside.node.parent.type == "import_spec_list":
        return import_.text.removeprefix("import ").encode()
    return import_.text.encode()


def _indent(data: bytes, statement: Statement) -> bytes | None:
    """What is left of a statement; None if that is more than space."""
    before = data[line_start(data, statement.start) : statement.start].removeprefix(b"\xef\xbb\xbf")
    return None if before.strip() else before


def _beside(data: bytes, paragraph: list[Statement], index: int, import_: Wanted) -> bytes:
    line, end = _line(import_, paragraph[0]), line_end(data).encode()
    indent = _indent(data, paragraph[0])
    if index == 0 and indent is not None:
        at = paragraph[0].start
        return data[:at] + line + end + indent + data[at:]
    before = paragraph[max(index, 1) - 1]
    at = line_break(data, before.end)[0]
    return data[:at] + end + (_indent(data, before) or b"") + line + data[at:]


def _in_section(data: bytes, paragraphs: list[list[Statement]], ranks: list[int], rank: int, import_: Wanted) -> bytes:
    """A paragraph of its own, in the order of the sections."""
    end = line_end(data).encode()
    line = (_indent(data, paragraphs[0][0]) or b"") + _line(import_, paragraphs[0][0])
    earlier = [index for index, there in enumerate(ranks) if there < rank]
    if earlier or _indent(data, paragraphs[0][0]) is None:
        at = line_break(data, paragraphs[max(earlier, default=0)][-1].end)[0]
        following = data[line_break(data, at)[1] :]
        following = following[: line_break(following, 0)[0]].strip()
        tight = following and not following.startswith((b")", b"}"))  # code, without a line between
        return data[:at] + (end if tight else end + end) + line + data[at:]
    at = line_start(data, paragraphs[0][0].start) + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
    touching = data[line_start(data, max(at - 1, 0)) : at].removeprefix(b"\xef\xbb\xbf").strip()
    return data[:at] + line + (end if touching else end + end) + data[at:]


# ---- taking out


def without(document: Document, statement: Statement, entry: Entry) -> Document:
    """The text without one thing that a statement brings in; without the statement if it brings in nothing else."""
    data = without_item(document.data, entry.node, statement.node)
    if data is None:
        data = _without_statement(document.data, statement)
    return _written(document, data)


def _without_statement(data: bytes, statement: Statement) -> bytes:
    start, end = statement.start, statement.end
    parent = statement.node.parent
    if parent is not None and parent.type in ("import_spec_list", "import_declaration"):  # Go: the last of its block
        around = parent if parent.type == "import_declaration" else parent.parent
        if around is not None and len([c for c in parent.named_children if c.type == "import_spec"]) == 1:
            start, end = around.start_byte, around.end_byte
    stop, following = line_break(data, end)
    behind = data[end:stop].strip().lstrip(b";").strip()
    left = line_start(data, start)
    mark = 3 if left == 0 and data.startswith(b"\xef\xbb\xbf") else 0
    if data[left + mark : start].strip() or (behind and not _is_comment(behind)):
        rest = data[end:].lstrip(b"; \t")
        return data[:start].rstrip(b" \t") + data[end:] if rest.startswith((b"\n", b"\r")) else data[:start] + rest
    return _joined(data[: left + mark], data[following:], at_end=stop == following)


def _is_comment(text: bytes) -> bool:
    return text.startswith((b"#", b"//")) or (text.startswith(b"/*") and text.find(b"*/") == len(text) - 2)


def _joined(before: bytes, after: bytes, *, at_end: bool) -> bytes:
    """What was above and below a line that is gone. Where the line was a paragraph, one of the two gaps remains, the
    larger one; none at an end of the file."""
    head, tail = before.rstrip(b" \t\r\n"), _BLANKS.sub(b"", after, count=1)
    above = before[len(head) :] if head not in (b"", b"\xef\xbb\xbf") else b""
    below = after[: len(after) - len(tail)]
    if not head or head == b"\xef\xbb\xbf":
        return head + tail if below or not tail.strip() else before + after
    first = above[: line_break(above, 0)[1]]
    if not tail and (above != first or not below):  # the last line: the text ends as it did
        return head if at_end else head + first
    closing, opening = not below and tail.lstrip().startswith(_CLOSING), head.endswith(_OPENING)
    if (closing and above != first) or (opening and below):
        return head + first + tail
    if above == first or not below:
        return before + after
    return head + first + max(above[len(first) :], below, key=len) + tail


_OPENING, _CLOSING = (b"(", b"{"), (b")", b"}")
_BLANKS = re.compile(rb"\A([ \t]*(\r\n|\n|\r))+")
