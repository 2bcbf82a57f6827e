"""A proposal: what a run made of files, and what it comes to where the user has typed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lsprotocol import types

from escalation.analysis.hunks import hunks
from escalation.analysis.rebase import rebased
from escalation.lsp.convert import range_of
from escalation.text.document import Document, Encoding

Kind = Literal["modified", "created", "deleted"]
_CHANGED = "has changed while the models worked, in the same place"
_CHANGED_UNKNOWN = "has changed since the run began"
_MASKED = "holds placeholders of secrets that the host has lost: run it again"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The result of a run. `files` are the texts it made, by path, None for a file that is to go; `digests` say what it
    found there, and `base` is that text, where it is known here. `complete`: no secret is masked in them."""

    files: Mapping[str, str | None]
    digests: Mapping[str, str]
    complete: bool
    base: Mapping[str, Document] = field(default_factory=dict, repr=False)

    def kind(self, path: str) -> Kind:
        if self.files[path] is None:
            return "deleted"
        return "modified" if self.digests.get(path) else "created"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What applying would make of one file as it is now. `after` is None for a file that is to go; with a `conflict`,
    which says why in words that go on from the path, nothing is applied, and `after` is what the run made."""

    path: str
    current: Document | None
    after: bytes | None
    rebased: bool = False
    conflict: str = ""


def outlook(proposal: Proposal, path: str, current: Document | None) -> Outlook:
    """What a proposal comes to where a file is `current` now (None: there is none)."""
    text = proposal.files[path]
    after = None if text is None else text.encode("utf-8", "surrogatepass")
    if not proposal.complete and text is not None and "REDACTED_" in text:
        return Outlook(path, current, after, conflict=_MASKED)
    if digest(current) == proposal.digests.get(path, ""):
        return Outlook(path, current, after)
    if current is not None and current.data == after:
        return Outlook(path, current, after)
    base = proposal.base.get(path)
    if base is None or current is None or after is None or digest(base) != proposal.digests.get(path, ""):
        return Outlook(path, current, after, conflict=_CHANGED_UNKNOWN)
    together = rebased(base.data, after, current.data)
    if together is None:
        return Outlook(path, current, after, conflict=_CHANGED)
    return Outlook(path, current, together, rebased=True)


def digest(document: Document | None) -> str:
    """What the host recognises a text by; empty where there is no file."""
    return "" if document is None else document.digest


def workspace_edit(
    outlooks: Sequence[Outlook], uri_of: Callable[[str], str], encoding: Encoding, *, annotated: bool, creates: bool
) -> types.WorkspaceEdit:
    """One edit for all files, each with the version it was made for: a client refuses it where that is not the one it
    has. `annotated` names the change for clients that show that; one that makes no files (`creates`) opens them."""
    changes = [
        change
        for one in outlooks
        for change in _changes(one, uri_of(one.path), encoding, annotated=annotated)
        if creates or not isinstance(change, types.CreateFile)
    ]
    annotation = types.ChangeAnnotation("Opus escalation", description="What the run made")
    return types.WorkspaceEdit(
        document_changes=changes, change_annotations={_ANNOTATION: annotation} if annotated else None
    )


_ANNOTATION = "escalation"
_DocumentChange = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def _changes(one: Outlook, uri: str, encoding: Encoding, *, annotated: bool) -> Iterator[_DocumentChange]:
    annotation = _ANNOTATION if annotated else None
    if one.after is None:
        yield types.DeleteFile(uri, annotation_id=annotation)
        return
    version = one.current.version if one.current is not None else None
    if one.current is None:
        yield types.CreateFile(uri, annotation_id=annotation)
    document = one.current or Document.of("")
    edits = [_annotated(edit, annotation) for edit in text_edits(document, one.after, encoding)]
    if edits:
        yield types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), edits)


def _annotated(edit: types.TextEdit, annotation: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    return types.AnnotatedTextEdit(annotation, edit.range, edit.new_text) if annotation else edit


def text_edits(document: Document, after: bytes, encoding: Encoding) -> list[types.TextEdit]:
    """The edits that make `after` of a document, one for each hunk: cursors and folds elsewhere stay."""
    new = Document("", "", after)
    edits = []
    for hunk in hunks(document.data, after):
        span = _span(document, *hunk.old_range)
        start, end = _span(new, *hunk.new_range)
        text = after[start:end].decode("utf-8", "surrogatepass")
        edits.append(types.TextEdit(range_of(document, span, encoding), text))
    return edits


def _span(document: Document, first: int, end: int) -> tuple[int, int]:
    """The bytes of some lines."""
    starts, size = document.line_starts, document.lines.size

    def offset(line: int) -> int:
        return starts[line] if line < len(starts) else size

    return offset(first), offset(end)
