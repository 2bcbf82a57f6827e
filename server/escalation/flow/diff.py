"""Diffs of two snapshots, in the form that `git apply` takes."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pygit2

from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

_EMPTY = re.compile(rb"^--- .*\n\+\+\+ .*\n\Z", re.MULTILINE)
"""The two lines that git does not write, nor reads, for a file without lines."""


def changed_paths(base: Snapshot, snapshot: Snapshot) -> tuple[str, ...]:
    """The paths whose text differs, sorted."""
    return tuple(sorted(path for path in base.keys() | snapshot.keys() if _differs(base.get(path), snapshot.get(path))))


def _differs(old: Document | None, new: Document | None) -> bool:
    if old is None or new is None:
        return old is not new
    return old.lines is not new.lines and old.data != new.data


def unified(base: Snapshot, snapshot: Snapshot, paths: Iterable[str] | None = None) -> bytes:
    """The unified diff from one snapshot to the other, of `paths` or of everything that differs. Bytes, for the files'
    line ends are part of it."""
    return b"".join(
        _of_file(path, base.get(path), snapshot.get(path))
        for path in (changed_paths(base, snapshot) if paths is None else paths)
    )


def _of_file(path: str, old: Document | None, new: Document | None) -> bytes:
    before, after = old.data if old else None, new.data if new else None
    patch = pygit2.Patch.create_from(before, after, old_as_path=path, new_as_path=path)
    return _EMPTY.sub(b"", bytes(patch.data)) if not before and not after else bytes(patch.data)
