"""The lexicon of security-sensitive code: which features a word of a text has.

`data/lexicon.toml` groups the parts of names; `data/libraries.toml` says what known libraries, calls, flags and header
names stand for, per language. A feature is "source:group", for instance `import:crypto` or `name:password`, or
`word:parser` for a single part of a name; what features count is learnt (see `sensitivity`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import cast

from escalation.syntax.words import Kind, subwords

_SPEAKS_LIKE = {"typescript": "javascript", "tsx": "javascript", "kotlin": "java", "cpp": "c"}
_IMPORT_BREAK = re.compile(r"[./:]")
_NAME_LIKE = re.compile(r"[\w$./:-]{2,60}")
_LONGEST_RUN = 3  # names of the lexicon have at most so many parts
_MOST_PARTS = 24  # of an identifier; what has more is generated


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the lexicon; `against` marks counter-evidence, which has no category."""

    name: str
    category: str | None
    against: bool


@dataclass(frozen=True, slots=True)
class _Library:
    """The rows of one language: text to group."""

    imports: Mapping[str, str]
    calls: Mapping[str, str]
    arguments: Mapping[str, str]
    decorators: Mapping[str, str]
    identifiers: Mapping[str, str]


@cache
def groups() -> Mapping[str, Group]:
    """The groups of the lexicon by name."""
    return {
        name: Group(name, cast("str | None", row.get("category")), bool(row.get("against", False)))
        for name, row in _table("lexicon").items()
    }


@lru_cache(maxsize=65_536)
def features(language: str, kind: Kind, text: str) -> tuple[str, ...]:
    """The features of one word, sorted. The text of an `argument` is `name=value`."""
    return tuple(sorted(set(_READERS[kind](_library(language), text))))


def path_features(path: str) -> tuple[str, ...]:
    """The features of the last four segments of a path."""
    parts = [part for segment in path.split("/")[-4:] for part in subwords(segment.rpartition(".")[0] or segment)]
    return tuple(sorted({f"path:{group}" for group in _named(parts)}))


def _identifier(library: _Library, text: str) -> Iterator[str]:
    parts = subwords(text)[:_MOST_PARTS]
    yield from (f"name:{group}" for group in _named(parts))
    yield from (f"word:{part}" for part in parts if len(part) > 1)
    yield from (f"word:{first} {second}" for first, second in pairwise(parts))
    if group := library.identifiers.get(text):
        yield f"call:{group}"


def _call(library: _Library, text: str) -> Iterator[str]:
    parts = text.split(".")
    names = [".".join(parts[-size:]) for size in range(min(len(parts), 4), 1, -1)]
    for name in [*names, text, f".{parts[-1]}" if len(parts) > 1 else text]:
        if group := library.calls.get(name):
            yield f"call:{group}"
            return


def _import(library: _Library, text: str) -> Iterator[str]:
    for end in [len(text), *sorted((match.start() for match in _IMPORT_BREAK.finditer(text)), reverse=True)]:
        if group := library.imports.get(text[:end]):
            yield f"import:{group}"
            break
    yield from (f"module:{group}" for group in _named(subwords(text)))


def _decorator(library: _Library, text: str) -> Iterator[str]:
    if group := library.decorators.get(text.rpartition(".")[2]):
        yield f"call:{group}"


def _argument(library: _Library, text: str) -> Iterator[str]:
    if group := library.arguments.get(text):
        yield f"call:{group}"


def _string(library: _Library, text: str) -> Iterator[str]:
    plain = text.strip().lower()
    if source := _known_strings().get(plain.rstrip(":")):
        yield f"string:{source}"
    elif any(pattern.search(plain) for pattern in _grants()):
        yield "string:grant"
    if _NAME_LIKE.fullmatch(plain):
        yield from (f"string:{group}" for group in _named(subwords(text)))


_READERS = {
    "identifier": _identifier,
    "call": _call,
    "import": _import,
    "decorator": _decorator,
    "argument": _argument,
    "string": _string,
}


def _named(parts: tuple[str, ...] | list[str]) -> set[str]:
    """The groups that have one of the runs of up to three neighbouring parts."""
    exact, prefixes, lengths = _names()
    found: set[str] = set()
    for start in range(len(parts)):
        for size in range(1, min(_LONGEST_RUN, len(parts) - start) + 1):
            run = " ".join(parts[start : start + size])
            found.update(exact.get(run, ()))
            for length in lengths:
                found.update(prefixes.get(run[:length], ()))
    return found


@cache
def _names() -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]], Sequence[int]]:
    """The groups of whole names, those of prefixes, and the lengths that prefixes have."""
    exact: dict[str, set[str]] = {}
    prefixes: dict[str, set[str]] = {}
    for group, row in _table("lexicon").items():
        for name in cast("list[str]", row["names"]):
            target = prefixes if name.endswith("*") else exact
            target.setdefault(name.removesuffix("*"), set()).add(group)
    return _frozen(exact), _frozen(prefixes), sorted({len(prefix) for prefix in prefixes})


def _frozen(table: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(found) for name, found in table.items()}


@cache
def _library(language: str) -> _Library:
    rows = _table("libraries").get(_SPEAKS_LIKE.get(language, language), {})

    def inverted(part: str) -> dict[str, str]:
        table = cast("dict[str, list[str]]", rows.get(part, {}))
        return {text: group for group, texts in table.items() for text in texts}

    return _Library(*(inverted(part) for part in ("imports", "calls", "arguments", "decorators", "identifiers")))


@cache
def _known_strings() -> Mapping[str, str]:
    rows = cast("dict[str, list[str]]", _table("libraries")["strings"])
    return {text: source for source in ("value", "header") for text in rows[source]}


@cache
def _grants() -> tuple[re.Pattern[str], ...]:
    rows = cast("dict[str, list[str]]", _table("libraries")["strings"])
    return tuple(re.compile(pattern) for pattern in rows["grant"])


@cache
def _table(name: str) -> Mapping[str, Mapping[str, object]]:
    return tomllib.loads(files("escalation.analysis").joinpath("data", f"{name}.toml").read_text("utf-8"))
