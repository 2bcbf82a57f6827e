"""Cohesion: LCOM4 of each class (M. Hitz and B. Montazeri, "Measuring Coupling and Cohesion in
Object-Oriented Systems", 1995).

Methods are joined when they use the same field or one calls the other; LCOM4 is the number of groups that
remain. 1 is a class about one thing, 2 or more could be that many classes. As usual in tools, these are left
out: constructors and destructors (they touch every field), static methods (they have no object), methods
without a body. Methods of one class are those in the same file, for Go and Rust all that have it as receiver
or in an `impl`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import tree_sitter

from escalation.syntax.language import query
from escalation.syntax.tree import SyntaxTree

_CONSTRUCTORS = frozenset(
    {"__init__", "__new__", "__post_init__", "__del__", "__construct", "__destruct", "constructor", "initialize"}
)
_OBJECTS = frozenset({"self", "cls", "this", "$this", "static", "Self"})
# `self.x`, `this->x`, `self::$x`, `this.#x`, `@x`
_REFERENCE = re.compile(r"(?:(\$?\w+)\s*(?:\?\.|\.|->|::)\s*|@+)[$#]?(\w+)")
# What stands before a bare name, if it is a member of something.
_QUALIFIER = re.compile(rb"([\w$]*|\))\s*(?:\?\.|!!\.|\.|->|::)\s*\Z")
_QUALIFIER_LENGTH = 80
_RECEIVER = re.compile(r"^\(\s*(\w+)\s+\*?\s*(\w+)|^\(\s*\*?\s*(\w+)")


@dataclass(frozen=True, slots=True)
class ClassCohesion:
    """A class at `line` (from 1) with the number of its methods and of their groups; 0 if it has no
    methods."""

    name: str
    line: int
    methods: int
    lcom4: int


@dataclass
class _Method:
    """A function: what it names of its object, apart by whether it is called. `owner` is the class it is a
    method of, if it counts there; what a `closure` names belongs to the function around it."""

    name: str
    object: str
    start: int
    end: int
    name_start: int
    owner: _Class | None = None
    closure: bool = False
    used: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)


@dataclass
class _Class:
    name: str
    start: int
    end: int
    fields: set[str] = field(default_factory=set)
    methods: list[_Method] = field(default_factory=list)


def cohesion(tree: SyntaxTree) -> tuple[ClassCohesion, ...]:
    """The cohesion of each class of a file, in document order; empty for a language without classes."""
    members = query(tree.document.language, "members")
    if members is None:
        return ()
    captures = tree_sitter.QueryCursor(members).captures(tree.root)
    classes = _classes(captures.get("class", ()))
    by_name = {item.name: item for item in reversed(classes)}
    functions = [_function(node, classes, by_name) for node in sorted(captures.get("method", ()), key=_span)]
    for function in functions:
        if function.owner:
            function.owner.methods.append(function)
    _add_fields(captures, classes)
    _add_names(tree.document.data, captures, functions)
    line_at = tree.document.line_at
    return tuple(
        ClassCohesion(item.name, line_at(item.start) + 1, len(item.methods), _lcom4(item))
        for item in _unique(classes, by_name)
    )


def _unique(classes: Sequence[_Class], by_name: Mapping[str, _Class]) -> Iterator[_Class]:
    """Each class once: the `impl` blocks of Rust are part of their type."""
    return (item for item in classes if by_name.get(item.name) is item or item.methods)


def _span(node: tree_sitter.Node) -> tuple[int, int]:
    return node.start_byte, -node.end_byte


def _classes(nodes: Iterable[tree_sitter.Node]) -> list[_Class]:
    found = []
    for node in sorted(nodes, key=_span):
        name = node.child_by_field_name("name") or node.child_by_field_name("type")
        if name is None and node.type == "class" and not node.is_named:
            continue
        bare = re.split(r"[<(]", _text(name), maxsplit=1)[0] if name else "(anonymous)"
        found.append(_Class(bare, node.start_byte, node.end_byte))
    return found


def _owner(node: tree_sitter.Node, classes: Sequence[_Class], by_name: Mapping[str, _Class]) -> _Class | None:
    """The class a method belongs to: by its receiver, its qualified name, or the class whose body it stands
    in."""
    if receiver := node.child_by_field_name("receiver"):
        match = _RECEIVER.match(_text(receiver))
        return by_name.get(match[2] or match[3]) if match else None
    if qualifier := _qualifier(node):
        return by_name.get(qualifier)
    around = node.parent
    while around is not None and around.type not in _CLASS_KINDS:
        if around.type in _FUNCTION_KINDS:  # a function inside of a method is a part of it
            return None
        around = around.parent
    if around is None:
        return None
    found = next((item for item in classes if (item.start, item.end) == (around.start_byte, around.end_byte)), None)
    return by_name.get(found.name, found) if found and around.type == "impl_item" else found


_CLASS_KINDS = frozenset(
    {
        "class_definition", "class_declaration", "abstract_class_declaration", "class", "module", "class_specifier",
        "struct_specifier", "struct_declaration", "record_declaration", "enum_declaration", "object_declaration",
        "trait_declaration", "impl_item",
    }
)  # fmt: skip
_FUNCTION_KINDS = frozenset(
    {
        "function_definition",
        "function_declaration",
        "method_definition",
        "method_declaration",
        "function_item",
        "method",
    }
)


def _qualifier(node: tree_sitter.Node) -> str | None:
    """`A` of a C++ method defined as `A::f`."""
    declarator = node.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "qualified_identifier":
        declarator = declarator.child_by_field_name("declarator")
    scope = declarator.child_by_field_name("scope") if declarator is not None else None
    return _text(scope).split("<", 1)[0] if scope else None


def _function(node: tree_sitter.Node, classes: Sequence[_Class], by_name: Mapping[str, _Class]) -> _Method:
    owner, name_node = _owner(node, classes, by_name), _name_node(node)
    name = _text(name_node).lstrip("#") if name_node else ""
    name_start = name_node.start_byte if name_node else -1
    left_out = owner is None or name in _CONSTRUCTORS or name in (owner.name, f"~{owner.name}") or _is_static(node)
    receiver = node.child_by_field_name("receiver")
    match = _RECEIVER.match(_text(receiver)) if receiver else None
    object_ = (match[1] or "") if match else _first_parameter(node)
    return _Method(
        name, object_, node.start_byte, node.end_byte, name_start, None if left_out else owner, owner is None
    )


def _name_node(node: tree_sitter.Node) -> tree_sitter.Node | None:
    for key in ("name", "property"):
        if found := node.child_by_field_name(key):
            return found
    declarator = node.child_by_field_name("declarator")
    while declarator is not None:
        inner = declarator.child_by_field_name("declarator") or declarator.child_by_field_name("name")
        if inner is None:
            return declarator
        declarator = inner
    return None


def _is_static(node: tree_sitter.Node) -> bool:
    if node.type == "function_item":  # Rust: an associated function takes no self
        parameters = node.child_by_field_name("parameters")
        return parameters is None or not any(child.type == "self_parameter" for child in parameters.children)
    outer = node.parent
    if outer is not None and outer.type == "decorated_definition":
        return any(_text(child) == "@staticmethod" for child in outer.children if child.type == "decorator")
    body = node.child_by_field_name("body")
    head = (node.text or b"")[: body.start_byte - node.start_byte if body else 200]
    return bool(re.search(rb"^[^(]*\bstatic\s", head))


def _first_parameter(node: tree_sitter.Node) -> str:
    """What the method calls its object, where that is a parameter (Python)."""
    parameters = node.child_by_field_name("parameters")
    first = parameters.named_children[0] if parameters is not None and parameters.named_children else None
    return _text(first) if first is not None and first.type == "identifier" else ""


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _add_fields(captures: Mapping[str, list[tree_sitter.Node]], classes: Sequence[_Class]) -> None:
    for node in (*captures.get("field", ()), *captures.get("attribute", ())):
        around = [item for item in classes if item.start <= node.start_byte < item.end]
        if around:
            max(around, key=lambda item: item.start).fields.add(_text(node).lstrip(":$@"))


def _add_names(data: bytes, captures: Mapping[str, list[tree_sitter.Node]], functions: Sequence[_Method]) -> None:
    """Give each method the names of members it uses."""
    for node, method in _located(captures.get("reference", ()), functions):
        match = _REFERENCE.match(_text(node))
        if match and method.owner and match[1] in (None, *_OBJECTS, method.object, method.owner.name):
            _note(method, match[2], _is_called(data, node, len(match[0].encode())))
    owners = {id(function.owner): function.owner for function in functions if function.owner}
    members = {key: item.fields | {method.name for method in item.methods} for key, item in owners.items()}
    for node, method in _located(captures.get("bare", ()), functions):
        name = _text(node)
        is_own_name = node.start_byte == method.name_start
        if method.owner and name in members[id(method.owner)] and not is_own_name:
            qualifier = _QUALIFIER.search(data, max(0, node.start_byte - _QUALIFIER_LENGTH), node.start_byte)
            if qualifier is None or qualifier[1].decode("utf-8", "replace") in (*_OBJECTS, method.owner.name):
                _note(method, name, _is_called(data, node, len(name.encode())))


def _located(
    nodes: Iterable[tree_sitter.Node], functions: Sequence[_Method]
) -> Iterator[tuple[tree_sitter.Node, _Method]]:
    """Each node with the method it stands in; one sweep over both in document order."""
    around: list[_Method] = []
    index = 0
    for node in sorted(nodes, key=_span):
        while index < len(functions) and functions[index].start <= node.start_byte:
            around.append(functions[index])
            index += 1
        while around and around[-1].end <= node.start_byte:
            around.pop()
        inner = (item for item in reversed(around) if node.end_byte <= item.end and not item.closure)
        if (method := next(inner, None)) and method.owner:
            yield node, method


def _note(method: _Method, name: str, called: bool) -> None:
    (method.called if called else method.used).add(name)


def _is_called(data: bytes, node: tree_sitter.Node, length: int) -> bool:
    return data[node.start_byte + length : node.start_byte + length + 2].lstrip().startswith(b"(")


def _lcom4(item: _Class) -> int:
    """The number of groups. A name that is only ever called and is no method here is inherited: it joins nothing."""
    used = {name for method in item.methods for name in method.used}
    called = {name for method in item.methods for name in method.called}
    own = {method.name for method in item.methods}
    joining = ((item.fields | used) - own) | ((used | called) & own)
    above: dict[str | int, str | int] = {}

    def root(key: str | int) -> str | int:
        while (parent := above.setdefault(key, key)) != key:
            above[key] = key = above[parent]
        return key

    for index, method in enumerate(item.methods):
        for name in ((method.used | method.called) & joining) | ({method.name} & (used | called)):
            above[root(name)] = root(index)
    return len({root(index) for index in range(len(item.methods))})
