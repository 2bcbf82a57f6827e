"""Events as they are sent: server-sent events, whose ids are those of `Progress`, so that whoever was cut off goes on
after the last one he has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from fastapi.sse import ServerSentEvent

if TYPE_CHECKING:
    from escalation.workflow.following import Progress

ID = r"^[0-9]{1,9}(\.[0-9]{1,9})?$"
"""The ids of `Progress`."""
EXAMPLE = (
    'event: state\ndata: {"state": "executing", "reason": "L3 works"}\nid: 4\n\n'
    'event: text.delta\ndata: {"tier": "L3", "text": "I lock"}\nid: 4.1\n\n'
    ": ping\n\n"
    'event: state\ndata: {"state": "completed", "reason": "success"}\nid: 9\n\n'
)


def sent(progress: Progress) -> ServerSentEvent:
    """A piece of news as it goes out."""
    body = msgspec.json.encode(progress.body).decode()
    return ServerSentEvent(id=progress.id, event=progress.type, raw_data=body)
