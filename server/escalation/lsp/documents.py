"""Opening, changing, saving and closing texts. The protocol's order of messages is the order of the texts."""

from __future__ import annotations

import logging

from lsprotocol import types

from escalation.lsp import convert, diagnostics
from escalation.lsp.project import Buffer
from escalation.lsp.session import Session
from escalation.syntax.language import language_of_id, language_of_path
from escalation.text.document import Document

log = logging.getLogger("escalation.lsp")

# Where a person writes. Everything else (git:, output:, cells of a notebook …) is kept in step, but not
# judged: it has no file that could be committed.
_WRITTEN = ("file", "untitled")


def opened(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Effect: a text is open."""
    item = params.text_document
    name, head = item.uri.rsplit("/", 1)[-1], item.text[:100].encode("utf-8", "replace")
    row = language_of_id(item.language_id) or language_of_path(name, head)
    language = row.id if row else ""
    document = Document.of(item.text, uri=item.uri, language=language, version=item.version)
    session.close(item.uri)
    session.open(Buffer(item.uri, document, judged=convert.scheme(item.uri) in _WRITTEN))


def changed(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Effect: an open text has a new version; it is judged when the messages that have arrived are
    handled."""
    buffer = session.buffers.get(params.text_document.uri)
    if buffer is None:
        log.warning("didChange of a text that is not open")
        return
    edits = convert.edits(params.content_changes)
    version = params.text_document.version
    buffer.edit(*buffer.document.edit(edits, version, session.capabilities.encoding))
    if buffer.judged:
        session.touch(buffer)


def saved(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """Effect: the disk is read again; other files may have been saved with this one."""
    if found := session.project_of(params.text_document.uri):
        session.refresh(found[0])
        session.survey(found[0])


def closed(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Effect: a text is no longer open; its file counts as it is on disk."""
    if buffer := session.close(params.text_document.uri):
        diagnostics.clear(session, buffer)
