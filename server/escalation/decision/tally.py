"""A tally: what the validations of this process came to, in bounded memory. The one thing here that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from escalation.decision.assessment import Validation, Verdict
from escalation.decision.proportion import Proportion

_MOST_NAMES = 500
"""Reasons, and rules, that are told apart: users may name any number of their own."""


@dataclass(frozen=True, slots=True)
class ReasonTally:
    """The validations of one reason. `confidence` is the mean of what they left of it."""

    n: int
    confidence: float
    results: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class ValidationStatistics:
    """What the validations of this process came to. `confidence` is a mean, None without validations; `rules` says how
    often each rule was met when it applied."""

    validations: int
    triggers: int
    confidence: float | None
    results: Mapping[Verdict, int]
    """Of whole validations."""
    reasons: Mapping[str, ReasonTally]
    rules: Mapping[str, Proportion]


@dataclass
class Tally:
    """Counts validations; safe to use from several threads."""

    _lock: Lock = field(default_factory=Lock, repr=False)
    _results: Counter[Verdict] = field(default_factory=Counter)
    _by_reason: dict[str, Counter[Verdict]] = field(default_factory=dict)
    _confidence: Counter[str] = field(default_factory=Counter)
    _rules: dict[str, list[int]] = field(default_factory=dict)
    _total: float = 0.0

    def count(self, validation: Validation) -> None:
        """Effect: one more."""
        with self._lock:
            self._results[validation.result] += 1
            self._total += validation.confidence
            for one in validation.triggers:
                if one.reason in self._by_reason or len(self._by_reason) < _MOST_NAMES:
                    self._by_reason.setdefault(one.reason, Counter())[one.result] += 1
                    self._confidence[one.reason] += one.confidence  # type: ignore[assignment] # a sum
                for check in one.checks:
                    if check.name in self._rules or len(self._rules) < _MOST_NAMES:
                        counts = self._rules.setdefault(check.name, [0, 0])
                        counts[0] += check.passed
                        counts[1] += 1

    def statistics(self) -> ValidationStatistics:
        with self._lock:
            n = self._results.total()
            reasons = {
                reason: ReasonTally(counts.total(), self._confidence[reason] / counts.total(), dict(counts))
                for reason, counts in sorted(self._by_reason.items())
            }
            return ValidationStatistics(
                validations=n,
                triggers=sum(tally.n for tally in reasons.values()),
                confidence=self._total / n if n else None,
                results=dict(self._results),
                reasons=reasons,
                rules={name: Proportion(met, of) for name, (met, of) in sorted(self._rules.items())},
            )
