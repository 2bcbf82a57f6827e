"""Suggestions: what statistics say should be changed, in words. Each stands on an interval, not on a rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from escalation.decision.history import Advice, Performance
from escalation.decision.proportion import Proportion
from escalation.decision.reasons import title
from escalation.history.rates import Rates

_FEW = 8


def suggestions(
    rates: Rates, reasons: Mapping[str, Performance], in_range: Proportion, advised: Advice | None
) -> tuple[str, ...]:
    return tuple(_said(rates, reasons, in_range, advised))


def _said(
    rates: Rates, reasons: Mapping[str, Performance], in_range: Proportion, advised: Advice | None
) -> Iterator[str]:
    if advised is not None:
        yield advised.words
    for reason, performance in reasons.items():
        yield from _of_reason(reason, performance)
    if rates.false_negatives.n >= _FEW and rates.false_negatives.low > 0.3:
        yield (
            f"The strong model was needed and not recommended in {_of(rates.false_negatives)}: lower `min_confidence`, "
            "or require a reason where it happens with a policy."
        )
    if rates.false_positives.n >= _FEW and rates.false_positives.low > 0.3:
        yield (
            f"The strong model was recommended and not needed in {_of(rates.false_positives)}: raise `min_confidence`, "
            "or dismiss the reasons that do not apply."
        )
    if in_range.n >= _FEW and in_range.high < 0.8:
        yield (
            f"Only {_of(in_range)} cost what was estimated (p10 to p90): do not trust the cost ranges here, and set "
            "`cost_threshold` and `flow.budget` with room."
        )


def _of_reason(reason: str, performance: Performance) -> Iterator[str]:
    hits = performance.hits
    if hits.n >= _FEW and hits.high < 0.5:
        yield (
            f"“{title(reason)}” was right in {_of(hits)}: silence it where it does not apply, with a policy "
            f'(`ignore = ["{reason}"]`) or `disabled_reasons`.'
        )
    missed = Proportion(performance.missed, performance.missed + performance.right)
    if missed.n >= _FEW and missed.low > 0.5:
        yield (
            f"“{title(reason)}” was seen and did not suffice in {_of(missed)} where Opus was needed: require it where "
            f'that happens, with a policy (`require = ["{reason}"]`).'
        )


def _of(proportion: Proportion) -> str:
    return f"{proportion.hits} of {proportion.n} cases (95 % interval {proportion.low:.0%} to {proportion.high:.0%})"
