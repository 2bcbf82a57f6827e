"""Sides: where the text of a changed file is, before and after: in git's objects or in the working tree."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Protocol, cast

import pygit2
from pygit2.enums import FileMode

from escalation.repository.files import MAX_BYTES, Reading, decode, read_bytes, read_document, too_large

_PROBLEM_OF_MODE = {
    FileMode.LINK: "is a symbolic link",
    FileMode.COMMIT: "is a submodule, judged in its own repository",
    FileMode.TREE: "is another git repository",
}


class Side(Protocol):
    """One side of a changed file."""

    @property
    def mode(self) -> int: ...

    def read(self) -> Reading: ...

    def content(self, limit: int) -> bytes | None:
        """The bytes as they are; None if there are more than `limit` or they cannot be had."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A blob in git's objects."""

    handle: pygit2.Repository = field(repr=False)
    id: pygit2.Oid
    path: str
    mode: int = FileMode.BLOB

    def read(self) -> Reading:
        try:
            if self._size() > MAX_BYTES:
                return Reading(None, too_large())
            return decode(self._data(), self.path, f"git:{self.id}")
        except KeyError:
            return Reading(None, "has no content in this clone")
        except (pygit2.GitError, OSError):
            return Reading(None, "is damaged among git's objects")

    def content(self, limit: int) -> bytes | None:
        try:
            return self._data() if self._size() <= limit else None
        except (KeyError, pygit2.GitError, OSError):
            return None

    def _size(self) -> int:
        return self.handle.odb.read_header(self.id)[1]

    def _data(self) -> bytes:
        return cast(pygit2.Blob, self.handle[self.id]).data


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file in the working tree."""

    root: str
    path: str
    mode: int = FileMode.BLOB

    def read(self) -> Reading:
        return read_document(self.root, self.path)

    def content(self, limit: int) -> bytes | None:
        return read_bytes(self.root, self.path, limit)

    def exists(self) -> bool:
        return os.path.lexists(os.path.join(self.root, self.path))


def problem_of_mode(side: Side | None) -> str | None:
    """Why a side is judged by no content at all; None for a plain file."""
    return _PROBLEM_OF_MODE.get(FileMode(side.mode)) if side else None
