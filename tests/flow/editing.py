"""What the tests of edits have in common."""

from __future__ import annotations

from typing import Any

from escalation.flow import tools
from escalation.flow.messages import ToolCall
from escalation.flow.outcome import Applied, Outcome, Refusal
from escalation.syntax.language import language_of_path
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot


def document(path: str, text: str | bytes) -> Document:
    data = text.encode() if isinstance(text, str) else text
    language = language_of_path(path, data[:200])
    return Document("", language.id if language else "", data)


def of(files: dict[str, str | bytes]) -> Snapshot:
    return Snapshot({path: document(path, text) for path, text in files.items()})


def mutate(files: Snapshot, action: str, entity: str, **fields: Any) -> Outcome:
    return tools.apply(files, ToolCall("t", "mutate_entity", {"action": action, "entity": entity, **fields}))


def applied(files: Snapshot, action: str, entity: str, **fields: Any) -> Applied:
    outcome = mutate(files, action, entity, **fields)
    assert isinstance(outcome, Applied), outcome
    return outcome


def changed(files: Snapshot, action: str, entity: str, **fields: Any) -> str:
    """The text of the file that was changed last."""
    outcome = applied(files, action, entity, **fields)
    return outcome.snapshot[outcome.changed[-1]].data.decode()


def refused(files: Snapshot, action: str, entity: str, **fields: Any) -> Refusal:
    outcome = mutate(files, action, entity, **fields)
    assert isinstance(outcome, Refusal), outcome
    return outcome
