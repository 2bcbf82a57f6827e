"""Domains: what changed code is about — money, compliance, protocols, concurrency — from the words of its syntax.

`data/domains.toml` is the table. Only identifiers, imports, calls and path segments are read; comments and prose say
what people think about code, and they lie.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import PurePosixPath

from escalation.analysis.evidence import Evidence
from escalation.syntax.tree import SyntaxTree
from escalation.syntax.words import subwords, words

IN_FUNCTION, IN_IMPORTS, IN_PATH = 0.55, 0.5, 0.6
"""What a find outside the changed lines counts, against 1.0 inside them."""
_HEAD = 16_384
"""Imports are looked for in the first bytes of a file only, so that a keystroke costs the same in any file."""
_KEPT = 6


@dataclass(frozen=True, slots=True)
class Domain:
    """One table of `domains.toml`: weights by kind of word. `words` and `paths` are keyed by subwords."""

    imports: Mapping[str, float]
    calls: Mapping[str, float]
    words: Mapping[tuple[str, ...], float]
    paths: Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Span:
    """A byte range to judge: a touched function, or changed lines outside functions. `changed` are the byte ranges in
    it that differ from the base; `symbol` the function's name."""

    start: int
    end: int
    changed: tuple[tuple[int, int], ...]
    symbol: str | None = None


@cache
def domains() -> Mapping[str, Domain]:
    """Every domain by the name of its reason."""
    data = tomllib.loads(files("escalation.analysis").joinpath("data/domains.toml").read_text("utf-8"))
    return {name: _domain(row) for name, row in data.items()}


def _domain(row: Mapping[str, Mapping[str, Sequence[str]]]) -> Domain:
    def weights(kind: str) -> dict[str, float]:
        return {name: float(weight) for weight, names in row.get(kind, {}).items() for name in names}

    return Domain(
        imports=weights("imports"),
        calls=weights("calls"),
        words={tuple(phrase.split("_")): weight for phrase, weight in weights("words").items()},
        paths={tuple(phrase.split("_")): weight for phrase, weight in weights("paths").items()},
    )


@dataclass(frozen=True, slots=True)
class _Find:
    domain: str
    what: str
    weight: float
    offset: int
    symbol: str | None


def domain_evidence(tree: SyntaxTree, path: str, spans: Iterable[Span]) -> Mapping[str, tuple[Evidence, ...]]:
    """Evidence by domain for the changed parts of a file; only domains that the changed parts themselves speak for.

    Path and imports support what the changed lines say; alone they are no evidence that *this* change matters.
    """
    finds = [find for span in spans for find in _span_finds(tree, span)]
    if not finds:
        return {}
    spoken = {find.domain for find in finds}
    finds += [find for find in (*_import_finds(tree), *_path_finds(path)) if find.domain in spoken]
    return {name: _evidence(tree, path, [f for f in finds if f.domain == name]) for name in sorted(spoken)}


def path_evidence(path: str) -> Mapping[str, tuple[Evidence, ...]]:
    """What a path alone says, for a file that does not exist yet or cannot be read."""
    finds = _path_finds(path)
    return {
        name: tuple(Evidence(path, 1, 1, f.what, f.weight) for f in finds if f.domain == name)
        for name in sorted({f.domain for f in finds})
    }


def _span_finds(tree: SyntaxTree, span: Span) -> list[_Find]:
    finds = []
    for word in words(tree, span.start, span.end):
        share = 1.0 if any(start <= word.start < end for start, end in span.changed) else IN_FUNCTION
        finds += [
            _Find(domain, f"{what} {word.text}", weight * share, word.start, span.symbol)
            for domain, what, weight in _hits(word.kind, word.text)
        ]
    return finds


def _import_finds(tree: SyntaxTree) -> list[_Find]:
    """The imports of a file. While somebody types further down its head stays the same, so it is read once."""
    key = (tree.document.language, tree.document.data[:_HEAD])
    if key not in _heads:
        while len(_heads) >= _MOST_HEADS:
            del _heads[next(iter(_heads))]
        _heads[key] = tuple(
            _Find(domain, f"{what} {word.text}", weight * IN_IMPORTS, word.start, None)
            for word in words(tree, 0, len(key[1]))
            if word.kind == "import"
            for domain, what, weight in _hits(word.kind, word.text)
        )
    return list(_heads[key])


_heads: dict[tuple[str, bytes], tuple[_Find, ...]] = {}
_MOST_HEADS = 64


@lru_cache(maxsize=65_536)
def _hits(kind: str, text: str) -> tuple[tuple[str, str, float], ...]:
    """(domain, what, weight) of one word: the strongest entry of each domain."""
    found = []
    for name, domain in domains().items():
        what, weight = _hit(domain, kind, text)
        if weight:
            found.append((name, what, weight))
    return tuple(found)


def _hit(domain: Domain, kind: str, text: str) -> tuple[str, float]:
    if kind == "import":
        return "imports", max((w for name, w in domain.imports.items() if _below(text, name)), default=0.0)
    if kind == "string":
        return "string", 0.0
    if kind == "call":
        called = max((w for name, w in domain.calls.items() if text == name or text.endswith("." + name)), default=0.0)
        return "calls", max(called, _phrase(domain.words, text.rsplit(".", 1)[-1]))
    return "names", _phrase(domain.words, text)


def _below(name: str, parent: str) -> bool:
    return name == parent or (name.startswith(parent) and name[len(parent)] in "./:")


def _phrase(table: Mapping[tuple[str, ...], float], identifier: str) -> float:
    parts = subwords(identifier)
    runs = (parts[i : i + n] for n in (1, 2, 3) for i in range(len(parts) - n + 1))
    return max((table.get(run, 0.0) for run in runs), default=0.0)


@lru_cache(maxsize=16_384)
def _path_finds(path: str) -> tuple[_Find, ...]:
    pure = PurePosixPath(path)
    segments = [*pure.parts[:-1], pure.name.split(".")[0]]
    return tuple(
        _Find(name, f"lies in {segment}", weight * IN_PATH, 0, None)
        for name, domain in domains().items()
        for segment in segments
        if (weight := _phrase(domain.paths, segment))
    )


def _evidence(tree: SyntaxTree, path: str, finds: Iterable[_Find]) -> tuple[Evidence, ...]:
    """The strongest finds, each name once (`a.b()` is a call and two names), strongest first."""
    best: dict[str, _Find] = {}
    for find in finds:
        name = re.split(r"[ .]", find.what)[-1]
        if name not in best or best[name].weight < find.weight:
            best[name] = find
    strongest = sorted(best.values(), key=lambda f: (-f.weight, f.offset))[:_KEPT]
    return tuple(_place(tree, path, find) for find in strongest)


def _place(tree: SyntaxTree, path: str, find: _Find) -> Evidence:
    line = tree.document.line_at(find.offset) + 1
    return Evidence(path, line, line, find.what, round(find.weight, 4), find.symbol)
