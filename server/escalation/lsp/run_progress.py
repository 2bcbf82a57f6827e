"""The progress of a run, for the editor's own display (LSP 3.17, "Work Done Progress")."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from escalation.lsp.hosted import Event
from escalation.lsp.runs import Run
from escalation.lsp.session import Session


class RunProgress:
    """One display, on the token of the client's request or on one of ours; silent where the client shows none."""

    def __init__(self, session: Session, token: types.ProgressToken | None) -> None:
        self._server, self._protocol = session.server, session.server.protocol
        self._token, self._ours = token, token is None
        self._shows = token is not None or session.capabilities.work_done_progress

    async def begin(self, title: str) -> None:
        """Effect: the display is there, and cancelling it cancels the task that calls this."""
        if not self._shows:
            return
        if self._ours:
            self._token = f"escalation-{uuid4().hex}"
            try:
                await self._server.window_work_done_progress_create_async(
                    types.WorkDoneProgressCreateParams(self._token)
                )
            except JsonRpcException:  # the client does without
                self._shows = False
                return
            if (task := asyncio.current_task()) is not None:
                self._protocol.tasks[self._token_of()] = task
        self._tell(types.WorkDoneProgressBegin(title=title, cancellable=True, message="starting"))

    def report(self, run: Run, event: Event) -> None:
        """Effect: the display says what an event tells."""
        if self._shows and (said := " · ".join(_said(run, event))):
            self._tell(types.WorkDoneProgressReport(cancellable=True, message=said))

    def end(self, message: str) -> None:
        """Effect: the display is gone."""
        if self._shows:
            self._tell(types.WorkDoneProgressEnd(message=message))
        if self._ours and self._token is not None:
            self._protocol.tasks.pop(self._token, None)

    def _tell(self, value: Any) -> None:  # noqa: ANN401 - one of three
        with suppress(OSError):
            self._server.progress(types.ProgressParams(self._token_of(), value))

    def _token_of(self) -> types.ProgressToken:
        assert self._token is not None
        return self._token


def _said(run: Run, event: Event) -> Iterator[str]:
    _, type, body = event
    match type:
        case "tier.start":
            yield f"{body['tier']} works ({body['model']})"
        case "meta.escalation":
            yield f"{body['from_tier']} → {body['to_tier']}: {body['reason']}"
        case "meta.retry":
            yield f"{body['tier']} is asked again in {body['seconds']:.0f} s"
        case "meta.fallback":
            yield f"{body['to_model']} takes over"
        case "meta.verification" if body["state"] == "running":
            yield "the result is checked"
        case "tool_call":
            yield f"{body['tier']}: {body['summary']}"
        case "tier.end":
            yield f"{body['tier']} is done"
        case _:
            return
    if run.cost is not None:
        yield f"{run.cost:.2f} USD"
