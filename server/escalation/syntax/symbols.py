"""Symbols: the classes and functions of a text, with qualified names.

`queries/<language>/outline.scm` says what they are (docs/complexity.md). `Names` does the naming for every sweep that
meets them, so a function has the same name wherever it is spoken of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from escalation.syntax.events import events
from escalation.syntax.tree import SyntaxTree

Kind = Literal["function", "method", "closure", "lambda", "class"]
Role = Literal["function", "class", "scope"]
ANONYMOUS = "<anonymous>"
ELIDED = "…"
_MOST_NAMES = 20
"""A qualified name holds no more names than this, the innermost ones: 10,000 nested functions stay linear."""

OUTLINE = (
    "body",  # of the innermost @function, @class or @scope around it
    "class",
    "scope",  # names what is in it (an `impl`, an anonymous class), and is no symbol itself
    "function",
    "binding",  # the name of an anonymous @function, @class or @scope that follows
    "name",
    "receiver",  # the type a @function outside a class is a method of
    "parameters",  # each named node in it is a parameter
    "parameter",  # one parameter
)
"""The captures of an outline, in the order in which those of equal ranges take effect."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A class or function; `name` is qualified (`Class.method`), the places are bytes."""

    name: str
    kind: Kind
    start: int
    end: int
    name_start: int
    name_end: int


class Declaration:
    """A function, class or scope that a sweep has reached. `body` is the byte where its body starts, -1 before that."""

    __slots__ = ("body", "end", "name", "name_span", "owner", "qualified_there", "role", "start")

    def __init__(self, start: int, end: int, role: Role) -> None:
        self.start, self.end, self.role = start, end, role
        self.owner: Declaration | None = None
        self.body = -1
        self.name = ""
        self.name_span = (start, start)
        self.qualified_there = False

    @property
    def kind(self) -> Kind:
        if self.role == "class":
            return "class"
        if not self.name:
            return "lambda"
        if self.qualified_there or (self.owner is not None and self.owner.role != "function"):
            return "method"
        return "closure" if self.owner is not None else "function"

    @property
    def qualified(self) -> str:
        names: list[str] = []
        declaration: Declaration | None = self
        while declaration is not None and len(names) < _MOST_NAMES:
            names.append(declaration.name or ANONYMOUS)
            declaration = declaration.owner
        if declaration is not None:
            names.append(ELIDED)
        return ".".join(reversed(names))


_D = TypeVar("_D", bound=Declaration)


class Names(Generic[_D]):
    """Names declarations while a sweep opens and closes them. `open` holds those it is in, innermost last."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.open: list[_D] = []
        self._binding: tuple[int, int] | None = None

    def enter(self, declaration: _D) -> _D:
        declaration.owner = self.open[-1] if self.open else None
        if self._binding is not None:
            declaration.start = min(declaration.start, self._binding[0])
            self._give(declaration, *self._binding)
            self._binding = None
        self.open.append(declaration)
        return declaration

    def bind(self, start: int, end: int) -> None:
        """The declaration that follows goes by the name at these bytes, and begins there."""
        self._binding = (start, end)

    def name(self, start: int, end: int) -> None:
        if self.open and not self.open[-1].name and self.open[-1].body < 0 and end <= self.open[-1].end:
            self._give(self.open[-1], start, end)

    def body(self, start: int, end: int) -> _D | None:
        """The innermost declaration, if this is where its body starts."""
        declaration = self.open[-1] if self.open else None
        if declaration is None or declaration.body >= 0 or end > declaration.end:
            return None
        declaration.body = start
        return declaration

    def receive(self, start: int, end: int) -> None:
        """The open function is a method of the type at these bytes."""
        if self.open:
            function = self.open[-1]
            owner = Declaration(function.start, function.end, "scope")
            owner.owner = function.owner
            self._give(owner, start, end)
            function.owner = owner

    def _give(self, declaration: Declaration, start: int, end: int) -> None:
        text = self.data[start:end].decode("utf-8", "replace")
        if "::" in text:  # `int Stack<T>::size() {…}`: a method away from its class
            declaration.qualified_there = True
            text = _TEMPLATE_ARGUMENTS.sub("", text).replace("::", ".")
        declaration.name, declaration.name_span = text, (start, end)


_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>(?=::)")
_RANKS = {name: rank for rank, name in enumerate(OUTLINE)}
_ROLES: dict[str, Role] = {"class": "class", "scope": "scope", "function": "function"}


def symbols(tree: SyntaxTree) -> tuple[Symbol, ...]:
    """The classes and functions of a tree in the order of the text, an outer one before those in it."""
    names: Names[Declaration] = Names(tree.document.data)
    found: list[Declaration] = []
    for start, minus_end, rank, _ in events(tree, ("outline",), _RANKS):
        while names.open and names.open[-1].end <= start:
            names.open.pop()
        capture, end = OUTLINE[rank], -minus_end
        if role := _ROLES.get(capture):
            found.append(names.enter(Declaration(start, end, role)))
        elif capture == "binding":
            names.bind(start, end)
        elif capture == "name":
            names.name(start, end)
        elif capture == "body":
            names.body(start, end)
        elif capture == "receiver":
            names.receive(start, end)
    return tuple(_symbol(declaration) for declaration in found if declaration.role != "scope")


def _symbol(declaration: Declaration) -> Symbol:
    return Symbol(declaration.qualified, declaration.kind, declaration.start, declaration.end, *declaration.name_span)
