"""The risk of a change: the features of just-in-time defect prediction, and one score for ranking.

The features are those of Kamei et al., "A Large-Scale Empirical Study of Just-in-Time Quality Assurance"
(TSE 2013), without the commit message. Size leads because it is what holds: lines added alone rank as well on
other projects as trained models do (Zeng et al., "Deep Just-in-Time Defect Prediction: How Far Are We?",
ISSTA 2021). The weights are set by hand with the signs of that literature; the score is no probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, log1p, log2
from pathlib import PurePosixPath

from escalation.analysis.change import Change, FileChange
from escalation.analysis.roles import Role, role_of

_DAY = 86_400
# What is written by hand and runs. Tests, docs, lock files and the like come in bulk and break nothing.
_COUNTED: frozenset[Role] = frozenset({"source", "config", "style", "migration"})


@dataclass(frozen=True, slots=True)
class Touch:
    """One commit: when (seconds since the epoch), by whom, and the paths it touched."""

    time: int
    author: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """The latest commits, newest first. `author` is whose the pending change is, `partial` whether older
    commits of the window are still missing."""

    touches: Sequence[Touch]
    author: str = ""
    partial: bool = False

    @cached_property
    def now(self) -> int:
        """The time of the newest commit, which ages count from: the same history gives the same ages."""
        return max((touch.time for touch in self.touches), default=0)

    @cached_property
    def by_path(self) -> Mapping[str, tuple[int, ...]]:
        """The commits that touched each path, as indices into `touches`."""
        found: dict[str, list[int]] = {}
        for index, touch in enumerate(self.touches):
            for path in touch.paths:
                found.setdefault(path, []).append(index)
        return {path: tuple(indices) for path, indices in found.items()}

    @cached_property
    def by_author(self) -> Mapping[str, int]:
        """The number of commits of each author: their experience with this repository."""
        counts: dict[str, int] = {}
        for touch in self.touches:
            counts[touch.author] = counts.get(touch.author, 0) + 1
        return counts

    def commits(self, paths: Iterable[str]) -> tuple[Touch, ...]:
        """The distinct commits that touched any of `paths`, newest first."""
        indices = {index for path in paths for index in self.by_path.get(path, ())}
        return tuple(self.touches[index] for index in sorted(indices))

    def churn(self, path: str) -> int:
        """The number of commits that touched `path`."""
        return len(self.by_path.get(path, ()))

    def age_days(self, path: str) -> float | None:
        """Days since `path` was last touched; None if it was not, within the window."""
        indices = self.by_path.get(path)
        return (self.now - self.touches[indices[0]].time) / _DAY if indices else None

    def known_days(self, path: str) -> float | None:
        """Days since the first touch of `path` within the window."""
        indices = self.by_path.get(path)
        return (self.now - self.touches[indices[-1]].time) / _DAY if indices else None

    def authors(self, path: str) -> frozenset[str]:
        """Who touched `path`."""
        return frozenset(touch.author for touch in self.commits((path,)))


@dataclass(frozen=True, slots=True)
class RiskFeatures:
    """Kamei's features; those of the history are None where there is none."""

    la: int = 0  # lines added
    ld: int = 0  # lines deleted
    lt: float = 0.0  # lines of a touched file before, on average
    nf: int = 0  # files
    nd: int = 0  # directories
    ns: int = 0  # subsystems: first parts of the paths
    entropy: float = 0.0  # of the changed lines over the files, in bits
    nuc: int | None = None  # distinct earlier commits to the files
    ndev: int | None = None  # their authors
    age: float | None = None  # days since the files were last touched, on average
    exp: int | None = None  # earlier commits of this author


@dataclass(frozen=True, slots=True)
class Factor:
    """A feature, its value, and what it adds to the log odds behind the score."""

    name: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Risk:
    """`score` (0..1) ranks changes; `factors` explain it, the strongest first."""

    score: float = 0.0
    factors: tuple[Factor, ...] = ()


# Log odds per unit of log(1 + value); of `entropy`, per bit. One line in one file comes to about 0.08, fifty
# in three files to 0.45, five hundred in fifteen to 0.87.
_BIAS = -3.4
_WEIGHTS: Mapping[str, float] = {
    "la": 0.55,
    "ld": 0.10,
    "lt": 0.03,
    "nf": 0.20,
    "nd": 0.10,
    "ns": 0.15,
    "entropy": 0.10,
    "nuc": 0.06,
    "ndev": 0.08,
    "age": -0.03,
    "exp": -0.04,
}


def features(change: Change, history: History | None = None, role: Callable[[str], Role] = role_of) -> RiskFeatures:
    """The features of the files of a change that count: hand-written, and part of the running program."""
    files = [file for file in change.files if role(file.path) in _COUNTED]
    if not files:
        return RiskFeatures()
    sizes = [file.lines_added + file.lines_deleted for file in files]
    size = RiskFeatures(
        la=sum(file.lines_added for file in files),
        ld=sum(file.lines_deleted for file in files),
        lt=sum(file.base_lines for file in files) / len(files),
        nf=len(files),
        nd=len({PurePosixPath(file.path).parent for file in files}),
        ns=len({PurePosixPath(file.path).parts[:-1][:1] for file in files}),
        entropy=_entropy(sizes),
    )
    return _with_history(size, files, history) if history and history.touches else size


def risk(features: RiskFeatures) -> Risk:
    """The score of a change, monotone in each feature. A change of no file that counts has none."""
    if not features.nf:
        return Risk()
    factors = [
        Factor(name, float(value), weight * (value if name == "entropy" else log1p(value)))
        for name, weight in _WEIGHTS.items()
        if (value := getattr(features, name)) is not None
    ]
    odds = _BIAS + sum(factor.contribution for factor in factors)
    factors.sort(key=lambda factor: (-abs(factor.contribution), factor.name))
    return Risk(1 / (1 + exp(-odds)), tuple(factors))


def _with_history(size: RiskFeatures, files: Sequence[FileChange], history: History) -> RiskFeatures:
    paths = [file.base_path or file.path for file in files]
    commits = history.commits(paths)
    ages = [age for path in paths if (age := history.age_days(path)) is not None]
    return replace(
        size,
        nuc=len(commits),
        ndev=len({commit.author for commit in commits}),
        age=sum(ages) / len(ages) if ages else None,
        exp=history.by_author.get(history.author, 0),
    )


def _entropy(sizes: Sequence[int]) -> float:
    """Shannon's entropy, in bits, of how the changed lines are spread over the files."""
    total = sum(sizes)
    shares = [size / total for size in sizes if size] if total else []
    return -sum(share * log2(share) for share in shares) if len(shares) > 1 else 0.0
