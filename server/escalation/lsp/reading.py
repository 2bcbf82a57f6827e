"""What is read from disk and from git, off the event loop. Nothing here touches the session."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from escalation.analysis.change import FileChange
from escalation.analysis.facts import FileFacts, examine
from escalation.analysis.source import Source
from escalation.lsp.project import Base, Reading
from escalation.repository import dismissed
from escalation.repository.files import MAX_BYTES, read_document
from escalation.repository.git import Repository, RepositoryError
from escalation.settings.load import Problem, load


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
    """Read a project's settings, dismissals and pending files, and the bases of the open files.

    What did not change since `previous` is taken over, so that nothing is analysed twice.
    """
    previous = previous or Reading()
    settings, problems = load(root, client, os.environ)
    if root is None:
        return Reading(settings, problems, bases={path: Base() for path in open_paths})
    dismissals, wrong = dismissed.read(root)
    repository, bare = _repository(root)
    pending = _pending(repository, previous)
    return Reading(
        settings=settings,
        problems=(*problems, *wrong, *bare),
        dismissals=dismissals,
        pending=pending,
        facts={path: _facts(change, previous) for path, change in pending.items()},
        bases={path: _base(repository, root, path, previous) for path in open_paths},
    )


def _repository(path: Path) -> tuple[Repository | None, tuple[Problem, ...]]:
    try:
        return Repository.discover(path), ()
    except RepositoryError as error:  # what git cannot read is judged like a folder without git
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
    return examine(change)


def _base(repository: Repository | None, root: Path, path: str, previous: Reading) -> Base:
    document = repository.head_document(path) if repository else read_document(str(root), path).document
    old = previous.bases.get(path)
    if old is not None and (old.document and old.document.lines) == (document and document.lines):
        return old
    if document is None or document.lines.size > MAX_BYTES:
        return Base(document)
    return Base(document, Source.of(document))
