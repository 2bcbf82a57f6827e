"""Where the words for a run come from when nobody typed any."""

from __future__ import annotations

import pytest
from lsprotocol import types

from escalation.lsp.errand import errand
from escalation.lsp.project import Buffer, Project
from escalation.text.document import Document, Encoding


def words(text: str, *, symbol: str | None = None) -> str:
    """The errand at the place marked with `|`."""
    line = text[: text.index("|")].count("\n")
    buffer = Buffer("file:///a.py", Document.of(text.replace("|", "")), path="a.py")
    place = types.Range(types.Position(line, 0), types.Position(line, 0))
    return errand(Project(None), buffer, place, Encoding.UTF16, reason="", symbol=symbol)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# TODO: lock the account after\n# five failures\n|def login(): ...\n",
            "lock the account after five failures",
        ),
        ("|x = 1  // FIXME(jane): overflows for large n\n", "overflows for large n"),
        ("/* TODO use a constant-time comparison */\n|compare(a, b)\n", "use a constant-time comparison"),
        ("# Checks the token and\n# its |audience.\ncheck()\n", "Checks the token and its audience."),
        ("-- |Add an index on email.\n", "Add an index on email."),
        ("<!-- |Show the price. -->\n", "Show the price."),
    ],
    ids=["above the place", "on the line", "a block comment", "a comment of several lines", "SQL", "HTML"],
)
def test_what_is_written_at_the_place(text: str, expected: str) -> None:
    assert words(text) == expected


def test_a_mark_far_above_is_somebody_elses() -> None:
    assert "far" not in words("# TODO: far away\n\n\n\n\n\n|x = 1\n")


@pytest.mark.parametrize("text", ["|x = 1\n", "|", "#|\n", "\n\n|\n"])
def test_it_is_never_empty(text: str) -> None:
    assert words(text, symbol="f") == "Review the pending change of `f` in a.py, and complete and correct it."
