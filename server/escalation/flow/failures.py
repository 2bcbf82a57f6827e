"""Failures: what went wrong with a call, said so that a person can act, and sorted so that the flow can.

The SDK shows a failure in several forms: its own errors, raw errors of the transport (a connection that breaks in
mid-stream), and errors with the status 200 (an overload in mid-stream).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import import_module

from escalation.flow.messages import FailureKind, ModelFailure, Usage

_LONGEST = 300
_ACCOUNT = re.compile(
    r"credit balance|insufficient (balance|credit|quota|funds)|usage limits?\b|spend(ing)? limit|recharge",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"\bmodel\b.{0,80}\b(not found|not exist|not a valid|unknown|not available|not supported|retired|deprecated)\b"
    r"|\b(invalid|unknown|unsupported|no such) model\b|access to (the )?model",
    re.IGNORECASE | re.DOTALL,
)
_KIND_OF_TYPE: Mapping[str, FailureKind] = {
    "authentication_error": "key",
    "permission_error": "key",
    "billing_error": "account",
    "invalid_request_error": "request",
    "request_too_large": "request",
    "not_found_error": "model",
}
_REDIRECTED = "{name} redirects elsewhere ({code}), which is not followed: set its base_url to where it is"
_SAID: Mapping[tuple[FailureKind, str], str] = {
    ("key", ""): "{name} does not take the key in {variable} ({code}): check it, or make a new one",
    ("account", ""): "{name} has no credit left for this account, or its limit is reached ({code}): see its console",
    ("model", ""): "{name} does not offer {model} ({code}){end}; `escalation models` tells what it offers",
    ("request", ""): "{name} does not take the request ({code})",
    ("request", "404"): "there is no Messages API at {url} ({code}): check the base_url of {name}",
    ("request", "413"): "the request is too large for {name} ({code}): name fewer files or lower flow.context_tokens",
    **{("request", code): _REDIRECTED for code in ("301", "302", "303", "307", "308")},
    ("transient", ""): "{name} failed ({code})",
    ("transient", "429"): "{name} limits the rate of requests ({code})",
    ("transient", "rate_limit_error"): "{name} limits the rate of requests ({code})",
    ("transient", "529"): "{name} is overloaded ({code})",
    ("transient", "overloaded_error"): "{name} is overloaded ({code})",
}
"""What is said of a failure: by its kind and the status or type of the error, else by its kind."""
_PASSING = (408, 409, 425, 429)
_UNIMPLEMENTED = (501, 505)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call went: what its failures name. `key` is named by no message; it is here to be masked."""

    endpoint: str
    base_url: str
    key_variable: str
    key: str = ""
    stall: float = 60.0

    def __repr__(self) -> str:
        return f"Place({self.endpoint!r}, {self.base_url!r})"


def failed(error: Exception, place: Place, model: str = "", usage: Usage | None = None) -> ModelFailure:
    """What an exception of the SDK or of its transport means. The result has no reference to it: it holds the request
    and its headers."""
    from anthropic import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        return _status(error, place, model, usage)
    cause = (
        error.__cause__ if isinstance(error, APIConnectionError) and isinstance(error.__cause__, Exception) else error
    )
    return _transport(cause, place, usage)


def unusable(place: Place) -> ModelFailure:
    """Nothing can be sent to the address of the endpoint, or by the proxy of the environment."""
    return ModelFailure(
        "request", f"{place.endpoint} cannot be asked at {place.base_url}: check its base_url and the proxy's variables"
    )


def no_api(place: Place) -> ModelFailure:
    """What answers there is something else."""
    return ModelFailure("request", _what("request", "404", place, "").replace("(404)", "(a web page)"))


def _transport(error: Exception, place: Place, usage: Usage | None) -> ModelFailure:
    import httpx2

    kind: FailureKind = "transient"
    if isinstance(error, UnicodeEncodeError):
        kind, said = "request", "the request holds characters that cannot be sent (lone surrogates)"
    elif isinstance(error, httpx2.ConnectTimeout):
        said = f"{place.endpoint} does not accept connections: is {place.base_url} the right address?"
    elif isinstance(error, httpx2.TimeoutException):
        said = f"{place.endpoint} stalled: nothing came for {place.stall:g} s"
    elif isinstance(error, httpx2.ConnectError):
        said = f"{place.endpoint} cannot be reached: check the network, and that {place.base_url} is the right address"
    elif isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError | ImportError):
        kind, said = (
            "request",
            f"{place.endpoint} cannot be asked: check its base_url, and the proxy in the environment",
        )
    elif isinstance(error, httpx2.HTTPError):
        said = f"the connection to {place.endpoint} broke"
    else:
        said = f"{place.endpoint} sent what is no answer of the Messages API"
    return ModelFailure(kind, said, usage=usage)


def _status(error: object, place: Place, model: str, usage: Usage | None) -> ModelFailure:
    from anthropic import APIStatusError

    assert isinstance(error, APIStatusError)
    status = error.status_code
    type_ = error.type if isinstance(error.type, str) else ""
    said = error.api_message if isinstance(error.api_message, str) else ""
    kind = _kind(status, type_, said)
    code = str(status) if status >= 300 else type_
    what = f"{_what(kind, code, place, model)}{_quoted(said, place.key)}"
    after = retry_after(error.response.headers) if kind == "transient" else None
    return ModelFailure(kind, what, retry_after=after, usage=usage)


def reported(error: Mapping[str, object], place: Place, model: str, usage: Usage) -> ModelFailure:
    """An error object that came as an event of a stream, without the SDK taking note."""
    type_, said = (found if isinstance(found := error.get(name), str) else "" for name in ("type", "message"))
    kind = _kind(200, type_, said)
    return ModelFailure(kind, f"{_what(kind, type_, place, model)}{_quoted(said, place.key)}", usage=usage)


def _kind(status: int, type_: str, said: str) -> FailureKind:
    if status == 402 or type_ == "billing_error" or _ACCOUNT.search(said):
        return "account"
    if status in _PASSING or (status >= 500 and status not in _UNIMPLEMENTED):
        return "transient"
    if type_ == "not_found_error" or (status >= 400 and _MODEL.search(said)):
        return "model"
    if status in (401, 403):
        return "key"
    if status >= 300:
        return "request"
    return _KIND_OF_TYPE.get(type_, "transient")


def _what(kind: FailureKind, code: str, place: Place, model: str) -> str:
    """What happened and what can be done."""
    said = _SAID.get((kind, code)) or _SAID[kind, ""]
    return said.format(
        name=place.endpoint,
        code=code or "in mid-stream",
        url=place.base_url,
        variable=place.key_variable or "use",
        model=model or "this model",
        end=_retired(model),
    )


def _quoted(said: str, key: str) -> str:
    """The endpoint's own message: one line, without the key or parts of it, cut."""
    line = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    if key:
        line = re.sub(r"[\w.-]{8,}", lambda m: "…" if m[0] in key else m[0], line.replace(key, "…"))
    return f"; it says: {line[:_LONGEST]}" if line else ""


def _retired(model: str) -> str:
    end = deprecated_models().get(model)
    if end is None:
        return ""
    return f": retired on {end}" if end <= datetime.now(UTC).date().isoformat() else f": to be retired on {end}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that the headers ask to wait: `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110,
    10.2.3). None if they say nothing that can be understood."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def deprecated_models() -> Mapping[str, str]:
    """The models of which the installed SDK knows that they end: model -> date (ISO 8601)."""
    known = getattr(import_module("anthropic.resources.messages.messages"), "DEPRECATED_MODELS", {})
    return {model: end for model, said in known.items() if (end := _iso(said))}


def _iso(said: str) -> str:
    """`November 30th, 2026` as a date."""
    plain = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", said)
    try:
        return datetime.strptime(plain, "%B %d, %Y").date().isoformat()
    except ValueError:
        return said if re.fullmatch(r"\d{4}-\d\d-\d\d", said) else ""
