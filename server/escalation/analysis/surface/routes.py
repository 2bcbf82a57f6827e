"""Routes: the paths a program answers on, as frameworks register them. The frameworks are data:
`data/routes.toml`."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from escalation.analysis import anchor
from escalation.analysis.pattern import Match, group, pattern
from escalation.syntax.tree import SyntaxTree

# How far around a hunk a registration that spans lines is looked for.
_AROUND = 400


@dataclass(frozen=True, slots=True)
class Route:
    """A route registered at byte range `start`..`end`. `methods` are verbs in upper case, sorted; empty if
    any will do."""

    framework: str
    methods: tuple[str, ...]
    path: str
    start: int
    end: int

    @property
    def name(self) -> str:
        return " ".join(filter(None, ("|".join(self.methods), self.path or "/")))

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        return self.methods, self.path


@cache
def _table() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The rows by language."""
    rows = tomllib.loads(files("escalation.analysis").joinpath("data", "routes.toml").read_text("utf-8"))["routes"]
    table: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        for language in row["languages"]:
            table.setdefault(language, []).append(row)
    return table


def routes(path: str, tree: SyntaxTree, spans: Sequence[anchor.Span] | None = None) -> tuple[Route, ...]:
    """The routes registered in a file, or only those that touch `spans`; comments and strings are passed
    over."""
    found: dict[tuple[int, int], Route] = {}
    for row in _table().get(tree.document.language, ()):
        if "path" in row and not pattern(row["path"]).search(os.fsencode(path)):
            continue
        for match in _matches(row, tree.document.data, spans):
            if (spans is None or anchor.touches(spans, *match.span())) and _is_code(tree, match):
                found.setdefault((match.end("path"), match.end()), _route(row, match))
    unique = {(route.start, route.path): route for route in reversed(found.values())}
    return tuple(sorted(unique.values(), key=lambda route: (route.start, route.end)))


def _matches(row: Mapping[str, Any], data: bytes, spans: Sequence[anchor.Span] | None) -> Iterator[Match]:
    if spans is None:
        yield from pattern(row["pattern"]).finditer(data)
        return
    done = 0
    for low, high in spans:
        start = max(done, data.rfind(b"\n", 0, max(0, low - _AROUND)) + 1)
        for match in pattern(row["pattern"]).finditer(data, start, min(len(data), high + _AROUND)):
            done = match.end()
            yield match


_VERB = re.compile(r"\w+")


def _route(row: Mapping[str, Any], match: Match) -> Route:
    verbs = {verb.upper() for verb in _VERB.findall(group(match, "method"))} - {
        "ROUTE",
        "REQUEST",
        "ANY",
        "ALL",
    }
    return Route(row["framework"], tuple(sorted(verbs)), group(match, "path"), match.start(), match.end())


def _is_code(tree: SyntaxTree, match: Match) -> bool:
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    node = tree.root.descendant_for_byte_range(start, start + 1)
    return node is None or not ("comment" in node.type or "string" in node.type)
