"""The scripted server, driven by the real SDK: each answer and each failure arrives as the API's own would."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import urlsplit

import anthropic
import httpx2
import pytest
from anthropic import AsyncAnthropic

from escalation.scripted import script as said
from escalation.scripted.script import Call, Error, Reply, Usage, text, tool, tools
from escalation.scripted.server import ScriptedServer, running

QUESTION = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
OLD = {"anthropic-version": "2023-06-01"}


def client(server: ScriptedServer, **options) -> AsyncAnthropic:
    return AsyncAnthropic(api_key="k", base_url=server.url, max_retries=0, **{"timeout": 30.0, **options})


async def streamed(server: ScriptedServer, **options):
    """The message of a stream, and the types of its events."""
    async with client(server, **options) as sdk, sdk.messages.stream(**QUESTION) as stream:
        types = [event.type async for event in stream]
        return await stream.get_final_message(), types


async def raw(server: ScriptedServer, data: bytes) -> bytes:
    """What comes for bytes that no SDK would send, until the server closes."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


# ---- answers


FULL = Reply(
    text="Fünf Fehlversuche — dann Schluss.",
    thinking="Where is the counter?",
    tools=(Call("read_entity", {"entity": "shop/accounts.py::Ü"}), Call("voice", {"text": "…"})),
    usage=Usage(500, 100, 4590, 7),
)


@pytest.mark.parametrize("headers", [{}, OLD], ids=["current protocol", "2023-06-01"])
async def test_thinking_text_and_tools_arrive_in_pieces(headers):
    async with ScriptedServer([FULL]) as server:
        message, types = await streamed(server, default_headers=headers)
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    thinking, words, read, voice = message.content
    assert (thinking.thinking, words.text) == (FULL.thinking, FULL.text)
    assert [read.input, voice.input] == [call.input for call in FULL.tools]
    assert read.id != voice.id
    assert message.stop_reason == "tool_use"
    assert (types[0], types[-1]) == ("message_start", "message_stop")
    assert types.count("text") == types.count("thinking") == FULL.pieces
    assert types.count("input_json") > FULL.pieces  # `{"text": "…"}` is longer than four characters, too


async def test_whole_answers_are_the_same_as_streamed_ones():
    async with ScriptedServer([FULL, FULL]) as server, client(server) as sdk:
        whole = await sdk.messages.create(**QUESTION)
        pieces, _ = await streamed(server)
    told = [{**message.to_dict(), "id": "", "usage": None} for message in (whole, pieces)]
    for content in (block for message in told for block in message["content"]):
        content.pop("id", None)
        content.pop("citations", None)
        content.pop("parsed_output", None)
    assert told[0]["content"] == told[1]["content"]
    assert whole.stop_reason == pieces.stop_reason


async def test_usage_is_what_the_script_says():
    async with ScriptedServer([FULL]) as server:
        usage = (await streamed(server))[0].usage
    assert (usage.input_tokens, usage.output_tokens) == (500, 100)
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (4590, 7)
    assert usage.cache_creation.ephemeral_5m_input_tokens == 7


@pytest.mark.parametrize(
    ("reply", "stop_reason", "blocks"),
    [
        (text("Done."), "end_turn", 1),
        (tool("voice", {"text": "a"}), "tool_use", 1),
        (tools(Call("a", {}), Call("b", {}), words="Both."), "tool_use", 3),
        (said.empty(), "end_turn", 0),
        (said.refused(), "refusal", 0),
        (said.truncated(), "max_tokens", 1),
        (text(stop_reason="pause_turn"), "pause_turn", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_stop_reasons(reply, stop_reason, blocks):
    async with ScriptedServer([reply]) as server:
        message, _ = await streamed(server)
    assert (message.stop_reason, len(message.content)) == (stop_reason, blocks)


# ---- failures (notes on the engine, 4)


@pytest.mark.parametrize(
    ("answer", "raised", "status"),
    [
        (said.rate_limited(), anthropic.RateLimitError, 429),
        (said.overloaded(), anthropic.APIStatusError, 529),
        (said.server_error(), anthropic.InternalServerError, 500),
        (said.bad_gateway(), anthropic.InternalServerError, 502),
        (said.unavailable(), anthropic.InternalServerError, 503),
        (said.bad_request(), anthropic.BadRequestError, 400),
        (said.too_long(), anthropic.BadRequestError, 400),
        (said.unauthorized(), anthropic.AuthenticationError, 401),
        (said.no_credit(), anthropic.APIStatusError, 402),
        (said.forbidden(), anthropic.PermissionDeniedError, 403),
        (said.unknown_model("m"), anthropic.NotFoundError, 404),
        (said.too_large(), anthropic.APIStatusError, 413),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
async def test_a_status_of_failure(answer: Error, raised, status):
    async with ScriptedServer([answer]) as server:
        with pytest.raises(anthropic.APIStatusError) as failure:
            await streamed(server)
    assert isinstance(failure.value, raised)
    assert failure.value.status_code == status == server.requests[0].status
    if not answer.html:
        assert failure.value.type == answer.type
        assert failure.value.body["error"]["message"] == answer.message
        assert failure.value.body["request_id"] == failure.value.request_id == "req_scripted_0001"


async def test_how_long_to_wait_is_told():
    async with ScriptedServer([said.rate_limited(7), said.rate_limited()]) as server:
        for expected in ("7", None):
            with pytest.raises(anthropic.RateLimitError) as failure:
                await streamed(server)
            assert failure.value.response.headers.get("retry-after") == expected


async def test_what_a_limit_is_about_is_told():
    limit = Error(429, "rate_limit_error", "The month's limit.", code="enforced_spend_limit_reached")
    async with ScriptedServer([limit]) as server:
        with pytest.raises(anthropic.RateLimitError) as failure:
            await streamed(server)
    assert failure.value.body["error"]["details"]["error_code"] == "enforced_spend_limit_reached"


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (said.drop(), anthropic.APIConnectionError),
        (said.hang(), anthropic.APITimeoutError),
        (said.cut(), httpx2.RemoteProtocolError),
        (said.cut(after=0), httpx2.RemoteProtocolError),
        (said.cut(after=99), httpx2.RemoteProtocolError),  # just before the message ends
        (said.cut(tool("voice", {"text": "abcdef"}), after=2), httpx2.RemoteProtocolError),
        (said.cut(reset=True), httpx2.TransportError),
        (said.stall(), httpx2.ReadTimeout),
        (said.malformed(), json.JSONDecodeError),
        (tool("voice", '{"text": nothing'), ValueError),
    ],
    ids=["drop", "hang", "cut", "cut at once", "cut at the end", "cut in a tool", "reset", "stall", "event", "input"],
)
async def test_a_broken_answer(answer, raised):
    async with ScriptedServer([answer]) as server:
        with pytest.raises(raised):
            await streamed(server, timeout=0.4)
        await asyncio.wait_for(server.idle(), 10)


async def test_an_overload_in_mid_stream_has_status_200():
    async with ScriptedServer([said.overloaded_in_stream()]) as server:
        with pytest.raises(anthropic.APIStatusError) as failure:
            await streamed(server)
    assert (failure.value.status_code, failure.value.type) == (200, "overloaded_error")


async def test_a_stream_may_end_without_the_message():
    async with ScriptedServer([said.endless(after=2)]) as server:
        message, types = await streamed(server)
    assert message.stop_reason is None
    assert said.SPEECH.startswith(message.content[0].text)
    assert (types.count("text"), "message_stop" in types) == (2, False)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (said.cut(), anthropic.APIConnectionError),
        (said.stall(), anthropic.APITimeoutError),
        (said.overloaded_in_stream(), anthropic.APIStatusError),
        (said.malformed(), (anthropic.APIError, ValueError)),
    ],
    ids=["cut", "stall", "error", "malformed"],
)
async def test_what_breaks_a_stream_breaks_a_whole_answer(answer, raised):
    async with ScriptedServer([answer]) as server, client(server, timeout=0.4) as sdk:
        with pytest.raises(raised):
            await sdk.messages.create(**QUESTION)


# ---- the log


async def test_every_request_is_recorded():
    before = time.monotonic()
    async with ScriptedServer([text(), said.overloaded()]) as server:
        await streamed(server)
        with pytest.raises(anthropic.APIStatusError):
            await streamed(server, default_headers=OLD)
        first, second = server.requests
    assert (first.method, first.path, first.number, first.status) == ("POST", "/v1/messages", 1, 200)
    assert first.body["messages"] == QUESTION["messages"]
    assert json.loads(first.raw) == first.body
    assert (first.model, first.asked, first.turn, first.key) == ("m", "Hello", 0, "k")
    assert [r.headers["anthropic-version"] for r in server.requests] == ["2026-10-21", "2023-06-01"]
    assert second.status == 529
    assert before <= first.arrived_at <= first.closed_at <= second.arrived_at <= second.closed_at <= time.monotonic()
    assert first.closed_by == second.closed_by == "server"


@pytest.mark.parametrize("answer", [said.hang(), said.stall(), text(pause=60), text(wait=60)])
async def test_who_hangs_up_is_recorded(answer):
    async with ScriptedServer([answer]) as server:
        asking = asyncio.create_task(streamed(server))
        await server.received(1)
        assert server.open == server.requests
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.wait_for(server.idle(), 10)
        assert server.requests[0].closed_by == "client"


async def test_what_is_open_at_the_end_is_closed_by_the_server():
    async with ScriptedServer([said.hang()]) as server:
        asking = asyncio.create_task(streamed(server))
        await server.received(1)
    await asyncio.gather(asking, return_exceptions=True)
    assert isinstance(asking.exception(), anthropic.APIConnectionError)
    assert server.requests[0].closed_by == "server"


async def test_one_connection_serves_several_requests_and_several_connections_at_once():
    async with ScriptedServer([text("x" * 90_000)] * 20) as server, client(server) as sdk:
        await asyncio.gather(*(sdk.messages.create(**QUESTION) for _ in range(10)))
        for _ in range(10):
            async with sdk.messages.stream(**QUESTION) as stream:
                assert len(await stream.get_final_text()) == 90_000
        assert [request.status for request in server.calls] == [200] * 20


# ---- scripts


async def test_a_script_by_model():
    script = {"a": [text("1"), text("2")], "b": [text("3")]}
    async with ScriptedServer(script) as server, client(server) as sdk:
        answers = [await sdk.messages.create(**{**QUESTION, "model": model}) for model in "aba"]
    assert [answer.content[0].text for answer in answers] == ["1", "3", "2"]


async def test_a_script_may_be_a_function_and_so_may_its_lines():
    def echo(request):
        return text(f"{request.model}: {request.asked}")

    for script in (echo, [echo]):
        async with ScriptedServer(script) as server:
            assert (await streamed(server))[0].content[0].text == "m: Hello"


@pytest.mark.parametrize("script", [[text()], {"m": [text()]}])
async def test_a_script_that_has_run_out_says_so(script):
    async with ScriptedServer(script) as server:
        await streamed(server)
        with pytest.raises(anthropic.BadRequestError, match=r"The script .*has 1 answers; this request is number 2"):
            await streamed(server)


async def test_an_error_of_the_script_reaches_the_test():
    def wrong(_):
        raise AssertionError("not what was expected")

    async def ask():
        async with ScriptedServer(wrong) as server:
            with pytest.raises(anthropic.BadRequestError, match="The script failed"):
                await streamed(server)

    with pytest.raises(AssertionError, match="not what was expected"):
        await ask()


def test_a_server_for_callers_that_are_not_asynchronous():
    with running([text("Done.")]) as server:
        sdk = anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0)
        assert sdk.messages.create(**QUESTION).content[0].text == "Done."
    assert server.requests[0].closed_by == "server"


# ---- counting and the cache


def asked(model: str, *parts: str, more: str = "") -> dict:
    marked = [{"type": "text", "text": part, "cache_control": {"type": "ephemeral"}} for part in parts]
    return {
        "model": model,
        "max_tokens": 9,
        "system": marked,
        "messages": [{"role": "user", "content": more or "Hello"}],
    }


async def test_a_prefix_is_written_once_and_read_ever_after():
    rules, files, other = "r" * 300, "f" * 600, "o" * 900
    questions = [
        (asked("a", rules, files), (2, 0, 300)),  # (neither, read, written)
        (asked("a", rules, files, more="Hello again!"), (4, 300, 0)),
        (asked("a", rules, other), (2, 100, 300)),
        (asked("b", rules, files), (2, 0, 300)),  # a cache is of one model
        (asked("a", files, rules), (2, 0, 300)),  # the order is part of a prefix
    ]
    async with ScriptedServer([text("abc")] * len(questions)) as server, client(server) as sdk:
        for question, expected in questions:
            usage = (await sdk.messages.create(**question)).usage
            found = (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
            assert (found, usage.output_tokens) == (expected, 1)


async def test_tokens_are_counted_as_they_are_billed():
    question = asked("a", "r" * 300)
    async with ScriptedServer([text()]) as server, client(server) as sdk:
        counted = await sdk.messages.count_tokens(**{k: v for k, v in question.items() if k != "max_tokens"})
        usage = (await sdk.messages.create(**question)).usage
    assert counted.input_tokens == usage.input_tokens + usage.cache_creation_input_tokens
    assert len(server.calls) == 1


async def test_an_endpoint_need_not_count_or_list():
    async with ScriptedServer([], counts=False, models=None) as server, client(server) as sdk:
        with pytest.raises(anthropic.NotFoundError):
            await sdk.messages.count_tokens(model="m", messages=QUESTION["messages"])
        with pytest.raises(anthropic.NotFoundError):
            await sdk.models.list()
        with pytest.raises(anthropic.NotFoundError):
            await sdk.models.retrieve("claude-opus-5-5")


# ---- models


async def test_models_are_listed_in_pages():
    async with ScriptedServer([]) as server, client(server) as sdk:
        found = {model.id: model async for model in sdk.models.list(limit=2)}
        assert len(server.requests) == 2
        one = await sdk.models.retrieve("claude-sonnet-4-5")
        with pytest.raises(anthropic.NotFoundError, match="model: claude-1"):
            await sdk.models.retrieve("claude-1")
    assert {model.lifecycle for model in found.values()} == {"active", "deprecated", "retired"}
    assert found["claude-sonnet-4-5"] == one
    assert (one.lifecycle, one.retires_at.date().isoformat()) == ("deprecated", "2026-11-30")
    assert (one.max_input_tokens, one.max_tokens, one.capabilities.thinking.supported) == (200_000, 64_000, True)


async def test_a_key_may_be_asked_for():
    async with ScriptedServer([text()], key="right") as server:
        with pytest.raises(anthropic.AuthenticationError):
            await streamed(server)
        for headers in ({"x-api-key": "right"}, {"authorization": "Bearer right"}):
            async with client(server, default_headers=headers) as sdk:
                assert (await sdk.models.list()).data


# ---- what the API refuses


USER = {"role": "user", "content": "Hello"}
CALLED = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]}
MARKED = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [CALLED, RESULT]}, "first message"),
        ({"messages": [USER, {"role": "assistant", "content": "I"}]}, "prefill"),
        ({"messages": [USER, CALLED, USER]}, "without `tool_result` blocks: t1"),
        ({"messages": [USER, RESULT]}, "unexpected `tool_use_id`"),
        ({"messages": [{"role": "user", "content": ""}]}, "must not be empty"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]}, "non-whitespace"),
        ({"system": [MARKED] * 5}, "maximum of 4 blocks"),
        ({"extra_body": {"temperature": 0}}, "temperature"),
    ],
)
async def test_what_the_api_refuses_is_refused(fields, message):
    async with ScriptedServer([text()]) as server, client(server) as sdk:
        with pytest.raises(anthropic.BadRequestError, match=message):
            await sdk.messages.create(**{**QUESTION, **fields})
        await sdk.messages.create(**{**QUESTION, "messages": [USER, CALLED, RESULT]})  # it took no line of the script


async def test_the_older_protocol_takes_a_temperature():
    async with ScriptedServer([text()]) as server, client(server, default_headers=OLD) as sdk:
        await sdk.messages.create(**QUESTION, extra_body={"temperature": 0})


# ---- HTTP as it comes


BODY = json.dumps(QUESTION).encode()
HEAD = b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nanthropic-version: 1\r\nconnection: close\r\n"


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        (HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY, 200, b'"text": "Done."'),
        (
            HEAD
            + b"transfer-encoding: chunked\r\n\r\n5;x=y\r\n"
            + BODY[:5]
            + b"\r\n%x\r\n" % (len(BODY) - 5)
            + BODY[5:]
            + b"\r\n0\r\ntrailer: 1\r\n\r\n",
            200,
            b'"text": "Done."',
        ),
        (HEAD + b"content-length: 3\r\n\r\n{]}", 400, b"no JSON object"),
        (HEAD + b"content-length: 2\r\n\r\n{}", 400, b"model: Field required"),
        (HEAD + b"content-length: x\r\n\r\n", 400, b"no number"),
        (HEAD + b"content-length: 99999999999\r\n\r\n", 413, b"maximum size"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\nxyz\r\n", 400, b"no number"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n-5\r\n", 413, b"maximum size"),
        (b"GET /v1/messages HTTP/1.1\r\nconnection: close\r\n\r\n", 405, b"takes POST"),
        (b"DELETE /v1/models/a HTTP/1.1\r\nconnection: close\r\n\r\n", 405, b"takes GET"),
        (b"GET /v2 HTTP/1.1\r\nconnection: close\r\n\r\n", 404, b"/v2 is not here"),
        (b"\x16\x03\x01 what is this\r\n\r\n", 400, b"Not a request"),
        (b"GET / HTTP/1.1\r\na: " + b"a" * 300_000 + b"\r\n\r\n", 431, b"too long"),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
async def test_each_request_gets_an_answer_in_the_shape_of_the_api(data, status, message):
    async with ScriptedServer([text("Done.")]) as server:
        answer = await raw(server, data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert message in body
    if status != 200:
        assert json.loads(body).keys() == {"type", "error", "request_id"}


async def test_a_request_that_breaks_off_is_none():
    async with ScriptedServer([]) as server:
        address = urlsplit(server.url)
        for data in (b"", b"POST /v1/mess", HEAD + b"content-length: 9\r\n\r\n{"):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.write(data)
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 10) == b""
            writer.close()
    assert server.requests == []


async def test_a_client_may_wait_for_the_go_ahead():
    async with ScriptedServer([text("Done.")]) as server:
        request = HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY
        assert (await raw(server, request)).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
