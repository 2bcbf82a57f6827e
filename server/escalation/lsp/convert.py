"""Between our words and the protocol's: texts, positions, paths. The only place that does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import from_fs_path, to_fs_path

from escalation.text.document import Document, Edit, Encoding, Position

_Kind = TypeVar("_Kind")


def scheme(uri: str) -> str:
    """The scheme of a URI, "" if it has none."""
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return ""


def file_path(uri: str) -> Path | None:
    """The file a URI names, None if it names no file; symbolic links in its folder are followed (disk
    I/O)."""
    if scheme(uri) != "file" or not (path := to_fs_path(uri)) or "\0" in path:
        return None
    folder, name = os.path.split(os.path.abspath(path))
    return Path(os.path.realpath(folder), name)


def file_uri(path: str | Path) -> str:
    """The URI of a file."""
    return from_fs_path(str(path)) or ""


def relative(path: Path, root: Path) -> str | None:
    """`path` as the analyses name it: relative to the root, with `/`; None if it lies elsewhere."""
    try:
        return str(PurePosixPath(path.relative_to(root)))
    except ValueError:
        return None


def edits(changes: Sequence[types.TextDocumentContentChangeEvent]) -> list[Edit]:
    """The edits of a didChange."""
    found = []
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            found.append(Edit(position(change.range.start), position(change.range.end), change.text))
        else:
            found.append(Edit(None, None, change.text))
    return found


def position(place: types.Position) -> Position:
    """A position, in the client's encoding."""
    return Position(place.line, place.character)


def range_of(document: Document, span: tuple[int, int], encoding: Encoding) -> types.Range:
    """The range of a span of bytes."""
    start, end = (document.position(offset, encoding) for offset in span)
    return types.Range(types.Position(start.line, start.character), types.Position(end.line, end.character))


def span_of(document: Document, place: types.Range, encoding: Encoding) -> tuple[int, int]:
    """The span of bytes of a range."""
    return document.offset(position(place.start), encoding), document.offset(position(place.end), encoding)


def line_range(start_line: int, end_line: int) -> types.Range:
    """The range of whole lines (from 1, inclusive) of a text that is not at hand."""
    return types.Range(types.Position(max(start_line - 1, 0), 0), types.Position(max(end_line, 1), 0))


def arguments(kind: type[_Kind], params: object) -> _Kind:
    """The object that a request or a command takes. Raises JsonRpcInvalidParams."""
    try:
        return msgspec.convert(params if params is not None else {}, kind)
    except msgspec.ValidationError as error:
        raise JsonRpcInvalidParams(f"the argument: {error}") from error
