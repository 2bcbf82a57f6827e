"""The files of a workspace with a stamp each that changes when the content does; nothing is read to tell.

In git these are the tracked files and the untracked ones that are not ignored; elsewhere a bounded walk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from stat import S_ISREG

import pygit2
from pygit2.enums import FileMode, FileStatus

from escalation.repository.git import Repository, RepositoryError
from escalation.repository.walk import NOT_OURS, walk

MAX_FILES = 20_000
# Folders that hold what was built or fetched; git's ignore rules name them where there is git.
_PASSED_OVER = NOT_OURS | {"vendor", "target", "dist", "build", "out", "bin", "obj"}
_DEEPEST = 32
_UNCHANGED = FileStatus.CURRENT | FileStatus.IGNORED
_GONE = FileStatus.WT_DELETED

Stamp = bytes
"""A blob id for what is as git has it, else a hash of name, size and time of the last change."""


def list_files(root: str) -> Mapping[str, Stamp]:
    """The files below `root` by path, sorted, at most `MAX_FILES`; names that are not UTF-8 and links are
    left out."""
    try:
        repository = Repository.discover(root)
    except RepositoryError:
        repository = None
    if repository is None or os.path.realpath(root) != repository.root:
        return _bounded(dict(_walked(root)))
    return _bounded(_tracked(repository))


def _bounded(found: Mapping[str, Stamp]) -> Mapping[str, Stamp]:
    return {path: found[path] for path in sorted(found)[:MAX_FILES]}


def _tracked(repository: Repository) -> Mapping[str, Stamp]:
    handle = repository.handle
    files = (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)
    found: dict[str, Stamp] = {}
    try:
        for entry in handle.index:
            if entry.mode in files and _is_text(entry.path):
                found[entry.path] = entry.id.raw
        changes = handle.status(untracked_files="all")
    except (pygit2.GitError, UnicodeError):  # an index that libgit2 cannot read
        return dict(_walked(repository.root))
    for path, status in changes.items():
        if status & _GONE:
            found.pop(path, None)
        elif not status & FileStatus.IGNORED and status & (
            FileStatus.WT_NEW | FileStatus.WT_MODIFIED | FileStatus.WT_TYPECHANGE
        ):
            stamp = _stamp(repository.root, path) if _is_text(path) else None
            if stamp is None:
                found.pop(path, None)
            else:
                found[path] = stamp
    return found


def _walked(root: str) -> Iterator[tuple[str, Stamp]]:
    """The regular files below `root`, without hidden folders and those in which nobody writes by hand."""
    paths = walk(root, _PASSED_OVER, deepest=_DEEPEST)
    stamped = ((path, stamp) for path in paths if _is_text(path) and (stamp := _stamp(root, path)))
    return islice(stamped, MAX_FILES)


def _stamp(root: str, path: str) -> Stamp | None:
    try:
        status = os.lstat(os.path.join(root, path))
    except OSError:
        return None
    if not S_ISREG(status.st_mode):
        return None
    return blake2b(f"{path}\0{status.st_size}\0{status.st_mtime_ns}".encode(), digest_size=20).digest()


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
