"""Security: who may ask, from where, and what a browser may do with the answer.

The host listens on this machine, where every web page of a browser can send requests to it. Hence three checks, before
anything is read: the name in the `Host` header is one of ours (that of a page whose name was
made to resolve to this machine is not: DNS rebinding), a browser's request comes from a page of ours (`Origin`,
`Sec-Fetch-Site`), and whoever asks has the token: as a bearer, or as the cookie that the dashboard was opened with.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b
from hmac import compare_digest
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from escalation.api import errors

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_RAW_UNKEPT = [*_RAW, (b"cache-control", b"no-store")]
_SAFE_SITES = ("", "same-origin", "none")
"""`Sec-Fetch-Site` of a request from a page of ours, or that the user typed; empty from what is no browser."""


class Door:
    """ASGI middleware: lets in who may, and puts the headers on every answer. `hosts` are the names that
    requests may call this one by, without a port; `*` stands for any, where others reach it by names that it cannot
    know. `public` are paths that need no token."""

    def __init__(
        self, app: ASGIApp, *, token: str, hosts: Collection[str] = LOOPBACK, public: Collection[str] = ()
    ) -> None:
        if not token:
            raise ValueError("the token is empty: everybody would be let in")
        self._app = app
        self._token = token.encode()
        self._session = blake2b(self._token, person=b"dashboard", digest_size=32).hexdigest()
        self._hosts = frozenset(host.lower() for host in hosts)
        self._public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self._app
            await answer(scope, receive, _with_headers(scope, send))
        else:  # there are no web sockets here
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is not let in, or where it is sent; None lets it in."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._ours(hosts[0]):
            return errors.response(403, code="host_refused")
        if not _same_origin(headers, hosts[0]):
            return errors.response(403, code="origin_refused")
        if scope["path"] == "/" and scope["method"] == "GET" and scope["query_string"]:
            return self._opened(scope, hosts[0])
        if scope["path"] in self._public or _static(scope["path"]) or self._known(headers, hosts[0]):
            return None
        return errors.response(401, headers={"WWW-Authenticate": "Bearer"})

    def _ours(self, host: str) -> bool:
        return "*" in self._hosts or _name(host.lower()) in self._hosts

    def _known(self, headers: Headers, host: str) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return compare_digest(token.strip().encode("utf-8", "replace"), self._token)
        session = cookie_parser(headers.get("cookie", "")).get(_cookie(host), "")
        return compare_digest(session.encode("utf-8", "replace"), self._session.encode())

    def _opened(self, scope: Scope, host: str) -> Response | None:
        """`/?token=…` opens the dashboard: the token becomes a cookie and leaves the address."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not given:
            return None
        if not compare_digest(given.encode("utf-8", "replace"), self._token):
            return errors.response(401, headers={"WWW-Authenticate": "Bearer"})
        response = RedirectResponse(scope.get("root_path", "") + "/", 303)
        response.set_cookie(_cookie(host), self._session, httponly=True, samesite="strict", secure=_secure(scope))
        response.headers["Cache-Control"] = "no-store"
        return response


def _with_headers(scope: Scope, send: Send) -> Send:
    """What is sent, with our headers."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            names = {name for name, _ in given}
            ours = _RAW if _static(scope["path"]) else _RAW_UNKEPT
            message = {**message, "headers": [*given, *(pair for pair in ours if pair[0] not in names)]}
        await send(message)

    return sent


def _name(host: str) -> str:
    """The name in a `Host` header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether no other page made a browser send this."""
    origins = headers.getlist("origin")
    if headers.get("sec-fetch-site", "") not in _SAFE_SITES or len(origins) > 1:
        return False
    return not origins or origins[0].lower().partition("://")[2] == host.lower()


def _static(path: str) -> bool:
    """The dashboard's page and its files, which hold nobody's data."""
    return path == "/" or path.startswith("/static/")


def _cookie(host: str) -> str:
    """Cookies are shared by all ports of a machine: each host has one of its own."""
    return f"escalation-{host.rpartition(':')[2]}" if host[-1:].isdigit() else "escalation"


def _secure(scope: Scope) -> bool:
    return bool(scope.get("scheme") == "https")
