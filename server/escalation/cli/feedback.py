"""`escalation feedback`: what became of a result, and whether a recommendation was right."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escalation.host.client import Client

VERDICTS = {
    "accepted": "its result was taken",
    "discarded": "its result was thrown away",
    "dismissed": "the strong model was recommended, and not needed",
    "needed_opus": "the strong model was not recommended, and would have been needed",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "feedback",
        help="say what became of a result, and whether a recommendation was right",
        description="The statistics and the confidence of later recommendations learn from it.",
        epilog="verdicts:\n" + "\n".join(f"  {name:<12} {what}" for name, what in VERDICTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", metavar="ID", help="the run: `escalation runs` lists them")
    parser.add_argument("verdict", choices=VERDICTS, help="see below")
    parser.add_argument("--note", default="", metavar="TEXT", help="why, in a few words")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from escalation.cli.hosted import host

    tell(host(), options.id, options.verdict, options.note)
    print(f"Kept: {VERDICTS[options.verdict]}.")
    return 0


def tell(client: Client, id: str, verdict: str, note: str = "") -> None:
    """Effect: the host is told what somebody thinks of a run. Raises Failure."""
    from escalation.cli.hosted import asked

    said = {"workflow_id": id, "verdict": verdict, "feedback_id": f"{id}:{verdict}"}
    asked(client, "POST", "/feedback", {**said, "note": note} if note else said)
