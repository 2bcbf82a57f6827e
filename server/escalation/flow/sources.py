"""Sources: files of the workspace that are not in the snapshot yet. Reading them is the shells' business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from escalation.text.document import Document


class Sources(Protocol):
    """The files of one workspace. Paths are POSIX, relative to its root."""

    @property
    def paths(self) -> Sequence[str]:
        """Every path that may be sent, sorted: inside the workspace, not ignored, not private."""
        ...

    def read(self, path: str) -> Document | str:
        """The text at a path, or in plain words why it cannot be had, as a sentence that goes on from the path
        ("is ignored by .gitignore"); `ABSENT` only where one could be made. Never follows a link out of the
        workspace."""
        ...


ABSENT = "does not exist"
"""What `read` says of a path at which a file could be made."""


class NoSources:
    """A run whose files were all given with it."""

    paths: Sequence[str] = ()

    def read(self, path: str) -> Document | str:
        return ABSENT
