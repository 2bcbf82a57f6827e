"""Secrets: where they stand in a text. The rules are data (`data/secrets.toml`).

A rule is matched only where one of its keywords or prefixes stands, so ordinary text costs a few fast searches. Most
keys are long words that begin with a known prefix; the text is searched for long words first, since these are few.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log2
from typing import Any

_IN_WORD = bytes(chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "_-+/") for byte in range(256))
_LONG_WORD = 20  # bytes; no rule with a prefix matches less
_LEAD = 9  # bytes of a prefix that need not be part of the long word, as in `SG.`
_WORD = re.compile(rb"[A-Z]?[a-z]{2,}[_.-]?")
_NAME = re.compile(rb"[\w.-]+")
_NAMED = 0.7  # share of words from which on something is a name
_CHANGES = 0.15  # changes of the kind per character that a key has at least
_DIGITS = 0.15  # share of digits from which on it is none


def _class_of(byte: int) -> int:
    char = chr(byte)
    return ord("a" if byte > 127 or char.islower() else "A" if char.isupper() else "0" if char.isdigit() else " ")


_CLASSES = bytes(map(_class_of, range(256)))


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """How one kind of secret is told. `pattern` is matched from the keyword or prefix on; its group `secret` is what
    must not leave."""

    id: str
    name: str
    pattern: re.Pattern[bytes]
    keywords: tuple[bytes, ...] = ()
    """Lower case; found in any case, anywhere."""
    prefixes: tuple[bytes, ...] = ()
    """Found as they are, at most 9 bytes before a word of 20 bytes or inside one."""
    entropy: float = 0.0
    """Bits per byte that the secret has at least."""
    guess: str = ""
    """Empty where the shape alone tells a secret. Else only the name beside it does, and it must look as if made up
    (`password`) or made by a machine (`random`)."""

    def accepts(self, value: bytes) -> bool:
        """Whether what stands where a secret would looks like one."""
        if _standing_for_a_value().search(value) or _entropy(value) < self.entropy:
            return False
        if not self.guess:
            return True
        if _telling_nothing().search(value):
            return False
        return made_by_machine(value) if self.guess == "random" else _made_up(value)


_Place = tuple[int, Sequence[Rule]]
"""Where rules may match."""


@dataclass(frozen=True, slots=True)
class Found:
    """A secret: the bytes `start` .. `end`, found within the bytes `first` .. `last`."""

    start: int
    end: int
    rule: Rule = field(repr=False)
    first: int
    last: int


def find(data: bytes) -> tuple[Found, ...]:
    """The secrets of a text in UTF-8, in its order; none overlap. Time is linear in the length of the text."""
    folded = data.lower()
    places = [_at_keyword(folded, keyword, among) for keyword, among in _table().keywords.items()]
    return apart([found for each in (*places, _at_prefixes(data)) for found in _matches(data, each)])


def rules() -> tuple[Rule, ...]:
    """All rules, the more specific before the more general."""
    return _table().rules


def _at_keyword(folded: bytes, keyword: bytes, among: Sequence[Rule]) -> Iterator[_Place]:
    at = folded.find(keyword)
    while at >= 0:
        yield at, among
        at = folded.find(keyword, at + 1)


def _at_prefixes(data: bytes) -> Iterator[_Place]:
    table = _table()
    for start, end in _long_words(data):
        for match in table.prefix.finditer(data, max(start - _LEAD, 0), end):
            yield match.start(), table.prefixes[match[0]]


def _long_words(data: bytes) -> Iterator[tuple[int, int]]:
    shape, long = data.translate(_IN_WORD), b"\1" * _LONG_WORD
    start = shape.find(long)
    while start >= 0:
        end = shape.find(0, start)
        yield start, end if end >= 0 else len(data)
        start = shape.find(long, end) if end >= 0 else -1


def _matches(data: bytes, places: Iterable[_Place]) -> Iterator[Found]:
    """What the rules match at these places. Within a match a rule is not tried again: the same word over and over
    would cost the square of its length."""
    behind: dict[Rule, int] = {}
    for at, among in places:
        for rule in among:
            if at < behind.get(rule, 0):
                continue
            match = rule.pattern.match(data, at)
            if match:
                behind[rule] = match.end()
                if rule.accepts(match["secret"]):
                    yield Found(*match.span("secret"), rule, *match.span())


def apart(found: Sequence[Found]) -> tuple[Found, ...]:
    """Finds that overlap become one, of the most specific rule: nothing that one of them covers may stay."""
    order = {rule.id: number for number, rule in enumerate(rules())}
    result: list[Found] = []
    for each in sorted(found, key=lambda each: (each.start, each.end)):
        if result and each.start < result[-1].end:
            last = result[-1]
            rule = min(last.rule, each.rule, key=lambda rule: order.get(rule.id, -1))
            first, behind = min(last.first, each.first), max(last.last, each.last)
            result[-1] = Found(last.start, max(last.end, each.end), rule, first, behind)
        else:
            result.append(each)
    return tuple(result)


def _entropy(value: bytes) -> float:
    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values())


def _made_up(value: bytes) -> bool:
    """A password: of two kinds of characters at least, and no word, name or number."""
    kinds = set(value.translate(_CLASSES))
    named = 48 not in kinds and _NAME.fullmatch(value) and _share_of_words(value) > _NAMED
    return len(kinds) >= 2 and not kinds <= {48, 32} and _changes(value) >= 2 and not named


def made_by_machine(value: bytes) -> bool:
    """A key: letters and digits in no order that a person would give them."""
    shape = value.translate(_CLASSES)
    digits = shape.count(b"0")
    if not digits or digits == len(shape) or _changes(value) < len(value) * _CHANGES:
        return False
    return digits > len(value) * _DIGITS or _share_of_words(value) < _NAMED


def _share_of_words(value: bytes) -> float:
    """How much of a value reads like words."""
    return sum(map(len, _WORD.findall(value))) / len(value)


def _changes(value: bytes) -> int:
    """How often letters of one case, those of the other, and digits follow each other."""
    shape = value.translate(_CLASSES)
    return sum(left != right for left, right in pairwise(shape) if left != 32 != right)


@dataclass(frozen=True, slots=True)
class _Table:
    rules: tuple[Rule, ...]
    keywords: Mapping[bytes, tuple[Rule, ...]]
    prefixes: Mapping[bytes, tuple[Rule, ...]]
    prefix: re.Pattern[bytes]
    placeholder: re.Pattern[bytes]
    worthless: re.Pattern[bytes]


def _standing_for_a_value() -> re.Pattern[bytes]:
    return _table().placeholder


def _telling_nothing() -> re.Pattern[bytes]:
    return _table().worthless


@cache
def _table() -> _Table:
    raw = tomllib.loads(files("escalation.flow").joinpath("data", "secrets.toml").read_text("utf-8"))
    rules = tuple(map(_rule, raw["rules"]))
    prefixes = _by_prefixes(rules)
    return _Table(
        rules,
        _by_keywords(rules),
        prefixes,
        re.compile(rb"(?:\b|(?<=_))(?:%s)" % b"|".join(map(re.escape, sorted(prefixes, reverse=True)))),
        _any(raw["placeholders"]),
        _any(raw["worthless"]),
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        row["id"],
        row["name"],
        re.compile(row["pattern"].encode("ascii"), re.VERBOSE),
        tuple(keyword.encode("ascii") for keyword in row.get("keywords", ())),
        tuple(prefix.encode("ascii") for prefix in row.get("prefixes", ())),
        row.get("entropy", 0.0),
        row.get("guess", ""),
    )


def _by_keywords(rules: Sequence[Rule]) -> Mapping[bytes, tuple[Rule, ...]]:
    words = {word for rule in rules for word in rule.keywords}
    return {word: tuple(rule for rule in rules if word in rule.keywords) for word in sorted(words)}


def _by_prefixes(rules: Sequence[Rule]) -> Mapping[bytes, tuple[Rule, ...]]:
    """The rules of each prefix, those of a shorter one with the same beginning too: only the longest is found."""
    words = {word for rule in rules for word in rule.prefixes}
    return {word: tuple(rule for rule in rules if word.startswith(rule.prefixes)) for word in sorted(words)}


def _any(patterns: Sequence[str]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(b"(?:%s)" % pattern.encode("ascii") for pattern in patterns), re.IGNORECASE)
