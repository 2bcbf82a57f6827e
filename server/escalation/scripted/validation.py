"""What the API refuses, as far as a client of ours could get it wrong: a stand-in that took it would hide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from escalation.scripted.request import Request
from escalation.scripted.script import Error, bad_request

CURRENT = "2026-10-21"
"""The version of the protocol that no longer takes parameters of sampling."""
_SAMPLING = ("temperature", "top_p", "top_k")


def problem(request: Request) -> Error | None:
    """What is wrong with a request for an answer or for a count."""
    return next((bad_request(message) for message in _problems(request)), None)


def _problems(request: Request) -> Iterator[str]:
    if not isinstance(request.body, dict):
        yield "The body is no JSON object."
        return
    if not request.headers.get("anthropic-version"):
        yield "anthropic-version: header is required"
    if not request.model:
        yield "model: Field required"
    if not request.path.endswith("count_tokens") and not isinstance(request.body.get("max_tokens"), int):
        yield "max_tokens: Field required"
    if request.headers.get("anthropic-version") == CURRENT:
        yield from (f"{name}: Extra inputs are not permitted" for name in _SAMPLING if name in request.body)
    yield from _messages(request.messages)
    marked = sum("cache_control" in block for block in [*request.tools, *request.system, *_all(request.messages)])
    if marked > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {marked}."


def _messages(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not messages:
        yield "messages: at least one message is required"
        return
    if messages[0].get("role") != "user":
        yield "messages: first message must use the user role"
    if messages[-1].get("role") != "user":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    called: set[str] = set()
    for number, message in enumerate(messages):
        blocks = _blocks(message)
        if not message.get("content"):
            yield f"messages.{number}: content must not be empty"
        if any(block.get("type") == "text" and not str(block.get("text", "")).strip() for block in blocks):
            yield f"messages.{number}: text content blocks must contain non-whitespace text"
        results = {str(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"}
        if missing := sorted(called - results):
            yield f"messages.{number}: `tool_use` ids were found without `tool_result` blocks: {', '.join(missing)}."
        if extra := sorted(results - called):
            yield f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(extra)}."
        called = {str(block.get("id")) for block in blocks if block.get("type") == "tool_use"}


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _all(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [block for message in messages for block in _blocks(message)]
