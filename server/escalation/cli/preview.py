"""A diff as it is shown before it is applied: in colours, nothing hidden, masked secrets marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from escalation.cli.visible import visible

if TYPE_CHECKING:
    from rich.text import Text

Kind = Literal["header", "hunk", "added", "removed", "kept", "note"]
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_SIGNS: dict[str, Kind] = {"+": "added", "-": "removed", "\\": "note"}
_STYLES: dict[Kind, str] = {
    "header": "bold",
    "hunk": "cyan",
    "added": "green",
    "removed": "red",
    "kept": "",
    "note": "dim",
}


def preview(diff: str, placeholders: Sequence[str] = ()) -> Iterator[Text]:
    """The lines of a unified diff. `placeholders` stand in it where a secret is masked."""
    from rich.text import Text

    mark = re.compile("|".join(map(re.escape, placeholders))) if placeholders else None
    for kind, line in _lines(diff):
        text = Text(visible(line.removesuffix("\r")), _STYLES[kind])
        if mark is not None:
            text.highlight_regex(mark, "bold magenta")
        # A carriage return that ends a line belongs to the line end; it hides nothing.
        yield text.append("␍", "dim") if line.endswith("\r") else text


def counted(diff: str) -> tuple[int, int]:
    """The lines that a unified diff adds and removes."""
    kinds = [kind for kind, _ in _lines(diff)]
    return kinds.count("added"), kinds.count("removed")


def heads(diff: str) -> tuple[str, ...]:
    """The line that begins each file of a unified diff."""
    return tuple(line for kind, line in _lines(diff) if kind == "header" and line.startswith("diff --git "))


def _lines(diff: str) -> Iterator[tuple[Kind, str]]:
    """The lines with what they are, by the counts in the head of each hunk: a removed line may read `-- a`, too."""
    old = new = 0
    for line in diff.removesuffix("\n").split("\n") if diff else ():
        if old > 0 or new > 0 or line.startswith("\\"):
            kind = _SIGNS.get(line[:1], "kept")
            old -= kind in ("removed", "kept")
            new -= kind in ("added", "kept")
            yield kind, line
        elif hunk := _HUNK.match(line):
            old, new = (int(count or 1) for count in hunk.groups())
            yield "hunk", line
        else:
            yield "header", line
