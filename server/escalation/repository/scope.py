"""Scope: the files that a run begins with; it may ask for more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from escalation.analysis.change import Change
from escalation.analysis.coupling import ImportGraph
from escalation.analysis.roles import role_of
from escalation.flow.context import Focus
from escalation.flow.sources import Sources
from escalation.repository.files import shown
from escalation.repository.git import RepositoryError
from escalation.repository.workspace import Workspace
from escalation.syntax.language import language_of_path
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

MAX_CHANGED = 100
"""Files of the focus and of the pending change."""
MAX_RELATED = 20
MAX_BYTES = 4 * 1024 * 1024
MAX_RELATED_BYTES = 1024 * 1024
_NOT_WRITTEN = frozenset({"generated", "lock", "vendored"})
_ABSENT = "does not exist"


@dataclass(frozen=True, slots=True)
class Scope:
    """`left_out` are files of the focus and of the change whose text is not sent: the path and why, in words that go on
    from it."""

    snapshot: Snapshot
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Gathered:
    """Documents while they are gathered, up to a number of bytes."""

    sources: Sources
    documents: dict[str, Document] = field(default_factory=dict)
    size: int = 0

    def take(self, path: str, limit: int) -> str | None:
        """Why the file at `path` does not come in; None if it does."""
        if path in self.documents:
            return None
        document = self.sources.read(path)
        if isinstance(document, str):
            return document
        if self.size + document.lines.size > limit:
            return "does not fit: there is too much in scope already"
        self.documents[path] = document
        self.size += document.lines.size
        return None


def read_scope(
    workspace: Workspace, focus: Sequence[Focus], change: Change, graph: ImportGraph | None, sources: Sources
) -> Scope:
    """The files of the focus (those of a folder, if it is one), those of the pending change, and what is related to
    them by imports or by its folder. A focus that does not exist is a file to be written. Raises RepositoryError for a
    focus that cannot be sent."""
    gathered, left_out = _Gathered(sources), dict[str, str]()
    focused = list(dict.fromkeys(path for place in focus for path in _expanded(place.path, sources)))
    named = {place.path for place in focus}
    for path in focused:
        problem = gathered.take(path, MAX_BYTES)
        if problem and problem != _ABSENT and path in named:
            raise RepositoryError(f"{shown(path)} {problem}; name other files for this task")
        if problem and problem != _ABSENT:
            left_out[path] = problem
    for file in change.files:
        if file.path in gathered.documents or file.path in left_out or file.status == "deleted":
            continue
        if role_of(file.path) in _NOT_WRITTEN:
            problem = f"is {role_of(file.path)}"
        elif len(gathered.documents) >= MAX_CHANGED:
            problem = "does not fit: there are too many files in scope already"
        else:
            problem = gathered.take(file.path, MAX_BYTES)
        if problem and problem != _ABSENT:
            left_out[file.path] = problem
    _take_related(gathered, focused or list(gathered.documents), graph)
    return Scope(Snapshot(gathered.documents), tuple(sorted(left_out.items())))


def _expanded(path: str, sources: Sources) -> list[str]:
    """The files of a folder, or the path itself."""
    prefix = f"{path}/" if path not in ("", ".") else ""
    if path in sources.paths:
        return [path]
    inside = [each for each in sources.paths if each.startswith(prefix) and role_of(each) not in _NOT_WRITTEN]
    return inside[:MAX_CHANGED] or [path]


def _take_related(gathered: _Gathered, paths: Sequence[str], graph: ImportGraph | None) -> None:
    limit, taken = gathered.size + MAX_RELATED_BYTES, 0
    for path in dict.fromkeys(_related(paths, graph, gathered.sources)):
        if taken == MAX_RELATED:
            return
        if path not in gathered.documents and role_of(path) not in _NOT_WRITTEN:
            taken += gathered.take(path, limit) is None


def _related(paths: Sequence[str], graph: ImportGraph | None, sources: Sources) -> Iterator[str]:
    """The nearest first: what the files import, what imports them, code in the same folders."""
    if graph is not None:
        known = frozenset(sources.paths)
        for neighbours in (graph.dependencies, graph.dependents):
            for path in paths:
                yield from (each for each in neighbours(path) if each in known)
    folders = {path.rpartition("/")[0] for path in paths}
    for path in sources.paths:
        language = language_of_path(path)
        if path.rpartition("/")[0] in folders and language is not None and language.grammar is not None:
            yield path
