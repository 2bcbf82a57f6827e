"""Sources: the files of a workspace that may be sent, read from the disk or as an editor has them open."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from escalation.flow.outcome import Refusal
from escalation.flow.paths import checked
from escalation.repository.files import decode, file_uri
from escalation.repository.ignores import Ignores
from escalation.repository.inside import read_inside
from escalation.repository.listing import list_files
from escalation.settings.schema import Settings
from escalation.text.document import Document

_UNCHECKED = "is no path inside the workspace"


class WorkspaceSources:
    """The files below `root`, as `flow.sources.Sources` wants them. `overlay` are documents that an editor has open:
    they count instead of what is on the disk. The list of files is made once, when it is first asked for."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        settings: Settings | None = None,
        overlay: Mapping[str, Document] = MappingProxyType({}),
    ) -> None:
        self.root = os.path.realpath(root)
        self._overlay = overlay
        self._ignores = Ignores(self.root, (settings or Settings()).private)

    @cached_property
    def paths(self) -> Sequence[str]:
        beyond = self._ignores.reason_beyond_git
        listed = (path for path in self._listed if checked(path) == path and not beyond(path))
        opened = (path for path in self._overlay if not self.reason_private(path))
        return tuple(sorted({*listed, *opened}))

    def read(self, path: str) -> Document | str:
        if problem := self.reason_private(path):
            return problem
        if path in self._overlay:
            return self._overlay[path]
        data = read_inside(self.root, path)
        if isinstance(data, str):
            return data
        reading = decode(data, path, file_uri(os.path.join(self.root, path)))
        return reading.document or reading.problem or "cannot be read"

    def reason_private(self, path: str) -> str | None:
        """Why nothing of a path may be sent, in the words of `read`; None if it may, whether the file exists or not."""
        found = checked(path)
        if isinstance(found, Refusal) or found != path:
            return _UNCHECKED
        # What git lists it does not ignore.
        return self._ignores.reason_beyond_git(path) if path in self._listed else self._ignores.reason(path)

    @cached_property
    def _listed(self) -> Mapping[str, bytes]:
        return list_files(self.root)
