"""Importing: an import put into a text where its language and the text itself want it, or taken out again.

What one puts in the other takes out, to the byte: blank lines around a paragraph of imports are kept as they were.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tree_sitter

from escalation.analysis.modules import FileIndex, resolve
from escalation.flow.items import line_break, line_start, with_item, without_item
from escalation.flow.layout import line_end
from escalation.flow.statements import Entry, Manner, Statement, manner, statements
from escalation.syntax.imports import Import
from escalation.syntax.language import languages
from escalation.syntax.tree import SyntaxTree, parse
from escalation.text.document import Document

Origin = Callable[[str], int]
"""Where a module comes from, as a number: sections of imports stand in this order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An import that is to be there, or not: the statement that has it alone, and what that brings in."""

    text: str
    kind: int
    entries: tuple[Entry, ...]

    @property
    def module(self) -> str:
        return self.entries[0].module

    @property
    def name(self) -> str:
        return self.entries[0].name


_UNFIT = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


def wanted(document: Document, module: str, name: str = "") -> Wanted | None:
    """The import of a module, or of a name from it, as a file writes it; both as the language spells them. `module`
    may be a whole statement. None for what is no import in the file's language."""
    rules = manner(document.language)
    if rules is None or _UNFIT.search(module + name):
        return None
    if not name and (whole := _alone(document.language, rules, _ended(module, rules))):
        return whole
    text = _text(document, rules, module, name)
    return _alone(document.language, rules, text) if text else None


def _ended(statement: str, rules: Manner) -> str:
    end = ";" if rules.statement.endswith(";") else ""
    return statement.strip().rstrip("; ") + end


def _alone(language: str, rules: Manner, text: str) -> Wanted | None:
    """A statement by itself: the text must be that and nothing more."""
    tree = parse(Document.of(f"{rules.alone}{text}\n", language=language))
    if tree is None or tree.root.has_error:
        return None
    found = statements(tree)
    if len(found) != 1 or (_declaration(found[0].node).text or b"").rstrip() != text.encode("utf-8"):
        return None
    return Wanted(text, found[0].kind, found[0].entries)


def _declaration(node: tree_sitter.Node) -> tree_sitter.Node:
    """Go: what an import without parentheses is in."""
    around = node.parent
    return around if around is not None and around.type == "import_declaration" else node


# ---- how a statement is written


def _text(document: Document, rules: Manner, module: str, name: str) -> str | None:
    family = languages()[document.language].family
    if family == "python":
        return f"from {module} import {name}" if name else f"import {module}"
    if family in ("javascript", "typescript"):
        return _ecmascript(document, module.strip("'\"`"), name)
    if name and not rules.join:
        return None
    target = f"{module}{rules.join}{name}" if name else module
    spell = _TEXTS.get(family)
    return spell(document, target) if spell else rules.statement.format(module=target)


def _go(document: Document, target: str) -> str:
    alias, _, path = target.rpartition(" ")
    quoted = path if path.endswith(('"', "`")) else f'"{path}"'
    return f"import {alias} {quoted}" if alias else f"import {quoted}"


def _c(document: Document, target: str) -> str:
    return f"#include {target}" if target.startswith(("<", '"')) else f"#include <{target}>"


def _ruby(document: Document, target: str) -> str:
    target, quote = target.strip("'\""), _quote(document.data)
    if target.startswith("."):
        return f"require_relative {quote}{target.removeprefix('./')}{quote}"
    return f"require {quote}{target}{quote}"


def _bash(document: Document, target: str) -> str:
    tree, first = parse(document), document.data.partition(b"\n")[0].split()
    words = [document.data[s.start : s.start + 2] for s in (statements(tree) if tree is not None else ())]
    posix = bool(first) and first[0].startswith(b"#!") and first[-1].rpartition(b"/")[2] in (b"sh", b"dash")
    return f". {target}" if b". " in words or (posix and not words) else f"source {target}"


_TEXTS: Mapping[str, Callable[[Document, str], str]] = {"go": _go, "c": _c, "cpp": _c, "ruby": _ruby, "bash": _bash}


def _quote(data: bytes) -> str:
    return '"' if data.count(b'"') > data.count(b"'") else "'"


def _ecmascript(document: Document, module: str, name: str) -> str:
    tree = parse(document)
    found = statements(tree) if tree is not None else ()
    written = b"".join(document.data[s.start : s.end] for s in found)
    quote = _quote(written or document.data)
    end = ";" if _semicolons(tree, found) else ""
    source = f"{quote}{module}{quote}"
    if _requires(document, found):
        if not name:
            return f"require({source}){end}"
        whole = re.fullmatch(r"(?:default|\*) as (.+)", name)
        bound = whole[1] if whole else f"{{ {name.replace(' as ', ': ')} }}"
        return f"const {bound} = require({source}){end}"
    if not name:
        return f"import {source}{end}"
    bound = name.removeprefix("default as ") if name.startswith(("default as ", "*")) else f"{{ {name} }}"
    return f"import {bound} from {source}{end}"


def _requires(document: Document, found: Sequence[Statement]) -> bool:
    """Whether a file is a CommonJS module."""
    if document.language != "javascript":
        return False
    if document.uri.endswith(".cjs"):
        return True
    return bool(found) and all(statement.kind for statement in found) and b"\nexport " not in document.data


def _semicolons(tree: SyntaxTree | None, found: Sequence[Statement]) -> bool:
    """Whether most statements end with one; a statement that ends with a brace tells nothing."""
    nodes = [statement.node for statement in found] or (tree.root.named_children if tree is not None else [])
    texts = [(node.text or b"").rstrip() for node in nodes if node.type.endswith(("_statement", "_declaration"))]
    ended = sum(text.endswith(b";") for text in texts)
    return ended >= sum(not text.endswith((b";", b"}")) for text in texts)


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
    tree = parse(document)
    keys = {entry.key for statement in statements(tree) for entry in statement.entries} if tree else set[str]()
    return all(entry.key in keys for entry in import_.entries)


def with_import(document: Document, import_: Wanted, origin: Origin = lambda module: 0) -> Document:
    """The text with an import: in the statement that takes from the same module, else in its place among the other
    imports, else where imports begin. The same document if it is there."""
    tree, rules = parse(document), manner(document.language)
    if tree is None or rules is None or present(document, import_):
        return document
    found = statements(tree)
    data = _merged(document.data, found, import_) or _inserted(tree, rules, found, import_, origin)
    return Document(document.uri, document.language, data, document.version)


def _merged(data: bytes, found: Sequence[Statement], import_: Wanted) -> bytes | None:
    """The text with a name more in a statement; None if there is none to take it."""
    name = import_.name
    if not name or "*" in name or name.startswith("default ") or len(import_.entries) > 1:
        return None
    for statement in found:
        entries = [entry for entry in statement.entries if entry.node.parent and entry.node.parent.type in _TAKES]
        typed = any(child.type == "type" for child in statement.node.children)
        if not entries or typed or statement.entries[0].module != import_.module or entries[0].name == "*":
            continue
        names = [entry.name.removeprefix("type ") for entry in entries]
        index = _position(names, name.removeprefix("type "), _NAME_ORDERS)
        text = name.replace(" as ", ": ") if entries[0].node.parent.type == "object_pattern" else name  # type: ignore[union-attr]
        return with_item(data, [entry.node for entry in entries], index, text.encode(), line_end(data).encode())
    return None


_TAKES = frozenset({"import_from_statement", "future_import_statement", "named_imports", "object_pattern"})
_NAME_ORDERS: tuple[Callable[[str], object], ...] = (
    lambda name: name,
    lambda name: name.casefold(),
    lambda name: (0 if name.isupper() else 1 if name[:1].isupper() else 2, name.casefold()),
)


def _inserted(tree: SyntaxTree, rules: Manner, found: Sequence[Statement], import_: Wanted, origin: Origin) -> bytes:
    paragraphs = _paragraphs(tree.document.data, rules, found, import_.kind)
    if not paragraphs:
        return _first(tree, rules, import_)
    rank = _rank(import_.entries[0], origin)
    ranks = [{_rank(s.entries[0], origin) for s in paragraph} for paragraph in paragraphs]
    fitting = [index for index, there in enumerate(ranks) if rank in there]
    if not fitting and rules.sections and all(len(there) == 1 for there in ranks):
        return _in_section(tree.document.data, paragraphs, [min(there) for there in ranks], rank, import_)
    best = max(fitting or range(len(paragraphs)), key=lambda i: (_likeness(paragraphs[i], import_.module), i))
    paragraph = paragraphs[best]
    index = len(paragraph)
    if len(paragraph) >= rules.sorted_from:
        index = _position([_Line.of(s) for s in paragraph], _Line.of(import_), _LINE_ORDERS)
    return _beside(tree.document.data, paragraph, index, import_)


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
    return import_.text.encode("utf-8", "surrogatepass")


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
        return data[:at] + end + end + line + data[at:]
    at = line_start(data, paragraphs[0][0].start) + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
    return data[:at] + line + end + end + data[at:]


def _first(tree: SyntaxTree, rules: Manner, import_: Wanted) -> bytes:
    """The first import of a file (of its kind): behind what must stand before it."""
    data, end = tree.document.data, line_end(tree.document.data).encode()
    line = import_.text.encode("utf-8", "surrogatepass")
    if tree.document.language == "go":
        line = b"import (" + end + b"\t" + line.removeprefix(b"import ") + end + b")"
    container, last = _opening(tree, rules, import_.kind)
    if last is None:
        return _at_start(data, line, end, container, tree.document.language)
    at = last.start_byte + len((last.text or b"").rstrip())
    stop, following = line_break(data, at)
    inner = _inner_indent(data, container)
    if data[at:stop].strip() and not _comment_follows(last, data, stop):  # something else on the same line
        return data[:at] + end + inner + line + end + data[at:].lstrip(b" \t")
    blank = following == len(data) or not data[following : line_break(data, following)[0]].strip()
    gap = end if blank else b""
    return data[:stop] + end + gap + inner + line + data[stop:]


def _comment_follows(node: tree_sitter.Node, data: bytes, stop: int) -> bool:
    following = node.next_named_sibling
    return following is not None and "comment" in following.type and following.end_byte <= stop


def _inner_indent(data: bytes, container: tree_sitter.Node) -> bytes:
    if container.parent is None or not container.named_children:
        return b""
    first = container.named_children[-1].start_byte
    before = data[line_start(data, first) : first]
    return b"" if before.strip() else before


def _at_start(data: bytes, line: bytes, end: bytes, container: tree_sitter.Node, language: str) -> bytes:
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    if container.parent is not None and container.type == "compound_statement":  # `namespace A {` of PHP
        at = container.start_byte + 1
        return data[:at] + end + (_inner_indent(data, container) or b"    ") + line + data[at:]
    rest = data[len(mark) :]
    if not rest.strip():
        return mark + line + end + rest
    blank = not rest[: line_break(rest, 0)[0]].strip()
    gap = b"" if blank else end * (2 if re.match(rb"async def |def |class |@", rest) and language == "python" else 1)
    return mark + line + end + gap + rest


def _opening(tree: SyntaxTree, rules: Manner, kind: int) -> tuple[tree_sitter.Node, tree_sitter.Node | None]:
    """What imports stand in, and the last node that must stand before them."""
    earlier = {type_ for types in rules.kinds[:kind] for type_ in types}
    container, last = tree.root, None
    nodes = container.named_children
    while True:
        header: list[tree_sitter.Node] = []
        for node in nodes:
            if not ("comment" in node.type or _heads(node, rules) or _is_earlier(node, earlier)):
                break
            header.append(node)
        inner = _holder(nodes[len(header)] if len(header) < len(nodes) else None)
        if inner is None:
            return container, (_without_comments(tree, header, nodes) or last)
        container, nodes = inner, _contents(inner)
        last = inner if inner.type == "preproc_ifdef" else None
        if last is not None:
            last, nodes = nodes[0], nodes[1:]


def _heads(node: tree_sitter.Node, rules: Manner) -> bool:
    first = node.named_children[0].type if node.named_children else ""
    return (node.type in rules.before or f"{node.type}/{first}" in rules.before) and not (
        node.child_by_field_name("body")
    )


def _is_earlier(node: tree_sitter.Node, earlier: set[str]) -> bool:
    return node.type in earlier and not node.child_by_field_name("body")


def _holder(node: tree_sitter.Node | None) -> tree_sitter.Node | None:
    """The guard of a header file, or the body of a namespace of PHP."""
    if node is None:
        return None
    if node.type == "namespace_definition":
        return node.child_by_field_name("body")
    inside = _contents(node) if node.type == "preproc_ifdef" and node.next_named_sibling is None else []
    guard = node.child_by_field_name("name")
    if inside and guard and inside[0].type == "preproc_def" and (node.text or b"").startswith(b"#ifndef"):
        return node if inside[0].child_by_field_name("name").text == guard.text else None  # type: ignore[union-attr]
    return None


def _contents(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    name = node.child_by_field_name("name")
    return [child for child in node.named_children if child != name]


_MAGIC = re.compile(
    rb"#!|.*(coding[:=]|frozen_string_literal|@flow|@ts-|eslint|shellcheck|go:build|\+build)", re.DOTALL
)
_LICENCE = re.compile(rb"copyright|licen[cs]e|spdx|all rights reserved", re.IGNORECASE)


def _without_comments(
    tree: SyntaxTree, header: list[tree_sitter.Node], nodes: list[tree_sitter.Node]
) -> tree_sitter.Node | None:
    """The last node of a header, but for comments that belong to what follows: they touch it, and are neither a
    licence nor for a tool."""
    following = nodes[len(header)] if len(header) < len(nodes) else None
    kept = len(header)
    while (
        kept and following is not None and "comment" in header[kept - 1].type and _touches(header[kept - 1], following)
    ):
        following = header[kept - 1]
        kept -= 1
    dropped = header[kept:]
    if any(_LICENCE.search(node.text or b"") for node in dropped):
        return header[-1]
    magic = [node for node in dropped if _MAGIC.match(node.text or b"")]
    return magic[-1] if magic else header[kept - 1] if kept else None


def _touches(one: tree_sitter.Node, other: tree_sitter.Node) -> bool:
    last = one.start_point[0] + (one.text or b"").rstrip().count(b"\n")
    return other.start_point[0] <= last + 1


# ---- taking out


def without(document: Document, statement: Statement, entry: Entry) -> Document:
    """The text without one thing that a statement brings in; without the statement if it brings in nothing else."""
    data = without_item(document.data, entry.node, statement.node)
    if data is None:
        data = _without_statement(document.data, statement)
    return Document(document.uri, document.language, data, document.version)


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
    if not tail:  # the last line: the text ends as it did
        return head if at_end else head + first
    closing, opening = not below and tail.lstrip().startswith(_CLOSING), head.endswith(_OPENING)
    if (closing and above != first) or (opening and below):
        return head + first + tail
    if above == first or not below:
        return before + after
    return head + first + max(above[len(first) :], below, key=len) + tail


_OPENING, _CLOSING = (b"(", b"{"), (b")", b"}")
_BLANKS = re.compile(rb"\A([ \t]*(\r\n|\n|\r))+")
