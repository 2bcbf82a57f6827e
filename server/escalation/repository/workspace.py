"""A workspace: one root with its repository, its settings, what its team dismissed and what its outcomes taught. Where
the command line and the host gather what `assess` needs; the language server keeps its own, for it must not wait."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from escalation.analysis.change import Change, FileChange, Task
from escalation.analysis.facts import FileFacts, Surroundings
from escalation.decision.assess import assess
from escalation.decision.assessment import Assessment
from escalation.decision.dismissals import Dismissals
from escalation.decision.history import NO_HISTORY, History
from escalation.flow.sources import ABSENT
from escalation.repository import calibration, dismissed
from escalation.repository.files import Reading, decode, file_uri, shown
from escalation.repository.git import Repository, RepositoryError
from escalation.repository.history import load_history
from escalation.repository.inside import read_inside
from escalation.repository.prices import load_rates
from escalation.repository.project import load_project
from escalation.settings.load import Problem, load
from escalation.settings.schema import Settings

BUDGET_SECONDS = 2.0
"""How long a cold import graph or history may take; what is missing then is read at the next call."""


@dataclass(frozen=True)
class Workspace:
    """`repository` is None outside git; then `root` is the folder that was asked for."""

    root: Path
    repository: Repository | None
    settings: Settings
    dismissals: Dismissals
    problems: tuple[Problem, ...]
    past: History = NO_HISTORY

    @classmethod
    def open(cls, path: str | os.PathLike[str], env: Mapping[str, str] | None = None) -> Workspace:
        """The workspace that `path` lies in. Raises RepositoryError."""
        repository = Repository.discover(path)
        root = Path(repository.root) if repository else Path(path).resolve()
        if root.is_file():
            root = root.parent
        settings, problems = load(root, env=os.environ if env is None else env)
        dismissals, more = dismissed.read(root)
        past, wrong = calibration.read(root)
        return cls(root, repository, settings, dismissals, (*problems, *more, *wrong), past)

    def relative(self, path: str) -> str:
        """A path given on the command line, relative to the root. Raises RepositoryError."""
        if self.repository is not None:
            return self.repository.relative(path)
        parent, name = os.path.split(os.path.abspath(path))
        absolute = Path(os.path.realpath(parent), name)
        if not absolute.is_relative_to(self.root):
            raise RepositoryError(f"{shown(path)} is outside {shown(str(self.root))}")
        return absolute.relative_to(self.root).as_posix()

    def assess(self, change: Change, facts: Mapping[str, FileFacts] | None = None) -> Assessment:
        """The assessment of a change in this workspace. `facts` are files examined before, by path."""
        return assess(
            change,
            settings=self.settings,
            surroundings=self.surroundings(),
            facts=facts,
            dismissals=self.dismissals,
            rates=load_rates(self.settings),
            history=self.past,
        )

    def surroundings(self, budget_seconds: float = BUDGET_SECONDS) -> Surroundings:
        """What is known of the repository around a change; from the caches where they are warm."""
        project = load_project(self.root, budget_seconds, services=self.settings.services)
        history = load_history(self.repository, budget_seconds) if self.repository else None
        return Surroundings(project.services, project.graph, frozenset(project.files), history)

    def with_task(self, change: Change, task: Task) -> Change:
        """A change with the task it serves, and with the files the task names: unchanged ones are in scope with their
        content, those that do not exist yet by their name."""
        known = {file.path for file in change.files}
        named = [self._named(path) for path in dict.fromkeys(task.files) if path and path not in known]
        return Change(tuple(sorted((*change.files, *named), key=lambda f: f.path)), task)

    def _named(self, path: str) -> FileChange:
        """Nothing is read through a link: on a host, who names a file need not be who may read what it leads to."""
        data = read_inside(str(self.root), path)
        if data == ABSENT:
            return FileChange(path, recorded="added", counted=(0, 0))
        uri = file_uri(str(self.root / path))
        reading = decode(data, path, uri) if isinstance(data, bytes) else Reading(None, data)
        if reading.document is None:
            return FileChange(path, problem=reading.problem, recorded="modified", counted=(0, 0))
        return FileChange(path, base=reading.document, current=reading.document, note=reading.note)


def expanded(workspace: Workspace, paths: Iterable[str]) -> tuple[str, ...]:
    """Paths of the command line relative to the root; folders are left out, for a task names files."""
    relative = (workspace.relative(path) for path in paths)
    return tuple(path for path in relative if not (workspace.root / path).is_dir())
