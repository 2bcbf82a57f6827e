"""Ignores: which files of a workspace are private, so that their text is never sent.

Whatever one of these names is private, and none can take back what another one says: git's ignore rules (not for
tracked files), the `.escalationignore` files (gitignore syntax, in any folder), the globs of `settings.private`,
and what is private everywhere (`data/private.toml`).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pathspec

from escalation.repository.files import read_bytes
from escalation.repository.git import Repository, RepositoryError

NAME = ".escalationignore"
_GIT_NAME = ".gitignore"
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class _Rules:
    """The patterns of one file that lies in `folder` ("" for the root)."""

    folder: str
    file: str
    lines: tuple[tuple[int, str], ...]
    """Those that are patterns, with their numbers from 1."""
    spec: pathspec.GitIgnoreSpec

    def decision(self, path: str) -> tuple[bool, int] | None:
        """Whether the last pattern that matches excludes the path, and the pattern's line from 1. A folder's path
        ends with `/`."""
        below = path[len(self.folder) + 1 :] if self.folder else path
        if below.endswith("/"):
            return self._of_folder(below)
        found = self.spec.check_file(below)
        if found.include is None or found.index is None:
            return None
        return found.include, self.lines[found.index][0]

    def _of_folder(self, below: str) -> tuple[bool, int] | None:
        """Of a folder the last pattern that matches it, and no folder above it, decides; pathspec prefers those that
        match with the slash."""
        for index in reversed(range(len(self.lines))):
            pattern = self.spec.patterns[index]
            match = pattern.regex.search(below) if pattern.regex else None
            mark = match.groupdict().get("ps_d") if match else None
            if match and (mark is None or match.end("ps_d") == len(below)) and not self._means_inside(index, below):
                return bool(pattern.include), self.lines[index][0]
        return None

    def _means_inside(self, index: int, below: str) -> bool:
        """`a/**` is everything inside `a`, not `a` itself; pathspec says otherwise."""
        pattern = self.lines[index][1].strip().lstrip("!/")
        return pattern.endswith("/**") and below == pattern[:-2]


class Ignores:
    """The privacy rules of the workspace at `root`; the files that hold them are read once."""

    def __init__(self, root: str | os.PathLike[str], private: Sequence[str] = ()) -> None:
        self._root = os.path.realpath(root)
        self._settings = tuple((glob, pathspec.GitIgnoreSpec.from_lines([glob])) for glob in private)
        self._repository = _repository_at(self._root)
        self._rules = cache(self._read_rules)

    def reason(self, path: str) -> str | None:
        """Why the file at `path` (POSIX, relative to the root) is private, as a sentence that goes on from the path;
        None if it may be sent."""
        return self.reason_beyond_git(path) or self._of_git(path)

    def reason_beyond_git(self, path: str) -> str | None:
        """As `reason`, for a file that git is known to track or not to ignore."""
        if what := _private_everywhere(path):
            return f"is private: {what} are never sent"
        for glob, spec in self._settings:
            if spec.match_file(path):
                return f"is private: `private` in the settings names `{glob}`"
        if found := self._named(path, NAME):
            return f"is private: {found[0]}, line {found[1]}"
        if self._repository is None and (found := self._named(path, _GIT_NAME)):
            return f"is ignored: {found[0]}, line {found[1]}"
        return None

    def _of_git(self, path: str) -> str | None:
        repository = self._repository
        if repository is None or not repository.is_ignored(path):
            return None
        tracked = any(entry.path == path for entry in repository.handle.index)
        return None if tracked else "is ignored by git"

    def _named(self, path: str, name: str) -> tuple[str, int] | None:
        """The file and the line that exclude `path` or a folder above it, as git finds them: from the root down, and
        of those that speak of one path, the deepest file decides."""
        parts = path.split("/")
        rules: list[_Rules] = []
        for depth in range(len(parts)):
            if found := self._rules("/".join(parts[:depth]), name):
                rules.append(found)
            target = path if depth == len(parts) - 1 else "/".join(parts[: depth + 1]) + "/"
            for rule in reversed(rules):
                if decision := rule.decision(target):
                    excluded, line = decision
                    if excluded:
                        return rule.file, line
                    break
        return None

    def _read_rules(self, folder: str, name: str) -> _Rules | None:
        file = f"{folder}/{name}" if folder else name
        data = read_bytes(self._root, file, _MAX_BYTES)
        if data is None:
            return None
        found = tuple(_patterns(data.decode("utf-8-sig", "replace").splitlines()))
        lines = tuple((number, line) for number, line, _ in found)
        return _Rules(folder, file, lines, pathspec.GitIgnoreSpec([pattern for _, _, pattern in found]))


def _patterns(lines: Sequence[str]) -> Iterator[tuple[int, str, Any]]:
    """The patterns with their lines; git passes over a line that it cannot read."""
    for number, line in enumerate(lines, 1):
        with suppress(ValueError):
            for pattern in pathspec.GitIgnoreSpec.from_lines([line]).patterns:
                yield number, line, pattern


def _repository_at(root: str) -> Repository | None:
    try:
        return Repository.discover(root)
    except RepositoryError:
        return None


@cache
def _everywhere() -> tuple[tuple[str, pathspec.GitIgnoreSpec], ...]:
    text = files("escalation.repository").joinpath("data/private.toml").read_text("utf-8")
    rows = tomllib.loads(text)["private"]
    return tuple((row["what"], pathspec.GitIgnoreSpec.from_lines(row["patterns"])) for row in rows)


def _private_everywhere(path: str) -> str | None:
    folded = path.lower()
    return next((what for what, spec in _everywhere() if spec.match_file(folded)), None)
