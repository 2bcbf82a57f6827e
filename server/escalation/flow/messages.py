"""Messages: what is said to a model and what comes back, in our own words. `flow.client` speaks the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Block = Mapping[str, Any]
"""A content block as the Messages API has it (https://docs.anthropic.com/en/api/messages), kept as it came: what a
model said must be sent back unchanged."""
StopReason = Literal["end_turn", "tool_use", "pause_turn", "max_tokens", "model_context_window_exceeded"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer or of several. `input_tokens` are those neither read from the cache nor written to it."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_creation: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read + other.cache_read,
            self.cache_creation + other.cache_creation,
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation."""

    role: Literal["user", "assistant"]
    content: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as the model is told of it; `input_schema` is a JSON schema."""

    name: str
    description: str
    input_schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `system` are the two blocks, each with a cache breakpoint: what never changes, then the snapshot."""

    model: str
    system: tuple[str, str]
    messages: tuple[Message, ...]
    tools: tuple[ToolDefinition, ...]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came to its end; one that the connection cut short never is one. `raw` are the content blocks as
    they came; with the stop reason `max_tokens` or `model_context_window_exceeded` the last of them is cut off."""

    raw: tuple[Block, ...]
    stop_reason: StopReason
    usage: Usage
    model: str = ""
    """The model that answered, as the endpoint names it."""


FailureKind = Literal[
    "transient",  # worth another try: overload, rate limit, a cut or stalled connection, an answer without an end
    "refusal",  # the model declined on grounds of policy
    "key",  # no key, or one the endpoint does not take
    "model",  # the endpoint does not have the model: retired, misspelt
    "request",  # the endpoint does not take the request: too long, malformed
    "account",  # no credit, or a spending limit of the account
]


class ModelFailure(Exception):  # noqa: N818 - the word is meant as it reads
    """A call that brought no answer. The message says what to do, and holds neither text of the request nor a key.

    `retry_after` are the seconds the endpoint asks to wait; `usage` is what it had counted before it failed.
    """

    def __init__(
        self, kind: FailureKind, message: str, *, retry_after: float | None = None, usage: Usage | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after
        self.usage = usage or Usage()


class Provider(Protocol):
    """An endpoint that answers requests."""

    async def answer(self, request: Request, on_text: Callable[[str], None], on_content: Callable[[], None]) -> Answer:
        """One call, tried once. `on_text` is called with each piece of text as it arrives, `on_content` when the first
        content of any kind arrives (text, thinking, the input of a tool). Raises ModelFailure; cancelling the task
        closes the connection."""
        ...

    async def count(self, request: Request) -> int | None:
        """The input tokens of a request, counted by the endpoint at no charge; None where it does not offer that."""
        ...

    async def models(self) -> Sequence[OfferedModel] | None:
        """What the endpoint offers; None where it does not tell. Raises ModelFailure."""
        ...


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model of an endpoint's list. `retires` is a date (ISO 8601) or empty."""

    id: str
    name: str = ""
    lifecycle: Literal["active", "deprecated", "retired", "unknown"] = "unknown"
    retires: str = ""
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool by the model; `input` is what it said, unchecked."""

    id: str
    name: str
    input: Mapping[str, Any] = field(default_factory=dict)
