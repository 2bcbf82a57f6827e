"""`escalation lsp`: the language server on standard input and output."""

from __future__ import annotations


def main() -> int:
    """Serve one client until it is gone; returns the exit status."""
    from escalation.lsp.server import start_io  # imports pygls, which no other command needs

    return start_io()
