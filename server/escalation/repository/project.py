"""A project: the services, packages and imports of a whole workspace.

Reading and parsing thousands of files takes seconds, so the imports of each are kept on disk by the stamp of
its content (`listing.py`): a warm start reads git's index and one file, and parses what changed.
"""

from __future__ import annotations

import json
import logging
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from escalation.analysis import packages
from escalation.analysis.coupling import ImportGraph, targets
from escalation.analysis.modules import FileIndex
from escalation.analysis.packages import ServiceMap
from escalation.repository import disk
from escalation.repository.files import decode, read_bytes
from escalation.repository.listing import Stamp, list_files
from escalation.syntax.imports import Import, imports
from escalation.syntax.language import language_of_path, query
from escalation.syntax.tree import parse
from escalation.text.document import Document

MAX_PARSED_BYTES = 512 * 1024
"""Larger files are part of the project but their imports are not read; they are generated or data."""
_FORMAT = 1

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Project:
    """What is known of a workspace. `files` are sorted; `graph_complete` is False while the imports of some
    files have not been read yet: the next `load_project` goes on there."""

    root: str
    services: ServiceMap
    graph: ImportGraph
    files: tuple[str, ...]
    graph_complete: bool = True
    service_roots: tuple[str, ...] = ()

    def updated(self, path: str, document: Document | None) -> Project:
        """The project in which the file at `path` has the text of `document`, or is gone (None). Equals what
        loading it anew would give."""
        graph = self.graph.without(path) if document is None else self.graph.with_file(path, _imports_of(document))
        if (document is not None) == (path in self.graph.files.paths):
            return replace(self, graph=graph)
        files = tuple(sorted({*self.files, path} if document is not None else set(self.files) - {path}))
        return replace(self, graph=graph, files=files, services=packages.services(files, self.service_roots))


class _Import(msgspec.Struct, frozen=True, array_like=True):
    """An import as it is kept: without its place, which the graph does not ask for."""

    module: str
    names: tuple[str, ...]
    relative: int


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """The file on disk. `imports` is read only when something changed: path → imports. A path without them
    has not been read yet."""

    format: int = _FORMAT
    complete: bool = False
    stamps: dict[str, bytes] = msgspec.field(default_factory=dict)
    names: dict[str, str] = msgspec.field(default_factory=dict)
    edges: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    imports: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(msgspec.msgpack.encode({})))


def load_project(
    root: str | os.PathLike[str],
    budget_seconds: float = float("inf"),
    services: Iterable[str] = (),
) -> Project:
    """The project at `root`; `services` are folders that are services though no manifest says so.

    Parsing stops when the budget is spent; what has been read is kept for the next call.
    """
    deadline = monotonic() + budget_seconds
    top, roots = os.path.realpath(root), tuple(services)
    stamps = list_files(top)
    file = _file_of(top)
    kept = _read(file)
    if not (kept.complete and kept.stamps == stamps):
        kept = _refreshed(top, stamps, kept, deadline)
        disk.save(file, kept)
    graph = ImportGraph(kept.edges, _LazyImports(kept.imports), FileIndex(frozenset(stamps), kept.names))
    return Project(top, packages.services(stamps, roots), graph, tuple(stamps), kept.complete, roots)


class _LazyImports(Mapping[str, tuple[Import, ...]]):
    """The imports by path, decoded when somebody asks: most runs need the edges only."""

    def __init__(self, raw: msgspec.Raw) -> None:
        self._raw = raw

    @cached_property
    def _decoded(self) -> Mapping[str, tuple[Import, ...]]:
        return _decoded(self._raw)

    def __getitem__(self, path: str) -> tuple[Import, ...]:
        return self._decoded[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded)

    def __len__(self) -> int:
        return len(self._decoded)


def _decoded(raw: msgspec.Raw) -> dict[str, tuple[Import, ...]]:
    found = msgspec.msgpack.decode(raw, type=dict[str, tuple[_Import, ...]])
    return {
        path: tuple(Import(item.module, item.names, item.relative) for item in items) for path, items in found.items()
    }


def _refreshed(root: str, stamps: Mapping[str, Stamp], kept: _Kept, deadline: float) -> _Kept:
    """`kept`, brought to the files as they are now, as far as the deadline allows."""
    known = {path: found for path, found in _decoded(kept.imports).items() if kept.stamps.get(path) == stamps.get(path)}
    by_stamp = {(kept.stamps[path], _kind(path)): found for path, found in known.items()}
    names = _names(root, stamps) if _manifests(stamps) != _manifests(kept.stamps) else kept.names
    complete, fresh = True, set[str]()
    for path, stamp in stamps.items():
        if path in known or not _has_imports(path):
            continue
        if (found := by_stamp.get((stamp, _kind(path)))) is None:
            if monotonic() > deadline:
                complete = False
                break
            found = _read_imports(root, path)
        known[path] = found
        fresh.add(path)
    index = FileIndex(frozenset(stamps), names)
    same_files = kept.stamps.keys() == stamps.keys() and names == kept.names
    redo = fresh if same_files else known.keys()
    edges = {path: found for path, found in kept.edges.items() if path in known} if same_files else {}
    edges |= {path: targets(path, known[path], index) for path in redo}
    plain = {path: [_Import(i.module, i.names, i.relative) for i in found] for path, found in known.items()}
    raw = msgspec.Raw(msgspec.msgpack.encode(plain))
    return _Kept(_FORMAT, complete, dict(stamps), dict(names), {p: e for p, e in sorted(edges.items()) if e}, raw)


def _has_imports(path: str) -> bool:
    language = language_of_path(path)
    return language is not None and language.grammar is not None and query(language.id, "imports") is not None


def _kind(path: str) -> str:
    language = language_of_path(path)
    return language.id if language else ""


def _read_imports(root: str, path: str) -> tuple[Import, ...]:
    data = read_bytes(root, path, MAX_PARSED_BYTES)
    document = decode(data, path).document if data is not None else None
    return _imports_of(document) if document else ()


def _imports_of(document: Document) -> tuple[Import, ...]:
    tree = parse(document)
    return tuple(replace(item, start=0, end=0) for item in imports(tree)) if tree else ()


# ---- names that manifests declare


def _go_name(text: str) -> str | None:
    match = re.search(r"(?m)^module\s+\"?([^\s\"]+)", text)
    return match[1] if match else None


def _npm_name(text: str) -> str | None:
    found = json.loads(text)
    name = found.get("name") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None


def _crate_name(text: str) -> str | None:
    package: Any = tomllib.loads(text).get("package")
    name = package.get("name") if isinstance(package, dict) else None
    return name if isinstance(name, str) else None


_NAMERS: Mapping[str, Callable[[str], str | None]] = {
    "go.mod": _go_name,
    "package.json": _npm_name,
    "Cargo.toml": _crate_name,
}


def _manifests(stamps: Mapping[str, Stamp]) -> Mapping[str, Stamp]:
    return {path: stamp for path, stamp in stamps.items() if path.rpartition("/")[2] in _NAMERS}


def _names(root: str, stamps: Mapping[str, Stamp]) -> dict[str, str]:
    """The folder of each unit by its name; a manifest that cannot be read names none."""
    found: dict[str, str] = {}
    for path in _manifests(stamps):
        folder, _, name = path.rpartition("/")
        data = read_bytes(root, path, MAX_PARSED_BYTES)
        try:
            unit = _NAMERS[name](data.decode("utf-8", "replace")) if data is not None else None
        except (ValueError, RecursionError) as error:
            _log.info("%s: no name read: %s", path, type(error).__name__)
            continue
        if unit:
            found.setdefault(unit, folder)
    return found


# ---- the file on disk


def _file_of(root: str) -> Path:
    return disk.file_of("projects", root)


def _read(file: Path) -> _Kept:
    found = disk.load(file, _Kept)
    try:
        if found is not None:
            msgspec.msgpack.decode(found.imports)
    except msgspec.MsgspecError:
        return _Kept()
    return found if found is not None and found.format == _FORMAT else _Kept()
