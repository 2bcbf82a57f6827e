"""The git repository of a workspace: what changed, against what.

libgit2 in this process, reading only: nothing here writes an index, an object, a reference or a file, and
no program is started, whatever a repository's configuration names (hooks, filters, monitors): docs/git.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar, cast

import pygit2
from pygit2.enums import DiffOption, RepositoryOpenFlag

from escalation.analysis.change import Change
from escalation.repository.comparison import Comparison, Entry, lookup, with_line_ends
from escalation.repository.files import Reading, may_read, shown
from escalation.repository.sides import Stored, problem_of_mode
from escalation.text.document import Document

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # libgit2 knows it without having it

_STORED = DiffOption.INCLUDE_TYPECHANGE | DiffOption.SKIP_BINARY_CHECK
_WORKING = (
    _STORED
    | DiffOption.INCLUDE_UNTRACKED
    | DiffOption.RECURSE_UNTRACKED_DIRS
    | DiffOption.INCLUDE_UNREADABLE
    | DiffOption.INCLUDE_UNREADABLE_AS_UNTRACKED
)
_Target = TypeVar("_Target", pygit2.Tree, pygit2.Commit)


class RepositoryError(Exception):
    """Git cannot answer; the message is one line for a person."""


class Repository:
    """One repository with a working tree. Not to be shared between threads: open one each, it costs little.

    `root` is the absolute path of the working tree, without links. A change is ordered by path; paths are
    relative to the root, with `/`. Every method raises RepositoryError when git cannot answer.
    """

    def __init__(self, handle: pygit2.Repository) -> None:
        self.handle = handle
        self.root = os.path.realpath(handle.workdir or handle.path)
        self._head_blob = lru_cache(maxsize=64)(self._read_blob)

    @classmethod
    def discover(cls, path: str | os.PathLike[str] = ".") -> Repository | None:
        """The repository that `path` (a file or a directory, there or not) lies in, if it lies in one."""
        start = _nearest_existing(os.path.abspath(path))
        with _explained(start):
            git_dir = pygit2.discover_repository(start)
            handle = _open(git_dir) if git_dir else None
        if handle is None:
            return None
        if handle.is_bare:
            raise RepositoryError(f"{shown(start)}: a bare repository has no working tree to judge")
        return cls(handle)

    @property
    def head(self) -> str | None:
        """The id of the current commit; None before the first one."""
        with _explained(self.root):
            return None if self.handle.head_is_unborn else str(self.handle.head.target)

    @property
    def user(self) -> str | None:
        """The name that commits made here carry, if it is configured."""
        try:
            return str(self.handle.config["user.name"])
        except (KeyError, pygit2.GitError):
            return None

    @property
    def common_dir(self) -> str:
        """The git directory that all working trees of this repository share."""
        own = os.path.realpath(self.handle.path)
        try:
            with open(os.path.join(own, "commondir"), encoding="utf-8", errors="surrogateescape") as file:
                return os.path.realpath(os.path.join(own, file.read().strip()))
        except FileNotFoundError:
            return own

    def relative(self, path: str | os.PathLike[str]) -> str:
        """`path` (absolute or from the current directory) as a path of this repository, "" for the root.

        Links in front of its last part are followed, the last part is not.
        """
        parent, name = os.path.split(os.path.abspath(path))
        absolute = os.path.join(os.path.realpath(parent), name)
        inside = next((each for each in (absolute, os.path.realpath(path)) if self._holds(each)), None)
        if inside is None:
            raise RepositoryError(f"{shown(os.fspath(path))} is outside the repository {shown(self.root)}")
        return "" if inside == self.root else os.path.relpath(inside, self.root).replace(os.sep, "/")

    def working_change(self, paths: Iterable[str] = ()) -> Change:
        """Working tree and index against HEAD, with the untracked files that are not ignored.

        `paths` limits it to files and directories of this repository; one that does not exist is an error.
        """
        return self._working_change(self._head_tree(), paths)

    def base_change(self, rev: str, paths: Iterable[str] = ()) -> Change:
        """Working tree and index against the revision `rev` itself, as `git diff REV` has it.

        `REV...` stands for the commit where HEAD left REV (git's three dots): what a branch adds.
        """
        if rev.endswith("..."):
            return self._working_change(self._fork_point(rev.removesuffix("...")), paths)
        return self._working_change(self._peel(rev, pygit2.Tree), paths)

    def staged_change(self, paths: Iterable[str] = ()) -> Change:
        """The index against HEAD: what `git commit` would take."""
        base = self._head_tree()
        with _explained(self.root):
            return self._change(Comparison(self.handle, base, base.diff_to_index(self._index(), _STORED)), paths)

    def commit_change(self, rev: str, paths: Iterable[str] = ()) -> Change:
        """A commit against its first parent; the first commit of all against nothing."""
        commit = self._peel(rev, pygit2.Commit)
        with _explained(self.root):
            base = self._parent_tree(commit)
            return self._change(Comparison(self.handle, base, base.diff_to_tree(commit.tree, _STORED)), paths)

    def head_document(self, path: str, current: Document | None = None) -> Document | None:
        """The file at `path` as HEAD has it; None if HEAD has none, or none that can be judged.

        Where git converts line ends for this file, they are those of `current`.
        """
        with _explained(self.root):
            found = lookup(self._head_tree(), path)
            if found is None or problem_of_mode(Stored(self.handle, found.id, path, found.filemode)):
                return None
            base = self._head_blob(found.id, path).document
            return with_line_ends(self.handle, base, current, path) if base and current else base

    def is_ignored(self, path: str) -> bool:
        """Whether git's ignore rules name `path`. They may name a tracked file, which counts all the same."""
        try:
            return bool(self.handle.path_is_ignored(path))
        except (UnicodeEncodeError, pygit2.GitError):  # not a name in UTF-8, or not a path of this repository
            return False

    # Revisions

    def _head_tree(self) -> pygit2.Tree:
        with _explained(self.root):
            if self.handle.head_is_unborn:
                return self._empty_tree()
            return self.handle.head.peel(pygit2.Tree)

    def _empty_tree(self) -> pygit2.Tree:
        return cast(pygit2.Tree, self.handle[_EMPTY_TREE])

    def _parent_tree(self, commit: pygit2.Commit) -> pygit2.Tree:
        if commit.parent_ids:
            return commit.parents[0].tree
        if self.handle.is_shallow and str(commit.id) in self._cut_off():
            raise RepositoryError(f"this shallow clone begins with {str(commit.id)[:10]}: fetch its parent, too")
        return self._empty_tree()

    def _cut_off(self) -> frozenset[str]:
        with open(os.path.join(self.common_dir, "shallow"), encoding="ascii") as file:
            return frozenset(file.read().split())

    def _fork_point(self, rev: str) -> pygit2.Tree:
        ours, theirs = self._peel("HEAD", pygit2.Commit), self._peel(rev, pygit2.Commit)
        with _explained(self.root):
            base = self.handle.merge_base(ours.id, theirs.id)
            if base is not None:
                return self.handle[base].peel(pygit2.Tree)
        hint = " in this shallow clone: fetch more of it" if self.handle.is_shallow else ""
        raise RepositoryError(f"HEAD and {shown(rev)} have no commit in common{hint}")

    def _peel(self, rev: str, kind: type[_Target]) -> _Target:
        try:
            return self.handle.revparse_single(rev).peel(kind)
        except (KeyError, ValueError, pygit2.GitError):
            raise RepositoryError(f"{shown(rev)!r} names no {kind.__name__.lower()} of this repository") from None

    # Comparing

    def _index(self) -> pygit2.Index:
        index: pygit2.Index = self.handle.index
        index.read(False)  # another program may have written it meanwhile
        return index

    def _working_change(self, base: pygit2.Tree, paths: Iterable[str]) -> Change:
        with _explained(self.root):
            index, unreadable = self._index(), frozenset[str]()
            try:
                diff = _diff_through(index, base)
            except (pygit2.GitError, OSError):
                # One file that cannot be read ends libgit2's whole comparison: compare without such files.
                if not (unreadable := _unreadable(index, self.root)):
                    raise
                diff = _diff_without(unreadable, index, base)
            return self._change(Comparison(self.handle, base, diff, self.root, unreadable), paths)

    def _change(self, comparison: Comparison, paths: Iterable[str]) -> Change:
        entries, selection = comparison.entries(), tuple(dict.fromkeys(paths))
        for path in selection:
            self._check(path, comparison, entries)
        return comparison.change([each for each in entries if not selection or each.is_in(selection)])

    def _check(self, path: str, comparison: Comparison, entries: Sequence[Entry]) -> None:
        exists = os.path.lexists(os.path.join(self.root, path)) or lookup(comparison.base, path) is not None
        if not exists and not any(entry.is_in((path,)) for entry in entries):
            raise RepositoryError(f"{shown(path)}: no such file or directory")

    def _read_blob(self, id: pygit2.Oid, path: str) -> Reading:
        return Stored(self.handle, id, path).read()

    def _holds(self, absolute: str) -> bool:
        return absolute == self.root or absolute.startswith(self.root.rstrip(os.sep) + os.sep)


def _diff_through(index: pygit2.Index, base: pygit2.Tree) -> pygit2.Diff:
    """The diff from `base` over the index to the working tree, with the untracked files."""
    # The first diff needs the options of the second: merging would drop what they add.
    diff = base.diff_to_index(index, _WORKING)
    diff.merge(index.diff_to_workdir(_WORKING))
    return diff


def _diff_without(paths: Iterable[str], index: pygit2.Index, base: pygit2.Tree) -> pygit2.Diff:
    for path in paths:
        index.remove(path)  # from memory only; the file of the index is not written
    try:
        return _diff_through(index, base)
    finally:
        index.read(True)


def _unreadable(index: pygit2.Index, root: str) -> frozenset[str]:
    return frozenset(entry.path for entry in index if not may_read(os.path.join(root, entry.path)))


def _nearest_existing(path: str) -> str:
    while not os.path.isdir(path):
        parent = os.path.dirname(path)
        if parent == path:
            break
        path = parent
    return path


def _open(git_dir: str) -> pygit2.Repository:
    """The repository; in a hook of it with the index git hands over (`git commit -a`, `git commit FILE`)."""
    _allow_partial_clones()
    if _is_hook_of(git_dir):
        return pygit2.Repository(git_dir, RepositoryOpenFlag.FROM_ENV)
    return pygit2.Repository(git_dir)


def _is_hook_of(git_dir: str) -> bool:
    index, own = os.environ.get("GIT_INDEX_FILE"), os.path.realpath(git_dir)
    if not index or "GIT_WORK_TREE" in os.environ:
        return False
    same = os.path.realpath(os.environ.get("GIT_DIR", git_dir)) == own
    return same and os.path.dirname(os.path.realpath(index)) == own


def _allow_partial_clones() -> None:
    """A file whose content was not fetched becomes a problem of that file, not of the repository."""
    settings = pygit2.Settings()
    if "partialclone" not in settings.extensions:
        settings.set_extensions(["partialclone"])


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise RepositoryError(f"{shown(place)}: git's object {error.args[0]} is missing in this clone") from error
    except (pygit2.GitError, OSError) as error:
        raise RepositoryError(f"{shown(place)}: {_explanation(str(error), place)}") from error


def _explanation(message: str, place: str) -> str:
    if "is not owned by current user" in message:
        command = f"git config --global --add safe.directory {shown(place)}"
        return f"it belongs to another user; if you trust it: {command}"
    if "'sdir'" in message:
        return "its index is sparse, which libgit2 cannot read: git sparse-checkout reapply --no-sparse-index"
    if "unsupported extension" in message or "unsupported mandatory extension" in message:
        return f"it uses a feature that libgit2 cannot read ({message})"
    return message
