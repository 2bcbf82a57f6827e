"""Redaction: a placeholder leaves in the place of a secret, and the secret comes back in its place.

A placeholder is one word of letters, digits and underscores, such as `REDACTED_GITHUB_TOKEN_1_k7f3x2`: it can stand in
a string, a URL or a command, and a model copies it faithfully. Its end is random, so that no text can name a secret
that it does not hold; with a seed it is the same each time, so that a run that is resumed asks what it asked before.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from secrets import token_bytes
from typing import NoReturn

from escalation.flow.events import Masked
from escalation.flow.secrets import Found, Rule, apart, find, made_by_machine
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

_ALPHABET = "bcdfghjkmnpqrstvwxz2346789"  # spells no word
_BEGINNING = b"REDACTED_"
_OURS = re.compile(rb"REDACTED_(?:(?!REDACTED_)[A-Z0-9_])+?_\d+_[%s]{6}" % _ALPHABET.encode())
_LIKE_OURS = re.compile(r"REDACTED_\w{1,80}", re.ASCII | re.IGNORECASE)
_ENDS_LIKE_OURS = re.compile(r".+_\d+_\w{3,}", re.ASCII)
_KNOWN = Rule("key", "key in use", re.compile(b"(?!)"))
_SHORTEST_KNOWN = 8  # bytes
_SHORTEST_SPREAD = 16  # bytes; what is shorter may be part of another word
_MOST_SPREAD = 1_000  # values; a file of thousands is a fixture, and each one is searched for in every text


class Redactor:
    """The secrets of one run, each with its placeholder; nobody else has them, and they are never stored.

    `known` are values that are secret wherever they stand, such as the keys in use; those of fewer than eight bytes
    are passed over. `seed` (up to 64 bytes) makes the ends of the placeholders; it tells nothing of the secrets.
    """

    __slots__ = (
        "_documents",
        "_labels",
        "_masked",
        "_placeholders",
        "_seed",
        "_seen",
        "_sighted",
        "_spread",
        "_values",
    )

    def __init__(self, known: Sequence[str] = (), seed: bytes = b"") -> None:
        self._seed = seed or token_bytes(16)
        values = (_encoded(value.strip()) for value in known)
        self._spread = {value: _KNOWN for value in values if len(value) >= _SHORTEST_KNOWN}
        self._placeholders: dict[bytes, bytes] = {}
        self._values: dict[bytes, bytes] = {}
        self._labels: set[str] = set()
        self._masked: list[Masked] = []
        self._sighted: set[tuple[str, bytes]] = set()
        self._seen: set[str] = set()
        self._documents: dict[tuple[str, Document], Document] = {}

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} secrets)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Redactor holds secrets: it is neither copied nor stored.")

    @property
    def masked(self) -> tuple[Masked, ...]:
        """What has been masked so far: each secret once per path, where it stands there first."""
        return tuple(self._masked)

    def mask(self, text: str, path: str = "") -> str:
        """The text as it may leave. Masking twice is masking once; a secret has one placeholder in all texts. Where a
        `path` is given, words like placeholders were there from the start, as those of a document."""
        data = _encoded(text)
        if path and _BEGINNING in data:
            self._seen.update(_LIKE_OURS.findall(text))
        masked = self._mask(data, path, find(data))
        return text if masked is data else _decoded(masked)

    def mask_document(self, path: str, document: Document) -> Document:
        """The document as it may leave; the same one if it holds no secret."""
        masked = self._documents.get((path, document))
        if masked is None:
            masked = self._documents[path, document] = self._masked_document(path, document, find(document.data))
        return masked

    def mask_snapshot(self, snapshot: Snapshot) -> Snapshot:
        """All documents as they may leave. A key that one of them names as such is masked in all, also where nothing
        beside it tells that it is one."""
        found = {path: find(document.data) for path, document in snapshot.items()}
        for path, document in snapshot.items():
            self._learn(document.data, found[path])
        for path, document in snapshot.items():
            self._documents[path, document] = self._masked_document(path, document, found[path])
        return Snapshot({path: self._documents[path, document] for path, document in snapshot.items()})

    def restore(self, text: str) -> str:
        """The text with what the placeholders of this run stand for; other words stay as they are."""
        data = _encoded(text)
        restored = self._restored(data)
        return text if restored is data else _decoded(restored)

    def restore_document(self, document: Document) -> Document:
        """The document with its secrets; the same one if it holds no placeholder."""
        return _with(document, self._restored(document.data))

    def forget_documents(self) -> None:
        """Effect: no document is held any longer, for one that is only kept so that it can restore."""
        self._documents.clear()

    def foreign(self, text: str) -> tuple[str, ...]:
        """Words like placeholders that stand for nothing, each once: a model has mangled one. Words that the files
        held from the start are none."""
        rest = _OURS.sub(lambda match: b" " if match[0] in self._values else match[0], _encoded(text))
        words = dict.fromkeys(_LIKE_OURS.findall(_decoded(rest)))
        return tuple(word for word in words if word not in self._seen and self._like_ours(word))

    def _like_ours(self, word: str) -> bool:
        return bool(_ENDS_LIKE_OURS.fullmatch(word)) or any(word.upper().startswith(label) for label in self._labels)

    def _masked_document(self, path: str, document: Document, found: Sequence[Found]) -> Document:
        data = document.data
        if _BEGINNING in data:
            self._seen.update(_LIKE_OURS.findall(document.text))
        return _with(document, self._mask(data, path, found))

    def _mask(self, data: bytes, path: str, found: Sequence[Found]) -> bytes:
        pieces, at, line = [], 0, 1
        for each in self._all(data, found):
            placeholder = self._placeholder(data[each.start : each.end], each.rule)
            line += _line_ends(data[at : each.start])
            if (path, placeholder) not in self._sighted:
                self._sighted.add((path, placeholder))
                self._masked.append(Masked(path, line, each.rule.name, placeholder.decode()))
            pieces += [data[at : each.start], placeholder]
            line += _line_ends(data[each.start : each.end])
            at = each.end
        return b"".join([*pieces, data[at:]]) if pieces else data

    def _all(self, data: bytes, found: Sequence[Found]) -> tuple[Found, ...]:
        """What was found and what is known to be a secret. What has been masked stays as it is, and is no part of
        anything."""
        self._learn(data, found)
        everything = [*found, *self._known(data)]
        if _BEGINNING in data:
            ours = [match.span() for match in _OURS.finditer(data) if match[0] in self._values]
            everything = [each for each in everything if not _touches(each, ours)]
        return apart(everything)

    def _learn(self, data: bytes, found: Sequence[Found]) -> None:
        for each in found:
            value = data[each.start : each.end]
            if len(value) >= _SHORTEST_SPREAD and len(self._spread) < _MOST_SPREAD and made_by_machine(value):
                self._spread.setdefault(value, each.rule)

    def _known(self, data: bytes) -> Iterator[Found]:
        for value, rule in self._spread.items():
            at = data.find(value)
            while at >= 0:
                end = at + len(value)
                yield Found(at, end, rule, at, end)
                at = data.find(value, end)

    def _placeholder(self, value: bytes, rule: Rule) -> bytes:
        if value not in self._placeholders:
            label = f"REDACTED_{rule.id.upper()}"
            number = len(self._placeholders) + 1
            placeholder = f"{label}_{number}_{self._ending(number)}".encode()
            self._labels.add(label)
            self._placeholders[value] = placeholder
            self._values[placeholder] = value
        return self._placeholders[value]

    def _ending(self, number: int) -> str:
        """Of the number, never of the secret: who has the seed could try secrets otherwise."""
        drawn = blake2b(number.to_bytes(4, "big"), digest_size=6, key=self._seed).digest()
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in drawn)

    def _restored(self, data: bytes) -> bytes:
        if not self._values or _BEGINNING not in data:
            return data
        return _OURS.sub(lambda match: self._values.get(match[0], match[0]), data)


def _with(document: Document, data: bytes) -> Document:
    if data == document.data:
        return document
    return Document(document.uri, document.language, data, document.version)


def _touches(found: Found, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a find overlaps one of these spans, which are in order."""
    last = bisect_left(spans, (found.last, 0)) - 1
    return last >= 0 and spans[last][1] > found.first


def _line_ends(data: bytes) -> int:
    """How many lines end here; they do as those of a document."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
