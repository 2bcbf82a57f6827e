"""`escalation models`: the models of the tiers, what each endpoint offers, and what retires when."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from escalation.cli.failure import Failure

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from escalation.decision.prices import Rate
    from escalation.flow.messages import OfferedModel
    from escalation.repository.workspace import Workspace
    from escalation.settings.endpoints import Named
    from escalation.settings.schema import Endpoint, Settings

State = Literal["offered", "ends", "retired", "not offered", "unknown"]
_STYLE: Mapping[State, str] = {"offered": "green", "ends": "yellow", "retired": "bold red", "not offered": "bold red"}
_SECONDS = 10.0
"""How long an endpoint may take to say what it offers."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an endpoint offers; None where it does not tell, or was not asked. `problem` says why."""

    name: str
    base_url: str
    key_variable: str
    key_set: bool
    models: tuple[OfferedModel, ...] | None = None
    problem: str = ""
    failed: bool = False
    """The endpoint could not be asked, or did not answer."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A model of the settings: where it is asked, for how much (USD for a million tokens), and whether it can be."""

    tier: str
    spec: str
    model: str
    endpoint: str
    rate: Rate | None
    state: State
    note: str
    """The state in words; empty if there is nothing to say."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "models",
        help="the models of the tiers: where, for how much, until when",
        description="The models that the settings name, and what each endpoint with a key offers.",
    )
    parser.add_argument("--json", action="store_true", help="the same for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    workspace = opened()
    for problem in workspace.problems:
        print(f"escalation: {problem.message}", file=sys.stderr)
    offers = asked(workspace.settings, os.environ)
    tiers = judged(workspace.settings, offers)
    if options.json:
        print(json.dumps(_record(tiers, offers), indent=2))
    else:
        _show(tiers, offers)
    return 0


def opened() -> Workspace:
    """The workspace around the current folder. Raises Failure."""
    from escalation.repository.git import RepositoryError
    from escalation.repository.workspace import Workspace

    try:
        return Workspace.open(os.curdir)
    except RepositoryError as error:
        raise Failure(str(error)) from None


def asked(settings: Settings, env: Mapping[str, str]) -> tuple[Offer, ...]:
    """What each endpoint says it offers; only those with a key are asked. Takes some seconds at most."""

    async def ask() -> tuple[Offer, ...]:
        from escalation.settings.endpoints import endpoints

        every = endpoints(settings).items()
        return tuple(await asyncio.gather(*(_offer(name, endpoint, env) for name, endpoint in every)))

    return asyncio.run(ask())


async def _offer(name: str, endpoint: Endpoint, env: Mapping[str, str]) -> Offer:
    from escalation.flow.client import client
    from escalation.flow.messages import ModelFailure
    from escalation.settings.endpoints import EndpointError, base_url, key

    found = key(endpoint, env)
    offer = Offer(name, endpoint.base_url, endpoint.key_variable, bool(found))
    try:
        offer = replace(offer, base_url=base_url(endpoint, env))
        if not found:
            return offer
        async with client(endpoint, name, found, offer.base_url, _SECONDS) as asking, asyncio.timeout(2 * _SECONDS):
            models = await asking.models()
    except (ModelFailure, EndpointError) as error:
        return replace(offer, problem=str(error), failed=True)
    except TimeoutError:
        return replace(offer, problem="does not say in time what it offers", failed=True)
    if models is None:
        return replace(offer, problem="does not tell what it offers")
    return replace(offer, models=tuple(models))


def judged(settings: Settings, offers: tuple[Offer, ...]) -> tuple[Tier, ...]:
    """The models of the settings, held against what their endpoints say, else against what the SDK knows."""
    from escalation.repository.prices import load_rates
    from escalation.settings.endpoints import EndpointError, resolve

    rates, by_name = load_rates(settings), {offer.name: offer for offer in offers}
    models = settings.models
    tiers: list[Tier] = []
    for tier, spec in (("L3", models.default), ("L4", models.escalation), ("fallback", models.fallback)):
        try:
            named = resolve(settings, spec)
        except EndpointError as error:
            tiers.append(Tier(tier, spec, spec, "", None, "unknown", str(error)))
        else:
            state, note = _state(named, by_name[named.name])
            tiers.append(Tier(tier, spec, named.model, named.name, rates.get(spec), state, note))
    return tuple(tiers)


def _state(named: Named, offer: Offer) -> tuple[State, str]:
    if offer.models:
        found = next((model for model in offer.models if _same(named.model, model.id)), None)
        if found is None:
            told = any(model.lifecycle != "unknown" for model in offer.models)  # else a list may be incomplete
            return ("not offered" if told else "unknown"), f"is not in the list of {offer.name}"
        if found.lifecycle == "retired":
            return "retired", f"was retired{_on(found.retires)}"
        return ("ends", f"retires on {found.retires}") if found.retires else ("offered", "")
    end = _deprecated(offer).get(named.model)
    if not end:
        return "unknown", ""
    over = end <= datetime.now(UTC).date().isoformat()
    return ("retired", f"was to retire on {end}") if over else ("ends", f"retires on {end}")


def _same(model: str, listed: str) -> bool:
    """Whether a listed model is the one that is named: lists have some names with their date only."""
    rest = listed.removeprefix(model)
    return listed == model or (rest != listed and len(rest) == 9 and rest[0] == "-" and rest[1:].isdecimal())


def _on(day: str) -> str:
    return f" on {day}" if day else ""


def _deprecated(offer: Offer) -> Mapping[str, str]:
    """What the installed SDK knows of the end of models; it knows those of Anthropic only."""
    from escalation.flow.failures import deprecated_models
    from escalation.settings.endpoints import presets

    return deprecated_models() if offer.name in presets() and presets()[offer.name].protocol == "current" else {}


# ---- JSON


def _record(tiers: tuple[Tier, ...], offers: tuple[Offer, ...]) -> dict[str, object]:
    from escalation.flow.failures import deprecated_models

    return {
        "tiers": [asdict(tier) for tier in tiers],
        "endpoints": [asdict(offer) for offer in offers],
        "deprecated": dict(deprecated_models()),
    }


# ---- text


def _show(tiers: tuple[Tier, ...], offers: tuple[Offer, ...]) -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for part in _report(tiers, offers):
        console.print(part)


def _report(tiers: tuple[Tier, ...], offers: tuple[Offer, ...]) -> Iterator[RenderableType]:
    from rich.text import Text

    from escalation.cli.visible import one_line
    from escalation.flow.failures import deprecated_models

    yield Text("Models of the tiers, in USD for a million tokens", "bold")
    yield _tiers(tiers)
    for note in dict.fromkeys(tier.note for tier in tiers if not tier.endpoint):
        yield Text(one_line(note), "bold red")
    told: set[str] = set()
    for offer in offers:
        key = f"{offer.key_variable or 'no key_variable'} is {'set' if offer.key_set else 'not set'}"
        yield Text("")
        yield Text.assemble((offer.name, "bold"), f"  {offer.base_url or 'base_url is not set'}  ", (key, "dim"))
        if offer.problem:
            yield Text(f"  {one_line(offer.problem)}", "yellow")
        elif offer.models is not None:
            told.update(model.id for model in offer.models)
            yield _offered(offer.models)
    ending = {model: end for model, end in deprecated_models().items() if model not in told}
    if ending:
        yield Text("")
        yield Text("Known to the installed SDK to end", "bold")
        yield _rows([(model, end) for model, end in sorted(ending.items(), key=lambda item: item[1])])


def _tiers(tiers: tuple[Tier, ...]) -> Table:
    from rich.text import Text

    from escalation.cli.visible import one_line

    table = _table("", "model", "endpoint", "in", "out", "cache read", "")
    for tier in tiers:
        rate = tier.rate
        figures = [f"{usd:g}" for usd in (rate.input, rate.output, rate.read)] if rate else ["unknown", "", ""]
        state = (tier.note if tier.endpoint else "cannot be asked") or ("offered" if tier.state == "offered" else "")
        cells = [Text(one_line(cell)) for cell in (tier.tier, tier.model, tier.endpoint, *figures)]
        table.add_row(*cells, Text(one_line(state), _STYLE.get(tier.state, "")))
    return table


def _offered(models: tuple[OfferedModel, ...]) -> Table:
    def state(model: OfferedModel) -> str:
        if model.lifecycle == "retired":
            return f"retired{_on(model.retires)}"
        return f"retires on {model.retires}" if model.retires else ""

    return _rows([(model.id, model.name, state(model)) for model in models])


def _rows(rows: list[tuple[str, ...]]) -> Table:
    from rich.text import Text

    from escalation.cli.visible import one_line

    table = _table(*("" for _ in rows[0])) if rows else _table()
    for row in rows:
        table.add_row(*(Text("  " * (not column) + one_line(cell)) for column, cell in enumerate(row)))
    return table


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.show_header = any(columns)
    for column in table.columns[:-1]:
        column.no_wrap = True
    return table
