"""Changes of the public surface: exported symbols and routes that were removed, added or got another
signature.

Only declarations that touch a hunk are read, so the cost follows the size of the change. What may be seen
from outside is data per language (`data/surface.toml`, `syntax/queries/*/surface.scm`), and so are the routes
(`routes.py`).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any, Literal

import tree_sitter

from escalation.analysis import anchor
from escalation.analysis.change import FileChange
from escalation.analysis.pattern import pattern
from escalation.analysis.roles import role_of
from escalation.analysis.surface.routes import Route, routes
from escalation.analysis.surface.signature import Signature, breaking, parameters
from escalation.syntax.language import languages, query
from escalation.syntax.tree import SyntaxTree, parse

Rules = Mapping[str, Any]

# Occurrences of a name that are looked at to find its declaration elsewhere in the file.
_MOST_OCCURRENCES = 40
# Levels of nesting in which a declaration is still looked for.
_MOST_LEVELS = 64
_SILENT_ROLES = frozenset({"test", "docs", "vendored", "generated", "lock", "migration"})


@dataclass(frozen=True, slots=True)
class SurfaceChange:
    """One change of what others can see. `line` is of the current text, from 1, the nearest one for what is
    gone; `breaking`: callers that were right before are wrong now; `what` says it in plain words."""

    kind: Literal["removed", "signature", "added", "route"]
    name: str
    line: int
    breaking: bool
    what: str
    weight: float


@cache
def _table() -> Rules:
    return tomllib.loads(files("escalation.analysis").joinpath("data", "surface.toml").read_text("utf-8"))


def surface_changes(
    change: FileChange, base_tree: SyntaxTree | None = None, current_tree: SyntaxTree | None = None
) -> tuple[SurfaceChange, ...]:
    """What `change` does to the public surface, ordered by line. Trees already parsed from the two documents may be
    passed in."""
    if change.problem is not None or not change.hunks or role_of(change.path) in _SILENT_ROLES:
        return ()
    base = base_tree or (parse(change.base) if change.base else None)
    current = current_tree or (parse(change.current) if change.current else None)
    if base is None and current is None:
        return ()
    found = [*_symbol_changes(change, base, current), *_route_changes(change, base, current)]
    return tuple(sorted(found, key=lambda item: (item.line, item.kind, item.name, item.what)))


def summed_up(found: Sequence[SurfaceChange]) -> tuple[SurfaceChange, ...]:
    """The changes of a file that is new: what it adds for others to call is one thing, however many symbols it has."""
    symbols = [item for item in found if item.kind != "route"]
    others = [item for item in found if item.kind == "route"]
    if len(symbols) > 1:
        names = ", ".join(item.name for item in symbols[:3]) + (" …" if len(symbols) > 3 else "")
        symbols = [replace(symbols[0], what=f"adds {len(symbols)} public symbols ({names})")]
    return (*symbols, *others)


# ---- symbols


@dataclass(frozen=True, slots=True)
class _Declaration:
    """A public declaration; `container` is the qualified name of what it stands in, `start` the offset of its
    name."""

    name: str
    container: str
    kind: str
    signature: Signature
    start: int


class _Surface:
    """The public declarations of one text, near its hunks."""

    def __init__(self, path: str, tree: SyntaxTree, spans: Sequence[anchor.Span], rules: Rules) -> None:
        self.path, self.tree, self.spans, self.rules = path, tree, spans, rules
        self._opened_containers: dict[tuple[int, int], bool] = {}

    @cached_property
    def near(self) -> Mapping[str, tuple[_Declaration, ...]]:
        """Those that touch a hunk, by qualified name."""
        found: dict[str, dict[int, _Declaration]] = {}
        for low, high in self.spans:
            for item in self._between(max(0, low - 1), self._next_token(high) + 1):
                found.setdefault(item.name, {})[item.start] = item
        return {name: tuple(items.values()) for name, items in found.items()}

    def _next_token(self, offset: int) -> int:
        """What stands below a hunk belongs to it: a decorator, an annotation, a modifier on its own line."""
        found = _TOKEN.search(self.tree.document.data, offset)
        return found.start() if found else offset

    def named(self, name: str) -> tuple[_Declaration, ...]:
        """All declarations of a qualified name, wherever they stand in the text."""
        found = {item.start: item for item in self.near.get(name, ())}
        for start, end in islice(self._occurrences(name.rpartition(".")[2].encode()), _MOST_OCCURRENCES):
            if self._names_something(start, end):
                items = self._between(start, end)
                found.update((item.start, item) for item in items if item.name == name)
        return tuple(found[start] for start in sorted(found))

    def _occurrences(self, word: bytes) -> Iterator[tuple[int, int]]:
        """Where a word stands in the text. Looking for its bytes is a hundred times faster than a pattern."""
        data = self.tree.document.data
        start = data.find(word)
        while word and start >= 0:
            end = start + len(word)
            if not _WORD.search(data, max(0, start - 1), start) and not _WORD.match(data, end):
                yield start, end
            start = data.find(word, end)

    def _names_something(self, start: int, end: int) -> bool:
        """Whether the word at `start`..`end` is the name in a declaration, as far as can be told without a
        query."""
        node = self.tree.root.descendant_for_byte_range(start, end)
        for _ in range(2):
            node = node.parent if node is not None else None
            fields = [node.child_by_field_name(key) for key in _NAMING_FIELDS] if node is not None else []
            if any(field is not None and field.start_byte <= start and end <= field.end_byte for field in fields):
                return True
        return False

    def _between(self, start: int, end: int) -> Iterator[_Declaration]:
        surface = query(self.tree.document.language, "surface")
        if surface is None:
            return
        cursor = tree_sitter.QueryCursor(surface)
        cursor.set_byte_range(start, end)
        for _, captures in cursor.matches(self.tree.root):
            # A pattern that begins at the module also matches far from the range.
            if _touches(captures, start, end) and (found := self._declaration(captures)):
                yield found

    def _declaration(self, captures: Mapping[str, list[tree_sitter.Node]]) -> _Declaration | None:
        kind = next(kind for kind in _KINDS if kind in captures)
        node, name = captures[kind][0], captures["name"][0]
        if kind == "reexport" and not self._reexports(node):
            return None
        container = self._container(node, captures.get("receiver"))
        text = _text(name)
        if (
            kind == "value"
            and self.listed is None
            and not pattern(self.rules.get("constants", "")).search(text.encode())
        ):
            return None
        if container is None or not self._open(node, text, container):
            return None
        qualified = f"{container}.{text}" if container else text
        return _Declaration(qualified, container, kind, self._signature(captures, node), name.start_byte)

    def _signature(self, captures: Mapping[str, list[tree_sitter.Node]], node: tree_sitter.Node) -> Signature:
        listed = captures.get("parameters")
        receivers = self.rules.get("receivers", ())
        types = captures.get("type") or captures.get("heads")
        if listed and "headers" in self.rules:  # C writes the type before and around the name
            before = self.tree.document.data[node.start_byte : captures["name"][0].start_byte]
            result = " ".join(before.decode("utf-8", "replace").split())
        elif types and types[0].type == "parameter_list":  # Go: names of results are nobody's concern
            result = ", ".join(item.type or item.name for item in parameters(types[0]))
        else:
            result = _text(types[0]).lstrip(": ") if types else ""
        callable_ = "callable" in captures
        found = (parameters(listed[0], receivers) if listed else ()) if callable_ else None
        return Signature(found, result, frozenset(_modifiers(node)) & frozenset(self.rules.get("significant", ())))

    def _reexports(self, node: tree_sitter.Node) -> bool:
        """Whether an import or export clause makes its names visible to others."""
        if self.tree.document.language == "python":
            return self.path.endswith("__init__.py")
        return True

    def _container(self, node: tree_sitter.Node, receiver: list[tree_sitter.Node] | None) -> str | None:
        """The qualified name of what the declaration stands in; None for one that cannot be reached from
        outside."""
        if receiver:
            match = _RECEIVER.search(_text(receiver[0]))
            hidden = pattern(self.rules.get("hidden", "(?!)"))
            return match[1] if match and not hidden.search(match[1].encode()) else None
        around: list[tuple[tree_sitter.Node, str]] = []
        outer, level = node.parent, 0
        while outer is not None:
            level += 1
            if level > _MOST_LEVELS:
                return None
            if _FUNCTION.search(outer.type) or (outer.type == "object" and node.type == "method_definition"):
                return None
            if _CONTAINER.search(outer.type):
                name = outer.child_by_field_name("name") or outer.child_by_field_name("type")
                if name is not None:
                    around.append((outer, _bare(_text(name))))
            outer = outer.parent
        container = ""
        for outer, text in reversed(around):
            key = (outer.start_byte, outer.end_byte)
            if key not in self._opened_containers:
                self._opened_containers[key] = self._open(outer, text, container)
            if not self._opened_containers[key]:
                return None
            container = f"{container}.{text}" if container else text
        return container

    def _open(self, node: tree_sitter.Node, name: str, container: str) -> bool:
        """Whether others can see a declaration, as far as it itself says."""
        rules, language = self.rules, self.tree.document.language
        if "hidden" in rules and pattern(rules["hidden"]).search(name.encode()):
            return False
        words = set(_modifiers(node))
        if words & set(rules.get("hides", ())) or name == "_":
            return False
        if "needs" in rules and not words & set(rules["needs"]) and not self._opened(node):
            return False
        if rules.get("sections") and _section(node, language) != "public":
            return False
        if container == "" and "exports" in rules:
            return self._exported(node, name)
        return not (language == "python" and container == "" and self.listed is not None and name not in self.listed)

    def _opened(self, node: tree_sitter.Node) -> bool:
        """Whether the declaration is a container whose members, or a member of one whose members, need no
        modifier."""
        opening = self.rules.get("open", ())
        if node.type in ("impl_item", "namespace_declaration", "file_scoped_namespace_declaration"):
            return True
        outer = node.parent
        while outer is not None and not _CONTAINER.search(outer.type):
            outer = outer.parent
        # A method of `impl Trait for Type` is as visible as the trait; one of a plain `impl` needs its own
        # `pub`.
        if outer is not None and outer.type == "impl_item" and outer.child_by_field_name("trait") is None:
            return False
        return (
            outer is not None and outer.type in opening and node.type not in ("class_declaration", "struct_declaration")
        )

    def _exported(self, node: tree_sitter.Node, name: str) -> bool:
        """Whether a top-level declaration is exported where it stands, or by name elsewhere in the file."""
        outer: tree_sitter.Node | None = node
        while outer is not None and outer.type != "program":
            if outer.type in _EXPORTS:
                return True
            outer = outer.parent
        return name in self._exported_names

    @cached_property
    def _exported_names(self) -> frozenset[str]:
        words: set[bytes] = set()
        for match in _EXPORT.finditer(self.tree.document.data):
            words.update(_NAME.findall(match[1] or match[2] or b""))
        return frozenset(word.decode("utf-8", "replace") for word in words)

    @cached_property
    def listed(self) -> frozenset[str] | None:
        """The names in a Python module's `__all__`; None if it has none."""
        return _quoted(tuple(islice(_lists(self.tree.document.data), _MOST_LISTS)))


_MOST_LISTS = 16
"""Assignments to `__all__` that are read; a module has one, or a few that add to it."""


@lru_cache(maxsize=16)
def _quoted(parts: tuple[bytes, ...]) -> frozenset[str] | None:
    """The names in quotes; the lists of a module stay the same from keystroke to keystroke."""
    names = [name.decode("utf-8", "replace") for part in parts for name in re.findall(rb"[\"'](\w+)[\"']", part)]
    return frozenset(names) if names else None


def _lists(data: bytes) -> Iterator[bytes]:
    """What is assigned to `__all__`. Each place is found by its bytes first: a pattern would try every
    line."""
    at = 0 if data.startswith(b"__all__") else data.find(b"\n__all__") + 1
    while at or data.startswith(b"__all__"):
        if match := _ALL.match(data, at):
            yield match[1]
        following = data.find(b"\n__all__", at + 1)
        if following < 0:
            return
        at = following + 1


_EXPORTS = frozenset({"export_statement", "ambient_declaration", "assignment_expression", "export_specifier"})
# `export { a, b }`, `export default a`, `module.exports = { a }`, `exports.b = a`
_EXPORT = re.compile(rb"export(?:s\s*=)?\s*\{([^}]{0,20000})|export(?:\s+default\s+|s\s*=\s*|s\.[\w$]+\s*=\s*)([\w$]+)")
_NAME = re.compile(rb"[\w$]+")
_ALL = re.compile(rb"__all__\s*(?::[^=\n]+)?\+?=\s*[\[(]([^\])]*)")


def _touches(captures: Mapping[str, list[tree_sitter.Node]], start: int, end: int) -> bool:
    nodes = (node for kind in _KINDS for node in captures.get(kind, ()))
    return any(node.start_byte <= end and start <= node.end_byte for node in nodes)


_KINDS = ("callable", "class", "value", "reexport")
_FUNCTION = re.compile(r"function|method|lambda|closure|arrow|func_literal|accessor|constructor_(body|decl)")
_CONTAINER = re.compile(
    r"^(class|interface|struct|trait|impl|enum|object|record|module|mod|namespace|internal_module|singleton_class|union|type)"
    r"(_declaration|_definition|_specifier|_item|_spec)?$|^abstract_class_declaration$|^annotation_type_declaration$"
)
_TOKEN = re.compile(rb"\S")
_WORD = re.compile(rb"\w")
_NAMING_FIELDS = ("name", "declarator", "alias", "left", "argument")
_RECEIVER = re.compile(r"(\w+)\s*(?:\[[^\]]*\])?\s*\)$")
_MODIFIER = re.compile(r"modifier|storage_class|^(async|static|get|set|virtual|abstract)$|accessibility")


def _bare(name: str) -> str:
    """A name without its type parameters."""
    return re.split(r"[<(\[]", name, maxsplit=1)[0].strip()


def _modifiers(node: tree_sitter.Node) -> Iterator[str]:
    """The words of a declaration's modifiers, and its decorators as `@name`. `pub(crate)` is one word."""
    for child in node.children:
        if child.type == "modifiers":
            yield from (_text(word) for word in child.children if "annotation" not in word.type)
        elif _MODIFIER.search(child.type):
            yield from ([_text(child)] if "(" in _text(child) else _text(child).split())
    parent = node.parent
    if parent is not None and parent.type == "decorated_definition":
        yield from (_text(child).partition("(")[0] for child in parent.children if child.type == "decorator")


def _section(node: tree_sitter.Node, language: str) -> str:
    """`public`, `protected` or `private`: what the last such line above the declaration in its body says."""
    while node.parent is not None and node.parent.type == "template_declaration":
        node = node.parent
    body = node.parent
    if body is None:
        return "public"
    if language == "ruby" and body.type == "argument_list" and body.parent is not None:
        return _text(body.parent.child_by_field_name("method") or body).removesuffix("_class_method")
    struct = body.type == "field_declaration_list" and body.parent is not None and body.parent.type == "class_specifier"
    section = "private" if struct else "public"
    sibling = node.prev_named_sibling
    while sibling is not None:
        word = _text(sibling).rstrip(":") if sibling.type in ("access_specifier", "identifier") else ""
        if word in ("public", "protected", "private"):
            return word
        sibling = sibling.prev_named_sibling
    return section


def _text(node: tree_sitter.Node) -> str:
    return " ".join((node.text or b"").decode("utf-8", "replace").split())


def _symbol_changes(change: FileChange, base: SyntaxTree | None, current: SyntaxTree | None) -> Iterator[SurfaceChange]:
    tree = current or base
    assert tree is not None
    rules = _table()["language"].get(languages()[tree.document.language].family)
    if rules is None or not _offers(change.path, tree, rules):
        return
    old = _Surface(change.base_path or change.path, base, change.base_spans, rules) if base else None
    new = _Surface(change.path, current, change.current_spans, rules) if current else None
    names = sorted((old.near.keys() if old else set()) | (new.near.keys() if new else set()))
    before = {name: _found(old, name) for name in names}
    after = {name: _found(new, name) for name in names}
    for name in names:
        was, now = before[name], after[name]
        if was and now:
            yield from _resigned(change, rules, name, (old, was), (new, now))
        elif was and not _inside(was[0], before, after):
            yield _gone(change, was[0], f"removes public {name}", _table()["weights"]["removed"])
        elif now and not _inside(now[0], after, before):
            yield _come(change, now[0], f"adds public {name}")
    yield from _unlisted(change, old, new)


def _offers(path: str, tree: SyntaxTree, rules: Rules) -> bool:
    """Whether a file declares anything for others."""
    if pattern(_table()["internal"]).search(os.fsencode(path)):
        return False
    if "headers" in rules and not pattern(rules["headers"]).search(os.fsencode(path)):
        return False
    return not (tree.document.language == "go" and re.search(rb"(?m)^package main\b", tree.document.data))


def _found(surface: _Surface | None, name: str) -> tuple[_Declaration, ...]:
    return (surface.near.get(name) or surface.named(name)) if surface else ()


def _inside(
    item: _Declaration,
    here: Mapping[str, tuple[_Declaration, ...]],
    there: Mapping[str, tuple[_Declaration, ...]],
) -> bool:
    """Whether what the declaration stands in came or went with it."""
    return bool(item.container) and bool(here.get(item.container)) and not there.get(item.container)


def _resigned(
    change: FileChange,
    rules: Rules,
    name: str,
    before: tuple[_Surface | None, tuple[_Declaration, ...]],
    after: tuple[_Surface | None, tuple[_Declaration, ...]],
) -> Iterator[SurfaceChange]:
    """What became of a name that is there before and after."""
    (old, was), (new, now) = before, after
    was = tuple(item for item in was if item.kind != "reexport")
    now = tuple(item for item in now if item.kind != "reexport")
    if [item.signature for item in was] == [item.signature for item in now] or old is None or new is None:
        return
    if not was or not now:  # a name passed on says nothing about its signature
        return
    if rules.get("overloads") and now[0].kind == "callable":
        was, now = old.named(name), new.named(name)
        if max(len(was), len(now)) > 1:
            yield from _overloads(change, was, now)
            return
    if was[-1].signature != now[-1].signature:
        yield _signature_change(change, rules, was[-1], now[-1])


def _overloads(change: FileChange, was: Sequence[_Declaration], now: Sequence[_Declaration]) -> Iterator[SurfaceChange]:
    old = {tuple(p.type for p in item.signature.parameters or ()): item for item in was}
    new = {tuple(p.type for p in item.signature.parameters or ()): item for item in now}
    for key in sorted(old.keys() - new.keys()):
        what = f"removes the overload {old[key].name}({', '.join(key)})"
        yield _gone(change, old[key], what, _table()["weights"]["removed"])
    for key in sorted(new.keys() - old.keys()):
        yield _come(change, new[key], f"adds the overload {new[key].name}({', '.join(key)})")


def _signature_change(change: FileChange, rules: Rules, was: _Declaration, now: _Declaration) -> SurfaceChange:
    typed = rules.get("typed", False) and now.kind != "class"
    broken = breaking(was.signature, now.signature, typed=typed, named=rules.get("named", False))
    weights = _table()["weights"]
    if broken:
        what = f"changes public {now.name}: {broken}"
    elif now.kind == "class":
        what = f"changes what public {now.name} derives from"
    else:
        what = f"changes the signature of public {now.name}, compatibly"
    weight = weights["signature"] if broken else weights["compatible"]
    return SurfaceChange("signature", now.name, _line(change, now), broken is not None, what, weight)


def _unlisted(change: FileChange, old: _Surface | None, new: _Surface | None) -> Iterator[SurfaceChange]:
    """Names that Python's `__all__` listed and, with their definitions untouched, lists no longer."""
    if old is None or new is None or old.tree.document.language != "python" or old.listed == new.listed:
        return
    for name in sorted((old.listed or frozenset()) - (new.listed or frozenset())):
        if new.listed is not None and name not in old.near and name not in new.near:
            line = anchor.current_line(change, _line_of(old, rb"[\"']" + name.encode() + rb"[\"']"))
            what = f"removes public {name} from __all__"
            yield SurfaceChange("removed", name, line, True, what, _table()["weights"]["removed"])


def _line_of(surface: _Surface, source: bytes) -> int:
    match = re.search(source, surface.tree.document.data)
    return surface.tree.document.line_at(match.start()) + 1 if match else 1


def _gone(change: FileChange, item: _Declaration, what: str, weight: float) -> SurfaceChange:
    assert change.base is not None
    line = anchor.current_line(change, change.base.line_at(item.start) + 1) if change.current else 1
    return SurfaceChange("removed", item.name, line, True, what, weight)


def _come(change: FileChange, item: _Declaration, what: str) -> SurfaceChange:
    return SurfaceChange("added", item.name, _line(change, item), False, what, _table()["weights"]["added"])


def _line(change: FileChange, item: _Declaration) -> int:
    assert change.current is not None
    return change.current.line_at(item.start) + 1


# ---- routes


def _route_changes(change: FileChange, base: SyntaxTree | None, current: SyntaxTree | None) -> Iterator[SurfaceChange]:
    old = routes(change.base_path or change.path, base, change.base_spans) if base else ()
    new = routes(change.path, current, change.current_spans) if current else ()
    gone, come = _unmatched(old, new), _unmatched(new, old)
    if gone and current:  # moved out of the hunk, but still there
        gone = _unmatched(gone, routes(change.path, current))
    if come and base:
        come = _unmatched(come, routes(change.base_path or change.path, base))
    for was, now in _pairs(gone, come):
        gone.remove(was)
        come.remove(now)
        yield _route(change, now, f"changes the route {was.name} to {now.name} ({now.framework})", "route_changed")
    for now in come:
        yield _route(change, now, f"adds the route {now.name} ({now.framework})", "route_added")
    for was in gone:
        assert change.base is not None
        line = anchor.current_line(change, change.base.line_at(was.start) + 1) if change.current else 1
        what = f"removes the route {was.name} ({was.framework})"
        yield SurfaceChange("route", was.name, line, True, what, _table()["weights"]["route_removed"])


def _unmatched(these: Sequence[Route], those: Sequence[Route]) -> list[Route]:
    keys = {route.key for route in those}
    return [route for route in these if route.key not in keys]


def _pairs(gone: Sequence[Route], come: Sequence[Route]) -> list[tuple[Route, Route]]:
    """Routes that became others: the same path with other methods, or another path in the only place that
    changed."""
    pairs: list[tuple[Route, Route]] = []
    rest = list(come)
    for was in gone:
        alike = [now for now in rest if now.path == was.path] or (
            [now for now in rest if now.methods == was.methods] if len(gone) == len(come) == 1 else []
        )
        if alike:
            pairs.append((was, alike[0]))
            rest.remove(alike[0])
    return pairs


def _route(change: FileChange, route: Route, what: str, weight: str) -> SurfaceChange:
    assert change.current is not None
    line = change.current.line_at(route.start) + 1
    return SurfaceChange("route", route.name, line, weight == "route_changed", what, _table()["weights"][weight])
