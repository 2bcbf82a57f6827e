"""A snapshot: the texts of all files in scope at one instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from escalation.text.document import Document


class Snapshot(Mapping[str, Document]):
    """Path (POSIX, relative to the root) → document; immutable, cheap to derive from."""

    __slots__ = ("_documents",)

    def __init__(self, documents: Mapping[str, Document] = MappingProxyType({})) -> None:
        self._documents = dict(documents)

    def __getitem__(self, path: str) -> Document:
        return self._documents[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def __repr__(self) -> str:
        return f"Snapshot({sorted(self._documents)})"

    def with_document(self, path: str, document: Document) -> Snapshot:
        """This snapshot, with `document` as the text of `path`."""
        return Snapshot({**self._documents, path: document})

    def without(self, path: str) -> Snapshot:
        """This snapshot without `path`; the same if it has none."""
        return Snapshot({key: document for key, document in self._documents.items() if key != path})
