"""An endpoint: a route that bounds what it reads and whose errors have the documented form, also in an app that is not
ours and knows nothing of that form."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from escalation.api import errors
from escalation.api.answers import Lasting, answers_of, key_of
from escalation.api.errors import Failure
from escalation.api.schemas import MAX_BODY
from escalation.store.errors import StoreError
from escalation.workflow.service import ServiceError
from escalation.workflow.submission import BadSubmission

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Endpoint(APIRoute):
    """FastAPI's route, with its handler wrapped."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        return _told(_with_body(handle) if self.body_field else handle)


def _told(handle: Handler) -> Handler:
    """Errors become answers."""

    async def told(request: Request) -> Response:
        try:
            return await handle(request)
        except RequestValidationError as error:
            return await errors.invalid(request, error)
        except HTTPException as error:
            return await errors.refused(request, error)
        except BadSubmission as error:
            return errors.response(422, str(error))
        except (StoreError, ServiceError) as error:
            return errors.response(503, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log a place
            return await errors.broken(request, error)

    return told


def _with_body(handle: Handler) -> Handler:
    """The body is JSON, is read whole up to its limit, and is not even parsed where the answer is known."""

    async def with_body(request: Request) -> Response:
        _check_type(request)
        body = await _body(request)
        answers, key = answers_of(request.app), key_of(request, body)
        if (known := answers.get(key)) is not None:
            return Lasting(known)
        response = await handle(_again(request, body))
        if isinstance(response, Lasting):
            answers.keep(key, bytes(response.body))
        return response

    return with_body


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        raise Failure(415)


async def _body(request: Request) -> bytes:
    """The body. Raises Failure as soon as it is too large, without reading the rest."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise Failure(413, headers={"Connection": "close"})
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise Failure(413, headers={"Connection": "close"})
        chunks.append(chunk)
    return b"".join(chunks)


def _again(request: Request, body: bytes) -> Request:
    """The request, with its body still to be read."""
    unread = [body]

    async def receive() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await request.receive()

    return Request(request.scope, receive)
