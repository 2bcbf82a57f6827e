"""The models that the scripted endpoint lists. Data of the stand-in: the program itself knows no model by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Model:
    """A model as `GET /v1/models` tells of it; times are RFC 3339, or empty."""

    id: str
    name: str
    line: str = ""
    lifecycle: Literal["active", "deprecated", "retired"] = "active"
    created_at: str = "2026-10-01T00:00:00Z"
    deprecated_at: str = ""
    retires_at: str = ""
    max_input_tokens: int = 1_000_000
    max_tokens: int = 128_000


MODELS = (
    Model("claude-opus-5-5", "Claude Opus 5.5", "opus"),
    Model("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet"),
    Model(
        "claude-sonnet-4-5",
        "Claude Sonnet 4.5",
        "sonnet",
        "deprecated",
        "2025-09-29T00:00:00Z",
        "2026-06-01T00:00:00Z",
        "2026-11-30T00:00:00Z",
        200_000,
        64_000,
    ),
    Model(
        "claude-opus-4-1",
        "Claude Opus 4.1",
        "opus",
        "retired",
        "2025-08-05T00:00:00Z",
        "2026-02-05T00:00:00Z",
        "2026-08-05T00:00:00Z",
        200_000,
        32_000,
    ),
)

_YES, _NO = {"supported": True}, {"supported": False}
_CAPABILITIES: Mapping[str, Any] = {
    "batch": _NO,
    "citations": _NO,
    "code_execution": _NO,
    "context_management": _NO,
    "effort": {**_NO, "low": _NO, "medium": _NO, "high": _NO, "max": _NO},
    "image_input": _NO,
    "pdf_input": _NO,
    "server_tools": {**_NO, "code_execution": _NO, "web_search": _NO},
    "structured_outputs": _NO,
    "thinking": {**_YES, "types": {"adaptive": _YES, "between_tools": _NO, "disabled": _YES, "enabled": _NO}},
}


def record(model: Model) -> dict[str, Any]:
    """A model as JSON has it."""
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "line": model.line or None,
        "lifecycle": model.lifecycle,
        "created_at": model.created_at,
        "deprecated_at": model.deprecated_at or None,
        "retires_at": model.retires_at or None,
        "max_input_tokens": model.max_input_tokens,
        "max_tokens": model.max_tokens,
        "capabilities": _CAPABILITIES,
    }
