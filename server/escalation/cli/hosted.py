"""Hosted: what commands ask of the host, and what it answers. It is started when somebody needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from time import sleep
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote

from escalation.cli.failure import Failure
from escalation.cli.visible import one_line

if TYPE_CHECKING:
    from escalation.flow.events import Event
    from escalation.host.client import Client

_PAUSE_SECONDS = 0.5
_TRIES = 5
"""How often a stream of events is taken up again without one more event."""


def host() -> Client:
    """The user's host, started if there is none. Raises Failure. Effect: says what is to be known of it."""
    from escalation.host.client import HostError
    from escalation.host.starting import ensure
    from escalation.settings.home import state

    try:
        client = ensure(state(), os.environ)
    except HostError as error:
        raise Failure(one_line(str(error))) from None
    if client.note:
        print(f"escalation: {one_line(client.note)}", file=sys.stderr)
    return client


def asked(client: Client, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    """What the API answers. Raises Failure with what it says of a request that it does not take."""
    from escalation.host.client import PREFIX

    return told(client, method, f"{PREFIX}{path}", body)


def told(client: Client, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    """The same of what is no part of the API, by its whole path."""
    from escalation.host.client import HostError

    try:
        answer = client.request(method, path, body)
    except HostError as error:
        raise Failure(one_line(str(error))) from None
    if answer.status == 404:
        raise Failure("there is no such run, or it was pruned: `escalation runs` lists them")
    if answer.status >= 400:
        raise Failure(one_line(answer.message))
    return answer.body


def quoted(id: str) -> str:
    """An id as a part of a path."""
    return quote(id, safe="")


def happening(id: str, connect: Callable[[], Client], after: str = "") -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The events of a workflow, each with its id, type and body, from after an id on until it has finished. Where the
    host goes away meanwhile, the next one is asked, from the same place on. Raises Failure."""
    from escalation.host.client import HostError

    last, tries, said = after, 0, "it tells nothing more"
    while tries < _TRIES:
        try:
            for last, type, body in connect().events(id, last):  # noqa: B020 - that is where to go on
                tries = 0
                yield last, type, body
                if ended(type, body):
                    return
        except HostError as error:
            said = str(error)
        tries += 1
        sleep(_PAUSE_SECONDS)
    raise Failure(one_line(f"{said}; `escalation runs {id}` shows how it stands"))


def ended(type: str, body: Mapping[str, Any]) -> bool:
    """Whether an event says that a workflow has finished."""
    from escalation.store.records import FINISHED

    return type == "state" and body.get("state") in FINISHED


def event_of(type: str, body: Mapping[str, Any]) -> Event | None:
    """An event of the flow from what `flow.events.record` made of it. None for what is none, or of another version."""
    import msgspec

    from escalation.flow.events import Event, StreamEnd

    kinds = {kind.type: kind for kind in get_args(Event)}
    kind = kinds.get(type)
    if kind is None:
        return None
    if kind is StreamEnd:
        body = {**body, "result": _result(str(body.get("diff", "")))}
    try:
        found: Event = msgspec.convert(body, kind)
    except msgspec.ValidationError:
        return None
    return found


def _result(diff: str) -> dict[str, object]:
    """A result that is only known by its diff: its texts do not leave the host with the events."""
    from escalation.cli.preview import heads
    from escalation.text.snapshot import Snapshot

    return {"base": Snapshot(), "snapshot": Snapshot(), "changed": heads(diff)}
