"""Import statements: those of a text, what each brings in, and how a language writes them (`data/imports.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import tree_sitter

from escalation.flow.entities import tree_of
from escalation.syntax.imports import Import, imports
from escalation.syntax.language import languages
from escalation.text.document import Document


@dataclass(frozen=True, slots=True)
class Manner:
    """How a language writes imports; the fields are explained in the table."""

    statement: str
    kinds: tuple[tuple[str, ...], ...]
    inside: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    alone: str = ""
    join: str = ""
    sorted_from: int = 1
    sections: bool = False

    def kind_of(self, type_: str) -> int | None:
        return next((kind for kind, types in enumerate(self.kinds) if type_ in types), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a statement brings in. `key` says in full what and as what; `name` is what is taken from the
    module, where the language has that; `node` can be taken out by itself if the statement has others."""

    key: str
    module: str
    name: str
    node: tree_sitter.Node


@dataclass(frozen=True, slots=True)
class Statement:
    """An import statement at the top of a file or of what the table says may hold one. Bytes `start`..`end`."""

    node: tree_sitter.Node
    kind: int
    start: int
    end: int
    entries: tuple[Entry, ...]


def manner(language: str) -> Manner | None:
    """How a language writes imports; None if it has none."""
    row = languages().get(language)
    return _table().get(row.family) if row else None


@cache
def _table() -> Mapping[str, Manner]:
    text = files("escalation.flow").joinpath("data/imports.toml").read_text("utf-8")
    return {family: _row(row) for family, row in tomllib.loads(text).items()}


def _row(row: Mapping[str, Any]) -> Manner:
    def as_tuple(value: object) -> object:
        return tuple(as_tuple(item) for item in value) if isinstance(value, list) else value

    return Manner(**{name: as_tuple(value) for name, value in row.items()})  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def statements(document: Document) -> tuple[Statement, ...]:
    """The import statements of a file in their order, without those in functions and conditions."""
    rules, tree = manner(document.language), tree_of(document)
    if rules is None or tree is None:
        return ()
    return tuple(_found(tree.root, rules, imports(tree), document.language))


def _found(container: tree_sitter.Node, rules: Manner, named: tuple[Import, ...], language: str) -> Iterator[Statement]:
    for node in container.named_children:
        kind = rules.kind_of(node.type)
        is_list = node.type == "import_declaration" and any(c.type == "import_spec_list" for c in node.named_children)
        if kind is not None and not is_list:
            own = [item for item in named if node.start_byte <= item.start and item.end <= node.end_byte]
            if entries := _entries(node, own, language):
                yield Statement(node, kind, _start(node, rules), _end(node), entries)
                continue
        if node.type in rules.inside:
            yield from _found(node, rules, named, language)


def _start(node: tree_sitter.Node, rules: Manner) -> int:
    """Where a statement begins with what is attached to it."""
    before = node.prev_named_sibling
    while before is not None and before.type in rules.attached:
        node, before = before, before.prev_named_sibling
    return node.start_byte


def _end(node: tree_sitter.Node) -> int:
    return node.start_byte + len((node.text or b"").rstrip())


# ---- what a statement brings in


def _entries(node: tree_sitter.Node, own: list[Import], language: str) -> tuple[Entry, ...]:
    """Empty for what is no import after all."""
    if node.type == "future_import_statement":
        return tuple(_entry("__future__", text_of(item), item) for item in node.children_by_field_name("name"))
    if not own or (node.type == "mod_item" and node.child_by_field_name("body") is not None):
        return ()
    read = _READERS.get(node.type) or _READERS.get(languages()[language].family, _one)
    return tuple(read(node, own))


def _module(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    yield Entry(f"mod {text_of(node.child_by_field_name('name'))}", own[0].module, "", node)


def _one(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    yield Entry(_bare(text_of(node)), own[0].module, "", node)


def _entry(module: str, name: str, node: tree_sitter.Node) -> Entry:
    return Entry(f"{module}:{name}", module, name, node)


def text_of(node: tree_sitter.Node | None) -> str:
    """The text of a node with single spaces."""
    return " ".join((node.text or b"").decode("utf-8", "replace").split()) if node is not None else ""


def _bare(text: str) -> str:
    """A statement without the word it starts with and the mark it ends with."""
    return re.sub(r"^(#\s*include|import|using|use|require_once)\b\s*", "", text).rstrip("; ")


def _python(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    names = node.children_by_field_name("name")
    if node.type == "import_statement":
        for item in names:
            yield Entry(text_of(item), text_of(item.child_by_field_name("name") or item), "", item)
        return
    module = text_of(node.child_by_field_name("module_name")).replace(" ", "")
    wildcards = [child for child in node.named_children if child.type == "wildcard_import"]
    for item in [*names, *wildcards]:
        yield _entry(module, text_of(item), item)


def _ecmascript(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    if node.type != "import_statement":
        yield from _required(node, own)
        return
    module = own[0].module
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    if clause is None:
        yield Entry(module, module, "", node)
        return
    types = "type " if any(child.type == "type" for child in node.children) else ""
    for part in clause.named_children:
        if part.type == "identifier":
            yield _entry(module, f"{types}default as {text_of(part)}", part)
        elif part.type == "namespace_import":
            yield _entry(module, types + text_of(part), part)
        elif part.type == "named_imports":
            for item in part.named_children:
                if item.type == "import_specifier":
                    yield _entry(module, types + text_of(item), item)


def _required(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    """`const x = require("m")`, `const {a, b: c} = require("m")`, `require("m")`: nothing else around the call."""
    module, inner = own[0].module, node.named_children[0] if len(node.named_children) == 1 else None
    declared = inner is not None and inner.type == "variable_declarator"
    called = inner.child_by_field_name("value") if inner is not None and declared else inner
    if called is None or called.type != "call_expression" or not text_of(called).startswith("require"):
        return
    if called.start_byte != own[0].start:
        return
    pattern = inner.child_by_field_name("name") if inner is not None and declared else None
    if pattern is None:
        yield Entry(module, module, "", node)
    elif pattern.type == "object_pattern":
        for item in pattern.named_children:
            yield _entry(module, re.sub(r"\s*:\s*", " as ", text_of(item)), item)
    else:
        yield _entry(module, f"default as {text_of(pattern)}", node)


def _ruby(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    yield Entry(f"{text_of(node.child_by_field_name('method'))} {own[0].module}", own[0].module, "", node)


def _bash(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    yield Entry(own[0].module, own[0].module, "", node)


def _rust(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    argument = node.child_by_field_name("argument")
    yield from _paths(argument, "") if argument is not None else ()


def _paths(node: tree_sitter.Node, prefix: str) -> Iterator[Entry]:
    """Each path of a tree of paths."""
    if node.type == "scoped_use_list":
        prefix += text_of(node.child_by_field_name("path")) + "::"
        node = node.child_by_field_name("list") or node
    if node.type == "use_list":
        for child in node.named_children:
            if "comment" not in child.type:
                yield from _paths(child, prefix)
        return
    path = (prefix + text_of(node)).removesuffix("::self")
    yield Entry(path, path.partition(" as ")[0], "", node)


def _php(node: tree_sitter.Node, own: list[Import]) -> Iterator[Entry]:
    group, base = node.child_by_field_name("body"), ""
    if group is not None:
        base = text_of(next((c for c in node.named_children if c.type == "namespace_name"), None)) + "\\"
    kind = next((f"{text_of(child)} " for child in node.children if child.type in ("function", "const")), "")
    for clause in (group or node).named_children:
        if clause.type == "namespace_use_clause":
            text = text_of(clause)
            word = next((word for word in ("function ", "const ") if text.startswith(word)), "")
            key = (kind or word) + base + text.removeprefix(word).removeprefix("\\")
            yield Entry(key, re.sub(r"^(function|const) | as \w+$", "", key), "", clause)


_READERS: Mapping[str, Callable[[tree_sitter.Node, list[Import]], Iterator[Entry]]] = {
    "python": _python,
    "javascript": _ecmascript,
    "typescript": _ecmascript,
    "ruby": _ruby,
    "bash": _bash,
    "use_declaration": _rust,
    "mod_item": _module,
    "namespace_use_declaration": _php,
}
