"""Syntax trees of documents, reparsed incrementally."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import tree_sitter

from escalation.syntax.language import grammar, languages
from escalation.text.document import ByteEdit, Document


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """The tree of a document. `dirty` are the byte ranges (start, end) whose text or structure differs from the tree
    it was reparsed from, in offsets of this document; None when it was parsed from scratch."""

    document: Document
    tree: tree_sitter.Tree
    dirty: tuple[tuple[int, int], ...] | None = None

    @property
    def root(self) -> tree_sitter.Node:
        return self.tree.root_node


@cache
def _parser(language: str) -> tree_sitter.Parser:
    return tree_sitter.Parser(grammar(language))


def parse(document: Document) -> SyntaxTree | None:
    """Parse from scratch; None if the document's language has no grammar."""
    row = languages().get(document.language)
    if row is None or row.grammar is None:
        return None
    return SyntaxTree(document, _parser(row.id).parse(document.data))


def reparse(previous: SyntaxTree, document: Document, edits: Sequence[ByteEdit]) -> SyntaxTree:
    """The tree of `document`, which came from `previous.document` by `edits` (in order)."""
    old = previous.tree.copy()
    for e in edits:
        old.edit(e.start_byte, e.old_end_byte, e.new_end_byte, e.start_point, e.old_end_point, e.new_end_point)
    new = _parser(document.language).parse(document.data, old)
    ranges = [(r.start_byte, r.end_byte) for r in old.changed_ranges(new)]
    return SyntaxTree(document, new, tuple(sorted([*ranges, *edited_span(edits)])))


def edited_span(edits: Sequence[ByteEdit]) -> tuple[tuple[int, int], ...]:
    """The one range that holds what all `edits` (in order) put in, in offsets of the final text; none for no edits.
    Each edit moves what the ones before it put in."""
    if not edits:
        return ()
    low, high = edits[0].start_byte, edits[0].new_end_byte
    for edit in edits[1:]:
        low = min(low, edit.start_byte)
        high = max(high, edit.old_end_byte) + edit.new_end_byte - edit.old_end_byte
    return ((low, high),)
