"""Examined: facts of files judged before. `analysis.facts.examine` is pure and costs most of a judgement, and whoever
asks again has changed one file of several: the others, and what each was before the change, are known.

One memory for the process, as `functools.cache` would have it, but bounded by the bytes of the texts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import Generic, TypeVar

from escalation.analysis.change import Change, FileChange
from escalation.analysis.facts import FileFacts, facts_of
from escalation.analysis.source import Source
from escalation.text.document import Document

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Bounded(Generic[_Key, _Value]):
    """Values by key, up to a total weight; the least recently used go first, and one that would push out many is not
    kept. For any thread."""

    def __init__(self, most: int) -> None:
        self._most, self._weight = most, 0
        self._kept: OrderedDict[_Key, tuple[_Value, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key, make: Callable[[], _Value], weight: int) -> _Value:
        """The value of a key, made where it is not known. Two threads may both make it: they make the same."""
        with self._lock:
            if (found := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return found[0]
        value = make()
        with self._lock:
            if key not in self._kept and weight <= self._most // 4:
                self._kept[key] = value, weight
                self._weight += weight
                while self._weight > self._most:
                    _, (_, let_go) = self._kept.popitem(last=False)
                    self._weight -= let_go
        return value


_FACTS: Bounded[Hashable, FileFacts] = Bounded(1_000)
_SOURCES: Bounded[Hashable, Source] = Bounded(2_000_000)
"""By bytes of text: a tree with its measures takes about 25 times as many."""


def examined(change: Change) -> dict[str, FileFacts]:
    """The facts of a change's files, by path, as `assess` takes them."""
    return {file.path: _FACTS.get(_key(file), partial(_examine, file), 1) for file in change.files}


def _examine(file: FileChange) -> FileFacts:
    before = _source(file.base) if file.base is not None else None
    now = before if before is not None and _mark(file.base) == _mark(file.current) else None
    return facts_of(file, now, before)


def _source(document: Document) -> Source | None:
    """None for a text that the analysis cannot take: `facts_of` says so."""
    try:
        return _SOURCES.get(_mark(document), partial(Source.of, document), len(document.data))
    except Exception:  # noqa: BLE001 - as in `facts_of`, which meets the same and tells it
        return None


def _key(file: FileChange) -> Hashable:
    """All that the facts of a file depend on."""
    said = (file.path, file.base_path, file.problem, file.note, file.recorded, file.counted)
    return said, _mark(file.base), _mark(file.current)


def _mark(document: Document | None) -> Hashable:
    if document is None:
        return None
    return document.language, blake2b(document.data, digest_size=24).digest()
