"""Costs: what each route would cost, as a range, against what a failure of the default model costs.

Tokens are estimated: there is no offline tokenizer, three bytes a token is
measured to be close. A point estimate is off by 26-61 %, and 80 % of runs fall within 0.4 to 3.2 times of it (public
per-task results of coding agents, 2026), hence ranges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from escalation.analysis.facts import ChangeFacts
from escalation.decision.assessment import CostRange, Costs, Route
from escalation.decision.history import NO_HISTORY, History
from escalation.decision.prices import Rates, Tokens
from escalation.settings.schema import Settings

BYTES_PER_TOKEN = 3
_P10, _P90 = 0.4, 3.2
_INSTRUCTIONS = 3_000
_LONGEST_CONTEXT = 120_000
STRONG_FAILS = 0.7
"""P(the strong model fails) as a share of P(the default model fails); a default until outcomes are recorded."""


def estimate(facts: ChangeFacts) -> Tokens:
    """The tokens of one pass over a change, the middle of the range."""
    context = sum(f.size for f in facts.files if f.role not in ("lock", "generated", "vendored")) // BYTES_PER_TOKEN
    task = len(facts.task.description) // BYTES_PER_TOKEN if facts.task else 0
    prompt = _INSTRUCTIONS + task + min(context, _LONGEST_CONTEXT)
    output = 1_500 + 14 * min(facts.lines_changed, 3_000) + 1_000 * _planned_files(facts)
    turns = 4 + min(12, len(facts.source_files) + _planned_files(facts))
    return Tokens(written=_rounded(prompt + output), read=_rounded(prompt * (turns - 1)), output=_rounded(output))


def _planned_files(facts: ChangeFacts) -> int:
    known = {f.path for f in facts.files if f.lines_changed}
    return sum(path not in known for path in facts.task.files) if facts.task else 0


def _rounded(tokens: int) -> int:
    """Two significant digits: more would be pretence, and equal questions are answered from memory."""
    step = int(10 ** max(0, len(str(tokens)) - 2))
    return tokens // step * step


def failure_probability(facts: ChangeFacts, hardest: float) -> float:
    """P(the default model fails), a shipped default: monotone in size and spread of the edit and in complexity.

    `hardest` is the highest `difficulty_ratio` of the touched functions. The form follows the measured truth that
    larger edits fail more often and that nothing else generalises as well.
    """
    planned = _planned_files(facts)
    lines = facts.lines_changed + 30 * planned
    files = len(facts.source_files) + planned
    functions = sum(1 for _ in facts.touched())
    z = (
        -2.6
        + 0.33 * math.log1p(lines)
        + 0.4 * math.log1p(files)
        + 0.2 * math.log1p(functions)
        + 0.35 * math.log1p(hardest)
    )
    return 1.0 / (1.0 + math.exp(-z)) if lines else 0.03


def costs(
    facts: ChangeFacts,
    settings: Settings,
    rates: Rates,
    route: Route,
    failure: float,
    *,
    history: History = NO_HISTORY,
) -> Costs:
    """The ranges of all routes, and whether `route` is worth its price. `failure` is P(the default model fails) before
    it is calibrated on the outcomes of the repository."""
    tokens = estimate(facts)
    ranges = tuple(_range(name, models, rates, tokens) for name, models in routes(settings).items())
    by_route = {r.route: r for r in ranges}
    chosen = by_route[route if route != "L3" else "L4->L3"]
    calibrated = history.failure.apply(failure)
    benefit = calibrated * (1 - STRONG_FAILS) * settings.failure_cost
    saving, saving_p10, saving_p90 = _savings(benefit, by_route["L3"].p50, chosen.p50)
    within = chosen.p90 is None or chosen.p90 <= settings.cost_threshold
    return Costs(
        routes=ranges,
        failure_probability=round(calibrated, 4),
        failure_source=_failure_source(history),
        expected_saving=saving,
        within_threshold=within,
        note=_note(chosen, settings, rates, within),
        route=chosen.route,
        saving_p10=saving_p10,
        saving_p90=saving_p90,
        failure_uncalibrated=round(failure, 4),
        advice=history.advice.words if history.advice else "",
    )


def _savings(benefit: float, default: float | None, strong: float | None) -> tuple[float | None, ...]:
    """What the strong model saves: the middle, and the ends over the range of what a run may cost."""
    if default is None or strong is None:
        return None, None, None
    extra = strong - default
    low, high = sorted((benefit - _P10 * extra, benefit - _P90 * extra))
    return tuple(round(saving, 4) for saving in (benefit - extra, low, high))


def _failure_source(history: History) -> str:
    if not history.failure.n:
        return "shipped default, not calibrated on this repository"
    return f"shipped default, {history.failure.source}"


def routes(settings: Settings) -> dict[Route, tuple[str, ...]]:
    """The models of each route, in the order they work."""
    low, high = settings.models.default, settings.models.escalation
    return {"L3": (low,), "L4": (high,), "L4->L3": (high, low), "L3->L4->L3": (low, high, low)}


def _range(route: Route, models: Sequence[str], rates: Rates, tokens: Tokens) -> CostRange:
    known = [rates[model].price(_pass(tokens, index)) for index, model in enumerate(models) if model in rates]
    if len(known) < len(models):
        return CostRange(route, tuple(models), None, None, None)
    middle = sum(known)
    return CostRange(route, tuple(models), round(middle * _P10, 4), round(middle, 4), round(middle * _P90, 4))


def _pass(tokens: Tokens, index: int) -> Tokens:
    """Later passes finish what an earlier one built: they read as much and write half."""
    return tokens if index == 0 else Tokens(tokens.written, tokens.read // 2, tokens.output // 2)


def _note(chosen: CostRange, settings: Settings, rates: Rates, within: bool) -> str:
    if chosen.p90 is None:
        unknown = [model for model in dict.fromkeys(chosen.models) if model not in rates]
        return f"the price of {' and '.join(unknown)} is unknown; no cost is given"
    if not within:
        return f"the p90 cost of {chosen.p90:.2f} USD is over cost_threshold ({settings.cost_threshold:.2f} USD)"
    return "estimated from the size of the change; 80 % of runs fall inside the range"
