"""Errors: the one form that every answer of 400 and above has, and what each status means.

A message says what to do. It never repeats what was sent: a body may hold source text and secrets.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from escalation.api.schemas import MAX_BODY, Error
from escalation.store.records import FINISHED

_log = logging.getLogger(__name__)

MEANINGS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The body is no JSON in UTF-8. Send one JSON object, encoded as UTF-8."),
    401: ("unauthorized", "The token is missing or wrong. Send `Authorization: Bearer TOKEN`."),
    403: ("forbidden", "It came by a name, or from a page, that is not this host's own. Use the host's address."),
    404: ("not_found", "There is nothing here. Look at the list of paths in the documentation."),
    405: ("method_not_allowed", "This path takes another method; the header `Allow` names it."),
    409: ("finished", "The workflow has ended; nothing can be cancelled any more."),
    413: ("too_large", f"The body is over {MAX_BODY // 1024 // 1024} MB. Send fewer files, or `workspace_root`."),
    415: ("unsupported_media_type", "The body must be JSON: send `Content-Type: application/json`."),
    422: ("invalid", "A field is missing or wrong; the message names it."),
    500: ("internal", "The host met an error of its own; its log says where. Try again, and report it if it stays."),
    503: ("unavailable", "The database cannot be reached. Try again later."),
}  # fmt: skip
"""For each status its code, and what is said where nothing better is known."""


class Failure(HTTPException):
    """An answer of 400 and above, with a message of its own."""

    def __init__(
        self, status: int, message: str = "", code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, message or MEANINGS[status][1], headers)
        self.code = code or MEANINGS[status][0]


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses as OpenAPI documents them."""
    return {status: {"model": Error, **_documented(status)} for status in statuses}


def documented_beside_a_stream(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for an endpoint that streams: FastAPI would have its errors be streams, too."""
    described: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        described[status] = _documented(status)
        described[status]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Error"}
    return described


def _documented(status: int) -> dict[str, Any]:
    code, message = MEANINGS[status]
    described: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}. {message}",
        "content": {"application/json": {"example": {"error": {"code": code, "message": message}}}},
    }
    if status == 401:
        described["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "`Bearer`"}}
    if status == 405:
        described["headers"] = {"Allow": {"schema": {"type": "string"}, "description": "What this path takes."}}
    return described


def response(status: int, message: str = "", code: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """An answer in the form of errors."""
    known, usual = MEANINGS.get(status, ("error", HTTPStatus(status).phrase))
    body = msgspec.json.encode({"error": {"code": code or known, "message": message or usual}})
    return Response(body, status, dict(headers or {}), "application/json")


async def refused(_: Request, error: Exception) -> Response:
    """The answer to an HTTPException: ours, or one of the framework's, whose words say less than ours."""
    assert isinstance(error, HTTPException)
    if isinstance(error, Failure):
        return response(error.status_code, error.detail, error.code, error.headers)
    return response(error.status_code, headers=error.headers)


async def invalid(_: Request, error: Exception) -> Response:
    """The answer to a request that does not fit its schema: which fields, why, and nothing of their values."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    if any(one["type"] == "json_invalid" for one in errors):
        return response(400)
    said = [f"{_place(one['loc'])}: {_said(one)}" for one in errors[:_MOST_TOLD]]
    more = [f"and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
    return response(422, "; ".join([*said, *more]) + ". Mend these fields and send it again.")


_MOST_TOLD = 5
_OWN_KEYS = frozenset({"file_contents", "current_files", "base_contents", "metadata"})


def _place(location: tuple[int | str, ...]) -> str:
    """The field, without what the client chose to call things: names of files, of metadata, of unknown fields."""
    parts = [str(part) for part in location if part not in ("body", "query", "path", "header")]
    own = next((index for index, part in enumerate(parts) if part in _OWN_KEYS), None)
    shown = parts if own is None else parts[: own + 1]
    return "`" + ".".join(part[:60] for part in shown) + "`" if shown else "the body"


def _said(error: Mapping[str, Any]) -> str:
    """Pydantic's words; but for unions and patterns they would confuse, and those of our own validators."""
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field"
        case "value_error":
            return str(error["ctx"]["error"])
        case "string_pattern_mismatch":
            return "has a character that cannot be here"
        case "string_unicode":
            return "has half of a surrogate pair"
        case _:
            return str(error["msg"])


async def broken(_: Request, error: Exception) -> Response:
    """The answer to an error of ours. The log says where it was raised; its message could hold what was sent."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("a request failed with %s:\n%s", type(error).__name__, where)
    return response(500)


def ended(state: str) -> Failure:
    """A workflow that cannot be cancelled any more."""
    assert state in FINISHED
    return Failure(409, f"The workflow has ended already ({state}); nothing is to be cancelled.")
