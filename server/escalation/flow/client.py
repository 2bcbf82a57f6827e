"""The client: one endpoint that speaks the Messages API, asked through the `anthropic` SDK.

The SDK sends and frames; what is sent and what is made of the answer stands here, on the plain JSON, so that a block
goes back exactly as it came. A call is tried once: who retries must know the time and the money that are left.
Nothing of the environment but the proxies has a say: no `ANTHROPIC_*` variable redirects a call or adds to it.
Importing the SDK takes a second, so it happens in a thread when it is first needed, or in `warm`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, cast, get_args
from urllib.parse import quote

import msgspec

from escalation.flow.failures import Place, failed, no_api, reported, unusable
from escalation.flow.messages import Answer, Block, Message, ModelFailure, OfferedModel, Request, StopReason, Usage
from escalation.settings.endpoints import without_key
from escalation.settings.schema import Endpoint

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

UNPARSED = "unparsed_json"
"""The one key of a tool call's input whose JSON is no object: what the model wrote stands under it."""

_CONNECT_SECONDS = 10.0
_DRAIN_SECONDS = 0.2
"""How long the end of a response is waited for after its last event, so that the connection can be used again."""
_MOST_PAGES = 20
_MISSING = (404, 405, 501)
_EPHEMERAL: Block = {"type": "ephemeral"}


def warm() -> None:
    """Imports the SDK; for a thread, while something else is done."""
    import anthropic  # noqa: F401

    for name in ("anthropic", "httpx2", "httpcore2"):  # ANTHROPIC_LOG=debug would log whole requests
        logging.getLogger(name).setLevel(logging.WARNING)


def client(endpoint: Endpoint, name: str, key: str, base_url: str, stall: float) -> Client:
    """An endpoint to be asked. `stall` are the seconds without a byte after which a connection counts as stalled.
    Raises ModelFailure if there is no key, none that could be one, or no address."""
    variable = endpoint.key_variable
    if not base_url:
        raise ModelFailure("request", f"nobody said where {name} is: set base_url under [endpoints.{name}]")
    if not key:
        raise ModelFailure("key", f"there is no key for {name}: {without_key(name, variable)}")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ModelFailure("key", f"the key in {variable} holds characters no key has: was more pasted than the key?")
    return Client(endpoint, Place(name, base_url, variable, key, stall))


class Client:
    """One endpoint; implements `flow.messages.Provider`. Close it, or use it with `async with`."""

    def __init__(self, endpoint: Endpoint, place: Place) -> None:
        self._endpoint = endpoint
        self._place = place
        self._slots = asyncio.Semaphore(endpoint.concurrency)
        self._opening = asyncio.Lock()
        self._sdk: AsyncAnthropic | None = None

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Effect: closes the connections."""
        sdk, self._sdk = self._sdk, None
        if sdk is not None:
            await sdk.close()

    async def answer(self, request: Request, on_text: Callable[[str], None], on_content: Callable[[], None]) -> Answer:
        """One call, tried once; see `Provider`. Waits while as many are under way as the endpoint takes."""
        arriving = Arriving()
        async with self._slots, aclosing(self._pieces(request, arriving)) as pieces:
            async for piece in pieces:
                if not arriving.told:
                    arriving.told = True
                    on_content()
                if piece:
                    on_text(piece)
        return self._whole(arriving)

    async def count(self, request: Request) -> int | None:
        """See `Provider`."""
        if not self._endpoint.count_tokens:
            return None
        whole = body(request, self._endpoint)
        asked = {name: whole[name] for name in ("model", "system", "messages", "tools") if name in whole}
        found = await self._asked("/v1/messages/count_tokens", request.model, asked)
        tokens = found.get("input_tokens") if found else None
        return tokens if isinstance(tokens, int) else None

    async def models(self) -> Sequence[OfferedModel] | None:
        """See `Provider`. Lists in the form of OpenAI's, which some gateways have, are understood, too."""
        if not self._endpoint.list_models:
            return None
        offered: list[OfferedModel] = []
        path = "/v1/models?limit=1000"
        for _ in range(_MOST_PAGES):
            page = await self._asked(path)
            if page is None:
                return None
            rows = page.get("data")
            offered += [_offered(row) for row in rows if _has_id(row)] if isinstance(rows, list) else []
            last = page.get("last_id")
            if not page.get("has_more") or not isinstance(last, str):
                break
            path = f"/v1/models?limit=1000&after_id={quote(last, safe='')}"
        return tuple(offered)

    async def _pieces(self, request: Request, arriving: Arriving) -> AsyncGenerator[str]:
        """The text of each piece of content as it arrives; empty for thinking and the input of tools."""
        sdk = await self._opened()
        from anthropic import AsyncStream

        failure = None
        try:
            async with await sdk.post(
                "/v1/messages",
                body={**body(request, self._endpoint), "stream": True},
                cast_to=object,
                stream=True,
                stream_cls=AsyncStream[object],
            ) as stream:
                if stream.response.headers.get("content-type", "").startswith("text/html"):
                    raise no_api(self._place)
                events = aiter(stream)
                async for event in events:
                    piece = arriving.take(event)
                    if arriving.ended:
                        await _drained(events)
                        break
                    if piece is not None:
                        yield piece
        except _errors() as error:
            failure = failed(error, self._place, request.model, arriving.usage)
        if failure is not None:  # raised here, it has no reference to the error, which holds the request
            raise failure

    def _whole(self, arriving: Arriving) -> Answer:
        """The answer, if it came to its end. Raises ModelFailure."""
        name, usage, stop = self._place.endpoint, arriving.usage, arriving.stop_reason
        if arriving.error is not None:
            raise reported(arriving.error, self._place, arriving.model, usage)
        if not arriving.ended or stop is None:
            raise ModelFailure("transient", f"{name} ended its answer half-way", usage=usage)
        if stop == "refusal":
            raise ModelFailure("refusal", f"the model at {name} declined to do this", usage=usage)
        if stop == "stop_sequence":
            stop = "end_turn"
        if stop not in get_args(StopReason):
            raise ModelFailure("transient", f"{name} stopped for a reason that is not known", usage=usage)
        return Answer(arriving.blocks(), cast(StopReason, stop), usage, arriving.model)

    async def _asked(self, path: str, model: str = "", sent: object = None) -> Mapping[str, Any] | None:
        """The answer to a plain request, a GET unless something is `sent`; None where there is nothing at the path.
        Raises ModelFailure."""
        sdk = await self._opened()
        from anthropic import APIStatusError

        failure = None
        try:
            async with self._slots:
                asked = sdk.get(path, cast_to=object) if sent is None else sdk.post(path, cast_to=object, body=sent)
                found = await asked
        except APIStatusError as error:
            if error.status_code in _MISSING and not (model and error.type == "not_found_error"):
                return None
            failure = failed(error, self._place, model)
        except _errors() as error:
            failure = failed(error, self._place, model)
        if failure is not None:
            raise failure
        if not isinstance(found, dict):
            raise failed(ValueError(), self._place)
        return found

    async def _opened(self) -> AsyncAnthropic:
        async with self._opening:
            if self._sdk is None:
                self._sdk = await asyncio.to_thread(_connected, self._endpoint, self._place)
            return self._sdk


def _connected(endpoint: Endpoint, place: Place) -> AsyncAnthropic:
    """The SDK's client, which has no connection yet. Raises ModelFailure."""
    warm()
    import httpx2
    from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

    headers: dict[str, str] = {}
    credential = {"api_key": place.key}
    if endpoint.protocol == "2023-06-01":
        headers = {"anthropic-version": "2023-06-01", "x-api-key": place.key}
        credential = {"auth_token": place.key}
    timeout = httpx2.Timeout(place.stall, connect=min(_CONNECT_SECONDS, place.stall))
    try:
        http = DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False)  # a redirect would take the key along
        sdk = AsyncAnthropic(
            **credential,  # type: ignore[arg-type]  # one of two names
            base_url=place.base_url,
            max_retries=0,
            timeout=timeout,
            default_headers=headers,
            open_telemetry=False,
            http_client=http,
        )
    except (ImportError, ValueError, httpx2.InvalidURL):  # a proxy or an address that cannot be used
        raise unusable(place) from None
    sdk._custom_headers = headers  # it has added those of ANTHROPIC_CUSTOM_HEADERS, for which there is no switch
    return sdk


def _errors() -> tuple[type[Exception], ...]:
    """What the SDK is known to raise for a call: its own errors, raw ones of the transport, and ValueError for what is
    no JSON or no text."""
    import httpx2
    from anthropic import AnthropicError

    return AnthropicError, httpx2.HTTPError, httpx2.InvalidURL, ValueError


async def _drained(events: AsyncIterator[object]) -> None:
    """Reads the end of a response whose last event has come; what goes wrong there harms no answer."""
    with suppress(TimeoutError, *_errors()):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in events:
                pass


# ---- what is sent


def body(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """The request as the Messages API has it. At most four cache breakpoints: the two system blocks, and the ends of
    the last two turns of the user, for an entry of the cache is only found again near a breakpoint."""
    mark = {"cache_control": _EPHEMERAL} if endpoint.cache_control else {}
    turns = [number for number, message in enumerate(request.messages) if message.role == "user"][-2:]
    sent: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "system": [{"type": "text", "text": text, **mark} for text in request.system if text],
        "messages": [_message(message, mark if n in turns else {}) for n, message in enumerate(request.messages)],
    }
    if request.tools:
        sent["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            for tool in request.tools
        ]
    if endpoint.temperature:
        sent["temperature"] = 0
    return sent


def _message(message: Message, mark: Mapping[str, object]) -> dict[str, Any]:
    """Blocks of blank text, which models do produce, are refused when they are sent back."""
    content = [block for block in message.content if block.get("type") != "text" or str(block.get("text", "")).strip()]
    if content:
        content[-1] = {**content[-1], **mark}
    return {"role": message.role, "content": content}


# ---- what arrives


class Arriving:
    """An answer while it arrives, from the events of its stream."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.model = ""
        self.stop_reason: str | None = None
        self.ended = False
        self.told = False
        self.error: Mapping[str, object] | None = None
        self._blocks: dict[int, dict[str, Any]] = {}
        self._parts: dict[tuple[int, str], list[str]] = {}

    def take(self, event: object) -> str | None:
        """Takes an event in. The text it brings, empty for other content, None for no content. Raises ValueError if it
        is none of the protocol's; one of an unknown type does nothing, as the protocol wants it."""
        try:
            return self._take(cast("dict[str, Any]", event))
        except (KeyError, TypeError, AttributeError):
            raise ValueError("not an event of the Messages API") from None

    def _take(self, event: Mapping[str, Any]) -> str | None:
        match event["type"]:
            case "message_start":
                self.model = str(event["message"].get("model", ""))
                self._count(event["message"].get("usage"))
            case "content_block_start":
                return self._begin(event["index"], event["content_block"])
            case "content_block_delta":
                return self._add(event["index"], event["delta"])
            case "message_delta":
                self.stop_reason = event["delta"].get("stop_reason") or self.stop_reason
                self._count(event.get("usage"))
            case "message_stop":
                self.ended = True
            case "error":
                self.error, self.ended = dict(event["error"]), True
        return None

    def _begin(self, index: int, block: Mapping[str, Any]) -> str | None:
        self._blocks[index] = dict(block)
        if block["type"] == "text":
            return _sound(block["text"]) or None
        return None if block["type"] == "thinking" else ""

    def _add(self, index: int, delta: Mapping[str, Any]) -> str:
        name = _GROWS.get(delta["type"])
        if name == "citations":
            block = self._blocks[index]
            block[name] = [*(block.get(name) or ()), delta["citation"]]
        elif name is not None:
            piece = delta[name]
            self._parts.setdefault((index, name), []).append(piece + "")
            return _sound(piece) if name == "text" else ""
        return ""

    def _count(self, usage: Mapping[str, Any] | None) -> None:
        """The figures are cumulative, and an endpoint may tell one at the start, at the end, or both times."""
        told = usage or {}
        before = self.usage
        self.usage = Usage(
            max(before.input_tokens, told.get("input_tokens") or 0),
            max(before.output_tokens, told.get("output_tokens") or 0),
            max(before.cache_read, told.get("cache_read_input_tokens") or 0),
            max(before.cache_creation, told.get("cache_creation_input_tokens") or 0),
        )

    def blocks(self) -> tuple[Block, ...]:
        """The blocks, whole: what their deltas brought is joined to what they began with."""
        for (index, name), parts in self._parts.items():
            block, joined = self._blocks[index], "".join(parts)
            if name == "partial_json":
                block["input"] = _input(joined) if joined else block.get("input", {})
            elif name == "signature":
                block[name] = joined
            else:
                block[name] = _sound(block.get(name, "") + joined)
        return tuple(self._blocks[index] for index in sorted(self._blocks))


_GROWS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
    "citations_delta": "citations",
}


def _input(text: str) -> dict[str, Any]:
    """The input of a tool call; text that is no object of JSON stands under UNPARSED."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {UNPARSED: text}


def _sound(text: str) -> str:
    """The text without lone surrogates, which could not be sent back; pairs that were cut in two are joined."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _has_id(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str)


def _offered(row: Mapping[str, Any]) -> OfferedModel:
    lifecycle, retires = row.get("lifecycle"), row.get("retires_at")
    return OfferedModel(
        id=row["id"],
        name=str(row.get("display_name") or ""),
        lifecycle=lifecycle if lifecycle in ("active", "deprecated", "retired") else "unknown",
        retires=retires[:10] if isinstance(retires, str) else "",
        max_input_tokens=_count(row.get("max_input_tokens")),
        max_output_tokens=_count(row.get("max_tokens")),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
