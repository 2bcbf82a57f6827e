"""`escalation prune`: delete what is old from the history. The host does it, which knows all that is kept of a run."""

from __future__ import annotations

import argparse

from escalation.cli.storage import ago, days, opened


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "prune",
        help="delete what is older than so many days from the history",
        description="Deletes the runs and decisions that finished so many days ago, with all that is kept of them. The"
        " host does so by itself once a day, by the setting host.keep_days.",
    )
    parser.add_argument("--older-than", metavar="DAYS", type=days, required=True, help="such as 90d")
    parser.add_argument("--dry-run", action="store_true", help="only say how many there are")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    before = ago(options.older_than)
    if options.dry_run:
        print(f"{_counted(_old(before))} would be deleted.")
        return 0
    from escalation.cli.hosted import host, told

    count = told(host(), "POST", "/host/prune", {"before": before})["workflows"]
    print(f"{_counted(count)} deleted.")
    return 0


def _old(before: int) -> int:
    """How many finished before a time. Raises Failure."""
    with opened() as store:
        found = (case.workflow for case in store.cases() if case.workflow is not None)
        return sum(one.finished is not None and one.finished < before for one in found)


def _counted(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
