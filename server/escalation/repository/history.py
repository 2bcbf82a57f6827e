"""The history of a repository: who touched which paths when, from its own commits.

Read along the first parents, so that one merged branch counts once; kept on disk and extended from there when HEAD
moves, back or forth or to another branch. Not for the keystroke path: the first reading of a large repository takes
as long as it is given.
"""

from __future__ import annotations

import logging
import os
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import cast

import msgspec
import pygit2
from pygit2.enums import DiffOption

from escalation.analysis.risk import History, Touch
from escalation.repository import disk
from escalation.repository.git import Repository

MAX_COMMITS = 2_000
MAX_SECONDS = 2 * 365 * 86_400  # two years before the newest commit
# A commit that touches more than this is a reformatting or an import; it says nothing about any one file.
MAX_PATHS = 1_000
_FORMAT = 1

_log = logging.getLogger(__name__)


class _Commit(msgspec.Struct, frozen=True, array_like=True):
    """A commit as it is kept; `parent` is its first one ("" at the root)."""

    id: str
    parent: str
    time: int
    author: str
    paths: tuple[str, ...]


class _Kept(msgspec.Struct, frozen=True):
    """The file on disk: commits newest first, each the parent of the one before; `complete` if nothing older of
    the window is missing."""

    format: int = _FORMAT
    complete: bool = False
    commits: tuple[_Commit, ...] = ()


def load_history(repository: Repository, budget_seconds: float = 1.5) -> History:
    """The latest commits of HEAD, at most `MAX_COMMITS` and `MAX_SECONDS` back.

    What does not fit into the budget is read by the next call; `History.partial` says that something is missing.
    """
    deadline = monotonic() + budget_seconds
    file = _file_of(repository)
    kept = _read(file)
    known = _extended(repository.handle, repository.head, kept, deadline)
    if known != kept:
        disk.save(file, known)
    touches = tuple(Touch(each.time, each.author, each.paths) for each in known.commits)
    return History(touches, _identity(_user(repository.handle)), partial=not known.complete)


def _extended(handle: pygit2.Repository, head: str | None, kept: _Kept, deadline: float) -> _Kept:
    """`kept`, brought to `head`: what is new in front of those kept commits that `head` still comes from."""
    places = {commit.id: place for place, commit in enumerate(kept.commits)}
    commits: list[_Commit] = []
    id = head or ""
    while id and len(commits) < MAX_COMMITS:
        if (place := places.get(id)) is not None:
            commits += kept.commits[place:]
            if kept.complete:
                break
            id, places = commits[-1].parent, {}
            continue
        if monotonic() > deadline:
            return _Kept(complete=False, commits=tuple(commits))
        commit = _read_commit(handle, id)
        if commit is None or (commits and commit.time < commits[0].time - MAX_SECONDS):
            break
        commits.append(commit)
        id = commit.parent
    return _Kept(complete=True, commits=tuple(commits[:MAX_COMMITS]))


def _read_commit(handle: pygit2.Repository, id: str) -> _Commit | None:
    """The commit; None where a shallow or partial clone ends."""
    try:
        commit = cast(pygit2.Commit, handle[id])
        parents = commit.parents
        # The author of a merge is who pressed the button; the work is that of the branch.
        author = parents[1].author if len(parents) > 1 else commit.author
        paths = _paths(commit, parents[0] if parents else None, handle.is_shallow)
    except (KeyError, pygit2.GitError):
        return None
    parent = str(commit.parent_ids[0]) if commit.parent_ids else ""
    return _Commit(id, parent, commit.commit_time, _identity(author.raw_email), paths)


def _paths(commit: pygit2.Commit, parent: pygit2.Commit | None, is_shallow: bool) -> tuple[str, ...]:
    if parent is None and is_shallow:  # all that came before it looks like its own work
        return ()
    tree = commit.tree
    diff = parent.tree.diff_to_tree(tree, DiffOption.SKIP_BINARY_CHECK) if parent else tree.diff_to_tree(swap=True)
    if len(diff) > MAX_PATHS:
        return ()
    names = (delta.new_file.raw_path for delta in diff.deltas)
    # A name that is not UTF-8 has no history here: what is kept on disk is text.
    return tuple(name.decode() for name in names if _is_text(name))


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _user(handle: pygit2.Repository) -> bytes:
    if email := os.environ.get("GIT_AUTHOR_EMAIL"):
        return os.fsencode(email)
    try:
        return os.fsencode(handle.config["user.email"] or "")
    except KeyError:
        return b""


def _identity(email: bytes) -> str:
    """Tells authors apart without keeping their addresses."""
    return blake2b(email.lower(), digest_size=8).hexdigest()


def _file_of(repository: Repository) -> Path:
    return disk.file_of("history", repository.common_dir)


def _read(file: Path) -> _Kept:
    found = disk.load(file, _Kept)
    return found if found is not None and found.format == _FORMAT else _Kept()
