"""`escalation runs`: what the host has done and does: the list, one run, its diff, its result."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from escalation.cli.failure import Failure
from escalation.cli.results import GOOD, Status, apply, needed
from escalation.cli.visible import one_line, visible

if TYPE_CHECKING:
    from rich.text import Text

_EPILOG = """exit status:
  0  done
  1  --apply: files have changed since the run began, so nothing is written
  2  bad usage, no such run, or it has no result, with one line on standard error"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "runs",
        help="what the host has done: the list, one run, its diff, its result",
        description="Shows the runs and decisions of the history, the newest first; with an ID, that one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", nargs="?", metavar="ID", help="the run to show")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many are listed (default: %(default)s)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--diff", action="store_true", help="what it changes; secrets are masked")
    what.add_argument("--apply", action="store_true", help="write its result, if the files are still what it saw")
    what.add_argument("--cancel", action="store_true", help="end it; no further request to a model begins")
    what.add_argument("--json", action="store_true", help="the same for programs, as the API has it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from escalation.cli.hosted import asked, host, quoted

    if options.id is None:
        if options.diff or options.apply or options.cancel:
            raise Failure("say which run: `escalation runs` lists them")
        if not 1 <= options.limit <= 200:
            raise Failure("--limit must lie between 1 and 200")
        page = asked(host(), "GET", f"/workflows?limit={options.limit}")
        return _json(page) if options.json else _listed(page["workflows"])
    client, id = host(), quoted(options.id)
    if options.cancel:
        print(one_line(asked(client, "DELETE", f"/workflow/{id}")["message"]))
        return 0
    if options.apply:
        return apply(client, asked(client, "GET", f"/status/{id}?files=true"))
    status = asked(client, "GET", f"/status/{id}")
    if options.json:
        return _json(status)
    if options.diff:
        return _diff(status)
    show(status)
    return 0


def succeeded(status: Status) -> bool:
    """Whether a run came to a result that may be used; a decision is one."""
    return status["state"] == "completed" and (not status["execute"] or status["outcome"] in GOOD)


def show(status: Status) -> None:
    """Effect: prints how a run stands."""
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for line in described(status):
        console.print(line)


def _json(value: object) -> int:
    print(json.dumps(value, indent=2))
    return 0


# ---- the list


def _listed(workflows: list[Status]) -> int:
    from rich.console import Console

    if not workflows:
        print("Nothing has been submitted yet: `escalation submit --task TEXT` does.")
        return 0
    console = Console(file=sys.stdout, highlight=False)
    for line in listed(workflows):
        if console.is_terminal:
            line.truncate(console.width, overflow="ellipsis")
        console.print(line, soft_wrap=True)
    return 0


def listed(workflows: Sequence[Status]) -> Iterator[Text]:
    """A line for each run, below those that say what is in them."""
    from rich.text import Text

    rows = [_cells(one) for one in workflows]
    heads = [Text(name, "dim") for name in ("id", "when", "state", "route", "cost", "task")]
    widths = [max(cell.cell_len for cell in column) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        *cells, task = row
        padding = (" " * (width - cell.cell_len + 2) for cell, width in zip(cells, widths, strict=False))
        yield Text.assemble(*(part for pair in zip(cells, padding, strict=True) for part in pair), task)


def _cells(status: Status) -> list[Text]:
    from rich.text import Text

    plain = (status["workflow_id"], _time(status["created_at"]))
    rest = (_route(status), _cost(status), one_line(status["task_description"]))
    return [*map(Text, plain), Text(*_state(status)), *map(Text, rest)]


def _state(status: Status) -> tuple[str, str]:
    """How it stands in a word, and in which colour."""
    outcome = status["outcome"]
    if status["cancelling"] and status["finished_at"] is None:
        return "cancelling", "yellow"
    if outcome is None:
        decided = status["state"] == "completed"
        return ("decided", "") if decided else (status["state"], "bold")
    style = "green" if outcome in GOOD else "yellow" if outcome in ("partial_success", "cancelled") else "red"
    return outcome.replace("_", " "), style


def _route(status: Status) -> str:
    return status["tier"] or status["recommended_route"] or ""


def _cost(status: Status) -> str:
    from escalation.decision.markdown import usd

    return usd(status["cost"]) if status["outcome"] else ""


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


# ---- one run


def described(status: Status) -> Iterator[Text]:
    """How a run stands, for a person."""
    from rich.text import Text

    state, style = _state(status)
    yield Text(one_line(status["task_description"]) or "(no task)", "bold")
    message = f": {one_line(status['message'])}" if status["message"] else ""
    yield _row("state", Text.assemble((state, style), message))
    yield _row("id", status["workflow_id"])
    yield _row("since", _time(status["created_at"]) + _lasted(status))
    if place := status["workspace_root"] or status["repository"]:
        yield _row("where", one_line(place))
    if status["recommended_model"]:
        advice = f"{status['recommended_model']} ({status['recommended_route']}), confidence {status['confidence']:.2f}"
        yield _row("advice", one_line(advice))
    for reason in status["reasons"]:
        yield _row("", f"{reason['reason']}: {reason['priority']}, {reason['confidence']:.2f}, {reason['result']}")
    yield from _passes(status)
    yield from _result(status)
    if said := [one["verdict"] + (f" ({one_line(one['note'])})" if one["note"] else "") for one in status["feedback"]]:
        yield _row("feedback", ", ".join(said))


def _lasted(status: Status) -> str:
    if status["finished_at"] is None:
        return ""
    return f", for {(status['finished_at'] - status['created_at']) / 1000:.1f} s"


def _row(name: str, value: str | Text) -> Text:
    from rich.text import Text

    row = Text.assemble((f"  {name:<10}", "dim"), value)
    row.rstrip()
    return row


def _passes(status: Status) -> Iterator[Text]:
    from escalation.cli.progress import tokens
    from escalation.decision.markdown import usd
    from escalation.flow.messages import Usage

    for number, tier in enumerate(status["tiers"]):
        figures = f"{tokens(Usage(**tier['usage']))} · {usd(tier['cost'])}"
        if tier["finished_at"] is None:
            figures = "under way" if status["finished_at"] is None else "came to no end"
        yield _row("" if number else "passes", one_line(f"{tier['tier']} {tier['model']} · {figures}"))
    if status["outcome"]:
        yield _row("in all", f"{tokens(Usage(**status['usage']))} · {usd(status['cost'])}")


def _result(status: Status) -> Iterator[Text]:
    from rich.text import Text

    from escalation.cli.preview import counted

    result = status["result"]
    if result is None:
        return
    for number, line in enumerate(visible(result["text"].replace("\r", "")).split("\n") if result["text"] else ()):
        yield _row("" if number else "said", line)
    if not result["diff"]:
        yield _row("result", "no file changes")
        return
    added, removed = counted(result["diff"])
    files = "1 file" if result["files_changed"] == 1 else f"{result['files_changed']} files"
    mark = Text(f"{files}, +{added} −{removed}")
    if result["verified"] is False or status["outcome"] not in GOOD:
        why = "did NOT pass its verification" if result["verified"] is False else "is NOT complete"
        mark.append(f"; it {why}: look at it before you use it", "bold red")
    yield _row("result", mark)
    yield _row("", f"`escalation runs {status['workflow_id']} --diff` shows it, `--apply` writes it")


def _diff(status: Status) -> int:
    """Effect: prints the diff: in colours to a person, as it is to a program."""
    diff = needed(status)["diff"]
    if sys.stdout.isatty():
        from escalation.cli.run import show_diff

        show_diff(diff)
    else:
        sys.stdout.write(diff)
    return 0
