"""Facts: everything the decision needs to know about a change, file by file.

`examine` is pure and looks at one file only, so that a keystroke costs one file; `ChangeFacts` joins the files with
what is known of the repository around them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from escalation.analysis.change import Change, FileChange, Span, Status, Task
from escalation.analysis.complexity import FunctionMetrics
from escalation.analysis.domains import Span as DomainSpan
from escalation.analysis.domains import domain_evidence, path_evidence
from escalation.analysis.evidence import Evidence
from escalation.analysis.roles import Role, role_of
from escalation.analysis.schema.changes import schema_evidence
from escalation.analysis.sensitivity import Sensitivity
from escalation.analysis.source import Source
from escalation.analysis.substance import same_code
from escalation.analysis.surface.changes import SurfaceChange, surface_changes
from escalation.text.document import Document

if TYPE_CHECKING:
    from escalation.analysis.coupling import ImportGraph
    from escalation.analysis.packages import ServiceMap
    from escalation.analysis.risk import History

Edit = tuple[Span, Span]
"""The byte ranges of a hunk before and now."""
_log = logging.getLogger(__name__)

_MOST_FUNCTIONS = 60
"""Touched functions whose words are read; a change with more is judged by its size and by the first ones."""


@dataclass(frozen=True, slots=True)
class TouchedFunction:
    """A function with changed lines. `base` are its figures before; None for a new function."""

    metrics: FunctionMetrics
    base: FunctionMetrics | None
    sensitivity: Sensitivity
    changed: bool = True
    """False when only comments or layout changed."""


@dataclass(frozen=True)
class FileFacts:
    """What one file of a change is and what became of it. Line numbers are of the current text."""

    path: str
    role: Role
    status: Status
    language: str | None = None
    base_path: str | None = None
    problem: str | None = None
    note: str | None = None
    lines_added: int = 0
    lines_deleted: int = 0
    size: int = 0
    """Bytes of the current text."""
    substantive: bool = True
    """False when the change leaves the code as it was: comments, docstrings, layout."""
    first_line: int = 1
    """The first changed line."""
    last_line: int = 1
    touched: tuple[TouchedFunction, ...] = ()
    outside: tuple[tuple[int, int, Sensitivity], ...] = ()
    """Changed lines outside functions: first and last line, sensitivity."""
    domains: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    schema: tuple[Evidence, ...] = ()
    surface: tuple[SurfaceChange, ...] = ()
    changed_text: str = ""
    """The changed lines as they are now, cut to a bounded length; for the users' own keywords."""
    changed_lines: tuple[tuple[int, int], ...] = ()
    """First and last line of each part of `changed_text`."""

    @property
    def lines_changed(self) -> int:
        return self.lines_added + self.lines_deleted

    def line_in_file(self, number: int) -> int:
        """Where line `number` (from 1) of `changed_text` stands in the file."""
        for first, last in self.changed_lines:
            if number <= last - first + 1:
                return first + number - 1
            number -= last - first + 1
        return self.last_line


@dataclass(frozen=True)
class Surroundings:
    """What is known of the repository around a change; every part may be missing."""

    services: ServiceMap | None = None
    graph: ImportGraph | None = None
    files: frozenset[str] = frozenset()
    history: History | None = None


NOTHING = Surroundings()


@dataclass(frozen=True)
class ChangeFacts:
    """The facts of all files, ordered by path, with the task and the surroundings."""

    files: tuple[FileFacts, ...]
    task: Task | None = None
    surroundings: Surroundings = NOTHING

    @cached_property
    def source_files(self) -> tuple[FileFacts, ...]:
        """Files whose code changed: no tests, documents, locks, generated or vendored files."""
        return tuple(f for f in self.files if f.role in ("source", "migration") and f.substantive)

    @cached_property
    def lines_changed(self) -> int:
        return sum(f.lines_changed for f in self.source_files)

    def touched(self) -> Iterator[tuple[FileFacts, TouchedFunction]]:
        """Every touched function whose code changed, of source files."""
        for file in self.source_files:
            for function in file.touched:
                if function.changed:
                    yield file, function

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """The packages of the changed source files; their folders where the packages are not known."""
        services = self.surroundings.services
        package_of = services.package_of if services else _folder
        return tuple(sorted({package_of(f.path) for f in self.source_files}))

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services of the changed source files; empty where the services are not known."""
        services = self.surroundings.services
        return tuple(sorted({services.service_of(f.path) for f in self.source_files})) if services else ()

    def dependents(self, path: str) -> int:
        """How many files of the repository import `path`; 0 when that is not known."""
        graph = self.surroundings.graph
        return len(graph.dependents(path)) if graph is not None else 0


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def gather(
    change: Change, surroundings: Surroundings = NOTHING, known: Mapping[str, FileFacts] | None = None
) -> ChangeFacts:
    """The facts of a change; `known` are files examined before, by path."""
    known = known or {}
    files = tuple(known.get(file.path) or facts_of(file) for file in change.files)
    return ChangeFacts(files, change.task, surroundings)


def facts_of(change: FileChange, source: Source | None = None, base: Source | None = None) -> FileFacts:
    """Like `examine`; a file that an analysis cannot take becomes one with a problem and does not silence others."""
    try:
        return examine(change, source, base)
    except Exception:  # noqa: BLE001 - whatever it is, the other files are still judged, and it is said
        _log.exception("the analysis of a file failed")
        counted = (change.lines_added, change.lines_deleted)
        problem = "could not be judged: the analysis failed"
        return examine(FileChange(change.path, problem=problem, recorded=change.status, counted=counted))


def examine(change: FileChange, source: Source | None = None, base: Source | None = None) -> FileFacts:
    """The facts of one file. `source` and `base` are its two sides already analysed, where the caller has them."""
    role = role_of(change.path)
    document = change.current or change.base
    facts = FileFacts(
        path=change.path,
        role=role,
        status=change.status,
        language=(document.language or None) if document else None,
        base_path=change.base_path,
        problem=change.problem,
        note=change.note,
        lines_added=change.lines_added,
        lines_deleted=change.lines_deleted,
        size=len(change.current.data) if change.current else 0,
    )
    if document is None:
        return _with(facts, domains=path_evidence(change.path))
    source = source or (Source.of(change.current) if change.current else None)
    base = base or (Source.of(change.base) if change.base else None)
    facts = _with(
        facts,
        **_lines(change),
        schema=schema_evidence(change, base.tree if base else None, source.tree if source else None),
    )
    if (source or base) is None or (source or base).tree is None:  # type: ignore[union-attr] # one of them is there
        return facts
    if role in ("generated", "vendored", "lock"):
        return facts
    return _with(facts, **_syntactic(change, source, base))


def _with(facts: FileFacts, **changes: object) -> FileFacts:
    return FileFacts(**{**facts.__dict__, **changes})


def _lines(change: FileChange) -> dict[str, object]:
    lines = change.current_lines
    text = b""
    if change.current is not None:
        for start, end in change.current_spans:
            text += change.current.data[start : min(end, start + 20_000 - len(text))]
            if len(text) >= 20_000:
                break
    return {
        "first_line": lines[0][0] if lines else 1,
        "last_line": lines[-1][1] if lines else 1,
        "changed_text": text.decode("utf-8", "replace"),
        "changed_lines": tuple((h.new_range[0] + 1, h.new_range[1]) for h in change.hunks if h.new_lines),
    }


def _syntactic(change: FileChange, source: Source | None, base: Source | None) -> dict[str, object]:
    base_tree, tree = (base.tree if base else None), (source.tree if source else None)
    surface = surface_changes(change, base_tree, tree)
    if source is None or tree is None:
        return {"surface": surface}
    edits = tuple(zip(change.base_spans, change.current_spans, strict=True))
    substantive = frozenset(edit for edit in edits if _changes_code(base, source, edit))
    functions = _functions(source, base, edits)
    touched = tuple(
        _touched(change.path, source, base, function, edits=inside, changed=not substantive.isdisjoint(inside))
        for function, inside in functions[:_MOST_FUNCTIONS]
    )
    outside = _outside(tree.document.data, edits, substantive, functions)
    if not change.hunks:  # a task names the file as it is: all of it is in question
        outside = [((0, 0), (0, len(tree.document.data)))]
    return {
        "substantive": bool(substantive) or not change.hunks,
        "touched": touched,
        "outside": tuple(
            (
                *_line_range(tree.document, *new),
                _strongest(
                    source.sensitivity(change.path, *new),
                    *_sensitivities_before(change.path, base, None, ((old, new),)),
                ),
            )
            for old, new in outside[:_MOST_FUNCTIONS]
        ),
        "domains": domain_evidence(tree, change.path, _domain_spans(functions, substantive, outside)),
        "surface": surface,
    }


def _touched(
    path: str, source: Source, base: Source | None, function: FunctionMetrics, *, edits: Sequence[Edit], changed: bool
) -> TouchedFunction:
    before = _counterpart(function, source, base)
    return TouchedFunction(
        function,
        before,
        _strongest(
            source.sensitivity(path, _decorated(source, function), function.end),
            *_sensitivities_now(path, source, function, edits),
            *_sensitivities_before(path, base, before, edits),
        ),
        changed=changed,
    )


def _decorated(source: Source, function: FunctionMetrics) -> int:
    """Where a function starts, with its decorators."""
    node = source.tree.root.descendant_for_byte_range(function.start, function.start + 1) if source.tree else None
    while node is not None and node.start_byte == function.start and node.end_byte <= function.end:
        node = node.parent
    decorated = node is not None and node.type == "decorated_definition" and node.end_byte == function.end
    return node.start_byte if node is not None and decorated else function.start


def _changes_code(base: Source | None, source: Source, edit: Edit) -> bool:
    if base is None or base.tree is None or source.tree is None:
        return True
    return not same_code(base.tree, edit[0], source.tree, edit[1])


def _functions(source: Source, base: Source | None, edits: Sequence[Edit]) -> list[tuple[FunctionMetrics, list[Edit]]]:
    """The functions that changed lines stand in, in order, each with its edits."""
    found: dict[int, tuple[FunctionMetrics, list[Edit]]] = {}
    for edit in edits:
        old, new = edit
        met = _functions_of(source, new) if new[0] < new[1] or base is None else []
        if base is not None and old[0] < old[1]:
            met += _named(source, {f.name for f in _functions_of(base, old)} - {f.name for f in met})
        if not met and (new[0] == new[1] or _DECORATOR.match(source.document.data, new[0])):
            met = _below(source, new[1])
        for function in dict.fromkeys(met):
            found.setdefault(function.start, (function, []))[1].append(edit)
    return [found[start] for start in sorted(found)]


def _counterpart(function: FunctionMetrics, source: Source, base: Source | None) -> FunctionMetrics | None:
    """The function of the base with the same name: the first for the first of that name, and so on."""
    if base is None:
        return None
    then = base.measures.places(function.name)
    number = source.measures.places(function.name).index(function.start)
    return base.measures.function_at(then[number]) if number < len(then) else None


def _named(source: Source, names: Iterable[str]) -> list[FunctionMetrics]:
    """The last functions of these names."""
    places = [place for name in sorted(names) for place in source.measures.places(name)[-1:]]
    return [function for place in places if (function := source.measures.function_at(place))]


def _functions_of(source: Source, span: Span) -> list[FunctionMetrics]:
    """The innermost function at both ends of a span, and all that begin in it."""
    start, end = span
    inside = [f for f in source.measures.within(start, max(end, start + 1)) if start <= f.start < end]
    ends = (source.measures.function_at(start), source.measures.function_at(max(start, end - 1)))
    return [*inside, *(f for f in ends if f is not None)]


def _below(source: Source, offset: int) -> list[FunctionMetrics]:
    """The function that begins with the first token after `offset`: what stands or stood above it decorates it."""
    start = _code_at(source.document.data, offset)
    function = source.measures.function_at(start)
    return [function] if function is not None and function.start == start else []


_TOKEN = re.compile(rb"\S")
_DECORATOR = re.compile(rb"\s*(@|#?\[)")


def _outside(
    data: bytes,
    edits: Iterable[Edit],
    substantive: Container[Edit],
    functions: Iterable[tuple[FunctionMetrics, list[Edit]]],
) -> list[Edit]:
    """The edits that change code and do not lie in one function; the layout around it is none of it."""
    homes: dict[Edit, list[FunctionMetrics]] = {}
    for function, inside in functions:
        for edit in inside:
            homes.setdefault(edit, []).append(function)

    def at_home(edit: Edit) -> bool:
        start, end = edit[1]
        end = start + len(data[start:end].rstrip())
        return any(start == end or (f.start <= _code_at(data, start) and end <= f.end) for f in homes.get(edit, ()))

    return [edit for edit in edits if edit in substantive and not at_home(edit)]


def _code_at(data: bytes, offset: int) -> int:
    """Where the first token at or after `offset` begins."""
    token = _TOKEN.search(data, offset)
    return token.start() if token else offset


def _sensitivities_now(
    path: str, source: Source, function: FunctionMetrics, edits: Iterable[Edit]
) -> Iterator[Sensitivity]:
    """How sensitive the changed lines of a function are by themselves: in a long one they would drown."""
    news = [new for _, new in edits if new[0] < new[1]]
    if news:
        start, end = _around(news)
        yield source.sensitivity(path, max(start, function.start), min(end, function.end))


def _sensitivities_before(
    path: str, base: Source | None, function: FunctionMetrics | None, edits: Iterable[Edit]
) -> Iterator[Sensitivity]:
    """How sensitive the replaced lines were, by themselves and with the function they stood in: a check that is gone
    matters as much as one that comes."""
    olds = [old for old, _ in edits if old[0] < old[1]]
    if base is None or base.tree is None or not olds:
        return
    start, end = _around(olds)
    yield base.sensitivity(path, start, end)
    if function is not None and start - _NEAR < function.end and function.start < end + _NEAR:
        yield base.sensitivity(path, min(start, function.start), max(end, function.end))


_NEAR = 200
"""Bytes between a function and what belongs to it: decorators, comments."""


def _around(spans: Sequence[Span]) -> Span:
    return min(start for start, _ in spans), max(end for _, end in spans)


def _strongest(*found: Sensitivity) -> Sensitivity:
    return max(found, key=lambda sensitivity: sensitivity.score)


def _line_range(document: Document, start: int, end: int) -> tuple[int, int]:
    return document.line_at(start) + 1, document.line_at(max(start, end - 1)) + 1


def _domain_spans(
    functions: Iterable[tuple[FunctionMetrics, list[Edit]]], substantive: Container[Edit], outside: Sequence[Edit]
) -> Iterator[DomainSpan]:
    for function, inside in functions:
        changed = tuple(edit[1] for edit in inside if edit in substantive)
        if changed:
            yield DomainSpan(function.start, function.end, changed, function.name)
    for _, span in outside[:_MOST_FUNCTIONS]:
        yield DomainSpan(*span, (span,) if substantive else ())
