"""`escalation`: the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from escalation import __version__
from escalation.cli.failure import Failure

# In the order of the help text; a module is imported only when its command runs.
COMMANDS = {
    "check": "judge a change: is the strong model worth its price?",
    "run": "have it done: streamed, within a budget, and asked before anything is written",
    "models": "the models of the tiers: where, for how much, until when",
    "doctor": "what is missing for a run",
    "submit": "hand the pending change to the host, which decides, and has it done if you say so",
    "runs": "what the host has done: the list, one run, its diff, its result",
    "feedback": "say what became of a result, and whether a recommendation was right",
    "serve": "the host: runs, their history, the REST API and the dashboard",
    "host": "the one host of this user: status, stop, logs",
    "export": "the decision log as lines of JSON",
    "prune": "delete what is older than so many days from the history",
    "mcp": "the host's judgement for agents that speak the Model Context Protocol",
    "stats": "how good the recommendations were, and what the runs cost",
    "metrics": "complexity of every function",
    "sensitivity": "how security-sensitive files and functions are",
    "lsp": "the language server, on standard input and output",
    "demo": "see it work: no key, no network",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Exit status: 0; 1 (the command's own no); 2 (bad usage or input)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name of a file, or a bullet, that this terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _parser(words).parse_args(words)
        return int(options.run(options))
    except Failure as failure:
        print(f"escalation: {failure}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # somebody closed the pager: not an error, and nothing to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


class _Parser(argparse.ArgumentParser):
    """Answers bad usage with one line."""

    def error(self, message: str) -> NoReturn:
        raise Failure(f"{message}; {self.prog} --help says more")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the options of the one command that is called; the others are only named."""
    parser = _Parser(
        prog="escalation",
        description="Judges pending changes: where is the strong model worth its price, and why.",
        epilog="escalation COMMAND --help says more about a command.",
    )
    parser.add_argument("--version", action="version", version=f"escalation {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    called = next((word for word in words if not word.startswith("-")), None)
    for name, what in COMMANDS.items():
        if name == called:
            import_module(f"escalation.cli.{name}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=what)
    return parser
