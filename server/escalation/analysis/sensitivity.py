"""Whether code is security-sensitive: it handles authentication, authorization, cryptography, secrets, sessions,
untrusted input, deserialization, the execution of code, security headers or compliance.

A logistic regression over what the code names (`lexicon`), not over its text: `token` in a lexer, `key` in a table and
`session` in an ORM say nothing, and the words around them say that it is one. The weights are learnt from labelled
files of public packages (`training/`, `docs/sensitivity.md`) and ship as `data/weights.json`; the strongest
contributions are the explanation. Code that scores `SENSITIVE` or more is judged sensitive.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any, cast

from escalation.analysis.evidence import Evidence
from escalation.analysis.lexicon import features, groups, path_features
from escalation.syntax.tree import SyntaxTree, parse
from escalation.syntax.words import Kind, Word, words
from escalation.text.document import Document

SENSITIVE = 0.5

_MOST_EVIDENCE = 8
_LEAST_SHARE = 0.04  # of the positive evidence, for a word to be named
_LEAST_CATEGORY_SHARE = 0.15
# Names that every text is taken to have besides its own, so that one telling name of three does not make a file of it.
# Less in a span: there each name weighs more.
_USUAL_NAMES, _USUAL_NAMES_OF_SPAN = 70, 30
_HEAD = 8192  # bytes in which a span looks for the imports of its file
_MOST_IMPORTS = 80  # names; a file that imports more is a list of them, and they say little about one span
_UNUSED_IMPORT = 0.35  # what an import of the file counts in a span that does not name it
_PLAIN_NAME = re.compile(rb"[A-Za-z_][\w-]{1,80}")
_MOST_PLAIN_BYTES = 1_000_000
# How evidence names a word; of two at one place the first speaks.
_SAYS: Mapping[Kind, str] = {
    "import": "imports",
    "decorator": "decorator",
    "call": "calls",
    "argument": "sets",
    "string": "string",
    "identifier": "names",
}


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How sensitive code is (`score`, 0..1), by which evidence (strongest first), and of which kinds."""

    score: float
    evidence: tuple[Evidence, ...]
    categories: tuple[str, ...]


def file_sensitivity(tree: SyntaxTree, path: str) -> Sensitivity:
    """The sensitivity of a whole file. `path` is relative to the root of its repository."""
    return _judged(_Observation.of(tree.document, path, ((word, 1.0) for word in words(tree))))


def span_sensitivity(tree: SyntaxTree, path: str, start: int, end: int) -> Sensitivity:
    """The sensitivity of the bytes `start`..`end` (a function, a hunk).

    The path and the imports of the file count a little, the imports that the span names count fully.
    """
    head = tree.document.data[: _head_end(tree.document, start)]
    imports = _head_imports(tree.document.language, head)
    return _judged(
        _Observation.of(tree.document, path, _span_words(words(tree, start, end), imports), _USUAL_NAMES_OF_SPAN)
    )


def span_sensitivities(tree: SyntaxTree, path: str, spans: Iterable[tuple[int, int]]) -> tuple[Sensitivity, ...]:
    """The sensitivity of each of many spans (start, end) of one file, whose words are read once."""
    document, found = tree.document, words(tree)
    starts = [word.start for word in found]
    judgements = []
    for start, end in spans:
        inside = [word for word in found[bisect_left(starts, start) : bisect_left(starts, end)] if word.end <= end]
        head = found[: bisect_left(starts, _head_end(document, start))]
        imports = [word for word in head if word.kind == "import"][:_MOST_IMPORTS]
        judgements.append(_judged(_Observation.of(document, path, _span_words(inside, imports), _USUAL_NAMES_OF_SPAN)))
    return tuple(judgements)


def plain_sensitivity(document: Document, path: str) -> Sensitivity:
    """The sensitivity of a text without a grammar (configuration, markup), from its names and its path alone."""
    found = _PLAIN_NAME.finditer(document.data, 0, _MOST_PLAIN_BYTES)
    named = (Word("identifier", match[0].decode("ascii", "replace"), *match.span()) for match in found)
    return _judged(_Observation.of(document, path, ((word, 1.0) for word in named)))


def feature_values(tree: SyntaxTree, path: str) -> dict[str, float]:
    """The features of a file, as the model reads them: what `training` fits."""
    return _Observation.of(tree.document, path, ((word, 1.0) for word in words(tree))).values


def _span_words(inside: Iterable[Word], imports: Iterable[Word]) -> Iterator[tuple[Word, float]]:
    """The words of a span with 1, the imports before it with what they count."""
    named = set()
    for word in inside:
        yield word, 1.0
        if word.kind == "identifier":
            named.add(word.text)
    for word in imports:
        first, last = _ends(word.text)
        yield word, 1.0 if last in named or first in named else _UNUSED_IMPORT


@lru_cache(maxsize=16_384)
def _ends(name: str) -> tuple[str, str]:
    """The first and the last part of a dotted name."""
    parts = re.split(r"[./]", name)
    return parts[0], parts[-1]


def _head_end(document: Document, start: int) -> int:
    """Where the head of a file ends for a span: at a line before the span, at most at `_HEAD`."""
    return document.data.rfind(b"\n", 0, min(_HEAD, start)) + 1


@lru_cache(maxsize=256)
def _head_imports(language: str, head: bytes) -> tuple[Word, ...]:
    """The imports in the first bytes of a file; parsed by themselves, so that edits further down find them ready."""
    tree = parse(Document("", language, head))
    found = [word for word in words(tree) if word.kind == "import"] if tree else []
    return tuple(found[:_MOST_IMPORTS])


@dataclass(frozen=True)
class _Observation:
    """What was seen: every distinct word, where it stands first and how much it counts, and the words of a feature."""

    document: Document
    path: str
    seen: Mapping[tuple[Kind, str], tuple[Word, float]]
    features: Mapping[str, tuple[tuple[Kind, str], ...]]
    usual_names: int

    @classmethod
    def of(
        cls,
        document: Document,
        path: str,
        weighted: Iterable[tuple[Word, float]],
        usual_names: int = _USUAL_NAMES,
    ) -> _Observation:
        seen: dict[tuple[Kind, str], tuple[Word, float]] = {}
        for word, weight in weighted:
            key = (word.kind, word.text)
            first, count = seen.get(key, (word, 0.0))
            seen[key] = (first, count + weight)
        by_feature: dict[str, list[tuple[Kind, str]]] = {}
        for key in seen:
            for feature in features(document.language, *key):
                by_feature.setdefault(feature, []).append(key)
        named = {feature: tuple(keys) for feature, keys in by_feature.items()}
        return cls(document, path, seen, named, usual_names)

    @cached_property
    def values(self) -> dict[str, float]:
        """The value of each feature, about 0..1: how dense its names stand, or how many imports and calls it has."""
        names = sum(count for (kind, _), (_, count) in self.seen.items() if kind == "identifier")
        found = {feature: self._value(feature, keys, names) for feature, keys in self.features.items()}
        return {**found, **dict.fromkeys(path_features(self.path), 1.0)}

    def _value(self, feature: str, keys: tuple[tuple[Kind, str], ...], names: float) -> float:
        if feature.startswith(("import:", "module:", "call:")):
            return min(1.0, math.log1p(sum(min(1.0, self.seen[key][1]) for key in keys)) / math.log(4))
        density = sum(self.seen[key][1] for key in keys) / (names + self.usual_names)
        return min(1.5, math.log1p(200 * density) / math.log(21))


@dataclass(frozen=True, slots=True)
class _Model:
    bias: float
    weights: Mapping[str, float]


@cache
def _model() -> _Model:
    table = weights_file()
    return _Model(float(table["bias"]), cast("dict[str, float]", table["weights"]))


def weights_file() -> dict[str, Any]:
    """The shipped weights: `made` (from which packages, when, how well they judge others), `bias` and `weights`."""
    text = files("escalation.analysis").joinpath("data", "weights.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def _judged(observation: _Observation) -> Sensitivity:
    model = _model()
    contributions = {
        feature: model.weights[feature] * value
        for feature, value in sorted(observation.values.items())
        if feature in model.weights
    }
    score = _logistic(model.bias + math.fsum(contributions.values()))
    positive = {feature: share for feature, share in contributions.items() if share > 0}
    return Sensitivity(round(score, 6), _evidence(observation, positive), _categories(positive))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def _evidence(observation: _Observation, positive: Mapping[str, float]) -> tuple[Evidence, ...]:
    """The words behind the positive contributions. One part of a name (`word:`) adds to the score, but names none."""
    by_word: dict[tuple[Kind, str], float] = {}
    for feature, contribution in positive.items():
        keys = () if feature.startswith("word:") else observation.features.get(feature, ())
        total = sum(observation.seen[key][1] for key in keys)
        for key in keys:
            by_word[key] = by_word.get(key, 0.0) + contribution * observation.seen[key][1] / total
    merged = _merged(observation, by_word)
    least = _LEAST_SHARE * sum(positive.values())
    found = [_word_evidence(observation, key, weight) for key, weight in merged.items() if weight >= least]
    if named := [feature for feature in positive if feature.startswith("path:")]:
        what = f"path names {' and '.join(sorted(_plain(feature) for feature in named))}"
        found.append(Evidence(observation.path, 1, 1, what, _weight(sum(positive[feature] for feature in named))))
    found.sort(key=lambda evidence: (-evidence.weight, evidence.start_line, evidence.what))
    return tuple(found[:_MOST_EVIDENCE])


def _merged(observation: _Observation, by_word: Mapping[tuple[Kind, str], float]) -> dict[tuple[Kind, str], float]:
    """One entry for what one place says twice: a callee is a name as well."""
    merged: dict[tuple[Kind, str], float] = {}
    spoken: dict[int, tuple[Kind, str]] = {}
    order = list(_SAYS)
    for key in sorted(by_word, key=lambda key: (order.index(key[0]), key)):
        end = observation.seen[key][0].end
        first = spoken.setdefault(end, key)
        merged[first] = merged.get(first, 0.0) + by_word[key]
    return merged


def _word_evidence(observation: _Observation, key: tuple[Kind, str], contribution: float) -> Evidence:
    word, count = observation.seen[key]
    line = observation.document.line_at(word.start) + 1
    says = _SAYS[word.kind]
    if word.kind == "string" and "string:header" in features(observation.document.language, *key):
        says = "header"
    times = f" ({round(count)} times)" if word.kind != "import" and count >= 2 else ""
    return Evidence(observation.path, line, line, f"{says} {word.text}{times}", _weight(contribution))


def _weight(contribution: float) -> float:
    return round(1 - math.exp(-contribution), 3)


def _plain(feature: str) -> str:
    return feature.partition(":")[2].replace("_", " ")


def _categories(positive: Mapping[str, float]) -> tuple[str, ...]:
    """The categories that carry a good part of the evidence that has one, strongest first."""
    shares: dict[str, float] = {}
    for feature, contribution in positive.items():
        if category := _category(feature):
            shares[category] = shares.get(category, 0.0) + contribution
    least = _LEAST_CATEGORY_SHARE * sum(shares.values())
    return tuple(sorted((name for name in shares if shares[name] >= least), key=lambda name: (-shares[name], name)))


def _category(feature: str) -> str | None:
    source, _, name = feature.partition(":")
    if source == "word":
        return None
    group = groups().get({"header": "headers", "grant": "permission"}.get(name, name))
    return group.category if group else None
