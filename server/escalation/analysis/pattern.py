"""Patterns of the data tables: regular expressions over UTF-8 bytes, compiled when first used."""

from __future__ import annotations

import re
from functools import lru_cache

Match = re.Match[bytes]


@lru_cache(maxsize=1024)
def pattern(source: str, flags: int = 0) -> re.Pattern[bytes]:
    return re.compile(source.encode(), flags)


def group(match: Match, name: str) -> str:
    """The text of group `name`, or of its alternative spellings `name2`, `name3`; empty if none took part."""
    groups = match.groupdict()
    for key in (name, f"{name}2", f"{name}3"):
        if found := groups.get(key):
            return " ".join(found.decode("utf-8", "replace").split())
    return ""


def blanked(data: bytes, source: str, flags: int = re.DOTALL) -> bytes:
    """`data` with all matches of a pattern turned into spaces, line ends kept: every offset stays what it
    was."""
    return pattern(source, flags).sub(lambda match: _NOT_LINE_END.sub(b" ", match.group()), data) if source else data


_NOT_LINE_END = re.compile(rb"[^\r\n]")
