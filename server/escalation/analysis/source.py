"""A source: a document with its syntax tree and its measures, kept up to date edit by edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from escalation.analysis.complexity import Measures, measure, remeasure
from escalation.analysis.sensitivity import Sensitivity, span_sensitivity
from escalation.syntax.tree import SyntaxTree, parse, reparse
from escalation.text.document import ByteEdit, Document


@dataclass(frozen=True, eq=False)
class Source:
    """`tree` is None, and `measures` are empty, for a language without a grammar."""

    document: Document
    tree: SyntaxTree | None
    measures: Measures
    _judged: dict[tuple[str, int, int], Sensitivity] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, document: Document) -> Source:
        """Analysed from scratch."""
        tree = parse(document)
        return cls(document, tree, measure(tree) if tree else Measures())

    def edited(self, document: Document, edits: Sequence[ByteEdit]) -> Source:
        """The source of `document`, which came from this one's by `edits` (in order). Equal to `Source.of(document)`;
        costs as much as what the edits touch."""
        if self.tree is None:
            return Source.of(document)
        tree = reparse(self.tree, document, edits)
        return Source(document, tree, remeasure(self.measures, tree, edits))

    def sensitivity(self, path: str, start: int, end: int) -> Sensitivity:
        """The sensitivity of the bytes `start`..`end`, judged once: the base of a change is asked at every keystroke.
        Only for a source with a tree."""
        assert self.tree is not None
        key = (path, start, end)
        if key not in self._judged:
            self._judged[key] = span_sensitivity(self.tree, path, start, end)
        return self._judged[key]
