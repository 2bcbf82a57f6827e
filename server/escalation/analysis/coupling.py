"""Coupling: which files of a workspace import which, and how unstable that makes them.

Afferent coupling (Ca) counts the files that depend on a module, efferent coupling (Ce) those it depends on,
instability is Ce / (Ca + Ce): 0 for a module everybody stands on, 1 for one that nobody needs (R. C. Martin,
"OO Design Quality Metrics", 1994). For a package both count files on the other side of its border.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from escalation.analysis.modules import FileIndex, resolve
from escalation.syntax.imports import Import

Edges = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Coupling:
    """Afferent and efferent coupling of a file or a package."""

    afferent: int
    efferent: int

    @property
    def instability(self) -> float:
        """0..1; 0 for what is coupled to nothing."""
        total = self.afferent + self.efferent
        return self.efferent / total if total else 0.0


@dataclass(frozen=True)
class ImportGraph:
    """Who imports whom: `edges` has for each file with imports the files they name, sorted.

    A graph built by `of` knows the imports and all files, so that one file can be exchanged; one made of
    edges alone answers the same questions.
    """

    edges: Edges = field(default_factory=dict)
    imports: Mapping[str, tuple[Import, ...]] = field(default_factory=dict, repr=False)
    files: FileIndex = field(default_factory=lambda: FileIndex(frozenset()), repr=False)

    @classmethod
    def of(cls, files: FileIndex, imports: Mapping[str, tuple[Import, ...]]) -> ImportGraph:
        """The graph of `files`, whose `imports` are given by path."""
        edges = {path: targets(path, found, files) for path, found in imports.items()}
        return cls({path: found for path, found in edges.items() if found}, imports, files)

    def with_file(self, path: str, imports: tuple[Import, ...]) -> ImportGraph:
        """The graph in which `path` has these imports. A file that is new may be what others already name, so
        all are resolved again; otherwise the cost is that of one file."""
        changed = {**self.imports, path: imports}
        if path not in self.files.paths:
            return ImportGraph.of(FileIndex(self.files.paths | {path}, self.files.names), changed)
        edges = {**self.edges, path: targets(path, imports, self.files)}
        if not edges[path]:
            del edges[path]
        return ImportGraph(edges, changed, self.files)

    def without(self, path: str) -> ImportGraph:
        """The graph without a file; what named it may name another one now."""
        if path not in self.files.paths:
            return self
        left = {other: found for other, found in self.imports.items() if other != path}
        return ImportGraph.of(FileIndex(self.files.paths - {path}, self.files.names), left)

    @cached_property
    def _importers(self) -> Edges:
        found: dict[str, list[str]] = {}
        for path, named in self.edges.items():
            for target in named:
                found.setdefault(target, []).append(path)
        return {path: tuple(sorted(paths)) for path, paths in found.items()}

    def dependencies(self, path: str, transitive: bool = False) -> tuple[str, ...]:
        """The files that `path` imports, sorted; with `transitive` also what they import, and so on."""
        return _reached(self.edges, path) if transitive else self.edges.get(path, ())

    def dependents(self, path: str, transitive: bool = False) -> tuple[str, ...]:
        """The files that import `path`, sorted; with `transitive` also what imports them, and so on."""
        return _reached(self._importers, path) if transitive else self._importers.get(path, ())

    def coupling(self, path: str) -> Coupling:
        """The coupling of one file."""
        return Coupling(len(self.dependents(path)), len(self.dependencies(path)))

    def afferent(self, path: str) -> int:
        return len(self.dependents(path))

    def efferent(self, path: str) -> int:
        return len(self.dependencies(path))

    def instability(self, path: str) -> float:
        return self.coupling(path).instability

    def packages(self, package_of: Callable[[str], str]) -> Mapping[str, Coupling]:
        """The coupling of every package that has an edge across its border or within it, by package.

        Counted are files: those outside that import something inside (Ca), those outside that something
        inside imports (Ce)."""
        inward: dict[str, set[str]] = {}
        outward: dict[str, set[str]] = {}
        for path, named in self.edges.items():
            own = package_of(path)
            inward.setdefault(own, set())
            for target in named:
                other = package_of(target)
                into, out = inward.setdefault(other, set()), outward.setdefault(own, set())
                if other != own:
                    into.add(path)
                    out.add(target)
        names = sorted(inward.keys() | outward.keys())
        return {name: Coupling(len(inward.get(name, ())), len(outward.get(name, ()))) for name in names}


def targets(path: str, imports: Iterable[Import], files: FileIndex) -> tuple[str, ...]:
    """The files that the imports of `path` name, sorted."""
    return tuple(sorted({target for item in imports for target in resolve(path, item, files)}))


def _reached(edges: Edges, start: str) -> tuple[str, ...]:
    seen, waiting = {start}, [start]
    while waiting:
        for path in edges.get(waiting.pop(), ()):
            if path not in seen:
                seen.add(path)
                waiting.append(path)
    return tuple(sorted(seen - {start}))
