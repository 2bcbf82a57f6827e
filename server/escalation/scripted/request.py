"""A request as the server got it, and when it ended: the server's own log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(slots=True)
class Request:
    """Times are those of `time.monotonic()`, in seconds."""

    method: str
    path: str
    """Without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes
    """The body as it came."""
    arrived_at: float
    number: int = 0
    """Counts the requests of the server from 1."""
    body: Any = None
    """The body as JSON; None if it is none."""
    status: int | None = None
    """What it was answered with; None if nothing was."""
    closed_at: float | None = None
    """When its answer ended or its connection was closed, whichever came first; None while it is open."""
    closed_by: Literal["server", "client"] | None = None

    @property
    def model(self) -> str:
        return str(self._field("model") or "")

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        return _objects(self._field("messages"))

    @property
    def system(self) -> Sequence[Mapping[str, Any]]:
        found = self._field("system")
        return [{"type": "text", "text": found}] if found and isinstance(found, str) else _objects(found)

    @property
    def tools(self) -> Sequence[Mapping[str, Any]]:
        return _objects(self._field("tools"))

    @property
    def key(self) -> str:
        """The key it came with, whichever way."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return self.headers.get("x-api-key", "") or bearer

    @property
    def turn(self) -> int:
        """How many answers of the model the conversation holds."""
        return sum(message.get("role") == "assistant" for message in self.messages)

    @property
    def results(self) -> tuple[Mapping[str, Any], ...]:
        """The tool results of the last message."""
        return tuple(block for block in self._last_blocks() if block.get("type") == "tool_result")

    @property
    def asked(self) -> str:
        """The text of the first message: the task."""
        return "\n".join(_texts(self.messages[0].get("content"))) if self.messages else ""

    def _field(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return self.body.get(name) if isinstance(self.body, dict) else None

    def _last_blocks(self) -> Sequence[Mapping[str, Any]]:
        return _objects(self.messages[-1].get("content")) if self.messages else []


def _texts(content: object) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [str(block["text"]) for block in _objects(content) if "text" in block]


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
