"""Edits: what `mutate_entity` does to a snapshot. Pure: a snapshot and words in, a snapshot or a refusal out.

Whatever an edit puts into a file leaves every byte around it as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import tree_sitter

from escalation.flow import blocks, layout, placing
from escalation.flow.entities import Entity, find, nearest, plain, split, tree_of
from escalation.flow.outcome import Applied, Outcome, Refusal
from escalation.flow.paths import checked, collides
from escalation.flow.structure import created
from escalation.syntax.language import language_of_path, languages
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

MAX_BYTES = 5 * 1024 * 1024
_MEGABYTES = f"{MAX_BYTES // 1024**2} MB"

Action = Literal["create", "update", "remove", "move"]


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be done to the file at `path`, or to what has the name `name` in it. The other fields are those of the
    tool's input."""

    action: Action
    path: str
    name: str | None = None
    text: str = ""
    find: str | None = None
    after: str | None = None
    to: str = ""

    @property
    def address(self) -> str:
        return self.path if self.name is None else f"{self.path}::{self.name}"


def edited(snapshot: Snapshot, edit: Edit, paths: Sequence[str]) -> Outcome:
    """What comes of an edit. `paths` are the files of the workspace, loaded or not."""
    if edit.action == "create" and edit.name is None:
        return _unfit(edit) or _create_file(snapshot, edit, paths)
    document = opened(snapshot, edit.path, paths)
    if isinstance(document, Refusal):
        return document
    return _unfit(edit) or _DOING[edit.action](snapshot, edit, document, paths)


def opened(snapshot: Snapshot, path: str, paths: Sequence[str]) -> Document | Refusal:
    """The document at a path, or why there is none to work on."""
    document = snapshot.get(path)
    if document is None:
        if path in paths:
            return Refusal(f"`{path}` is in the workspace but could not be read.", path, (), "not_found")
        close = nearest(path, dict.fromkeys([*snapshot, *paths]), "/")
        return Refusal(f"There is no file `{path}`.", path, close, "not_found")
    if document.lines.size > MAX_BYTES:
        return Refusal(f"`{path}` is larger than {_MEGABYTES}; nothing is done with it.", path)
    return document


def _what(edit: Edit) -> str:
    return f"`{edit.address}`" if edit.find is None else f"the block in `{edit.address}`"


def _unfit(edit: Edit) -> Refusal | None:
    if len(edit.text) > MAX_BYTES or len(edit.text.encode("utf-8", "replace")) > MAX_BYTES:
        return Refusal(f"The text is larger than {_MEGABYTES}.", edit.path)
    return None


def _changed(snapshot: Snapshot, path: str, document: Document | Refusal, answer: str, paths: Sequence[str]) -> Outcome:
    """The snapshot with a new text of the file at `path`."""
    if isinstance(document, Refusal):
        return document
    if document.lines.size > MAX_BYTES:
        return Refusal(f"`{path}` would be larger than {_MEGABYTES}.", path)
    before = snapshot.get(path)
    if before is not None and before.lines == document.lines:
        return Applied(snapshot, f"{answer} It reads as before.", (path,))
    structure = created(path, before, document, (*snapshot, *paths))
    return Applied(snapshot.with_document(path, document), answer + _note(before, document), (path,), structure)


def _note(before: Document | None, document: Document) -> str:
    """What a model should look at: a text that parsed before and does not any more."""
    tree, old = tree_of(document), tree_of(before) if before else None
    if tree is None or not tree.root.has_error or (old is not None and old.root.has_error):
        return ""
    language = languages()[document.language].name
    return f" Note: from line {_first_error(tree.root)} on it does not read as {language} any more; check it."


def _first_error(root: tree_sitter.Node) -> int:
    """The line, from 1, of the first syntax error."""
    node: tree_sitter.Node | None = root
    line = 1
    while node is not None:
        line = node.start_point[0] + 1
        ended = node.is_error or node.is_missing
        node = None if ended else next((child for child in node.children if child.has_error or child.is_missing), None)
    return line


def _create_file(snapshot: Snapshot, edit: Edit, paths: Sequence[str]) -> Outcome:
    if edit.after is not None:
        return Refusal("`after` names the sibling of a new entity; a file has none. Leave it out.", edit.path)
    if problem := _occupied(snapshot, edit.path, paths):
        return problem
    body = layout.unified(edit.text).rstrip("\n")
    document = _document(edit.path, f"{body}\n".encode() if body else b"")
    return _changed(snapshot, edit.path, document, f"Created `{edit.path}`.", paths)


def _occupied(snapshot: Snapshot, path: str, paths: Sequence[str]) -> Refusal | None:
    """Why no file can be put at a path."""
    if path in snapshot or path in paths:
        message = f"`{path}` exists. Use `update` to change it; to add to it create `{path}::name`."
        return Refusal(message, path, (), "exists")
    if other := collides(path, (*snapshot, *paths)):
        return Refusal(f"`{path}` cannot stand beside `{other}`. Choose another path.", path, (other,), "exists")
    return None


def _document(path: str, data: bytes, uri: str = "") -> Document:
    language = language_of_path(path, data[:200])
    return Document(uri, language.id if language else "", data)


def _create(snapshot: Snapshot, edit: Edit, document: Document, paths: Sequence[str]) -> Outcome:
    put = placing.put(document, edit.path, edit.name or "", edit.text, edit.after)
    if isinstance(put, Refusal):
        return put
    answer = f"Created `{edit.path}::{put.name}` (lines {put.first}-{put.last})."
    return _changed(snapshot, edit.path, put.document, answer, paths)


def _update(snapshot: Snapshot, edit: Edit, document: Document, paths: Sequence[str]) -> Outcome:
    return _changed(snapshot, edit.path, _updated(document, edit), f"Updated {_what(edit)}.", paths)


def _updated(document: Document, edit: Edit) -> Document | Refusal:
    if edit.find is not None:
        return blocks.replaced(document, edit.path, edit.name, edit.find, edit.text)
    if edit.name is None:
        return _rewritten(document, edit.text)
    entity = find(document, edit.name, edit.path)
    return placing.updated(document, entity, edit.path, edit.text) if isinstance(entity, Entity) else entity


def _rewritten(document: Document, text: str) -> Document:
    """A file's new text, with the file's line ends and its final newline or none."""
    data, body = document.data, layout.unified(text)
    if body == layout.unified(document.text):
        return document
    if data and not data.endswith((b"\n", b"\r")):
        body = body.rstrip("\n")
    elif body and not body.endswith("\n"):
        body += "\n"
    return Document(document.uri, document.language, layout.encoded(body, layout.line_end(data)))


def _remove(snapshot: Snapshot, edit: Edit, document: Document, paths: Sequence[str]) -> Outcome:
    if edit.name is None and edit.find is None:
        return Applied(snapshot.without(edit.path), f"Removed `{edit.path}`.", (edit.path,))
    return _changed(snapshot, edit.path, _removed(document, edit), f"Removed {_what(edit)}.", paths)


def _removed(document: Document, edit: Edit) -> Document | Refusal:
    if edit.find is not None:
        return blocks.without(document, edit.path, edit.name, edit.find)
    entity = find(document, edit.name or "", edit.path)
    return placing.without(document, entity, edit.path) if isinstance(entity, Entity) else entity


def _move(snapshot: Snapshot, edit: Edit, document: Document, paths: Sequence[str]) -> Outcome:
    """A file goes to another path, an entity to another file or class. What refers to it is left as it is, and a move
    creates nothing."""
    target, name = split(edit.to)
    normal = checked(target)
    if isinstance(normal, Refusal):
        return normal
    if name == "":
        return Refusal("A name is missing behind `::` in `to`.", edit.path)
    if edit.name is not None:
        return _move_entity(snapshot, edit, (normal, name), paths)
    if name is not None or edit.after is not None:
        return Refusal("A file is moved to a path: send `to` without `::` and leave out `after`.", edit.path)
    return _move_file(snapshot, edit.path, normal, paths) if normal != edit.path else _there(edit)


def _there(edit: Edit) -> Refusal:
    return Refusal(f"`{edit.address}` is there already. Send another place in `to`.", edit.path, (), "exists")


def _move_file(snapshot: Snapshot, path: str, target: str, paths: Sequence[str]) -> Outcome:
    document, rest = snapshot[path], snapshot.without(path)
    if problem := _occupied(rest, target, [other for other in paths if other != path]):
        return problem
    uri = document.uri.removesuffix(path) + target if document.uri.endswith(path) else document.uri
    moved = rest.with_document(target, _document(target, document.data, uri))
    return Applied(moved, f"Moved `{path}` to `{target}`. What refers to it still names the old path.", (path, target))


def _move_entity(snapshot: Snapshot, edit: Edit, to: tuple[str, str | None], paths: Sequence[str]) -> Outcome:
    document, path = snapshot[edit.path], edit.path
    entity = find(document, edit.name or "", path)
    if isinstance(entity, Refusal):
        return entity
    target, name = to[0], to[1] or plain(entity.name)
    if (target, name) == (path, plain(entity.name)):
        return _there(edit)
    text = placing.renamed(document, entity, name, path)
    if isinstance(text, Refusal):
        return text
    left = placing.without(document, entity, path)
    if isinstance(left, Refusal):
        return left
    rest = snapshot.with_document(path, left)
    put = _put_there(rest, Edit("create", target, name, text, after=edit.after), paths)
    if isinstance(put, Refusal):
        return put
    answer = f"Moved `{path}::{entity.name}` to `{target}::{put.name}`. What refers to it is as it was."
    return Applied(rest.with_document(target, put.document), answer, tuple(dict.fromkeys((path, target))))


def _put_there(snapshot: Snapshot, to: Edit, paths: Sequence[str]) -> placing.Put | Refusal:
    """An entity put into a file that is there, or into a new one."""
    if to.path in snapshot or to.path in paths:
        goal = opened(snapshot, to.path, paths)
    else:
        goal = _occupied(snapshot, to.path, paths) or _document(to.path, b"")
    if isinstance(goal, Refusal):
        return goal
    put = placing.put(goal, to.path, to.name or "", to.text, to.after)
    if isinstance(put, placing.Put) and put.document.lines.size > MAX_BYTES:
        return Refusal(f"`{to.path}` would be larger than {_MEGABYTES}.", to.path)
    return put


_DOING = {"create": _create, "update": _update, "remove": _remove, "move": _move}
