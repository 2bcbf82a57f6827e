"""Results: what becomes of what a run made. Nothing is written but by the editor's own edit, all of it or nothing, and
only where the texts are still what the run saw, or differ elsewhere; else the result is kept as a patch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from escalation.flow.events import Result
from escalation.lsp import runs
from escalation.lsp.convert import arguments, file_uri
from escalation.lsp.proposal import Outlook, Proposal, outlook, workspace_edit
from escalation.lsp.runs import Run, uri_of
from escalation.lsp.session import Session, in_thread, show
from escalation.repository.applying import keep_result
from escalation.repository.files import read_document
from escalation.settings.home import state
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

_APPLY, _SHOW, _DISCARD = "Apply", "Show diff", "Discard"
_CHOICES = {"apply": _APPLY, "show": _SHOW, "discard": _DISCARD}
_UNDELETED = "is to be deleted, which this editor does not do for a server"
_REFUSED = "was not taken by the editor: it changed in the same moment"


@dataclass(frozen=True, slots=True)
class AskedFiles:
    """Some files of a result; all of them, if none is named."""

    workflow: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedFile:
    workflow: str
    path: str


@dataclass(frozen=True, slots=True)
class AskedChoice:
    workflow: str
    choice: Literal["apply", "show", "discard"]


async def preview(session: Session, params: object) -> dict[str, Any]:
    """`escalation/preview`: one file as it is, and as applying would make it."""
    asked = arguments(AskedFile, params)
    found, proposal = _with_result(session, asked.workflow)
    if asked.path not in proposal.files:
        raise JsonRpcInvalidParams(f"the result does not change {asked.path}")
    [one] = await _outlooks(session, found, proposal, [asked.path])
    return {
        "path": one.path,
        "uri": uri_of(session, found.root, one.path),
        "before": one.current.text if one.current is not None else None,
        "after": one.after.decode("utf-8", "surrogatepass") if one.after is not None else None,
        "rebased": one.rebased,
        "conflict": one.conflict or None,
    }


async def apply(session: Session, params: object) -> dict[str, Any]:
    """`escalation/apply`: all of what is asked for in one edit, or nothing of it and a patch."""
    asked = arguments(AskedFiles, params)
    found, proposal = _with_result(session, asked.workflow)
    return await _applied(session, found, proposal, asked.paths or tuple(proposal.files))


async def _applied(session: Session, found: Run, proposal: Proposal, paths: Sequence[str]) -> dict[str, Any]:
    for _ in range(2):  # the user may type between the look and the edit
        outlooks = await _outlooks(session, found, proposal, [path for path in paths if path in proposal.files])
        kept = {one.path: one.conflict for one in outlooks if one.conflict}
        if kept:
            break
        edit = workspace_edit(
            outlooks,
            lambda path: uri_of(session, found.root, path),
            session.capabilities.encoding,
            annotated=session.capabilities.change_annotations,
            creates=session.capabilities.creates_files,
        )
        answer = await session.server.workspace_apply_edit_async(
            types.ApplyWorkspaceEditParams(edit, "Opus escalation")
        )
        if answer.applied:
            await runs.decide(session, found, "accepted")
            return {"applied": [one.path for one in outlooks], "kept": [], "patch": None}
        kept = {one.path: _REFUSED for one in outlooks}
    patch = await in_thread(lambda: _patch(found, proposal, outlooks))
    return {"applied": [], "kept": [{"path": path, "why": why} for path, why in kept.items()], "patch": str(patch)}


def _patch(found: Run, proposal: Proposal, outlooks: Sequence[Outlook]) -> Path:
    """Effect: what the run made, as a patch on what it saw, or on what there is where that is not known."""
    before = {one.path: proposal.base.get(one.path) or one.current for one in outlooks}
    base = {path: document for path, document in before.items() if document is not None}
    after = {path: Document.of(text) for path in before if (text := proposal.files[path]) is not None}
    return keep_result(found.root, Result(Snapshot(base), Snapshot(after), tuple(before)))


async def discard(session: Session, params: object) -> dict[str, Any]:
    """`escalation/discard`: nobody is asked about the result again."""
    found, _ = _with_result(session, arguments(AskedFiles, params).workflow)
    await runs.decide(session, found, "discarded")
    return {}


def _with_result(session: Session, workflow: str) -> tuple[Run, Proposal]:
    found = session.runs.get(workflow)
    if found is None or found.proposal is None:
        raise JsonRpcInvalidParams("there is no such run with a result")
    return found, found.proposal


async def _outlooks(session: Session, found: Run, proposal: Proposal, paths: Sequence[str]) -> list[Outlook]:
    open_now = {path: _open_document(session, found.root, path) for path in paths}
    closed = [path for path, document in open_now.items() if document is None]
    read = await in_thread(lambda: {path: read_document(str(found.root), path).document for path in closed})
    found_now = [outlook(proposal, path, open_now[path] or read.get(path)) for path in paths]
    if session.capabilities.deletes_files:
        return found_now
    return [replace(one, conflict=_UNDELETED) if one.after is None and one.current else one for one in found_now]


def _open_document(session: Session, root: Path, path: str) -> Document | None:
    project = session.projects.get(root)
    buffer = project.buffer_at(path) if project else None
    return buffer.document if buffer else None


async def offer(session: Session, found: Run) -> None:
    """Effect: the user of a client without a view of ours is asked what to do with a result."""
    while found.waiting and (proposal := found.proposal) is not None:
        actions = [types.MessageActionItem(title) for title in (_APPLY, _SHOW, _DISCARD)]
        kind = types.MessageType.Info if found.verified is not False else types.MessageType.Warning
        try:
            chosen = await session.server.window_show_message_request_async(
                types.ShowMessageRequestParams(kind, _question(found, proposal), actions)
            )
        except JsonRpcException:  # a client that asks nobody, such as Helix 25.01
            show(session, f"{_question(found, proposal)} The code actions there apply, show and discard it.")
            return
        if chosen is None:
            return
        await _carried_out(session, found, proposal, chosen.title)
        if chosen.title != _SHOW:
            return


async def command(session: Session, given: list[Any]) -> dict[str, Any]:
    """`escalation.decide`: the same from a code action."""
    asked = arguments(AskedChoice, given[0] if given else {})
    await _carried_out(session, *_with_result(session, asked.workflow), _CHOICES[asked.choice])
    return {}


async def _carried_out(session: Session, found: Run, proposal: Proposal, title: str) -> None:
    """Effect: what the user chose is done."""
    if title == _SHOW:
        await _show_diff(session, found)
    elif title == _DISCARD:
        await runs.decide(session, found, "discarded")
    elif (done := await _applied(session, found, proposal, tuple(proposal.files)))["kept"]:
        why = "; ".join(f"{one['path']} {one['why']}" for one in done["kept"])
        show(session, f"Nothing was changed: {why}. The result is kept: git apply {done['patch']}")


def _question(found: Run, proposal: Proposal) -> str:
    count = len(proposal.files)
    files = next(iter(proposal.files)) if count == 1 else f"{count} files"
    cost = f" for {found.cost:.2f} USD" if found.cost is not None else ""
    mark = "" if found.outcome in ("success", "fallback_success") else f" NOT verified: {found.message}."
    return f"Opus escalation ({found.tier}) changes {files}{cost}.{mark}"


async def _show_diff(session: Session, found: Run) -> None:
    """Effect: the diff, with secrets masked, as a document of the editor's."""
    file = state() / "diffs" / f"{found.workflow}.diff"

    def write() -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as lines:
            lines.write(found.diff)

    await in_thread(write)
    if session.capabilities.show_document:
        await session.server.window_show_document_async(types.ShowDocumentParams(file_uri(file), take_focus=True))
    else:
        show(session, f"The diff was written to {file}")
