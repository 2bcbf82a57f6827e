"""The one walk over folders: always in the same order, never round a loop of links."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator

NOT_OURS = frozenset({"node_modules", "__pycache__", "site-packages", "dist-packages"})
"""Folders of fetched or compiled code. A virtual environment is known by its mark, not by its name: the standard
library has a package `venv`."""
_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"  # PEP 405: it marks the top folder of a virtual environment


def walk(root: str, passed_over: Container[str] = NOT_OURS, *, deepest: int | None = None) -> Iterator[str]:
    """The regular files below `root`, as paths relative to it with ``/``, sorted by name in each folder, files first.

    Not entered: hidden folders, those with a name in `passed_over`, virtual environments, folders more than `deepest`
    levels down, links. What may not be listed is passed over.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:  # gone, or not ours to read
            continue
        if folder and any(entry.name == _VIRTUAL_ENVIRONMENT for entry in entries):
            continue
        prefix = f"{folder}/" if folder else ""
        yield from (prefix + entry.name for entry in entries if entry.is_file(follow_symlinks=False))
        if deepest is None or prefix.count("/") < deepest:
            inner = (entry.name for entry in reversed(entries) if entry.is_dir(follow_symlinks=False))
            waiting += [prefix + name for name in inner if not name.startswith(".") and name not in passed_over]
