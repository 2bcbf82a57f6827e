"""A run of the flow in a test: through the real SDK, against a server that speaks the real protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from escalation.decision.prices import Rate
from escalation.flow.client import client
from escalation.flow.engine import Engine, Job, Model
from escalation.flow.events import Event, StreamEnd
from escalation.flow.process import process_message
from escalation.scripted.request import Request
from escalation.scripted.script import Call, Reply, Script
from escalation.scripted.script import tool as _tool
from escalation.scripted.server import ScriptedServer
from escalation.settings.endpoints import presets
from escalation.settings.schema import FlowSettings
from escalation.syntax.language import language_of_path
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

L3, L4, FALLBACK = "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"
SONNET = Rate(input=2.0, written=2.5, read=0.2, output=10.0)
OPUS = Rate(input=4.0, written=5.0, read=0.4, output=20.0)
KEY = "canary-of-no-known-shape-canary"  # so that only what knows it can mask it
APP = "def greet(name):\n    return 'Hello ' + name\n\n\ndef part(name):\n    return 'Bye ' + name\n"


class Day:
    """A day's ledger in memory."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}

    def reserve(self, usd: float, ceiling: float) -> str | None:
        if sum(self.sums.values()) + usd > ceiling:
            return None
        self.sums[name := str(len(self.sums))] = usd
        return name

    def settle(self, reservation: str, usd: float) -> None:
        self.sums[reservation] = usd


def document(path: str, text: str) -> Document:
    language = language_of_path(path)
    return Document.of(text, language=language.id if language else "")


def snapshot(files: Mapping[str, str]) -> Snapshot:
    return Snapshot({path: document(path, text) for path, text in files.items()})


def texts(found: Mapping[str, Document]) -> dict[str, str]:
    return {path: item.text for path, item in found.items()}


def update(entity: str, text: str, words: str = "", **fields: Any) -> Reply:
    return _tool("mutate_entity", {"action": "update", "entity": entity, "text": text}, words, **fields)


def create(entity: str, text: str, words: str = "", **fields: Any) -> Reply:
    return _tool("mutate_entity", {"action": "create", "entity": entity, "text": text}, words, **fields)


def voice(text: str, **fields: Any) -> Reply:
    return _tool("voice", {"text": text}, **fields)


def call(name: str, **input: object) -> Call:
    return Call(name, input)


@dataclass
class Ran:
    """What came of a run."""

    events: list[Event]
    requests: Sequence[Request]
    day: Day = field(default_factory=Day)

    @property
    def end(self) -> StreamEnd:
        assert isinstance(self.events[-1], StreamEnd)
        return self.events[-1]

    @property
    def models(self) -> list[str]:
        """The models of the requests, in their order."""
        return [request.model for request in self.requests if request.path.startswith("/v1/messages")]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self, number: int) -> str:
        """All that a request held."""
        return json.dumps(self.requests[number].body, ensure_ascii=False)


@asynccontextmanager
async def engine_for(
    script: Script,
    *,
    fallback: str = FALLBACK,
    stall: float = 5.0,
    **fields: Any,
) -> AsyncIterator[tuple[Engine, ScriptedServer]]:
    """An engine whose models are all at one scripted server. `fields` are those of Engine."""
    settings = fields.pop("settings", FlowSettings())
    async with (
        ScriptedServer(script) as server,
        client(presets()["anthropic"], "anthropic", KEY, server.url, stall) as provider,
    ):

        def model(name: str, rate: Rate) -> Model:
            return Model(name, "anthropic", provider, rate)

        yield (
            Engine(
                tiers={"L3": model(L3, SONNET), "L4": model(L4, OPUS)},
                fallback=model(fallback, SONNET),
                ledger=fields.pop("ledger", Day()),
                settings=settings,
                keys=(KEY,),
                first_backoff=fields.pop("first_backoff", 0.01),
                **fields,
            ),
            server,
        )


async def run(
    script: Script,
    files: Mapping[str, str] | None = None,
    task: str = "Make greet polite.",
    *,
    job: Callable[[Job], Job] = lambda job: job,
    **fields: Any,
) -> Ran:
    """A run from its start to its end."""
    async with engine_for(script, **fields) as (engine, server):
        asked = job(Job(task, snapshot({"app.py": APP} if files is None else files)))
        events = [event async for event in process_message(asked, engine)]
        await until(lambda: all(request.closed_at is not None for request in server.requests))
        return Ran(events, list(server.requests), engine.ledger)  # type: ignore[arg-type]


async def until(ready: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits for something that is about to happen."""
    async with asyncio.timeout(seconds):
        while not ready():
            await asyncio.sleep(0.005)


def requested(route: str) -> Callable[[Job], Job]:
    return lambda job: replace(job, requested=route)  # type: ignore[arg-type]
