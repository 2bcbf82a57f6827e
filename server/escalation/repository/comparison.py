"""From libgit2's diff to a change: which files, what to read of each, and what became of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pygit2
from pygit2.enums import DeltaStatus, DiffFind

from escalation.analysis.change import Change, FileChange, Status, line_count
from escalation.analysis.hunks import common_prefix, common_suffix
from escalation.repository.files import Reading
from escalation.repository.sides import OnDisk, Side, Stored, problem_of_mode
from escalation.text.document import Document

# Beyond these a change is hardly one person's work: the rest of its files is listed, not read.
MAX_FILES = 5_000
MAX_TOTAL_BYTES = 256 * 1024 * 1024
# A file too large to judge has its lines counted up to this size.
MAX_COUNTED_BYTES = 64 * 1024 * 1024
_RENAME_SIMILARITY = 50  # per cent, as git has it
_RENAME_LIMIT = 400
_RENAMES = DiffFind.FIND_RENAMES | DiffFind.FIND_FOR_UNTRACKED
_UNTOUCHED = (DeltaStatus.UNMODIFIED, DeltaStatus.IGNORED)
_STATUS: dict[int, Status] = {
    DeltaStatus.ADDED: "added",
    DeltaStatus.UNTRACKED: "added",
    DeltaStatus.UNREADABLE: "added",
    DeltaStatus.DELETED: "deleted",
    DeltaStatus.RENAMED: "renamed",
}
_CONFLICT = "has an unresolved merge conflict"
_SKIP_WORKTREE = 1 << 14  # GIT_INDEX_ENTRY_SKIP_WORKTREE


@dataclass(frozen=True, slots=True)
class Entry:
    """One changed path before anything is read of it."""

    path: str
    status: Status
    old: Side | None
    new: Side | None
    base_path: str | None = None
    note: str | None = None
    problem: str | None = None

    def is_in(self, selection: Sequence[str]) -> bool:
        """Whether `selection` names the path, the path it had, or a directory above."""
        names = (self.path, self.base_path) if self.base_path else (self.path,)
        return any(_is_below(name, each) for name in names for each in selection)

    @property
    def mode_note(self) -> str | None:
        """What became of the file's mode, in plain words; None if nothing did."""
        if self.old is None or self.new is None or self.old.mode == self.new.mode:
            return None
        if problem := problem_of_mode(self.old):
            return problem.replace("is ", "was ", 1)
        return f"file mode changed from {self.old.mode & 0o777:o} to {self.new.mode & 0o777:o}"

    @property
    def is_noteworthy(self) -> bool:
        """Whether something happened to the file even if its text is the same."""
        return bool(self.base_path or self.note or self.mode_note)

    def unread(self, problem: str, counted: tuple[int, int] | None = None) -> FileChange:
        return FileChange(self.path, base_path=self.base_path, problem=problem, recorded=self.status, counted=counted)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A diff from the tree `base`, to the files below `root` or, without `root`, to stored objects.

    `unreadable` are files in the working tree that the diff takes for deleted.
    """

    handle: pygit2.Repository
    base: pygit2.Tree
    diff: pygit2.Diff
    root: str | None = None
    unreadable: frozenset[str] = frozenset()

    def entries(self) -> list[Entry]:
        """The changed paths, renames found, in order."""
        # A content that cannot be had (no permission, a partial clone) ends the search: a renamed file
        # then shows as one deleted and one added.
        with suppress(pygit2.GitError, OSError, KeyError):
            self.diff.find_similar(_RENAMES, _RENAME_SIMILARITY, rename_limit=_RENAME_LIMIT)
        deltas = (delta for delta in self.diff.deltas if delta.status not in _UNTOUCHED)
        entries = [self._entry(delta) for delta in deltas]
        if self.root is not None and _is_sparse(self.handle):
            entries = [entry for entry in entries if not _is_left_out(self.handle, entry)]
        return sorted(entries, key=lambda entry: entry.path)

    def change(self, entries: Sequence[Entry]) -> Change:
        """The change that `entries` make, with what could be read of it."""
        return Change(tuple(self._files(entries)))

    def _entry(self, delta: pygit2.DiffDelta) -> Entry:
        path = os.fsdecode(delta.new_file.raw_path).rstrip("/")
        if delta.status == DeltaStatus.CONFLICTED:
            return self._conflict(path)
        if path in self.unreadable and self.root is not None:
            return Entry(path, "modified", None, OnDisk(self.root, path))
        status = _STATUS.get(delta.status, "modified")
        base_path = os.fsdecode(delta.old_file.raw_path)
        return Entry(
            path,
            status,
            old=None if status == "added" else self._stored(delta.old_file, base_path),
            new=None if status == "deleted" else self._new_side(delta.new_file, path),
            base_path=base_path if status == "renamed" else None,
        )

    def _conflict(self, path: str) -> Entry:
        """git names the sides of the merge; compared are the base and the file with the conflict marks."""
        found = lookup(self.base, path)
        old = Stored(self.handle, found.id, path, found.filemode) if found else None
        if self.root is None:
            return Entry(path, "modified" if old else "added", old, None, problem=_CONFLICT)
        new = OnDisk(self.root, path)
        if not new.exists():
            return Entry(path, "deleted", old, None, problem=None if old else _CONFLICT, note=_CONFLICT)
        return Entry(path, "modified" if old else "added", old, new, note=_CONFLICT)

    def _new_side(self, file: pygit2.DiffFile, path: str) -> Side:
        if self.root is None:
            return self._stored(file, path)
        return OnDisk(self.root, path, file.mode)

    def _stored(self, file: pygit2.DiffFile, path: str) -> Side:
        return Stored(self.handle, file.id, path, file.mode)

    def _files(self, entries: Sequence[Entry]) -> Iterator[FileChange]:
        left = MAX_TOTAL_BYTES
        for number, entry in enumerate(entries):
            if number >= MAX_FILES or left <= 0:
                yield entry.unread("is not read: the change is too large")
            elif change := self._file(entry):
                left -= sum(len(document.data) for document in (change.base, change.current) if document)
                yield change

    def _file(self, entry: Entry) -> FileChange | None:
        """What became of one file; None if nothing did (staged and taken back again)."""
        if problem := entry.problem or problem_of_mode(entry.new or entry.old):
            return entry.unread(problem)
        base = entry.old.read() if entry.old and not problem_of_mode(entry.old) else Reading(None)
        current = entry.new.read() if entry.new else Reading(None)
        if problem := current.problem or base.problem:
            return entry.unread(problem, _counted(entry))
        before = base.document
        if before and current.document:
            before = with_line_ends(self.handle, before, current.document, entry.path)
            if before.data == current.document.data and not entry.is_noteworthy:
                return None
        note = entry.note or current.note or base.note or entry.mode_note
        return FileChange(entry.path, before, current.document, entry.base_path, note=note, recorded=entry.status)


def with_line_ends(handle: pygit2.Repository, base: Document, current: Document, path: str) -> Document:
    """`base` with the line ends of `current`, if git converts them (autocrlf, `.gitattributes`)."""
    if (b"\r\n" in base.data) == (b"\r\n" in current.data) or not _converts_line_ends(handle, path):
        return base
    text = base.data.replace(b"\r\n", b"\n")
    if current.data.count(b"\r\n") * 2 > current.data.count(b"\n"):
        text = text.replace(b"\n", b"\r\n")
    return Document(base.uri, base.language, text)


def lookup(tree: pygit2.Tree, path: str) -> pygit2.Object | None:
    """The entry of `tree` at `path` ("" is the tree itself); None if it has none."""
    try:
        return tree[path] if path else tree
    except KeyError:
        return None


def _converts_line_ends(handle: pygit2.Repository, path: str) -> bool:
    filters = handle.load_filter_list(path)
    return filters is not None and "crlf" in filters


def _is_sparse(handle: pygit2.Repository) -> bool:
    config = handle.config
    return "core.sparsecheckout" in config and config.get_bool("core.sparsecheckout")


def _is_left_out(handle: pygit2.Repository, entry: Entry) -> bool:
    """Whether a file is missing only because of the sparse checkout; libgit2 reports it as deleted."""
    from pygit2.ffi import C, ffi  # for the one flag that pygit2's own classes do not show

    if entry.status != "deleted":
        return False
    found = C.git_index_get_bypath(handle.index._index, os.fsencode(entry.path), 0)
    return bool(found != ffi.NULL and found.flags_extended & _SKIP_WORKTREE)


def _counted(entry: Entry) -> tuple[int, int] | None:
    """Lines added and deleted in a file not judged by content: from the first difference to the last."""
    old = entry.old.content(MAX_COUNTED_BYTES) if entry.old else b""
    new = entry.new.content(MAX_COUNTED_BYTES) if entry.new else b""
    if old is None or new is None or b"\0" in old[:8000] or b"\0" in new[:8000]:
        return None
    start = common_prefix(old, new)
    end = common_suffix(old, new, min(len(old), len(new)) - start)
    return line_count(new[start : len(new) - end]), line_count(old[start : len(old) - end])


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")
