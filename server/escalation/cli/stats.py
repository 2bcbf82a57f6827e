"""`escalation stats`: how good the recommendations were and what the runs cost, on the terminal."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from escalation.cli.failure import Failure

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from escalation.host.client import Client
    from escalation.store.store import Store

_DAY = 86_400_000
_RATES = {
    "escalation": ("escalation", "changes"),
    "success": ("success", "runs"),
    "hits": ("hits", "recommended"),
    "false_positives": ("false positives", "without need"),
    "false_negatives": ("false negatives", "with need"),
}
"""Of each rate its title, and what it is a share of: changes by whether they needed the strong model."""
_BEGINS = {"L3": "default", "L4": "strong", "L3->L4->L3": "draft, strong"}
_OF = {"consequence": "reasons of consequence", "difficulty": "reasons of difficulty", "failure": "failing of L3"}
_WIDTH = 16
"""Characters of an interval drawn as a bar."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "stats",
        help="how good the recommendations were, and what the runs cost",
        description="The figures of the dashboard: rates with their 95 % intervals, costs, and how often each reason "
        "was right. They come from the host if one runs, else from its history on this machine.",
    )
    parser.add_argument("--days", type=_days, default=30, metavar="N", help="the last N days (default: %(default)s)")
    parser.add_argument("--repository", default="", metavar="R", help="of this one: its folder, or its name")
    parser.add_argument("--json", action="store_true", help="the same for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from escalation.host.starting import found
    from escalation.settings.home import state

    host = found(state())
    if host is not None:
        answer = _asked(host, options.days, options.repository)
    else:
        answer = _read(state(), options.days, options.repository)
    if options.json:
        print(json.dumps(answer, indent=2))
    else:
        _show(answer, _link(host))
    return 0


def _days(word: str) -> int:
    if not word.isascii() or not word.isdecimal() or not 1 <= int(word) <= 3_650:
        raise argparse.ArgumentTypeError("days are a number from 1 to 3650")
    return int(word)


def _link(host: Client | None) -> str:
    """The dashboard. The token in it is shown to a person only: other output is kept somewhere."""
    return f"{host.base}/?token={host.token}" if host is not None and sys.stdout.isatty() else ""


# ---- where they come from


def _asked(host: Client, days: int, repository: str) -> dict[str, Any]:
    """What the host says. Raises Failure."""
    from escalation.cli.hosted import asked

    def ask(days: int, repository: str) -> dict[str, Any]:
        answer: dict[str, Any] = asked(
            host, "GET", f"/statistics?{urlencode({'days': days, 'repository': repository})}"
        )
        return answer

    return ask(days, repository and _known(repository, ask(1, "")["repositories"]))


def _read(folder: Path, days: int, repository: str) -> dict[str, Any]:
    """What the store says, without a host. Raises Failure."""
    from escalation.cli.storage import opened

    if not os.environ.get("ESCALATION_DATABASE", "").strip() and not (folder / "history.db").exists():
        return _figures(None, days, repository)
    with opened() as store:
        return _figures(store, days, repository and _known(repository, store.repositories()))


def _figures(store: Store | None, days: int, repository: str) -> dict[str, Any]:
    """As `GET /statistics` answers; of no history where there is no store. Raises StoreError."""
    from escalation.history.record import record
    from escalation.history.statistics import statistics

    now = time.time_ns() // 1_000_000
    cases = store.cases(since=now - days * _DAY, repository=repository) if store else ()
    repositories = store.repositories() if store else ()
    return record(statistics(cases, days=days, now=now, repository=repository)) | {"repositories": list(repositories)}


def _known(given: str, repositories: Sequence[str]) -> str:
    """The repository that is meant: as it is recorded, by its folder, or by its last name. Raises Failure."""
    folder = str(Path(given).resolve())
    named = [known for known in repositories if Path(known).name == given]
    for found in ([given], [folder], named):
        if len(found) == 1 and found[0] in repositories:
            return found[0]
    there = ", ".join(named or repositories) or "none"
    raise Failure(f"{given} is {'more than one' if named else 'no'} repository of the history; there is {there}")


# ---- text


def _show(found: Mapping[str, Any], link: str) -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for part in _report(found):
        console.print(part)
    if link:
        console.print()
        console.print(f"Dashboard: {link}", markup=False)


def _report(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    of = _plain(found["repository"]) or "all repositories"
    yield Text.assemble((f"The last {found['days']} days", "bold"), (f"  {of}", "dim"))
    if not found["decisions"]:
        yield from _nothing(found["repositories"])
        return
    yield _summary(found)
    for title, part in (
        ("Rates", _rates(found["rates"])),
        ("Cost", _costs(found["spending"])),
        ("Cost of a solved task, by the model that begins", _pairs(found["spending"]["pairs"])),
        ("Reasons", _reasons(found["reasons"])),
        ("Confidence", _calibrations(found["calibrations"])),
    ):
        if part.row_count:
            yield Text("")
            yield Text(title, "bold")
            yield Padding(part, (0, 0, 0, 2), expand=False)
    if found["suggestions"]:
        yield Text("")
        yield Text("What the figures suggest", "bold")
        yield from (Text(f"  • {_plain(words)}") for words in found["suggestions"])


def _nothing(repositories: Sequence[str]) -> Iterator[Text]:
    from rich.text import Text

    if repositories:
        yield Text("Nothing was judged in this time; --days takes a longer one.")
    else:
        yield Text("Nothing has been recorded yet. A change that is run, or submitted to the host, begins the history:")
        yield Text('  escalation run --task "Lock an account after five failed logins" src/auth/login.py')


def _summary(found: Mapping[str, Any]) -> Text:
    from rich.text import Text

    rates, spending = found["rates"], found["spending"]
    runs = (
        f"{_counted(found['runs'], 'run')} came to an end, {_percent(rates['success']['rate'])} solved the task, for "
        if found["runs"]
        else "Nothing was executed; the cost is "
    )
    changes = "change was" if found["decisions"] == 1 else "changes were"
    return Text(
        f"{found['decisions']} {changes} judged, the strong model recommended for "
        f"{_percent(rates['escalation']['rate'])}. {runs}{_usd(spending['total'])}."
    )


def _rates(rates: Mapping[str, Any]) -> Table:
    table = _table("", "rate", "95 %", "", "")
    for name, (title, of) in _RATES.items():
        rate = rates[name]
        bar = _bar(rate["low"], rate["rate"], rate["high"]) if rate["n"] else ""
        table.add_row(title, *_proportion(rate), bar, _dim(f"{rate['hits']} of {rate['n']} {of}"))
    return table


def _proportion(rate: Mapping[str, Any]) -> tuple[str, str]:
    """The rate and its interval."""
    return (_percent(rate["rate"]), _range(rate, _percent)) if rate["n"] else ("–", "–")


def _bar(low: float, value: float, high: float) -> Text:
    """A line from 0 to 1 with the interval and the value on it."""
    from rich.text import Text

    first, middle, last = (min(_WIDTH - 1, int(share * _WIDTH)) for share in (low, value, high))
    line = ["━" if first <= place <= last else "·" for place in range(_WIDTH)]
    line[middle] = "●"
    bar = Text("".join(line), "dim")
    bar.stylize("not dim cyan", first, last + 1)
    return bar


def _costs(spending: Mapping[str, Any]) -> Table:
    table = _table("", "", "")
    tiers = ", ".join(f"{_usd(cost)} by {_plain(tier)}" for tier, cost in spending["by_tier"].items())
    unpriced = f"; without {spending['unpriced']} runs of unknown price" if spending["unpriced"] else ""
    solved, well, within = spending["per_solved"], spending["efficiency"], spending["in_range"]
    table.add_row("spent", _usd(spending["total"]), _dim(f"{tiers}{unpriced}"))
    table.add_row("per solved task", _usd(solved["value"]), _dim(f"{_range(solved, _usd)}, {solved['n']} runs"))
    table.add_row("into solved tasks", _percent(well["value"]), _dim(_range(well, _percent)))
    if within["n"]:
        of = f"{within['hits']} of {within['n']} cost p10 to p90; 80 % should"
        table.add_row("as estimated", _percent(within["rate"]), _dim(of))
    return table


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("", "models", "runs", "solved", "cost", "95 %", wraps="models")
    for row in pairs:
        solved, cost = row["solved"], row["per_solved"]
        models = _dim(_plain(" · ".join(filter(None, (row["default"], row["escalation"])))))
        figures = (str(solved["n"]), _percent(solved["rate"]), _usd(cost["value"]), _range(cost, _usd))
        table.add_row(_BEGINS.get(row["begins"], row["begins"]), models, *figures)
    return table


def _reasons(reasons: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("", "seen", "spoke", "right", "wrong", "missed", "hits", "95 %", wraps="")
    for row in reasons:
        counts = (str(row[name]) for name in ("seen", "spoke", "right", "wrong", "missed"))
        table.add_row(_plain(row["title"]), *counts, *_proportion(row["hits"]))
    return table


def _calibrations(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("", "source", wraps="source")
    table.show_header = False
    for row in rows:
        table.add_row(_OF.get(row["of"], row["of"]), _dim(row["source"]))
    return table


def _table(*columns: str, wraps: str | None = None) -> Table:
    """A table of these columns; the one that `wraps` gives way where the terminal is narrow."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in columns:
        words = title in ("", "models", "source")
        table.add_column(title, no_wrap=title != wraps, justify="left" if words else "right")
    table.show_header = any(columns)
    return table


def _dim(words: str) -> Text:
    from rich.text import Text

    return Text(words, "dim")


def _plain(words: str) -> str:
    from escalation.cli.visible import one_line

    return one_line(words)


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{share:.1%}" if 0.0005 <= share < 0.0995 else f"{share:.0%}"


def _usd(amount: float | None) -> str:
    from escalation.decision.markdown import usd

    return "–" if amount is None else usd(amount)


def _range(found: Mapping[str, Any], written: Any) -> str:  # noqa: ANN401
    """The interval of a figure; its unit is told once."""
    if found["low"] is None or found["high"] is None:
        return "–"
    return f"{written(found['low']).removesuffix('%')}–{written(found['high'])}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
