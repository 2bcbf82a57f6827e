"""Redaction: a placeholder leaves in the place of a secret, and the secret comes back in its place.

A placeholder is one word of letters, digits and underscores, such as `REDACTED_GITHUB_TOKEN_1_k7f3x2`: it can stand in
a string, a URL or a command, and a model copies it faithfully. Its end is random, so that no text can name a secret
that it does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from secrets import choice

from escalation.flow.events import Masked
from escalation.flow.secrets import Found, Rule, find
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

_MARK = "REDACTED_"
_ALPHABET = "bcdfghjkmnpqrstvwxz2346789"  # spells no word
_RANDOM = 6
_SHAPE = re.compile(r"REDACTED_\w{1,60}", re.ASCII | re.IGNORECASE)
_ENDING = re.compile(r"_\d+_\w{3,}", re.ASCII)
_SHORTEST_KNOWN = 8
_SHORTEST_SPREAD = 16
_KNOWN = Rule("key", "key in use", re.compile(b"(?!)"))


class Redactor:
    """The secrets of one run, each with its placeholder; nobody else has them, and they are never stored.

    `known` are values that are secret wherever they stand, such as the keys in use; those of fewer than eight
    characters are passed over.
    """

    __slots__ = ("_documents", "_forms", "_masked", "_ours", "_placeholders", "_seen", "_sighted", "_spread", "_values")

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._placeholders: dict[bytes, str] = {}
        self._values: dict[bytes, bytes] = {}
        self._forms: set[str] = set()
        self._ours: re.Pattern[bytes] | None = None
        self._spread: dict[bytes, Rule] = {}
        self._masked: list[Masked] = []
        self._sighted: set[tuple[str, str]] = set()
        self._seen: set[str] = set()
        self._documents: dict[tuple[str, Document], Document] = {}
        for value in known:
            data = _encoded(value.strip())
            if len(data) >= _SHORTEST_KNOWN:
                self._spread[data] = _KNOWN

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} secrets)"

    @property
    def masked(self) -> tuple[Masked, ...]:
        """What has been masked so far: each secret once per path, where it stands there first."""
        return tuple(self._masked)

    def mask(self, text: str, path: str = "") -> str:
        """The text as it may leave. Masking twice is masking once; the same secret has the same placeholder
        throughout."""
        data = _encoded(text)
        masked = self._mask(data, path)
        return text if masked is data else _decoded(masked)

    def mask_document(self, path: str, document: Document) -> Document:
        """The document as it may leave; the same one if it holds no secret."""
        masked = self._documents.get((path, document))
        if masked is None:
            data = document.data
            if _MARK.encode() in data:
                self._seen.update(self._words(_decoded(data)))
            masked = self._documents[path, document] = _with(document, data, self._mask(data, path))
        return masked

    def mask_snapshot(self, snapshot: Snapshot) -> Snapshot:
        """All documents as they may leave. A key that one of them names is masked in the others, too, also where
        nothing beside it says that it is one."""
        for document in snapshot.values():
            for found in find(document.data):
                self._placeholder(document.data[found.start : found.end], found.rule)
        return Snapshot({path: self.mask_document(path, document) for path, document in snapshot.items()})

    def restore(self, text: str) -> str:
        """The text with each placeholder of this run replaced by what it stands for; others stay as they are."""
        if self._ours is None or _MARK not in text:
            return text
        return _decoded(self._restored(_encoded(text)))

    def restore_document(self, document: Document) -> Document:
        """The document with its secrets; the same one if it holds no placeholder."""
        return _with(document, document.data, self._restored(document.data))

    def foreign(self, text: str) -> tuple[str, ...]:
        """Words that look like placeholders and stand for nothing, each once: a model has mangled one. What the files
        held from the start is none."""
        return tuple(dict.fromkeys(word for word in self._words(text) if word not in self._seen))

    def _mask(self, data: bytes, path: str) -> bytes:
        pieces, at = [], 0
        for start, end, rule in self._apart(data):
            placeholder = self._placeholder(data[start:end], rule)
            if (path, placeholder) not in self._sighted:
                self._sighted.add((path, placeholder))
                self._masked.append(Masked(path, _line(data, start), rule.name, placeholder))
            pieces += [data[at:start], placeholder.encode()]
            at = end
        return b"".join([*pieces, data[at:]]) if pieces else data

    def _apart(self, data: bytes) -> list[tuple[int, int, Rule]]:
        """The secrets of a text, with what is known to be one; no two overlap, and none touches a placeholder."""
        ours = [match.span() for match in self._ours.finditer(data)] if self._ours and b"REDACTED_" in data else []
        found = [each for each in find(data) if not any(each.first < end and start < each.last for start, end in ours)]
        for each in found:
            self._placeholder(data[each.start : each.end], each.rule)
        spans = [(each.start, each.end, each.rule) for each in found]
        spans += [each for each in self._known(data) if not any(each[0] < end and start < each[1] for start, end in ours)]
        apart: list[tuple[int, int, Rule]] = []
        for start, end, rule in sorted(spans, key=lambda span: (span[0], -span[1])):
            if apart and start < apart[-1][1]:
                apart[-1] = (apart[-1][0], max(end, apart[-1][1]), apart[-1][2])
            else:
                apart.append((start, end, rule))
        return apart
