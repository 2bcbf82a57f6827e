"""What is read from disk and from git, off the event loop. Nothing here touches the session."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from escalation.analysis.change import FileChange
from escalation.analysis.facts import FileFacts, Surroundings, facts_of
from escalation.analysis.source import Source
from escalation.lsp.project import Base, Reading
from escalation.repository import calibration, dismissed
from escalation.repository.files import MAX_BYTES, read_document
from escalation.repository.git import Repository, RepositoryError
from escalation.repository.history import load_history
from escalation.repository.prices import load_rates
from escalation.repository.project import load_project
from escalation.settings.load import Problem, load
from escalation.settings.schema import Settings


def root_of(path: Path, folders: Iterable[Path]) -> Path:
    """The folder a file is judged in: its repository's, else the workspace's, else its own."""
    repository, _ = _repository(path.parent)
    if repository is not None:
        return Path(repository.root)
    around = [folder for folder in folders if path.is_relative_to(folder)]
    return max(around, key=lambda folder: len(folder.parts), default=path.parent)


def read(
    root: Path | None,
    open_paths: Iterable[str],
    client: Mapping[str, object],
    previous: Reading | None,
) -> Reading:
    """Read a project's settings, dismissals, calibration and pending files, and the bases of the open files.

    What did not change since `previous` is taken over, so that nothing is analysed twice.
    """
    previous = previous or Reading()
    settings, problems = load(root, client, os.environ)
    rates = load_rates(settings, apart=True)
    if root is None:
        return Reading(settings, problems, rates=rates, bases={path: Base() for path in open_paths})
    dismissals, wrong = dismissed.read(root)
    past, damaged = calibration.read(root)
    repository, bare = _repository(root)
    said = Reading(settings, (*problems, *wrong, *damaged, *bare), dismissals, rates, past)
    paths = tuple(open_paths)
    try:
        return _with_files(said, repository, root, paths, previous)
    except RepositoryError as error:  # what git cannot read is judged like a folder without git
        said = replace(said, problems=(*said.problems, Problem(str(error))))
        return _with_files(said, None, root, paths, previous)


def _with_files(
    said: Reading, repository: Repository | None, root: Path, open_paths: Iterable[str], previous: Reading
) -> Reading:
    pending = _pending(repository, previous)
    return replace(
        said,
        pending=pending,
        facts={path: _facts(change, previous) for path, change in pending.items()},
        bases={path: _base(repository, root, path, previous) for path in open_paths},
    )


def extend(previous: Reading, root: Path | None, open_paths: Iterable[str]) -> Reading:
    """The same reading with the bases of the files that were opened since."""
    missing = [path for path in open_paths if path not in previous.bases]
    repository = _repository(root)[0] if root is not None else None
    if root is None:
        return replace(previous, bases={**previous.bases, **{path: Base() for path in missing}})
    try:
        new = {path: _base(repository, root, path, previous) for path in missing}
    except RepositoryError:  # as in `read`, which says so at the next opportunity
        new = {path: _base(None, root, path, previous) for path in missing}
    return replace(previous, bases={**previous.bases, **new})


def survey(root: Path, settings: Settings, budget_seconds: float) -> Surroundings:
    """What is known of the repository around a change: its files, imports, services and history. Slow when cold."""
    project = load_project(root, budget_seconds, services=settings.services)
    repository, _ = _repository(root)
    history = load_history(repository, budget_seconds) if repository else None
    return Surroundings(project.services, project.graph, frozenset(project.files), history)


def _repository(path: Path) -> tuple[Repository | None, tuple[Problem, ...]]:
    try:
        return Repository.discover(path), ()
    except RepositoryError as error:
        return None, (Problem(str(error)),)


def _pending(repository: Repository | None, previous: Reading) -> Mapping[str, FileChange]:
    if repository is None:
        return {}
    files = {change.path: change for change in repository.working_change().files}
    return {path: _kept(change, previous.pending.get(path)) for path, change in files.items()}


def _kept(change: FileChange, old: FileChange | None) -> FileChange:
    return old if old is not None and old == change else change


def _facts(change: FileChange, previous: Reading) -> FileFacts:
    if change is previous.pending.get(change.path):
        return previous.facts[change.path]
    return facts_of(change)


def _base(repository: Repository | None, root: Path, path: str, previous: Reading) -> Base:
    document = repository.head_document(path) if repository else read_document(str(root), path).document
    old = previous.bases.get(path)
    if old is not None and (old.document and old.document.lines) == (document and document.lines):
        return old
    if document is None or document.lines.size > MAX_BYTES:
        return Base(document)
    return Base(document, Source.of(document))
