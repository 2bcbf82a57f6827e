"""`escalation doctor`: what is missing for a run, in plain words."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from escalation.cli.models import asked, judged, opened
from escalation.settings.endpoints import without_key

if TYPE_CHECKING:
    from escalation.cli.models import Offer, Tier
    from escalation.repository.workspace import Workspace
    from escalation.settings.schema import Settings

State = Literal["good", "note", "missing"]
_MARKS: Mapping[State, tuple[str, str]] = {
    "good": ("✓", "green"),
    "note": ("!", "yellow"),
    "missing": ("✗", "bold red"),
}

_EPILOG = """exit status:
  0  a run can start
  1  something is missing
  2  bad usage or broken input, with one line on standard error"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what it is about, what was found, and what to do; a run cannot start without what is `missing`."""

    state: State
    about: str
    said: str


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "doctor",
        help="what is missing for a run",
        description="Says what `escalation run` would find here. Endpoints with a key are asked for their models.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="the same for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    workspace = opened()
    offers = asked(workspace.settings, os.environ)
    tiers = judged(workspace.settings, offers)
    found = tuple(findings(workspace, tiers, offers, os.environ))
    ready = all(finding.state != "missing" for finding in found)
    if options.json:
        print(json.dumps({"ready": ready, "findings": [asdict(finding) for finding in found]}, indent=2))
    else:
        _show(found, ready)
    return int(not ready)


def findings(
    workspace: Workspace, tiers: tuple[Tier, ...], offers: tuple[Offer, ...], env: Mapping[str, str]
) -> Iterator[Finding]:
    """Everything there is to say, in the order a person would mend it."""
    settings = workspace.settings
    yield from _workspace(workspace)
    if env.get("ESCALATION_BASE_URL", "").strip():
        yield Finding("note", "address", "ESCALATION_BASE_URL is set: every endpoint is asked there, with its own key")
    named = dict.fromkeys(tier.endpoint for tier in tiers if tier.endpoint)
    by_name = {offer.name: offer for offer in offers}
    for name in named:
        yield _endpoint(by_name[name])
    for tier in tiers:
        yield _tier(tier)
    yield from _spending(settings, tiers)
    yield _check(settings)
    yield _files(workspace)


def _workspace(workspace: Workspace) -> Iterator[Finding]:
    if workspace.repository is None:
        yield Finding("note", "git", "this is no git repository: a run sees no pending change; `git init` makes one")
    else:
        yield Finding("good", "git", f"the repository is {workspace.root}")
    for problem in workspace.problems:
        yield Finding("note", "settings", problem.message)


def _endpoint(offer: Offer) -> Finding:
    about = f"endpoint {offer.name}"
    if not offer.base_url:
        return Finding("missing", about, f"nobody said where it is: set base_url under [endpoints.{offer.name}]")
    if not offer.key_set:
        return Finding("missing", about, f"there is no key: {without_key(offer.name, offer.key_variable)}")
    if offer.failed:
        return Finding("missing", about, offer.problem)
    told = "answers" if offer.models is not None else "was not asked: it does not tell what it offers"
    return Finding("good", about, f"{offer.base_url} {told}; {offer.key_variable} is set")


def _tier(tier: Tier) -> Finding:
    about = f"{tier.tier} {tier.model}"
    if not tier.endpoint:
        return Finding("missing", about, tier.note)
    if tier.state in ("retired", "not offered"):
        return Finding("missing", about, f"{tier.note}; `escalation models` shows what there is")
    if tier.rate is None:
        advice = f"set it under [endpoints.{tier.endpoint}.prices], for without a price no ceiling can be kept"
        return Finding("missing", about, f"its price is unknown: {advice}")
    price = f"{tier.rate.input:g} USD for a million tokens in, {tier.rate.output:g} out"
    known = tier.note or ("is offered" if tier.state == "offered" else "")
    return Finding("note" if tier.note else "good", about, "; ".join(filter(None, (known, price))))


def _spending(settings: Settings, tiers: tuple[Tier, ...]) -> Iterator[Finding]:
    from escalation.flow.spending import LEAST_ANSWER

    flow, rates = settings.flow, [tier.rate for tier in tiers if tier.rate is not None]
    if not rates:
        return
    asking = max(flow.context_tokens * rate.written for rate in rates) / 1e6
    dearest = max(rate.output for rate in rates) / 1e6
    worst, least = asking + flow.max_tokens * dearest, LEAST_ANSWER * dearest
    said = f"{flow.budget:.2f} USD a run; one call with a full context can cost up to {worst:.2f}"
    if flow.budget < least:
        yield Finding("missing", "budget", f"{said}: no call could be made; raise flow.budget or ESCALATION_BUDGET")
    elif flow.budget < worst:
        yield Finding("note", "budget", f"{said}: a run may stop early; flow.budget or ESCALATION_BUDGET raises it")
    else:
        yield Finding("good", "budget", said)
    yield _day(flow.daily_budget, least)


def _day(ceiling: float, least: float) -> Finding:
    from escalation.repository.spending import DayLedger

    left = ceiling - DayLedger().spent_today()
    said = f"{max(0.0, left):.2f} of {ceiling:.2f} USD are left today"
    if left < least:
        advice = "no call could be made; wait for tomorrow, or raise flow.daily_budget or ESCALATION_DAILY_BUDGET"
        return Finding("missing", "today", f"{said}: {advice}")
    return Finding("good", "today", said)


def _check(settings: Settings) -> Finding:
    flow = settings.flow
    if flow.check:
        return Finding("good", "check", f"a result must pass `{flow.check}`, within {flow.check_timeout:g} s")
    if flow.proposed_check:
        proposed = f"the workspace proposes `{flow.proposed_check}`"
        return Finding("note", "check", f"{proposed}: it runs only if you agree, or set flow.check yourself")
    return Finding(
        "note", "check", "none, so a result is only parsed: set flow.check, or --check, to your test command"
    )


def _files(workspace: Workspace) -> Finding:
    from escalation.repository.sources import WorkspaceSources

    count = len(WorkspaceSources(workspace.root, workspace.settings).paths)
    rules = ["git's ignore rules"]
    if (workspace.root / ".escalationignore").exists():
        rules.append(".escalationignore")
    if private := len(workspace.settings.private):
        rules.append(f"{private} of `private`")
    noun = "file" if count == 1 else "files"
    said = f"{count:,} {noun} may be sent; left out is what {', '.join(rules)} and built-in rules name"
    return Finding("good" if count else "note", "files", said)


def _show(found: tuple[Finding, ...], ready: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from escalation.cli.visible import one_line

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for finding in found:
        mark, style = _MARKS[finding.state]
        console.print(
            Text.assemble((f"{mark} ", style), (f"{one_line(finding.about)}  ", "bold"), one_line(finding.said))
        )
    console.print(Text(""))
    verdict = ("A run can start.", "bold green") if ready else ("A run cannot start: see ✗.", "bold red")
    console.print(Text(*verdict))
