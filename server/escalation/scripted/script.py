"""What is answered: replies, and every way in which an answer fails.

A script is a sequence of lines, one for each call of `POST /v1/messages`; or such sequences by model; or a function
of the request. A line is an answer or a function of the request, too.

    [tool("read_entity", {"entity": "app.py"}), text("Done.")]
    {"claude-sonnet-5-5": [text("This needs a new section.")], "claude-opus-5-5": [overloaded(), text("Done.")]}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from escalation.scripted.request import Request

Ending = Literal[
    "whole",
    "cut",  # the connection is closed in the middle
    "reset",  # the connection is reset in the middle
    "stall",  # nothing more comes, the connection stays open
    "error",  # an overload, told in the stream
    "endless",  # the stream ends well, without `message_stop`
    "malformed",  # an event that is no JSON
]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the API counts them: `input` are those neither read from the cache nor written to it."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_creation: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool. An `input` that is a string is sent as it stands, so that it can be no JSON; an empty `id` is
    replaced by one of the server's."""

    name: str
    input: Mapping[str, Any] | str
    id: str = ""

    @property
    def json(self) -> str:
        return self.input if isinstance(self.input, str) else json.dumps(self.input, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a model: thinking, text, then tool calls."""

    text: str = ""
    tools: tuple[Call, ...] = ()
    thinking: str = ""
    usage: Usage | None = None
    """None: counted from the request and the answer, see `scripted.counting`."""
    stop_reason: str = ""
    """Empty: `tool_use` if there are tools, else `end_turn`."""
    pieces: int = 4
    """Deltas that each block is sent in."""
    wait: float = 0.0
    """Seconds before the first byte."""
    pause: float = 0.0
    """Seconds before each delta."""
    ending: Ending = "whole"
    after: int = 0
    """Deltas that are sent before an ending that is not whole."""

    @property
    def stops(self) -> str:
        return self.stop_reason or ("tool_use" if self.tools else "end_turn")


@dataclass(frozen=True, slots=True)
class Error:
    """An answer with a status of failure, in the API's shape; as a page in HTML if `html`."""

    status: int
    type: str
    message: str
    retry_after: str = ""
    """The header of that name, left out if empty."""
    code: str = ""
    """The `error_code` of the details, left out if empty."""
    html: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer: the connection stays open and silent, or is closed."""

    how: Literal["hang", "drop"]


Answer = Reply | Error | Silence
Line = Answer | Callable[[Request], Answer]
Script = Sequence[Line] | Mapping[str, Sequence[Line]] | Callable[[Request], Answer]

SPEECH = "The lock is set after the fifth failure, and the counter starts again at the first success."


def text(words: str = SPEECH, **fields: Any) -> Reply:  # noqa: ANN401 - the fields of Reply
    return Reply(text=words, **fields)


def tool(name: str, input: Mapping[str, Any] | str, words: str = "", **fields: Any) -> Reply:  # noqa: ANN401
    return Reply(text=words, tools=(Call(name, input),), **fields)


def tools(*calls: Call, words: str = "", **fields: Any) -> Reply:  # noqa: ANN401
    return Reply(text=words, tools=calls, **fields)


def empty() -> Reply:
    """An answer without content."""
    return Reply()


def refused(words: str = "") -> Reply:
    """The model declines on grounds of policy."""
    return Reply(text=words, stop_reason="refusal")


def truncated(reply: Reply | None = None) -> Reply:
    """The answer is as long as was allowed, and not complete."""
    return replace(reply or text(), stop_reason="max_tokens")


def cut(reply: Reply | None = None, *, after: int = 3, reset: bool = False) -> Reply:
    """The connection breaks in mid-stream."""
    return replace(reply or text(), ending="reset" if reset else "cut", after=after)


def stall(reply: Reply | None = None, *, after: int = 3) -> Reply:
    """The stream stands still."""
    return replace(reply or text(), ending="stall", after=after)


def overloaded_in_stream(reply: Reply | None = None, *, after: int = 3) -> Reply:
    """`event: error` with the status 200 long sent."""
    return replace(reply or text(), ending="error", after=after)


def endless(reply: Reply | None = None, *, after: int = 3) -> Reply:
    """The stream ends well, but the message has not."""
    return replace(reply or text(), ending="endless", after=after)


def malformed(reply: Reply | None = None, *, after: int = 3) -> Reply:
    """An event in the stream is no JSON."""
    return replace(reply or text(), ending="malformed", after=after)


def hang() -> Silence:
    """Nothing comes, and the connection stays open."""
    return Silence("hang")


def drop() -> Silence:
    """The connection is closed before a byte of the answer."""
    return Silence("drop")


def rate_limited(retry_after: float | str = "") -> Error:
    return Error(429, "rate_limit_error", "This request would exceed your rate limit.", str(retry_after))


def overloaded() -> Error:
    return Error(529, "overloaded_error", "Overloaded")


def server_error() -> Error:
    return Error(500, "api_error", "Internal server error")


def bad_gateway() -> Error:
    """What a proxy answers for an endpoint it cannot reach."""
    return Error(502, "api_error", "<html><body><h1>502 Bad Gateway</h1></body></html>", html=True)


def unavailable() -> Error:
    return Error(503, "api_error", "Service unavailable")


def bad_request(message: str = "max_tokens: must be at least 1") -> Error:
    return Error(400, "invalid_request_error", message)


def too_long() -> Error:
    return Error(400, "invalid_request_error", "prompt is too long: 1204031 tokens > 1000000 maximum")


def unauthorized() -> Error:
    return Error(401, "authentication_error", "invalid x-api-key")


def no_credit() -> Error:
    return Error(402, "billing_error", "Your credit balance is too low to access the API.")


def forbidden() -> Error:
    return Error(403, "permission_error", "Your key does not have permission to use this model.")


def unknown_model(model: str) -> Error:
    """Also what is answered for a model that was retired."""
    return Error(404, "not_found_error", f"model: {model}")


def too_large() -> Error:
    return Error(413, "request_too_large", "Request exceeds the maximum size")


def answer_to(script: Script, request: Request, taken: Counter[str]) -> Answer:
    """What the script says to a request. Effect: counts it in `taken`.

    A script that has nothing (more) to say answers 400 and names itself: a failure that nobody tries again.
    """
    if callable(script):
        return script(request)
    key, lines = (request.model, script.get(request.model, ())) if isinstance(script, Mapping) else ("", script)
    number, taken[key] = taken[key], taken[key] + 1
    if number >= len(lines):
        whose = f"for {key} " if key else ""
        return bad_request(f"The script {whose}has {len(lines)} answers; this request is number {number + 1}.")
    line = lines[number]
    return line(request) if callable(line) else line
