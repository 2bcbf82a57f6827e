"""What the flow itself costs: a whole two-pass run against the same requests sent by the bare SDK.

A scripted server answers at once, so what is left is our own work: masking, context, prompts, tool calls, the diff, the
verification. The peer is the SDK alone, which sends the very bodies that the run sent, and reads the answers to their
end. The snapshot is 20 files of 2,000 lines, modules of SymPy; each pass changes one function.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter

import anthropic
import msgspec

from bench.corpus import Corpus, text_of
from bench.peers import Peers
from bench.table import Row
from escalation.decision.prices import Rate
from escalation.flow.client import client
from escalation.flow.context import Focus
from escalation.flow.engine import Engine, Job, Model
from escalation.flow.events import Event, TextDelta
from escalation.flow.messages import Answer, Provider, Request
from escalation.flow.process import process_message
from escalation.scripted.script import text, tool
from escalation.scripted.server import ScriptedServer
from escalation.settings.endpoints import presets
from escalation.settings.schema import FlowSettings
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

PART = "flow"
FILES, LINES, PASSES = 20, 2_000, 3
RATE = Rate(input=2.0, written=2.5, read=0.2, output=10.0)
MARK = "def function_of_the_bench(value):\n    return value + {}\n"


class Noting:
    """A provider that notes when each piece of text came out of the SDK."""

    def __init__(self, inner: Provider) -> None:
        self.inner, self.at = inner, list[float]()

    async def answer(self, request: Request, on_text: Callable[[str], None], on_content: Callable[[], None]) -> Answer:
        def heard(piece: str) -> None:
            self.at.append(perf_counter())
            on_text(piece)

        return await self.inner.answer(request, heard, on_content)


class Purse:
    """A ledger without a ceiling."""

    def reserve(self, usd: float, ceiling: float) -> str:
        return ""

    def settle(self, reservation: str, usd: float) -> None: ...


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    yield from asyncio.run(_rows(_snapshot(text_of(corpus, FILES * LINES)), 2 if quick else 15))


def _snapshot(whole: str) -> Snapshot:
    lines = whole.splitlines(keepends=True)
    parts = ["".join(lines[n * LINES : (n + 1) * LINES]) for n in range(FILES)]
    return Snapshot(
        {
            f"bench/m{n}.py": Document.of(f"{MARK.format(0)}\n\n{part}", language="python")
            for n, part in enumerate(parts)
        }
    )


def _answer(request: object) -> object:
    """Each pass updates a function, then says so in 40 pieces."""
    if request.turn:  # type: ignore[attr-defined]
        return text("The function is changed as asked, and nothing else had to be. " * 4, pieces=40)
    change = {"action": "update", "entity": "bench/m3.py::function_of_the_bench", "text": MARK.format(1)}
    return tool("mutate_entity", change, "I change it.")


async def _rows(snapshot: Snapshot, runs: int) -> list[Row]:
    ours: list[float] = []
    bare: list[float] = []
    late: list[float] = []
    async with (
        ScriptedServer(_answer) as server,
        client(presets()["anthropic"], "anthropic", "a-key-of-the-bench", server.url, 60) as provider,
        anthropic.AsyncAnthropic(api_key="a-key-of-the-bench", base_url=server.url, max_retries=0) as sdk,
    ):
        noting = Noting(provider)
        job = Job("Add one to the function.", snapshot, "two-pass", (Focus("bench/m3.py", 1, 2),))
        for number in range(runs + 1):
            # Fresh documents, so that nothing is known of them beforehand.
            fresh = Snapshot({path: Document.of(found.text, language="python") for path, found in snapshot.items()})
            first = len(server.requests)
            noting.at.clear()
            took, seen = await _run(replace(job, snapshot=fresh), _engine(noting))
            sent = [msgspec.json.decode(request.raw) for request in server.requests[first:]]
            started = perf_counter()
            for body in sent:
                await _sent(sdk, body)
            alone = perf_counter() - started
            if number:  # the first one opens the connections
                ours.append(1000 * took / PASSES)
                bare.append(1000 * alone / PASSES)
                late += [1000 * (told - came) for came, told in zip(noting.at, seen, strict=True)]
    extra = tuple(one - other for one, other in zip(ours, bare, strict=True))
    return [
        Row(PART, f"a pass, {FILES} files of {LINES:,} lines", tuple(ours), tuple(bare), "bare SDK"),
        Row(PART, "our own work in a pass", extra, at_most=50),
        Row(PART, "from the SDK's text to the consumer", tuple(late), at_most=5),
        Row(PART, "from the SDK's text to the consumer", tuple(late), percent=99),
    ]


def _engine(provider: Provider) -> Engine:
    models = {name: Model(f"claude-{name}", "anthropic", provider, RATE) for name in ("sonnet-5-5", "opus-5-5")}
    return Engine(
        tiers={"L3": models["sonnet-5-5"], "L4": models["opus-5-5"]},
        fallback=models["sonnet-5-5"],
        ledger=Purse(),
        settings=FlowSettings(budget=1000.0, daily_budget=1e6),
    )


async def _run(job: Job, engine: Engine) -> tuple[float, list[float]]:
    """Seconds of a run, and when each piece of text was told."""
    told: list[float] = []
    last: Event | None = None
    started = perf_counter()
    async with aclosing(process_message(job, engine)) as events:  # type: ignore[type-var]
        async for event in events:
            if isinstance(event, TextDelta):
                told.append(perf_counter())
            last = event
    took = perf_counter() - started
    assert last is not None
    assert last.type == "stream.end"
    assert last.outcome == "success", last.reason  # type: ignore[union-attr]
    return took, told


async def _sent(sdk: anthropic.AsyncAnthropic, body: dict[str, object]) -> None:
    body.pop("stream")
    async with await sdk.messages.create(**body, stream=True) as stream:  # type: ignore[call-overload]
        async for _ in stream:
            pass
