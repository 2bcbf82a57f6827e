"""Decisions over HTTP: a host in a process of its own, and 20 clients in this one.

A request is a task with three files of 500 lines (modules of SymPy), as they were and as they are. A judgement is a
function of the request, and the host keeps what it has judged, so it matters what is asked:

- `the same request`: the answer is known; what is left is HTTP, and reading 110 KB;
- `one of three files edited`: an editor's next question; the other two files are known, and what each was before;
- `all three edited`: no text is one that was judged before; what the files were before the change is known;
- `nothing known`: three other files, every time.

In a closed loop each client asks again as soon as it is answered, so that 20 of them are as fast as the machine is,
and a latency is 20 times what one request costs. People leave time between their questions: `1/s each`. The first kind
takes turns with a bare FastAPI endpoint that reads the body and answers as much: what HTTP itself costs here.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter, sleep

from bench.corpus import Corpus
from bench.peers import Peers
from bench.table import Row
from escalation.host import port_file

PART = "api"
CLIENTS, LINES, FILES = 20, 500, 3
TOKEN = "a-token-of-the-bench"
BARS = {50: 15.0, 99: 60.0}
"""Milliseconds by percentile."""
BARE = """
import sys
import uvicorn
from fastapi import FastAPI, Request, Response
app = FastAPI()
@app.post("/v1/escalation/analyze")
async def analyze(request: Request):
    await request.body()
    return Response(b"{}" + b" " * 5000, media_type="application/json")
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", loop="asyncio", http="h11")
"""
_PREFIX = "/v1/escalation/"
Make = Callable[[int], bytes]
"""The next request of a client."""


@dataclass(frozen=True)
class Run:
    """A host under measurement, and the bare one beside it. `many` and `some` are numbers of requests."""

    port: int
    pid: int
    bare: int
    asked: Asked
    many: int
    some: int

    def times(self, make: Make, number: int, path: str = "analyze", pause: float = 0.0) -> list[float]:
        return asyncio.run(load(self.port, path, make, number, pause))

    def bare_times(self, make: Make, number: int) -> list[float]:
        return asyncio.run(load(self.bare, "analyze", make, number))


def rows(corpus: Corpus, _: Peers, quick: bool) -> Iterator[Row]:
    """Latency for each kind of question, then memory, then submissions."""
    many, some = (400, 60) if quick else (10_000, 1_000)
    with (
        tempfile.TemporaryDirectory(prefix="bench-api-") as folder,
        bare() as peer,
        host(Path(folder)) as (port, pid),
    ):
        run = Run(port, pid, peer, Asked(_modules(corpus)), many, some)
        run.times(run.asked.same, 2 * CLIENTS)
        before = _rss(pid)
        yield from known(run)
        yield from different(run)
        yield from at_leisure(run, 2 if quick else 30)
        yield from memory(run, before)
        yield from submissions(run)


def known(run: Run) -> Iterator[Row]:
    """The same request from everybody, in turn with the bare program."""
    ours, theirs = list[float](), list[float]()
    for _ in range(4):
        ours += run.times(run.asked.same, run.many // 4)
        theirs += run.bare_times(run.asked.same, run.many // 4)
    for percent, bar in BARS.items():
        yield Row(
            PART,
            "analyze, the same request",
            tuple(ours),
            tuple(theirs),
            "a bare FastAPI endpoint",
            percent=percent,
            at_most=bar,
        )


def different(run: Run) -> Iterator[Row]:
    """As fast as it goes: the processor is the limit, and a latency says how many are served in a second."""
    asked = run.asked
    for what, make in (
        ("one of three files edited", asked.one_edited),
        ("all three edited", asked.all_edited),
        ("nothing known", asked.other),
    ):
        took = run.times(make, run.some)
        yield from (Row(PART, f"analyze, {what}", tuple(took), percent=percent) for percent in BARS)


def at_leisure(run: Run, seconds: int) -> Iterator[Row]:
    """Each client asks once in a second."""
    asked = run.asked
    for what, make, bars in (
        ("one of three files edited", asked.one_edited, BARS),
        ("all three edited", asked.all_edited, {}),
    ):
        took = run.times(make, CLIENTS * seconds, pause=1.0)
        for percent in BARS:
            at_most = bars.get(percent)
            yield Row(PART, f"analyze, {what}, 1/s each", tuple(took), percent=percent, at_most=at_most)


def memory(run: Run, before: float) -> Iterator[Row]:
    filled = _rss(run.pid)
    yield Row(PART, "memory, every cache full", (filled - before,), unit="MB more")
    run.times(run.asked.same, run.many)
    run.times(run.asked.all_edited, run.some)
    more = f"memory, {run.many + run.some:,} requests later"
    yield Row(PART, more, (_rss(run.pid) - filled,), unit="MB more", at_most=16)


def submissions(run: Run) -> Iterator[Row]:
    """Decisions that are kept, as many as go into the store."""
    for what, make, number, bar in (
        ("one of three files edited", run.asked.one_edited, run.some, None),
        ("a task and a small file", run.asked.small, run.many, 1_000 / 60),
    ):
        before, began = _rss(run.pid), perf_counter()
        run.times(make, number, "submit")
        each = 1_000 * (perf_counter() - began) / number
        yield Row(PART, f"submit without execution, {what}: time for each", (each,), at_most=bar)
        yield Row(PART, f"memory, {number:,} such submissions later", (_rss(run.pid) - before,), unit="MB more")


# The host


@contextmanager
def host(folder: Path) -> Iterator[tuple[int, int]]:
    """`escalation serve` in a process of its own; its port and its process."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ESCALATION_")}
    env |= {"ESCALATION_HOME": str(folder), "ESCALATION_TOKEN": TOKEN}
    command = [sys.executable, "-m", "escalation", "serve"]
    nothing = subprocess.DEVNULL  # its log is in its folder, too
    with subprocess.Popen(command, env=env, stdin=nothing, stdout=nothing, stderr=nothing) as process:
        try:
            yield _answering(process, folder), process.pid
        finally:
            process.terminate()


def _answering(process: subprocess.Popen[bytes], folder: Path) -> int:
    deadline = perf_counter() + 30
    while (found := port_file.read(folder)) is None:
        if process.poll() is not None or perf_counter() > deadline:
            raise RuntimeError("the host does not begin")
        sleep(0.05)
    return found.port


@contextmanager
def bare() -> Iterator[int]:
    """The least that FastAPI has to do for such a request; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", BARE, str(port)]) as process:
        try:
            _connectable(port)
            yield port
        finally:
            process.terminate()


def _connectable(port: int) -> None:
    deadline = perf_counter() + 30
    while perf_counter() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        sleep(0.05)
    raise RuntimeError("the bare program does not begin")


def _rss(pid: int) -> float:
    output = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(output.stdout) / 1024


# What is asked


@dataclass
class Asked:
    """Requests, of each kind as many different ones as are wanted. `modules` are texts of 500 lines."""

    modules: Sequence[str]
    _number: Iterator[int] = field(default_factory=lambda: count(1))

    def same(self, _: int) -> bytes:
        return self._same

    def one_edited(self, client: int) -> bytes:
        """Each client has files of its own, and edits one of them."""
        return _body(self._files(client), {0: next(self._number)})

    def all_edited(self, client: int) -> bytes:
        return _body(self._files(client), dict.fromkeys(range(FILES), next(self._number)))

    def other(self, _: int) -> bytes:
        number = next(self._number)
        files = {path: _edited(text, -number) for path, text in self._files(number).items()}
        return _body(files, dict.fromkeys(range(FILES), number))

    def small(self, _: int) -> bytes:
        value = f"LIMIT = {next(self._number)}\n"
        return json.dumps({"task_description": "Raise the limit", "file_contents": {"limit.py": value}}).encode()

    def __post_init__(self) -> None:
        self._same = _body(self._files(0), dict.fromkeys(range(FILES), 0))

    def _files(self, client: int) -> dict[str, str]:
        first = client * FILES % (len(self.modules) - FILES)
        return {f"src/m{first + number}.py": self.modules[first + number] for number in range(FILES)}


def _body(files: dict[str, str], edits: dict[int, int]) -> bytes:
    now = {path: _edited(text, edits.get(index, 0)) for index, (path, text) in enumerate(files.items())}
    asked = {"task_description": "Speed up the simplification", "current_files": files, "file_contents": now}
    return json.dumps(asked).encode()


def _edited(text: str, seed: int) -> str:
    """The text with three lines more, inside functions: others for each seed."""
    lines, choice = text.split("\n"), random.Random(seed)
    places = [number for number, line in enumerate(lines) if line.startswith("    ") and line.strip()]
    for place in sorted(choice.sample(places, 3), reverse=True):
        indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
        lines.insert(place, f"{indent}value_{abs(seed)} = compute({choice.randrange(1_000)})")
    return "\n".join(lines)


def _modules(corpus: Corpus) -> list[str]:
    """The first 500 lines of modules of SymPy that have so many, and are no tests or tables."""
    found: list[str] = []
    for path in sorted((corpus.folder("sympy") / "sympy").rglob("*.py")):
        lines = path.read_text("utf-8").split("\n")
        if len(lines) > LINES and "tests" not in path.parts and max(map(len, lines)) < 200:
            found.append("\n".join(lines[:LINES]) + "\n")
        if len(found) == 3 * CLIENTS + FILES:
            break
    return found


# The clients


async def load(port: int, path: str, make: Make, number: int, pause: float = 0.0) -> list[float]:
    """Asks `number` times in all, each client on a connection of its own; milliseconds for each answer. Raises
    RuntimeError for an answer that is none. With a `pause` (seconds), each client asks once in that time."""
    made = [[make(client) for _ in range(number // CLIENTS)] for client in range(CLIENTS)]
    took: list[float] = []
    clients = (
        _client(port=port, path=path, bodies=bodies, took=took, wait=pause * client / CLIENTS, pause=pause)
        for client, bodies in enumerate(made)
    )
    await asyncio.gather(*clients)
    return took


async def _client(
    *, port: int, path: str, bodies: Sequence[bytes], took: list[float], wait: float, pause: float
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = (
        f"POST {_PREFIX}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    began = perf_counter() + wait
    for number, body in enumerate(bodies):
        if pause:
            await asyncio.sleep(began + number * pause - perf_counter())
        start = perf_counter()
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        content = await reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(content.decode())
        took.append(1_000 * (perf_counter() - start))
    writer.close()
