"""History: what the judgement knows of the past of a repository.

A plain value, made by `history.learning` from what the host recorded, kept by `repository.calibration` in a small file
and read from there by whoever judges. Applying it needs arithmetic only.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import msgspec

from escalation.decision.proportion import Proportion
from escalation.decision.reasons import Question

FORMAT = 1
OUTCOMES = 8
"""Outcomes of a reason from which on they have a say."""
Method = Literal["none", "beta-binomial", "isotonic"]


class HistoryError(ValueError):
    """What was kept cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Performance:
    """How often a reason was right: it spoke for the strong model and that was needed (`right`) or not (`wrong`), or it
    was seen, did not suffice, and the strong model was needed (`missed`)."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def known(self) -> int:
        """Outcomes that say something of it."""
        return self.right + self.wrong + self.missed

    @property
    def hits(self) -> Proportion:
        """How often it was right when it spoke."""
        return Proportion(self.right, self.right + self.wrong)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone map from what was stated (0..1) to what was observed (0..1): straight lines between `points`, which
    rise from 0 to 1 in their first figure. Without points nothing is changed."""

    points: tuple[tuple[float, float], ...] = ()
    method: Method = "none"
    n: int = 0
    """The outcomes it stands on; those that did not suffice for a map, too."""

    def apply(self, stated: float) -> float:
        if not self.points:
            return stated
        index = bisect_right(self.points, stated, key=lambda point: point[0])
        if index == 0:
            return self.points[0][1]
        if index == len(self.points):
            return self.points[-1][1]
        (x0, y0), (x1, y1) = self.points[index - 1], self.points[index]
        # The bounds hold against rounding: the map stays monotone.
        return min(y1, max(y0, y0 + (y1 - y0) * (stated - x0) / (x1 - x0)))

    @property
    def source(self) -> str:
        """Where a figure that went through here comes from, in words."""
        outcomes = f"{self.n} outcome{'' if self.n == 1 else 's'} of this repository"
        if self.points:
            return f"calibrated on {outcomes} ({self.method})"
        return f"not calibrated: {outcomes} {'is' if self.n == 1 else 'are'} too few" if self.n else "not calibrated"


@dataclass(frozen=True, slots=True)
class Advice:
    """Which model a repository does better to begin with. `ratio` is the cost per solved task of beginning with the
    strong model, divided by that of beginning with the default one, `low` and `high` its 95 % interval."""

    words: str
    ratio: float
    low: float
    high: float
    n: int
    """The runs it stands on."""


@dataclass(frozen=True, slots=True)
class History:
    """`consequence` and `difficulty` calibrate the confidence of the reasons that answer the question of that name,
    `failure` the probability that the default model fails."""

    repository: str = ""
    at: int = 0
    """When it was learnt: milliseconds since the epoch."""
    days: int = 0
    """From how many days."""
    reasons: Mapping[str, Performance] = field(default_factory=dict)
    consequence: Calibration = Calibration()
    difficulty: Calibration = Calibration()
    failure: Calibration = Calibration()
    advice: Advice | None = None

    def calibration(self, reason: str, question: Question) -> Calibration:
        """That of a reason's confidence; of a reason of which too little is known, none: what was learnt of others must
        not silence it."""
        line = self.consequence if question == "consequence" else self.difficulty
        known = self.reasons.get(reason, Performance()).known
        return line if known >= OUTCOMES or not line.points else Calibration(n=known)


NO_HISTORY = History()


def to_json(history: History) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_Kept(FORMAT, history)))


def from_json(data: bytes) -> History:
    """Raises HistoryError for anything that `to_json` did not write."""
    try:
        kept = msgspec.json.decode(data, type=_Kept)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise HistoryError(f"it is damaged: {error}") from None
    if kept.format != FORMAT:
        raise HistoryError(f"its format is {kept.format}, and this version reads {FORMAT}")
    _check(kept.history)
    return kept.history


@dataclass(frozen=True, slots=True)
class _Kept:
    format: int
    history: History


def _check(history: History) -> None:
    for calibration in (history.consequence, history.difficulty, history.failure):
        points = calibration.points
        inside = all(0.0 <= figure <= 1.0 for point in points for figure in point)
        rising = all(x0 < x1 and y0 <= y1 for (x0, y0), (x1, y1) in pairwise(points))
        if calibration.n < 0 or not inside or not rising:
            raise HistoryError("its calibration is no rising line from 0 to 1")
    if any(min(row.right, row.wrong, row.missed) < 0 for row in history.reasons.values()):
        raise HistoryError("it counts less than nothing")
    if history.advice is not None and not all(
        math.isfinite(figure) for figure in (history.advice.ratio, history.advice.low, history.advice.high)
    ):
        raise HistoryError("its advice has no figures")
