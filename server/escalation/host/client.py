"""A client of the host: HTTP on the loopback address, with the standard library alone, for it loads in the editor's
language server, too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

PREFIX = "/v1/escalation"
"""Where the API is."""
_SILENCE_SECONDS = 60.0
"""The host says something on a stream of events every 15 seconds."""


class HostError(Exception):
    """The host cannot be had; the message says why and what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the host said: a status, and JSON (None where there is no body)."""

    status: int
    body: Any

    @property
    def message(self) -> str:
        """What an answer that is no success says of itself."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        return message if isinstance(message, str) else f"the host answers with status {self.status}"


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks to one host. It may be used by several threads: each request has its own connection."""

    base: str
    """`http://127.0.0.1:8420`"""
    token: str = field(repr=False)
    note: str = ""
    """What its user should be told of this host; empty if there is nothing."""

    def request(self, method: str, path: str, body: Any = None, timeout: float = 30.0) -> Answer:  # noqa: ANN401 - JSON
        """One request and its answer. `timeout` are seconds without a byte. Raises HostError."""
        data = None if body is None else json.dumps(body).encode()
        with closing(self._connection(timeout)) as connection:
            response = self._sent(connection, method, path, data, {"Accept": "application/json"})
            try:
                text = response.read()
            except (OSError, HTTPException) as error:
                raise _broken(self.base, error) from None
        return Answer(response.status, _json(text, self.base))

    def events(self, id: str, after: str = "") -> Iterator[tuple[str, str, Any]]:
        """The events of a workflow after the one named, as they happen: id, type, body. Ends when the host ends the
        stream, which may be before the workflow does. Raises HostError."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
        with closing(self._connection(_SILENCE_SECONDS)) as connection:
            response = self._sent(connection, "GET", f"{PREFIX}/events/{quote(id, safe='')}", None, headers)
            try:
                if response.status != 200:
                    raise HostError(Answer(response.status, _json(response.read(), self.base)).message)
                yield from _events(response)
            except (OSError, HTTPException) as error:
                raise _broken(self.base, error) from None

    def _connection(self, timeout: float) -> HTTPConnection:
        parts = urlsplit(self.base)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=timeout)

    def _sent(
        self, connection: HTTPConnection, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> HTTPResponse:
        """Sends a request. Raises HostError."""
        known = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, data, {**known, **headers})
            response = connection.getresponse()
        except (OSError, HTTPException) as error:
            raise _broken(self.base, error) from None
        if response.status == 401:
            raise HostError(f"the host at {self.base} does not take this token: start again, `escalation host status`")
        return response


def _events(lines: HTTPResponse) -> Iterator[tuple[str, str, Any]]:
    """Server-sent events; what is cut off before its blank line is none."""
    id, type, data = "", "message", list[str]()
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line:
            if name == "data":
                data.append(value)
            elif name == "event":
                type = value
            elif name == "id":
                id = value
        else:
            if data:
                yield id, type, json.loads("\n".join(data))
            type, data = "message", []


def _json(text: bytes, base: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text) if text else None
    except ValueError:
        raise HostError(f"what answers at {base} is no host of opus-escalation: `escalation host status`") from None


def _broken(base: str, error: Exception) -> HostError:
    why = "does not answer in time" if isinstance(error, TimeoutError) else "cannot be reached, or went away"
    return HostError(
        f"the host at {base} {why}: try again; `escalation host status` and `escalation host logs` say more"
    )
