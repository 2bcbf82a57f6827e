"""Commands: what a code action or a code lens does. Each takes one object of arguments; `docs/protocol.md`
lists them."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from escalation.lsp.convert import arguments as of
from escalation.lsp.convert import file_uri
from escalation.lsp.project import Buffer, Project
from escalation.lsp.session import Session, in_thread, show
from escalation.settings.home import home

Kind = TypeVar("Kind")

RUN = "escalation.run"
CANCEL = "escalation.cancel"
DECIDE = "escalation.decide"
SHOW_ASSESSMENT = "escalation.showAssessment"
DISMISS = "escalation.dismiss"
RESTORE = "escalation.restore"
FEEDBACK = "escalation.feedback"


@dataclass(frozen=True)
class Place:
    """Where a command applies: an open text."""

    uri: str


@dataclass(frozen=True)
class Dismiss(Place):
    """`scope` is function, file or project; `path` and `symbol` default to the text of `uri` as a whole."""

    reason: str
    scope: str = "function"
    path: str = ""
    symbol: str | None = None
    why: str = ""


@dataclass(frozen=True)
class Feedback(Place):
    """Somebody says that this needed the strong model."""

    reason: str = ""
    symbol: str | None = None
    note: str = ""


async def show_assessment(session: Session, arguments: list[Any]) -> dict[str, object]:
    """Effect: shows the assessment as a Markdown document. Returns its URI and its text."""
    from escalation.lsp.hover import assessment_text

    project, _ = await _place(session, of(Place, arguments[0] if arguments else {}))
    file = _assessment_file(project)
    text = assessment_text(project, file.parent)
    await in_thread(lambda: _write(file, text))
    uri = file_uri(file)
    if session.capabilities.show_document:
        await session.server.window_show_document_async(types.ShowDocumentParams(uri, take_focus=True))
    else:
        show(session, f"The assessment was written to {file}")
    return {"uri": uri, "markdown": text}


async def dismiss(session: Session, arguments: list[Any]) -> dict[str, object]:
    """Effect: writes an entry into `.escalation/dismissed.toml`; its diagnostics vanish at once."""
    from escalation.repository import dismissed

    return await _change_dismissals(session, of(Dismiss, arguments[0] if arguments else {}), dismissed.add)


async def restore(session: Session, arguments: list[Any]) -> dict[str, object]:
    """Effect: deletes the entry again; its diagnostics come back at once."""
    from escalation.repository import dismissed

    return await _change_dismissals(session, of(Dismiss, arguments[0] if arguments else {}), dismissed.remove)


async def feedback(session: Session, arguments: list[Any]) -> dict[str, object]:
    """Effect: one line in the user's own `feedback.jsonl`. It holds figures and names, never text of a
    file."""
    asked = of(Feedback, arguments[0] if arguments else {})
    project, buffer = await _place(session, asked)
    assessment = project.assessment
    assert assessment is not None
    line = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "kind": "needed_opus",
        "root": str(project.root or ""),
        "path": buffer.path,
        "symbol": asked.symbol,
        "reason": asked.reason,
        "note": asked.note,
        "recommended_route": assessment.recommended_route,
        "confidence": assessment.confidence,
        "scores": msgspec.to_builtins(assessment.scores),
    }
    file = home() / "feedback.jsonl"
    await in_thread(lambda: _append(file, json.dumps(line, ensure_ascii=False)))
    show(session, "Thank you: noted for the calibration on this machine.")
    return {"recorded": True}


async def _change_dismissals(session: Session, asked: Dismiss, change: Any) -> dict[str, object]:  # noqa: ANN401
    from escalation.decision.dismissals import Dismissal

    project, buffer = await _place(session, asked)
    if asked.scope not in ("function", "file", "project"):
        raise JsonRpcInvalidParams("`scope` must be function, file or project")
    root = project.root
    if root is None:
        show(session, "Save the file first: a dismissal is kept beside it.")
        return {"changed": False}
    entry = Dismissal(
        reason=asked.reason,
        scope=asked.scope,  # type: ignore[arg-type] # checked above
        path="" if asked.scope == "project" else asked.path or buffer.path,
        symbol=(asked.symbol or "") if asked.scope == "function" else "",
        who=await in_thread(lambda: _who(root)),
        when=date.today().isoformat(),
        why=asked.why,
    )
    try:
        await in_thread(lambda: change(root, entry))
    except (OSError, ValueError) as error:
        show(session, str(error), types.MessageType.Error)
        return {"changed": False, "message": str(error)}
    session.refresh(project)
    return {"changed": True}


async def _place(session: Session, asked: Place) -> tuple[Project, Buffer]:
    found = await session.ready(asked.uri)
    if found is None:
        raise JsonRpcInvalidParams(f"{asked.uri} is not open, or not judged")
    return found


def _assessment_file(project: Project) -> Path:
    """One file per project, so that asking again refreshes the one that is shown."""
    key = blake2b(str(project.root).encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    name = project.root.name if project.root else "untitled"
    return home() / "assessments" / f"{name}-{key}" / "assessment.md"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(text, "utf-8")


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as lines:
        lines.write(line + "\n")


def _who(root: Path) -> str:
    """Who dismisses, as git knows them."""
    from escalation.repository.git import Repository, RepositoryError

    try:
        repository = Repository.discover(root)
    except RepositoryError:
        repository = None
    return (repository.user if repository else None) or getpass.getuser()
