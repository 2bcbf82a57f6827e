"""Statements of SQL's data definition language (ISO/IEC 9075-2 and -11 and the common dialects), in SQL files
and in string literals of code."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from escalation.analysis.pattern import Match, blanked, group, pattern

# What may stand before the first word of a statement inside a string literal: prefixes and quotes.
_OPENING = rb"[\s\w]{0,3}(?:\"\"\"|'''|[\"'`]+|\$\w*\$|<<[-~]?\w+)?[\s(]*"
_STATEMENT = re.compile(rb"(?:CREATE|ALTER|DROP|TRUNCATE|RENAME|GRANT|REVOKE)\s+[A-Z]", re.IGNORECASE)
_LITERAL = re.compile(rb"\A" + _OPENING + _STATEMENT.pattern, re.IGNORECASE)
_COMMENT = r"--[^\n]*|/\*.*?(?:\*/|\Z)|(?m:^[ \t]*#[^\n]*)"
_END = re.compile(rb";|(?m:^GO\s*$)", re.IGNORECASE)
# Between the parts of a literal written over several lines.
_JOINT = re.compile(rb"[\"'][ \t]*\r?\n[ \t]*[fFrRbB]?[\"']")
_DOLLAR = re.compile(rb"\$\w*\$")


@dataclass(frozen=True, slots=True)
class Definition:
    """One thing a statement does, at byte range `start`..`end` of the text; `statement` is the byte range of
    the whole statement, `edited` how it reads when the statement had been there before."""

    what: str
    edited: str
    weight: float
    destructive: bool
    start: int
    end: int
    statement: tuple[int, int]

    def moved(self, by: int) -> Definition:
        """The same in a text in which it begins `by` bytes later."""
        low, high = self.statement
        return replace(self, start=self.start + by, end=self.end + by, statement=(low + by, high + by))


def sql_definitions(rules: Sequence[Mapping[str, Any]], data: bytes) -> Iterator[Definition]:
    """The definitions in a text of SQL. Comments are not statements."""
    text = blanked(data, _COMMENT)
    for start, end in _statements(text):
        match = _STATEMENT.match(text, start, end)
        if match:
            yield from _definitions(rules, text, start, end)


def literal_definitions(rules: Sequence[Mapping[str, Any]], data: bytes, start: int, end: int) -> Iterator[Definition]:
    """The definitions in the string literal at `start`..`end`, which must begin with a statement: a sentence
    that speaks of dropping a table is none."""
    literal = data[start:end]
    if not _LITERAL.match(literal):
        return
    text = _JOINT.sub(lambda match: b" " * len(match.group()), blanked(literal, _COMMENT))
    for low, high in _statements(text):
        match = _STATEMENT.search(text, low, high)
        if match and (low == 0 or match.start() == low):
            for item in _definitions(rules, text, match.start(), high):
                yield item.moved(start)


def _statements(text: bytes) -> Iterator[tuple[int, int]]:
    """Byte ranges of statements, from their first word to their `;`. A body in dollar quotes stays in one
    piece."""
    quotes = [match.start() for match in _DOLLAR.finditer(text)]
    start = 0
    for match in _END.finditer(text):
        if bisect_right(quotes, match.start()) % 2:
            continue
        yield from _trimmed(text, start, match.start())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if start < end:
        yield start, end


def _definitions(rules: Sequence[Mapping[str, Any]], text: bytes, start: int, end: int) -> Iterator[Definition]:
    claimed: list[tuple[int, int]] = []  # disjoint, in order
    head = text[start : start + 8].split(None, 1)[0].upper()
    for rule in rules:
        if rule.get("inside", head.decode()) != head.decode() or (rule.get("rest") and claimed):
            continue
        matches = pattern(rule["pattern"], re.IGNORECASE).finditer(text, start, end)
        if "inside" not in rule:  # a rule for whole statements looks at their beginning only
            first = pattern(rule["pattern"], re.IGNORECASE).match(text, start, end)
            matches = iter([first] if first else [])
        for match in matches:
            place = bisect_right(claimed, match.span())
            if not any(
                low < match.end() and match.start() < high for low, high in claimed[max(0, place - 1) : place + 1]
            ):
                claimed.insert(place, match.span())
                yield _definition(rule, match, (start, end))


def _definition(rule: Mapping[str, Any], match: Match, statement: tuple[int, int]) -> Definition:
    values = {key: group(match, key).strip("\"`[]'.") for key in ("name", "kind", "to")}
    values["kind"] = values["kind"].upper() if " " in values["kind"] else values["kind"].lower()

    def worded(template: str) -> str:
        return " ".join(template.format(**values).split())

    what = worded(rule["what"])
    return Definition(
        what,
        worded(rule.get("edited", rule["what"])),
        rule["weight"],
        rule.get("destructive", False),
        match.start(),
        match.end(),
        statement,
    )
