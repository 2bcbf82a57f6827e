"""The client, through the real SDK, against a server that speaks the real protocol."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from escalation.flow.client import UNPARSED, Client, body, client
from escalation.flow.messages import Answer, Message, ModelFailure, OfferedModel, Request, ToolDefinition, Usage
from escalation.scripted import script
from escalation.scripted.script import Call, Error, Line, Reply, Script
from escalation.scripted.server import ScriptedServer
from escalation.settings.endpoints import presets
from escalation.settings.schema import Endpoint

KEY = "sk-ant-api03-canary0canary1canary2-canary3"
TEXT = "The secret plan of the source."
CURRENT = presets()["anthropic"]
COMPATIBLE = replace(presets()["zai"], concurrency=5)


def user(*texts: str) -> Message:
    return Message("user", tuple({"type": "text", "text": text} for text in texts))


REQUEST = Request("claude-opus-5-5", ("Instructions.", "The snapshot."), (user(TEXT),), (), 1_000)


class Heard:
    """What the callbacks were told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.began = 0

    def content(self) -> None:
        self.began += 1

    @property
    def text(self) -> str:
        return "".join(self.texts)

    async def from_(self, asked: Client, request: Request = REQUEST) -> Answer:
        return await asked.answer(request, self.texts.append, self.content)


@asynccontextmanager
async def at(
    lines: Script, endpoint: Endpoint = CURRENT, *, stall: float = 5.0
) -> AsyncIterator[tuple[Client, ScriptedServer]]:
    async with ScriptedServer(lines) as server, client(endpoint, "here", KEY, server.url, stall) as asked:
        yield asked, server


@asynccontextmanager
async def raw(*answers: bytes, then: str = "close") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers with these very bytes; its address, and the heads of the requests it got."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answers[min(len(heads), len(answers)) - 1])
            await writer.drain()
            if then == "stay":
                await reader.read()
                await asyncio.sleep(3600)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        server.close()


def stream(*events: dict[str, object], head: str = "") -> bytes:
    said = b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)
    return f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{head}\r\n".encode() + said


START = {"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 7, "output_tokens": 1}}}
STOP: dict[str, object] = {"type": "message_stop"}


def block(index: int, begin: dict[str, object], *deltas: dict[str, object]) -> list[dict[str, object]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": begin},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def ends(reason: str | None, **usage: int) -> list[dict[str, object]]:
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}, STOP]


async def answer_to(data: bytes, *, then: str = "close", stall: float = 5.0) -> tuple[Answer, Heard]:
    heard = Heard()
    async with raw(data, then=then) as (url, _), client(CURRENT, "here", KEY, url, stall) as asked:
        return await heard.from_(asked), heard


# ---- answers


async def test_an_answer_comes_whole():
    reply = Reply("Hello there.", (Call("voice", {"text": "é"}, "t1"), Call("read_entity", {}, "t2")), "Let me think.")
    heard = Heard()
    async with at([replace(reply, usage=script.Usage(500, 100, 4590, 12))]) as (asked, server):
        answer = await heard.from_(asked)
    assert answer.stop_reason == "tool_use"
    assert answer.usage == Usage(500, 100, 4590, 12)
    assert answer.model == "claude-opus-5-5"
    assert [block["type"] for block in answer.raw] == ["thinking", "text", "tool_use", "tool_use"]
    thinking, text, voice, read = answer.raw
    assert (thinking["thinking"], bool(thinking["signature"])) == ("Let me think.", True)
    assert text["text"] == "Hello there."
    assert (voice["id"], voice["name"], voice["input"]) == ("t1", "voice", {"text": "é"})
    assert (read["id"], read["input"]) == ("t2", {})
    assert (heard.text, len(heard.texts), heard.began) == ("Hello there.", 4, 1)
    assert len(server.requests) == 1


async def test_blocks_are_kept_as_they_came():
    """Also fields and kinds of blocks that nobody here knows: they go back with the next request."""
    hidden = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    text = {"type": "text", "text": "", "citations": None}
    cited = {"type": "citations_delta", "citation": {"cited_text": "x"}}
    new = {"type": "of_tomorrow", "payload": {"a": [1, None]}}
    events = [
        START,
        {"type": "ping"},
        *block(0, hidden),
        *block(1, text, {"type": "text_delta", "text": "a"}, cited, {"type": "text_delta", "text": "b"}),
        *block(2, new, {"type": "payload_delta", "payload": "?"}),
        {"type": "event_of_tomorrow"},
        *ends("end_turn", output_tokens=9),
    ]
    answer, heard = await answer_to(stream(*events))
    assert answer.raw == (hidden, {**text, "text": "ab", "citations": [cited["citation"]]}, new)
    assert answer.usage == Usage(7, 9)
    assert heard.texts == ["a", "b"]


INPUTS = {
    "an object": ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
    "nothing": ("", {}),
    "no JSON": ('{"a": ', {UNPARSED: '{"a": '}),
    "no object": ('["a"]', {UNPARSED: '["a"]'}),
    "not a number": ('{"a": NaN}', {UNPARSED: '{"a": NaN}'}),
    "half a character": ('{"a": "\\ud800"}', {UNPARSED: '{"a": "\\ud800"}'}),
    "too deep": ("[" * 100_000, {UNPARSED: "[" * 100_000}),
}


@pytest.mark.parametrize(("text", "expected"), INPUTS.values(), ids=INPUTS)
async def test_the_input_of_a_tool(text, expected):
    begin = {"type": "tool_use", "id": "t", "name": "voice", "input": {}}
    pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in (text[:4], text[4:])]
    answer, heard = await answer_to(stream(START, *block(0, begin, *pieces), *ends("tool_use")))
    assert answer.raw == ({**begin, "input": expected},)
    assert (heard.began, heard.texts) == (1, [])


async def test_a_character_cut_in_two_is_joined():
    halves = [{"type": "text_delta", "text": half} for half in ("a\ud83d", "\ude00b")]
    answer, heard = await answer_to(stream(START, *block(0, {"type": "text", "text": ""}, *halves), *ends("end_turn")))
    assert answer.raw[0]["text"] == "a😀b"
    heard.text.encode()


async def test_an_answer_is_whole_with_its_last_event_whatever_the_connection_does():
    events = (START, *block(0, {"type": "text", "text": "Hi."}), *ends("end_turn"))
    for then, head in (("close", "content-length: 9999\r\n"), ("stay", "")):
        answer, heard = await answer_to(stream(*events, head=head), then=then)
        assert (answer.raw[0]["text"], heard.texts) == ("Hi.", ["Hi."])


async def test_a_connection_is_used_again():
    async with at([script.text(), script.text()]) as (asked, server):
        await Heard().from_(asked)
        before = asked._sdk
        await Heard().from_(asked)
        assert asked._sdk is before
    assert len(server.requests) == 2


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens", "pause_turn", "model_context_window_exceeded"])
async def test_reasons_to_stop(reason):
    async with at([Reply("x", stop_reason=reason)]) as (asked, _):
        assert (await Heard().from_(asked)).stop_reason == reason


async def test_usage_told_at_the_end_only():
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 0, "output_tokens": 0}}}
    told = {"input_tokens": 5, "output_tokens": 6, "cache_read_input_tokens": 7, "cache_creation_input_tokens": None}
    answer, _ = await answer_to(stream(start, *ends("end_turn", **told)))
    assert answer.usage == Usage(5, 6, 7, 0)


# ---- failures

HTML = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n<hi>"
MOVED = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
SCRIPTED: dict[str, tuple[Line, str, str]] = {
    "a limit of the rate": (script.rate_limited(7), "transient", "limits the rate of requests (429)"),
    "an overload": (script.overloaded(), "transient", "is overloaded (529)"),
    "a failure": (script.server_error(), "transient", "failed (500)"),
    "a web page of a proxy": (script.bad_gateway(), "transient", "failed (502)"),
    "no service": (script.unavailable(), "transient", "failed (503)"),
    "a time-out of the endpoint": (Error(408, "timeout_error", "late"), "transient", "failed (408)"),
    "a conflict": (Error(409, "conflict_error", "busy"), "transient", "failed (409)"),
    "dropped before the answer": (script.drop(), "transient", "the connection to here broke"),
    "cut in mid-stream": (script.cut(), "transient", "the connection to here broke"),
    "reset in mid-stream": (script.cut(reset=True), "transient", "the connection to here broke"),
    "an overload in mid-stream": (script.overloaded_in_stream(), "transient", "is overloaded (overloaded_error)"),
    "an end without an end": (script.endless(), "transient", "ended its answer half-way"),
    "an event that is no JSON": (script.malformed(), "transient", "what is no answer of the Messages API"),
    "refused": (script.refused("No."), "refusal", "declined"),
    "a key that is wrong": (script.unauthorized(), "key", "does not take the key in ANTHROPIC_API_KEY (401)"),
    "a key that may not": (Error(403, "permission_error", "no"), "key", "does not take the key"),
    "no credit": (script.no_credit(), "account", "no credit left"),
    "no credit, said otherwise": (
        Error(400, "invalid_request_error", "Your credit balance is too low"),
        "account",
        "no credit left",
    ),
    "no balance, said as a limit of the rate": (
        Error(429, "1113", "Insufficient balance or no resource package. Please recharge."),
        "account",
        "no credit left",
    ),
    "an unknown model": (
        script.unknown_model("claude-opus-5-5"),
        "model",
        "does not offer claude-opus-5-5 (404); `escalation models` tells what it offers",
    ),
    "an unknown model, said by a gateway": (
        Error(400, "invalid_request_error", "Invalid model name passed in model=x"),
        "model",
        "does not offer claude-opus-5-5 (400)",
    ),
    "a bad request": (script.bad_request(), "request", "does not take the request (400); it says: max_tokens: must be"),
    "too long": (script.too_long(), "request", "prompt is too long"),
    "too large": (script.too_large(), "request", "too large for here (413): name fewer files"),
    "no such place": (Error(404, "", "", html=True), "request", "check the base_url of here"),
}


@pytest.mark.parametrize(("line", "kind", "said"), SCRIPTED.values(), ids=SCRIPTED)
async def test_failures(line: Line, kind: str, said: str):
    heard = Heard()
    async with at([line, script.text("never")]) as (asked, server):
        failure = await failing(heard.from_(asked))
        assert (failure.kind, len(server.requests)) == (kind, 1)
    assert said in str(failure)
    assert "here" in str(failure)
    assert failure.retry_after == (7 if "rate" in said else None)


async def failing(answering: object) -> ModelFailure:
    """The failure of a call, which says nothing of the request and of the key, nor leads to them."""
    with pytest.raises(ModelFailure) as told:
        await answering  # type: ignore[misc]
    assert told.value.__cause__ is None
    assert told.value.__context__ is None
    shown = "".join(traceback.format_exception(told.value)) + repr(told.value)
    assert "canary" not in shown
    assert TEXT not in shown
    return told.value


RAW = {
    "a web page": (HTML, "request", "there is no Messages API at"),
    "another place": (MOVED, "request", "redirects elsewhere (307), which is not followed"),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n", "transient", "broke"),
    "nothing": (stream(), "transient", "half-way"),
    "no reason to stop": (stream(START, *ends(None)), "transient", "half-way"),
    "an unknown reason to stop": (stream(START, *ends("of_tomorrow")), "transient", "a reason that is not known"),
    "a stop without its event": (stream(START, *ends("end_turn")[:1]), "transient", "half-way"),
    "no such block": (
        stream(
            START, {"type": "content_block_delta", "index": 3, "delta": {"type": "citations_delta", "citation": {}}}
        ),
        "transient",
        "what is no answer",
    ),
    "an event that is a list": (b"HTTP/1.1 200 OK\r\n\r\nevent: ping2\ndata: []\n\n", "transient", "what is no answer"),
    "an error as plain data": (
        b'HTTP/1.1 200 OK\r\n\r\nevent: m\ndata: {"type": "error", "error": {"type": "api_error", "message": "x"}}\n\n',
        "transient",
        "failed (api_error); it says: x",
    ),
    "an error of the key in mid-stream": (
        stream(START, {"type": "error", "error": {"type": "authentication_error", "message": "revoked"}}),
        "key",
        "; it says: revoked",
    ),
}


@pytest.mark.parametrize(("data", "kind", "said"), RAW.values(), ids=RAW)
async def test_failures_of_other_servers(data: bytes, kind: str, said: str):
    async with raw(data) as (url, heads), client(CURRENT, "here", KEY, url, 5) as asked:
        failure = await failing(Heard().from_(asked))
    assert (failure.kind, len(heads)) == (kind, 1)
    assert said in str(failure)


async def test_a_stalled_connection_is_given_up():
    for line in (script.stall(), script.hang()):
        async with at([line], stall=0.2) as (asked, server):
            failure = await failing(Heard().from_(asked))
            assert (failure.kind, len(server.requests)) == ("transient", 1)
        assert "stalled: nothing came for 0.2 s" in str(failure)


async def test_nobody_there():
    async with raw(b"") as (url, _):
        pass
    async with client(CURRENT, "here", KEY, url, 5) as asked:
        failure = await failing(Heard().from_(asked))
    assert failure.kind == "transient"
    assert f"cannot be reached: check the network, and that {url} is" in str(failure)


async def test_what_was_counted_before_a_failure_is_told():
    for line in (script.cut(), script.overloaded_in_stream(), script.endless(), script.refused()):
        assert isinstance(line, Reply)
        async with at([replace(line, usage=script.Usage(500, 100, 40, 3))]) as (asked, _):
            failure = await failing(Heard().from_(asked))
        assert (failure.usage.input_tokens, failure.usage.cache_read, failure.usage.cache_creation) == (500, 40, 3)
        assert failure.usage.output_tokens == (100 if failure.kind == "refusal" else 1)


@pytest.mark.parametrize(
    ("end", "said"), [("June 1st, 2026", ": retired on"), ("June 1st, 2999", ": to be retired on")]
)
async def test_a_model_that_ends_is_named_with_its_day(end, said, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("anthropic.resources.messages.messages.DEPRECATED_MODELS", {REQUEST.model: end})
    async with at([script.unknown_model(REQUEST.model)]) as (asked, _):
        failure = await failing(Heard().from_(asked))
    assert f"{said} {end[-4:]}-06-01; `escalation models`" in str(failure)


async def test_the_message_of_an_endpoint_is_shown_short_and_without_the_key():
    said = f"Your key {KEY} (or {KEY[:20]}…)\x1b[31m\n is bad. " + "x" * 1_000
    async with at([Error(401, "authentication_error", said)]) as (asked, _):
        failure = await failing(Heard().from_(asked))
    assert "Your key … (or ……) [31m is bad. xxx" in str(failure)
    assert len(str(failure)) < 400


async def test_characters_that_cannot_be_sent():
    request = replace(REQUEST, messages=(user("a\ud800"),))
    async with at([script.text()]) as (asked, server):
        failure = await failing(Heard().from_(asked, request))
        assert (failure.kind, server.requests) == ("request", [])


KEYS = {
    "no key": ("", "there is no key for here: set the environment variable ANTHROPIC_API_KEY"),
    "a line more than the key": ("canary\nX-Evil: 1", "holds characters no key has"),
    "a blank": ("canary key", "holds characters no key has"),
    "a dash of a word processor": ("canary–1", "holds characters no key has"),
}


@pytest.mark.parametrize(("key", "said"), KEYS.values(), ids=KEYS)
def test_keys_that_cannot_be(key, said):
    with pytest.raises(ModelFailure, match=said) as told:
        client(CURRENT, "here", key, "https://a.example", 5)
    assert told.value.kind == "key"
    assert "canary" not in str(told.value)


def test_an_endpoint_without_an_address():
    with pytest.raises(ModelFailure, match=r"nobody said where here is: set base_url under \[endpoints.here\]"):
        client(Endpoint(), "here", KEY, "", 5)


# ---- what goes over the wire


async def test_the_current_protocol():
    async with at([script.text()]) as (asked, server):
        await Heard().from_(asked)
        headers = server.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["anthropic-version"] == "2026-10-21"
    assert "x-api-key" not in headers


async def test_the_protocol_that_compatible_endpoints_know():
    async with at([script.text()], COMPATIBLE) as (asked, server):
        await Heard().from_(asked)
        await asked.models()
        for request in server.requests:
            assert request.headers["anthropic-version"] == "2023-06-01"
            assert request.headers["x-api-key"] == KEY
            assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_no_variable_of_others_redirects_or_adds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "other")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "other")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Added: 1\nAuthorization: Bearer other\nx-api-key: other")
    monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    caplog.set_level(logging.DEBUG)
    for endpoint in (CURRENT, COMPATIBLE):
        async with at([script.text()], endpoint) as (asked, server):
            await Heard().from_(asked)
            headers = server.requests[0].headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers.get("x-api-key") == (None if endpoint is CURRENT else KEY)
        assert "x-added" not in headers
        assert "other" not in str(headers)
    assert TEXT not in caplog.text
    assert KEY not in caplog.text


async def test_a_path_of_the_address_is_kept():
    async with raw(stream(*ends("end_turn"))) as (url, heads), client(CURRENT, "here", KEY, f"{url}/api/x", 5) as asked:
        await Heard().from_(asked)
    assert heads[0].startswith(b"POST /api/x/v1/messages HTTP/1.1")


TOOL = ToolDefinition("voice", "Says it.", {"type": "object", "properties": {}})
ROUND = (
    user("The task."),
    Message(
        "assistant", ({"type": "text", "text": " "}, {"type": "tool_use", "id": "t", "name": "voice", "input": {}})
    ),
    Message("user", ({"type": "tool_result", "tool_use_id": "t", "content": "ok"},)),
)


def test_what_is_sent():
    mark = {"cache_control": {"type": "ephemeral"}}
    assert body(replace(REQUEST, messages=ROUND, tools=(TOOL,)), CURRENT) == {
        "model": "claude-opus-5-5",
        "max_tokens": 1_000,
        "system": [
            {"type": "text", "text": "Instructions.", **mark},
            {"type": "text", "text": "The snapshot.", **mark},
        ],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "The task.", **mark}]},
            {"role": "assistant", "content": [ROUND[1].content[1]]},  # blank text is refused when it comes back
            {"role": "user", "content": [{**ROUND[2].content[0], **mark}]},
        ],
        "tools": [{"name": "voice", "description": "Says it.", "input_schema": TOOL.input_schema}],
    }


def test_a_temperature_goes_only_where_it_is_taken():
    assert "temperature" not in body(REQUEST, CURRENT)
    assert body(REQUEST, COMPATIBLE)["temperature"] == 0


def test_four_breakpoints_at_most_and_none_where_they_are_not_taken():
    long = replace(REQUEST, messages=ROUND * 5)
    assert json.dumps(body(long, CURRENT)).count("cache_control") == 4
    assert "cache_control" not in json.dumps(body(long, replace(CURRENT, cache_control=False)))
    assert long.messages == ROUND * 5  # nothing of the conversation is changed


# ---- several calls, and none


async def test_no_more_calls_at_once_than_the_endpoint_takes():
    slow = script.text("x", pause=0.05)
    async with at([slow] * 6, replace(CURRENT, concurrency=2)) as (asked, server):
        await asyncio.gather(*(Heard().from_(asked) for _ in range(6)))
        ended = sorted((request.arrived_at, request.closed_at or 0.0) for request in server.requests)
    open_at = [sum(begin <= at < end for begin, end in ended) for at, _ in ended]
    assert max(open_at) == 2


async def test_a_cancelled_call_is_closed_at_once():
    cases: Sequence[tuple[Line, Callable[[Heard, ScriptedServer], bool]]] = (
        (script.stall(), lambda heard, _: bool(heard.texts)),
        (script.hang(), lambda _, server: bool(server.requests)),
    )
    for line, ready in cases:
        heard = Heard()
        async with at([line]) as (asked, server):
            task = asyncio.create_task(heard.from_(asked))
            while not ready(heard, server):
                await asyncio.sleep(0.005)
            cancelled = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while server.requests[0].closed_at is None:
                await asyncio.sleep(0.005)
            assert server.requests[0].closed_by == "client"
            assert server.requests[0].closed_at - cancelled < 0.7
            assert len(server.requests) == 1


async def test_what_a_listener_raises_is_not_taken_for_a_failure_of_the_endpoint():
    def broken(_: str) -> None:
        raise ValueError("mine")

    async with at([script.text()]) as (asked, server):
        with pytest.raises(ValueError, match="mine"):
            await asked.answer(REQUEST, broken, lambda: None)
        while server.requests[0].closed_at is None:
            await asyncio.sleep(0.005)


def test_the_sdk_is_loaded_only_when_it_is_needed():
    code = "import sys, escalation.flow.client; print([m for m in ('anthropic', 'httpx2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


# ---- counting and listing


async def test_counting():
    async with at([]) as (asked, server):
        counted = await asked.count(replace(REQUEST, tools=(TOOL,)))
        assert isinstance(counted, int)
        assert counted > 0
        assert server.requests[0].path == "/v1/messages/count_tokens"
        assert set(server.requests[0].body) == {"model", "system", "messages", "tools"}
    async with at([], COMPATIBLE) as (asked, server):
        assert await asked.count(REQUEST) is None
        assert server.requests == []


async def test_what_is_offered():
    async with at([]) as (asked, _):
        offered = await asked.models()
    assert offered is not None
    by_id = {model.id: model for model in offered}
    assert by_id["claude-opus-4-1"].lifecycle == "retired"
    assert by_id["claude-sonnet-4-5"] == OfferedModel(
        "claude-sonnet-4-5", "Claude Sonnet 4.5", "deprecated", "2026-11-30", 200_000, 64_000
    )
    async with at([], replace(CURRENT, list_models=False)) as (asked, server):
        assert await asked.models() is None
        assert server.requests == []


def told(page: object, status: str = "200 OK") -> bytes:
    data = json.dumps(page).encode()
    return f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data


async def test_lists_of_several_pages_and_of_other_forms():
    pages = (
        told({"data": [{"id": "a"}, {"id": 3}, "b"], "has_more": True, "last_id": "a/&"}),
        told({"object": "list", "data": [{"id": "c", "object": "model", "lifecycle": "new"}]}),
    )
    async with raw(*pages) as (url, heads), client(COMPATIBLE, "here", KEY, url, 5) as asked:
        assert await asked.models() == (OfferedModel("a"), OfferedModel("c"))
    assert [head.split(b" ")[1] for head in heads] == [
        b"/v1/models?limit=1000",
        b"/v1/models?limit=1000&after_id=a%2F%26",
    ]


@pytest.mark.parametrize("status", ["404 Not Found", "405 Method Not Allowed", "501 Not Implemented"])
async def test_an_endpoint_that_neither_counts_nor_lists(status):
    missing = told({"type": "error", "error": {"type": "api_error", "message": "?"}}, status)
    async with raw(missing) as (url, _), client(CURRENT, "here", KEY, url, 5) as asked:
        assert await asked.count(REQUEST) is None
        assert await asked.models() is None


async def test_a_list_that_is_none():
    async with raw(told([1])) as (url, _), client(CURRENT, "here", KEY, url, 5) as asked:
        failure = await failing(asked.models())
    assert "sent what is no answer of the Messages API" in str(failure)
    async with at([]) as (_, server), client(CURRENT, "here", KEY, server.url, 5) as asked:
        pass
