"""Changes on disk: reported by the client where it can watch files, else looked for from time to time; as is what the
host learnt, which lies outside of every workspace."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from lsprotocol import types

from escalation.lsp.session import Session, in_thread

# What decides about a judgement besides the files under judgement themselves.
_OURS = ("escalation.toml", "pyproject.toml", ".escalation/dismissed.toml")
_GIT = (".git/HEAD", ".git/index", ".git/logs/HEAD")
_SECONDS = 2.0
Stamps = list[tuple[int, int] | None]


def registrations(suffixes: Iterable[str]) -> types.RegistrationParams:
    """Watchers for settings, dismissals, git's state, and every file of a known language."""
    names = ",".join(sorted(suffix.lstrip(".") for suffix in suffixes))
    patterns = ["**/{escalation,pyproject}.toml", "**/.escalation/dismissed.toml"]
    patterns += ["**/.git/{HEAD,index,logs/HEAD}", f"**/*.{{{names}}}"]
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(pattern) for pattern in patterns])
    method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    return types.RegistrationParams([types.Registration("escalation-files", method, options)])


async def start(session: Session) -> None:
    """Effect: from now on the session hears of changes on disk."""
    from escalation.syntax.language import languages

    if not session.capabilities.register_watchers:
        await _look(session, _stamps)
        return
    suffixes = {suffix for language in languages().values() for suffix in language.suffixes}
    await session.server.client_register_capability_async(registrations(suffixes))
    await _look(session, _taught)


def changed(session: Session, params: types.DidChangeWatchedFilesParams) -> None:
    """Effect: reads the projects again in which something changed."""
    from escalation.lsp.convert import file_path

    files = [file for change in params.changes if (file := file_path(change.uri)) is not None]
    for project in session.projects.values():
        root = project.root
        if root is not None and any(file.is_relative_to(root) for file in files):
            session.refresh(project)
            session.survey(project)


async def _look(session: Session, stamps: Callable[[Path], Stamps]) -> None:
    """Effect: what a client's watcher would say, for the few files that matter most, or for those alone that lie
    outside of every workspace."""
    seen: dict[Path, Stamps] = {}
    while True:
        for root, project in list(session.projects.items()):
            if root is None:
                continue
            now = await in_thread(partial(stamps, root))
            before = seen.setdefault(root, now)
            seen[root] = now
            if before != now:
                session.refresh(project)
            if before[1:] != now[1:]:
                session.survey(project)
        await asyncio.sleep(_SECONDS)


def _stamps(root: Path) -> Stamps:
    return _taught(root) + [_stamp(root / name) for name in (*_OURS, *_GIT)]


def _taught(root: Path) -> Stamps:
    """What the host learnt, which says nothing of what lies around a change."""
    from escalation.repository import calibration

    return [_stamp(calibration.file_of(root))]


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
