"""Keys of a document of nested mappings: YAML in block style, or JSON with one key a line. Reading by
indentation keeps the place of each key, works on half-written text, and needs no parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_KEY = re.compile(
    rb"^(?P<indent>[ \t]*(?:-[ \t]+)*)"
    rb"(?:\"(?P<double>[^\"\n]*)\"|'(?P<single>[^'\n]*)'|(?P<plain>[^\s#'\"\-{}\[\],:][^:#\n]*?))"
    rb"[ \t]*:(?=[ \t\r\n]|$)(?P<value>[^\n]*)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key at byte range `start`..`end`, addressed as a JSON Pointer (RFC 6901) without its first slash;
    `value` is what stands behind it on its line."""

    path: str
    value: str
    start: int
    end: int

    @property
    def parent(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def readable(self) -> str:
        return self.path.replace("~1", "/").replace("~0", "~")


def keys(data: bytes) -> Iterator[Key]:
    """All keys in order. The address of an item of a list has no index, so moving items changes nothing."""
    stack: list[tuple[int, str]] = []
    for match in _KEY.finditer(data):
        indent = len(match["indent"])
        while stack and stack[-1][0] >= indent:
            stack.pop()
        name = (match["double"] or match["single"] or match["plain"] or b"").decode("utf-8", "replace")
        stack.append((indent, name.replace("~", "~0").replace("/", "~1")))
        value = match["value"].strip().rstrip(b",").decode("utf-8", "replace")
        path = "/".join(part for _, part in stack)
        yield Key(path, value, match.start() + indent, match.end())
