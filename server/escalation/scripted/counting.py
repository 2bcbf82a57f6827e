"""Counting tokens as the API does in kind, not in number: a third of the UTF-8 bytes, and a cache of prefixes.

A request writes its prefix up to each of its cache breakpoints, and reads the longest that a request for the same model
wrote before. Unlike the API's, the cache forgets nothing and takes prefixes however short.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from escalation.scripted.request import Request
from escalation.scripted.script import Reply, Usage


def tokens(size: int) -> int:
    """What so many bytes count."""
    return -(-size // 3)


def counted(request: Request) -> int:
    """The input tokens of a request, cached or not."""
    return tokens(sum(len(part) for part, _ in _parts(request)))


def usage(request: Request, reply: Reply, cache: set[str]) -> Usage:
    """What an answer costs. Effect: notes the request's prefixes in `cache`."""
    prefix, size, read, marked = hashlib.sha256(request.model.encode()), 0, 0, 0
    written = set[str]()
    for part, breakpoint in _parts(request):
        prefix.update(part)
        size += len(part)
        if breakpoint:
            marked = size
            written.add(prefix.hexdigest())
            read = size if prefix.hexdigest() in cache else read
    cache |= written
    return Usage(tokens(size - marked), _output(reply), tokens(read), tokens(marked - read))


def _output(reply: Reply) -> int:
    said = [reply.thinking, reply.text]
    said += [call.name + call.json for call in reply.tools]
    return max(1, tokens(sum(len(part.encode()) for part in said)))


def _parts(request: Request) -> Iterator[tuple[bytes, bool]]:
    """What a request holds, in the order of the cache's prefixes, and where its breakpoints are."""
    yield from map(_part, request.tools)
    yield from map(_part, request.system)
    for message in request.messages:
        content = message.get("content")
        yield from map(_part, content if isinstance(content, list) else [{"type": "text", "text": content}])


def _part(block: Mapping[str, Any]) -> tuple[bytes, bool]:
    plain = {name: value for name, value in block.items() if name != "cache_control"}
    held = str(plain["text"]) if plain.keys() == {"type", "text"} else json.dumps(plain, sort_keys=True)
    return held.encode("utf-8", "replace"), bool(block.get("cache_control"))
