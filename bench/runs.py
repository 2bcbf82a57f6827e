"""Runs from the editor: how long we take of the time from the click to the first character, and whether typing stays as
quick while a run streams.

The models are a scripted server on loopback that answers at once, so all of the time is ours: the language server, the
host (warm, as after the first run), the SDK, and what lies between them. Typing is that of `bench.latency`.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from bench.client import Client
from bench.corpus import Corpus, repository, text_of
from bench.latency import OURS, SETTLE, WARM_UP, keystrokes
from bench.peers import Peers
from bench.table import Row
from escalation.host.running import asked_to_leave, running
from escalation.scripted import server as scripted
from escalation.scripted.request import Request
from escalation.scripted.script import Reply, text

PART = "runs"
LINES = 2_000
_EVENTS = {"initializationOptions": {"events": True}}


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    models = _Models()
    with tempfile.TemporaryDirectory(prefix="bench-runs-") as scratch, scripted.running(models.answer) as server:
        code = text_of(corpus, LINES)
        root = repository(Path(scratch) / "shop", {"big.py": code.encode()})
        with _environment(ESCALATION_BASE_URL=server.url, ANTHROPIC_API_KEY="scripted"):
            client = Client(OURS, root)
        try:
            client.initialize(**_EVENTS)
            client.open(root / "big.py")
            yield from _measured(client, models, code, 3 if quick else 20, 40 if quick else 200)
            client.stop()
        finally:
            if (host := running(Path(scratch) / "home")) is not None:
                asked_to_leave(host)


class _Models:
    """Answers at once, or for as long as somebody types."""

    def __init__(self) -> None:
        self.streams = False
        self.asked = 0.0

    def answer(self, request: Request) -> Reply:
        self.asked = time.perf_counter()
        if self.streams:
            return text("What is said while somebody types. " * 400, pieces=2_000, pause=0.01)
        return text("Nothing is to be done.")


def _measured(client: Client, models: _Models, code: str, runs: int, edits: int) -> Iterator[Row]:
    strokes = keystrokes(code, "ident")
    _typed(client, strokes, WARM_UP)
    first, before = [], []
    for number in range(runs + 1):
        began = _start(client, 100 + number)
        arrived = _until(client, "text.delta")
        _until(client, "stream.end")
        client.answers.get(timeout=60)
        if number:  # the first one starts the host and loads the SDK
            first.append((arrived - began) * 1000)
            before.append((models.asked - began) * 1000)
    yield Row(PART, "from the click to the first character, with a warm host", tuple(first), at_most=150)
    yield Row(PART, "of which until the model is asked", tuple(before))
    alone = _typed(client, strokes, edits // 2)
    models.streams = True
    _start(client, 1_000)
    _until(client, "text.delta")
    busy = _typed(client, strokes, edits)
    client.send({"method": "$/cancelRequest", "params": {"id": 1_000}})
    client.answers.get(timeout=60)
    alone += _typed(client, strokes, edits // 2)
    for percent, bar in ((50, 1.2), (95, None)):
        what = f"{LINES:,} lines, ident, while a run streams"
        peer = "the same without a run"
        yield Row(PART, what, tuple(busy), tuple(alone), peer, percent=percent, ratio_at_most=bar)


def _start(client: Client, id: int) -> float:
    while not client.events.empty():
        client.events.get()
    began = time.perf_counter()
    asked = {"uri": client.uri, "task": "Look at it", "route": "L3"}
    client.send({"id": id, "method": "escalation/run", "params": asked})
    return began


def _until(client: Client, type: str) -> float:
    """When an event of a type came."""
    while True:
        arrived, event = client.events.get(timeout=60)
        if event["type"] == type:
            return arrived


def _typed(client: Client, strokes: Iterator[dict[str, object]], edits: int) -> list[float]:
    """Milliseconds from each keystroke to its diagnostics."""
    times = []
    for edit in islice(strokes, edits):
        times.append(client.change([edit])[0] * 1000)
        time.sleep(SETTLE)
    return times


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
