"""`escalation lsp`: the language server on standard input and output."""

from __future__ import annotations

import argparse
import gc


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Effect: adds the command."""
    parser = subparsers.add_parser("lsp", help="the language server, on standard input and output")
    # What clients add on their own; standard input and output are the only way there is.
    parser.add_argument("--stdio", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--clientProcessId", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Serve one client until it is gone; the process ends with it."""
    # The protocol's hundreds of classes are there to stay: looking for garbage among them is a tenth of the start.
    # `lifecycle.initialized` turns the collector on.
    gc.disable()
    from escalation.lsp.server import start_io  # imports pygls, which no other command needs

    start_io()
