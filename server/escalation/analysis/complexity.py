"""Complexity of functions: cyclomatic (McCabe 1976, with radon's counting rules for Python), cognitive (Campbell,
“Cognitive Complexity”, SonarSource, version 1.7), nesting, length and parameters.

What counts is data: `queries/<language>/outline.scm` and `complexity.scm` name it by their captures
(docs/complexity.md), and one sweep over the captures in the order of the text does the counting.

`Measures` is kept by units, the functions that lie in no other function, with all offsets relative to the unit: an edit
measures the units it touches again and shifts the others.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import Any, Literal, NamedTuple, cast

import tree_sitter

from escalation.syntax.events import Event, events
from escalation.syntax.language import languages
from escalation.syntax.symbols import OUTLINE, Declaration, Names, Role
from escalation.syntax.tree import SyntaxTree
from escalation.text.document import ByteEdit, Document

Kind = Literal["function", "method", "closure", "lambda"]

# The captures, in the order in which those of equal ranges take effect.
_CAPTURES = (
    "uncounted",  # cancels @decision on the same node
    "elseif",  # an `if` that continues an `else`: cancels @structure and @block on the same node
    "wrapped",  # a nested function that adds no level to the outer one
    "declarative",  # a function that adds no level to those in it if it has no structure of its own
    "block",  # its inside is one level deeper
    *OUTLINE,
    "opaque",  # neither this nor anything in it counts for cyclomatic complexity
    "decision",  # +1 cyclomatic
    "credit",  # -1 cyclomatic
    "structure",  # +1 cognitive, and one more for each level around it
    "hybrid",  # +1 cognitive
    "boolean",  # +1 cyclomatic; each run of like operators +1 cognitive
    "logical",  # the same with +0 cyclomatic
    "operator",  # of the @boolean around it
    "level",  # its inside is one level deeper, for cognitive complexity only
    "inside",  # as @block, where the grammar has no node for the body alone
)
_RANKS = {name: rank for rank, name in enumerate(_CAPTURES)}
_BLOCK, _BODY, _CLASS, _SCOPE, _FUNCTION, _BOOLEAN, _LEVEL, _OPAQUE = (
    _RANKS[name] for name in ("block", "body", "class", "scope", "function", "boolean", "level", "opaque")
)
_QUERIES = ("outline", "complexity")


class FunctionMetrics(NamedTuple):
    """The figures of one function. Lines count from 1; `start` to `end` and `name_start` to `name_end` are bytes.

    `line` is where the function is named, below its decorators and annotations. `nesting` is the depth of blocks in it,
    `cognitive` includes the functions inside it, `cyclomatic` does not.
    """

    name: str
    kind: Kind
    line: int
    end_line: int
    start: int
    end: int
    name_start: int
    name_end: int
    cyclomatic: int
    cognitive: int
    nesting: int
    length: int
    parameters: int


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """The cyclomatic complexity of a class as radon has it: `real` is 1 plus the decisions in its body plus those of
    its methods; `cyclomatic` is the rounded average that radon prints."""

    name: str
    line: int
    end_line: int
    start: int
    end: int
    real: int
    cyclomatic: int


class _Row(NamedTuple):
    """The figures of a function, its places relative to the start of its unit."""

    name: str
    kind: Kind
    start: int
    end: int
    name_start: int
    name_end: int
    cyclomatic: int
    cognitive: int
    nesting: int
    parameters: int


class _Unit(NamedTuple):
    """A function that lies in no other function, with those inside it."""

    length: int
    rows: tuple[_Row, ...]


class Head(NamedTuple):
    """A class, by the bytes where it starts, where its body starts, and where it ends."""

    start: int
    body: int
    end: int


@dataclass(frozen=True, eq=False)
class Measures:
    """The functions of a text. `starts` are the units' first bytes, ascending."""

    document: Document | None = None
    starts: tuple[int, ...] = ()
    units: tuple[_Unit, ...] = ()
    heads: tuple[Head, ...] = ()

    @cached_property
    def functions(self) -> tuple[FunctionMetrics, ...]:
        """All functions in the order of the text, an outer one before those in it."""
        if self.document is None:
            return ()
        ends = [
            start + offset
            for start, unit in zip(self.starts, self.units, strict=True)
            for row in unit.rows
            for offset in (row.name_start, row.end - 1)
        ]
        line_of = _lines_of(self.document, ends)
        return tuple(_materialised(zip(self.starts, self.units, strict=True), line_of.__getitem__))

    def within(self, start: int, end: int) -> tuple[FunctionMetrics, ...]:
        """The functions that overlap the bytes `start`..`end`."""
        first = max(0, bisect_right(self.starts, start) - 1)
        last = bisect_left(self.starts, max(end, start + 1))
        near = zip(self.starts[first:last], self.units[first:last], strict=True)
        if self.document is None:
            return ()
        found = _materialised(near, self.document.line_at)
        return tuple(f for f in found if f.start < max(end, start + 1) and start < f.end)

    def places(self, name: str) -> list[int]:
        """Where the functions of a qualified name start, in the order of the text; cheap, also among thousands."""
        units = zip(self.starts, self.units, strict=True)
        return [start + row.start for start, unit in units for row in unit.rows if row.name == name]

    def function_at(self, offset: int) -> FunctionMetrics | None:
        """The innermost function that holds the byte at `offset`."""
        return max(self.within(offset, offset + 1), key=lambda f: (f.start, -f.end), default=None)


def _materialised(units: Iterable[tuple[int, _Unit]], line_of: Callable[[int], int]) -> Iterator[FunctionMetrics]:
    for start, unit in units:
        for row in unit.rows:
            line = line_of(start + row.name_start) + 1
            end_line = line_of(start + row.end - 1) + 1
            yield FunctionMetrics(
                row.name,
                row.kind,
                line,
                end_line,
                start + row.start,
                start + row.end,
                start + row.name_start,
                start + row.name_end,
                row.cyclomatic,
                row.cognitive,
                row.nesting,
                end_line - line + 1,
                row.parameters,
            )


def _lines_of(document: Document, offsets: Iterable[int]) -> dict[int, int]:
    """The line of each of many offsets, from 0. Performance: counts through the text once instead of indexing it."""
    data = document.data
    if b"\r" in data:
        return {offset: document.line_at(offset) for offset in offsets}
    lines: dict[int, int] = {}
    line = at = 0
    for offset in sorted(offsets):
        line += data.count(b"\n", at, offset)
        lines[offset] = line
        at = offset
    return lines


def measure(tree: SyntaxTree) -> Measures:
    """The functions of a tree, measured from scratch."""
    return _measures(tree, _sweep(tree, events(tree, _QUERIES, _RANKS)))


def measure_classes(tree: SyntaxTree) -> tuple[Measures, tuple[ClassMetrics, ...]]:
    """The functions and the classes of a tree, in one sweep."""
    swept = _sweep(tree, events(tree, _QUERIES, _RANKS))
    return _measures(tree, swept), tuple(_class_metrics(tree.document, found) for found in swept.classes)


def _measures(tree: SyntaxTree, swept: _Swept) -> Measures:
    starts, units = tuple(start for start, _ in swept.units), tuple(unit for _, unit in swept.units)
    return Measures(tree.document, starts, units, tuple(swept.heads))


def remeasure(previous: Measures, tree: SyntaxTree, edits: Sequence[ByteEdit]) -> Measures:
    """The functions of `tree`, which was reparsed from the tree of `previous` after `edits` (in order). Equal to
    `measure(tree)`; costs as much as the units that the edits touch."""
    if tree.dirty is None:
        return measure(tree)
    starts, units, heads, renamed = _shifted(previous, edits)
    renamed += [(head.start, head.end) for head in heads if _meets_head(head, tree.dirty)]
    regions = [*tree.dirty, *renamed]
    while True:
        first, last, span = _touched(starts, units, regions)
        # One byte more on each side: what ends or begins right at the span may have reached into it before.
        swept = _sweep(tree, events(tree, _QUERIES, _RANKS, (max(0, span[0] - 1), span[1] + 1)))
        grown = _grown(swept, span, regions)
        if grown == span:
            break
        regions = [grown]
    fresh = [(start, unit) for start, unit in swept.units if start < span[1] and span[0] < start + unit.length]
    kept = {head.start: head for head in heads if head.end <= span[0] or span[1] <= head.start}
    kept |= {head.start: head for head in swept.heads}
    return Measures(
        tree.document,
        (*starts[:first], *(start for start, _ in fresh), *starts[last:]),
        (*units[:first], *(unit for _, unit in fresh), *units[last:]),
        tuple(kept[start] for start in sorted(kept)),
    )


def _shifted(
    previous: Measures, edits: Sequence[ByteEdit]
) -> tuple[list[int], list[_Unit], list[Head], list[tuple[int, int]]]:
    """Starts, units and heads in the coordinates after `edits`, and the ranges of the classes whose head was edited:
    what is in them has another name now. Units that an edit touches keep a rough place; they are measured again."""
    starts, units, heads = list(previous.starts), list(previous.units), list(previous.heads)
    renamed: list[tuple[int, int]] = []
    for edit in edits:
        _shift_units(starts, units, edit)
        touched = [head for head in heads if edit.start_byte <= head.body and head.start <= edit.old_end_byte]
        renamed = [(_moved(low, edit), _moved(high, edit)) for low, high in renamed]
        renamed += [(_moved(head.start, edit), _moved(head.end, edit)) for head in touched]
        moved = (Head(*(_moved(offset, edit) for offset in head)) for head in heads)
        heads = [head for head in moved if head.start < head.end]
    return starts, units, heads, renamed


def _meets_head(head: Head, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(start <= head.body and head.start <= end for start, end in ranges)


def _moved(offset: int, edit: ByteEdit) -> int:
    if offset >= edit.old_end_byte:
        return offset + edit.new_end_byte - edit.old_end_byte
    return min(offset, edit.new_end_byte)


def _shift_units(starts: list[int], units: list[_Unit], edit: ByteEdit) -> None:
    delta = edit.new_end_byte - edit.old_end_byte
    cut = bisect_right(starts, edit.start_byte)
    if cut and starts[cut - 1] + units[cut - 1].length >= edit.start_byte:
        reach = edit.new_end_byte - starts[cut - 1]
        units[cut - 1] = _Unit(max(1, reach, units[cut - 1].length + delta), ())
    swallowed = bisect_left(starts, edit.old_end_byte, cut)
    for index in range(cut, swallowed):
        starts[index] = edit.new_end_byte
        units[index] = _Unit(max(1, units[index].length), ())
    if delta:
        starts[swallowed:] = [start + delta for start in starts[swallowed:]]


def _touched(
    starts: Sequence[int], units: Sequence[_Unit], regions: Sequence[tuple[int, int]]
) -> tuple[int, int, tuple[int, int]]:
    """The units (first to last, exclusive) that the regions touch, and the span of both. Touching ends count: text
    typed right behind a function may belong to it."""
    low, high = min(r[0] for r in regions), max(r[1] for r in regions)
    first = max(0, bisect_right(starts, low) - 1)
    while first < len(starts) and starts[first] + units[first].length < low:
        first += 1
    while first > 0 and starts[first - 1] + units[first - 1].length >= low:
        first -= 1
    last = first
    while last < len(starts) and starts[last] <= high:
        low, high = min(low, starts[last]), max(high, starts[last] + units[last].length)
        last += 1
    return first, last, (low, high)


def _grown(swept: _Swept, span: tuple[int, int], regions: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """`span`, with the units that reach out of it, and the whole of a class whose head was edited."""
    low, high = span
    for start, unit in swept.units:
        if start < span[1] and span[0] < start + unit.length:
            low, high = min(low, start), max(high, start + unit.length)
    for head in swept.heads:
        if _meets_head(head, regions):
            low, high = min(low, head.start), max(high, head.end)
    return low, high


class _Account(Declaration):
    """A function, class or scope that is being counted.

    `structures` are the increments in it that grow with each level around it: what it adds to the function around it
    follows from them when it closes, so a function is counted once however deep it lies.
    """

    # Performance: defaults of the class cost nothing for each of a hundred thousand functions.
    cyclomatic = 1
    cognitive = nesting = parameters = base = depth = structures = inner = 0
    outer = wrapped = declarative = False
    methods: list[_Account]


class _Swept(NamedTuple):
    units: list[tuple[int, _Unit]]
    classes: list[_Account]
    heads: list[Head]


def _sweep(tree: SyntaxTree, found: Sequence[Event]) -> _Swept:
    """Count everything that the events say, in one pass."""
    sweep = _Sweep(tree)
    take, stack, close = sweep.handlers(), sweep.stack, sweep.close
    for start, minus_end, rank, node in found:
        while stack and stack[-1][0] <= start:
            close()
        take[rank](start, -minus_end, node)
    while stack:
        close()
    return sweep.result()


class _Sweep:
    """What is open at the place a sweep has reached.

    `stack` holds it, innermost last, as (end, rank, what its end restores). `active` are the functions and classes
    whose body is open, `functions_open` how many of them are functions; `target` is the one to whose cyclomatic
    complexity a decision adds, None where it adds to none.
    """

    def __init__(self, tree: SyntaxTree) -> None:
        self.document = tree.document
        self.data = tree.document.data
        self.language = languages()[tree.document.language]
        self.root = tree.root
        self.stack: list[tuple[int, int, Any]] = []
        self.names: Names[_Account] = Names(self.data)
        self.active: list[_Account] = []
        self.functions_open = 0
        self.unit_end = 0
        self.target: _Account | None = None
        self.level = self.depth = 0
        self.uncounted = self.elseif = self.wrapped = self.declarative = (-1, -1)
        self.functions: list[_Account] = []
        self.classes: list[_Account] = []
        self.heads: list[_Account] = []

    def handlers(self) -> list[Callable[[int, int, tree_sitter.Node], None]]:
        return [getattr(self, f"_{name}") for name in _CAPTURES]

    def close(self) -> None:
        """The end of what is open innermost."""
        _, rank, saved = self.stack.pop()
        if rank == _BODY:
            self._close_body(saved)
        elif rank in (_FUNCTION, _CLASS, _SCOPE):
            self.names.open.pop()
            self.target = saved
        elif rank == _BLOCK:
            self.level -= 1
            self.depth -= 1
        elif rank == _OPAQUE:
            self.target = saved
        elif rank == _LEVEL:
            self.level -= 1

    def _uncounted(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.uncounted = (start, end)

    def _elseif(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.elseif = (start, end)

    def _wrapped(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.wrapped = (start, end)

    def _declarative(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.declarative = (start, end)

    def _decision(self, start: int, end: int, _: tree_sitter.Node) -> None:
        if self.target is not None and self.uncounted != (start, end):
            self.target.cyclomatic += 1

    def _credit(self, _start: int, _end: int, _: tree_sitter.Node) -> None:
        if self.target is not None:
            self.target.cyclomatic -= 1

    def _structure(self, start: int, end: int, _: tree_sitter.Node) -> None:
        if self.active and self.elseif != (start, end):
            inner = self.active[-1]
            inner.cognitive += 1 + self.level - inner.base
            inner.structures += 1

    def _hybrid(self, _start: int, _end: int, _: tree_sitter.Node) -> None:
        if self.active:
            self.active[-1].cognitive += 1

    def _block(self, start: int, end: int, _: tree_sitter.Node) -> None:
        if self.elseif == (start, end):
            return
        self.stack.append((end, _BLOCK, None))
        self.level += 1
        self.depth += 1
        if self.active:
            inner = self.active[-1]
            inner.nesting = max(inner.nesting, self.depth - inner.depth)

    _inside = _block

    def _level(self, _: int, end: int, __: tree_sitter.Node) -> None:
        self.stack.append((end, _LEVEL, None))
        self.level += 1

    def _opaque(self, _: int, end: int, __: tree_sitter.Node) -> None:
        self.stack.append((end, _OPAQUE, self.target))
        self.target = None

    def _boolean(self, start: int, end: int, _: tree_sitter.Node) -> None:
        if self.target is not None:
            self.target.cyclomatic += 1
        self._logical(start, end, _)

    def _logical(self, start: int, end: int, _: tree_sitter.Node) -> None:
        """Operands that begin or end where their operator's node does belong to the same sequence; anything in
        parentheses, behind a `not` or in a call does not."""
        run: list[str] = []
        if self.stack:
            outer_end, rank, saved = self.stack[-1]
            if rank == _BOOLEAN and (saved[0] == start or outer_end == end):
                run = saved[1]
        self.stack.append((end, _BOOLEAN, (start, run)))

    def _operator(self, _start: int, _end: int, node: tree_sitter.Node) -> None:
        if self.stack and self.stack[-1][1] == _BOOLEAN:
            run, kind = self.stack[-1][2][1], node.type
            if not run or run[-1] != kind:
                self._hybrid(0, 0, node)
                run.append(kind)

    def _class(self, start: int, end: int, _: tree_sitter.Node) -> None:
        account = self._open(start, end, _CLASS, "class")
        account.methods = []
        self.classes.append(account)
        self.target = None

    def _scope(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.heads.append(self._open(start, end, _SCOPE, "scope"))

    def _function(self, start: int, end: int, _: tree_sitter.Node) -> None:
        owner = self.target
        account = self._open(start, end, _FUNCTION, "function")
        account.wrapped = self.wrapped == (start, end)
        account.declarative = self.declarative == (start, end)
        account.outer = account.start >= self.unit_end
        self.unit_end = max(self.unit_end, end)
        self.functions.append(account)
        self.target = None
        if owner is not None and owner.role == "class":
            owner.methods.append(account)

    def _open(self, start: int, end: int, rank: int, role: Role) -> _Account:
        self.stack.append((end, rank, self.target))
        return self.names.enter(_Account(start, end, role))

    def _body(self, start: int, end: int, node: tree_sitter.Node) -> None:
        account = self.names.body(start, end)
        if account is None:
            return
        if account.role == "scope":  # what is in it counts wherever it counted before
            return
        self.stack.append((end if node.is_named else account.end, _BODY, self.level))  # a brace: all that follows
        self.target = account
        if account.role == "class":  # starts from level 0, also for the functions around it
            self.heads.append(account)
            self.level = 0
        else:
            self.level += self.functions_open > 0 and not account.wrapped
            self.functions_open += 1
        account.base, account.depth = self.level, self.depth
        self.active.append(account)

    def _close_body(self, level: int) -> None:
        account = self.active.pop()
        self.level, self.target = level, None
        if account.declarative and account.structures == account.inner:
            account.cognitive -= account.inner
        is_class = account.role == "class"
        self.functions_open -= not is_class
        if self.active:
            outer = self.active[-1]
            outer.cognitive += account.cognitive
            if is_class:
                outer.nesting = max(outer.nesting, account.nesting + account.depth - outer.depth)
            else:
                outer.cognitive += account.structures * (account.base - outer.base)
                outer.structures += account.structures
                outer.inner += account.structures

    def _binding(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.names.bind(start, end)

    def _name(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.names.name(start, end)

    def _receiver(self, start: int, end: int, _: tree_sitter.Node) -> None:
        self.names.receive(start, end)

    def _parameters(self, _start: int, end: int, node: tree_sitter.Node) -> None:
        self._add_parameters(end, _size(self.data, node))

    def _parameter(self, _start: int, end: int, _: tree_sitter.Node) -> None:
        self._add_parameters(end, 1)

    def _add_parameters(self, end: int, count: int) -> None:
        account = self.names.open[-1] if self.names.open else None
        if account is not None and end <= account.end:
            account.parameters += count

    def result(self) -> _Swept:
        """The units with their functions in the order of the text, the classes, and the heads of both."""
        named = frozenset(account.name_span[0] for account in self.functions if account.name)
        units: list[tuple[int, _Unit]] = []
        for group in self._grouped():
            start, end = group[0].start, group[0].end
            units.append((start, _Unit(end - start, tuple(self._row(account, start, named) for account in group))))
        return _Swept(units, self.classes, sorted(Head(a.start, a.body, a.end) for a in self.heads))

    def _grouped(self) -> Iterator[list[_Account]]:
        group: list[_Account] = []
        for account in self.functions:
            if account.outer and group:
                yield group
                group = []
            group.append(account)
        if group:
            yield group

    def _row(self, account: _Account, unit: int, named: frozenset[int]) -> _Row:
        named_at, ended = account.name_span
        return _Row(
            account.qualified,
            cast("Kind", account.kind),
            account.start - unit,
            account.end - unit,
            named_at - unit,
            ended - unit,
            max(1, account.cyclomatic),
            account.cognitive + self._recurs(account, named),
            account.nesting,
            account.parameters,
        )

    def _recurs(self, account: _Account, named: frozenset[int]) -> bool:
        """Whether a function calls itself by its own name, in its own text; looked for in its first calls only, for
        finding what a word belongs to takes as long as it lies deep."""
        if not account.name or account.body < 0:
            return False
        name = self.data[slice(*account.name_span)].rsplit(b"::", 1)[-1]
        if not name or self.data.find(name, account.body, account.end) < 0:
            return False
        receiver = self.language.receiver if account.kind == "method" else ""
        return any(
            offset not in named and self._calls(account, offset)
            for offset in islice(_called(self.data, name, receiver, account.body, account.end), _MOST_CALLS)
        )

    def _calls(self, account: _Account, offset: int) -> bool:
        """Whether the word at `offset` is the name in a call of this function: not in a string or a comment, and where
        functions are overloaded, with as many arguments as this one takes."""
        node = self.root.descendant_for_byte_range(offset, offset + 1)
        if node is None or not ("identifier" in node.type or node.type in ("name", "word", "constant")):
            return False
        if not self.language.overloads:
            return True
        call = node
        while (
            call.parent is not None and call.child_by_field_name("arguments") is None and call.start_byte > account.body
        ):
            call = call.parent
        arguments = call.child_by_field_name("arguments")
        return arguments is None or _size(self.data, arguments) == account.parameters


def _called(data: bytes, name: bytes, receiver: str, start: int, end: int) -> Iterator[int]:
    """Where `name` stands before a parenthesis, behind its receiver if there is one.

    Performance: a pattern for each name would take longer to compile than the rest of the measuring takes.
    """
    before = _before(receiver)
    offset = data.find(name, start, end)
    while offset >= 0:
        behind = offset + len(name)
        if _OPENING.match(data, behind, end) and before.search(data[max(0, offset - _REACH) : offset]):
            yield offset
        offset = data.find(name, behind, end)


@cache
def _before(receiver: str) -> re.Pattern[bytes]:
    """What may stand before the name in a call: nothing but the receiver that a language demands; `this` elsewhere."""
    demanded = re.escape(receiver.encode()) if receiver else rb"(?:this(?:\.|->))?"
    return re.compile(rb"(?:^|[^\w$.>:])" + demanded + rb"\Z")


_MOST_CALLS = 50  # of a function's own name
_REACH = 16  # bytes before a name: longer than any receiver
_OPENING = re.compile(rb"\s*\(")
_UNUSUAL = re.compile(rb"[#/*]|--|\bvoid\b")  # where a comment, a separator or a lone `void` may be
_NO_PARAMETERS = frozenset(
    {"attribute_item", "comment", "line_comment", "block_comment", "keyword_separator", "positional_separator"}
)


def _size(data: bytes, node: tree_sitter.Node) -> int:
    """How many parameters or arguments a list of them holds."""
    # Performance: looking at each child takes ten times as long.
    if not _UNUSUAL.search(data, node.start_byte, node.end_byte):
        return node.named_child_count
    children = [child for child in node.named_children if child.type not in _NO_PARAMETERS]
    return 0 if len(children) == 1 and children[0].text == b"void" else len(children)  # `int f(void)` takes none


def _class_metrics(document: Document, account: _Account) -> ClassMetrics:
    real = account.cyclomatic + sum(method.cyclomatic for method in account.methods)
    methods = len(account.methods)
    return ClassMetrics(
        name=account.qualified,
        line=document.line_at(account.name_span[0]) + 1,
        end_line=document.line_at(account.end - 1) + 1,
        start=account.start,
        end=account.end,
        real=real,
        cyclomatic=real // methods + (methods > 1) if methods else real,
    )
