"""What a command says when it cannot do its work."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - the word is meant as it reads: `raise Failure(...)`
    """Bad usage or broken input: one line for standard error, that says what to do; exit status 2."""
