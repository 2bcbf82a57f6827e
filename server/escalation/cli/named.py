"""The files that the paths on a command line name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from escalation.cli.failure import Failure


class Named(NamedTuple):
    """A file: `path` below `root`, and as it is `shown`. `explicit` if it was named itself, not a folder with it."""

    root: str
    path: str
    shown: str
    explicit: bool


def named(paths: Iterable[str], files_below: Callable[[str], Iterable[str]]) -> Iterator[Named]:
    """Each file once, in the order of the command line. Raises Failure for a path where there is nothing."""
    from escalation.repository.files import shown

    seen: set[str] = set()
    for given in paths:
        if not os.path.lexists(given):
            raise Failure(f"{shown(given)} does not exist")
        folder = os.path.isdir(given)
        root = given if folder else os.path.dirname(given)
        for path in files_below(root) if folder else [os.path.basename(given)]:
            full = os.path.normpath(os.path.join(root, path))
            if full not in seen:
                seen.add(full)
                yield Named(root, path, shown(full if folder else given).replace(os.sep, "/"), not folder)
