"""A reply as the protocol has it: as one message, or as the events of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

from escalation.scripted.script import Reply, Usage

_OVERLOADED = {"type": "overloaded_error", "message": "Overloaded"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream. `delta` marks a piece of the content, `ends` what tells that the message has ended."""

    data: bytes
    delta: bool = False
    ends: bool = False


def message(reply: Reply, usage: Usage, model: str, number: int) -> dict[str, Any]:
    """The whole answer, for a request that is not streamed."""
    return {
        **_opening(model, number),
        "content": [block for block, _ in _blocks(reply, number)],
        "stop_reason": reply.stops if reply.ending != "endless" else None,
        "stop_details": _details(reply),
        "usage": _usage(usage),
    }


def events(reply: Reply, usage: Usage, model: str, number: int) -> Iterator[Event]:
    """What is sent of an answer: all of its events, or those up to where it breaks, and what breaks it."""
    whole = _whole(reply, usage, model, number)
    if reply.ending == "whole":
        yield from whole
        return
    left = reply.after
    for found in takewhile(lambda found: not found.ends, whole):
        left -= found.delta
        if left < 0:
            break
        yield found
    if reply.ending == "error":
        yield event("error", error=_OVERLOADED)
    if reply.ending == "malformed":
        yield Event(b'event: content_block_delta\ndata: {"type": "content_blo\n\n')


def _whole(reply: Reply, usage: Usage, model: str, number: int) -> Iterator[Event]:
    counted = {**_usage(usage), "output_tokens": 1}
    opening = {**_opening(model, number), "content": [], "stop_reason": None, "usage": counted}
    yield event("message_start", message=opening)
    for index, (block, deltas) in enumerate(_blocks(reply, number)):
        yield event("content_block_start", index=index, content_block=_emptied(block))
        if not index:
            yield event("ping")
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    ending = {"stop_reason": reply.stops, "stop_sequence": None, "stop_details": _details(reply)}
    yield event("message_delta", delta=ending, usage=_usage(usage))
    yield event("message_stop")


def event(type: str, **fields: object) -> Event:
    data = json.dumps({"type": type, **fields}, ensure_ascii=False)
    return Event(
        f"event: {type}\ndata: {data}\n\n".encode(),
        type == "content_block_delta",
        type in ("message_delta", "message_stop"),
    )


def split(words: str, pieces: int) -> list[str]:
    """A text in so many pieces of about the same length, none of them empty."""
    edges = [len(words) * place // pieces for place in range(pieces + 1)]
    return [words[start:end] for start, end in pairwise(edges) if end > start]


def _opening(model: str, number: int) -> dict[str, Any]:
    return {
        "id": f"msg_scripted_{number:04}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "stop_sequence": None,
    }


def _blocks(reply: Reply, number: int) -> Iterator[tuple[Mapping[str, Any], list[dict[str, str]]]]:
    """The content blocks, each with the deltas that it is sent in."""
    if reply.thinking:
        signature = {"type": "signature_delta", "signature": "c2NyaXB0ZWQ="}
        thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in split(reply.thinking, reply.pieces)]
        block = {"type": "thinking", "thinking": reply.thinking, "signature": signature["signature"]}
        yield block, [*thoughts, signature]
    if reply.text:
        pieces = [{"type": "text_delta", "text": piece} for piece in split(reply.text, reply.pieces)]
        yield {"type": "text", "text": reply.text}, pieces
    for place, call in enumerate(reply.tools):
        called = call.id or f"toolu_{number:04}_{place}"
        used: Mapping[str, Any] = {"type": "tool_use", "id": called, "name": call.name, "input": call.input}
        yield used, [{"type": "input_json_delta", "partial_json": piece} for piece in split(call.json, reply.pieces)]


def _emptied(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block as a stream starts it: what the deltas bring is not there yet."""
    blank: Mapping[str, Any] = {"text": "", "thinking": "", "signature": "", "input": {}}
    return {name: blank.get(name, value) for name, value in block.items()}


def _details(reply: Reply) -> dict[str, Any] | None:
    return {"type": "refusal", "category": None, "explanation": None} if reply.stops == "refusal" else None


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_creation,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_creation, "ephemeral_1h_input_tokens": 0},
    }
