"""Policies: what a team says about parts of its repository (`[[policies]]` in the settings)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import pathspec

from escalation.analysis.change import Change
from escalation.analysis.evidence import Evidence
from escalation.analysis.facts import ChangeFacts
from escalation.settings.schema import Policy, Settings


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies with their globs compiled; later ones win."""

    rows: tuple[tuple[Policy, pathspec.GitIgnoreSpec], ...]

    @classmethod
    def of(cls, settings: Settings) -> Policies:
        return cls(tuple((policy, _spec((policy.glob,))) for policy in settings.policies))

    def ignores(self, reason: str, path: str) -> bool:
        """Whether the last policy that speaks of `reason` at `path` says that it never applies."""
        for policy, spec in reversed(self.rows):
            if (reason in policy.ignore or reason in policy.require) and spec.match_file(path):
                return reason in policy.ignore
        return False

    def required(self, facts: ChangeFacts) -> Iterator[tuple[str, Evidence]]:
        """Evidence of full weight for every reason that a policy requires at a changed file."""
        for policy, spec in self.rows:
            for file in facts.files:
                if file.lines_changed and spec.match_file(file.path):
                    what = f"the policy for {policy.glob} requires it"
                    for reason in policy.require:
                        if not self.ignores(reason, file.path):
                            yield reason, Evidence(file.path, file.first_line, file.first_line, what, 1.0)


def without_excluded(change: Change, settings: Settings) -> Change:
    """The change without the files that the setting `exclude` names."""
    if not settings.exclude:
        return change
    return replace(change, files=tuple(file for file in change.files if not excludes(settings, file.path)))


def excludes(settings: Settings, path: str) -> bool:
    """Whether the file at `path` is never judged."""
    return bool(settings.exclude) and _spec(settings.exclude).match_file(path)


@lru_cache(maxsize=256)
def _spec(patterns: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    return pathspec.GitIgnoreSpec.from_lines(patterns)
