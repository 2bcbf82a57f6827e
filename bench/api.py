"""Decisions over HTTP: a host in a process of its own, and 20 clients in this one.

A request is a task with three files of 500 lines (modules of SymPy), as they were and as they are. A judgement is a
function of the request, and the host keeps what it has judged, so it matters what is asked:

- `the same request`: the answer is known; what is left is HTTP, and reading 110 KB;
- `one of three files edited`: an editor's next question; the other two files are known, and what each was before;
- `all three edited`: no text is one that was judged before; what the files were before the change is known;
- `nothing known`: three other files, every time.

In a closed loop each client asks again as soon as it is answered, so that 20 of them are as fast as the machine is,
and a latency is 20 times what one request costs. People leave time between their questions: `1/s each`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter

from bench.corpus import Corpus
from bench.peers import Peers
from bench.table import Row
from escalation.host import port_file

PART = "api"
CLIENTS, LINES, FILES = 20, 500, 3
TOKEN = "a-token-of-the-bench"
_PREFIX = "/v1/escalation/"


def rows(corpus: Corpus, _: Peers, quick: bool) -> Iterator[Row]:
    """Latency for each kind of question, then memory, then submissions."""
    asked = Asked(_modules(corpus))
    many, some = (400, 60) if quick else (10_000, 1_000)
    with tempfile.TemporaryDirectory(prefix="bench-api-") as folder, host(Path(folder)) as (port, pid):

        def measured(path: str, make: Callable[[int], bytes], number: int, pause: float = 0.0) -> list[float]:
            return asyncio.run(load(port, path, make, number, pause))

        measured("analyze", asked.same, 2 * CLIENTS)
        before = _rss(pid)
        yield from _rows("analyze, the same request", measured("analyze", asked.same, many), bars=True)
        yield from _rows("analyze, one of three files edited", measured("analyze", asked.one_edited, some))
        yield from _rows("analyze, all three edited", measured("analyze", asked.all_edited, some))
        yield from _rows("analyze, nothing known", measured("analyze", asked.other, some))
        seconds = 2 if quick else 30
        for what, make in (("one of three files edited", asked.one_edited), ("all three edited", asked.all_edited)):
            took = measured("analyze", make, CLIENTS * seconds, pause=1.0)
            yield from _rows(f"analyze, {what}, 1/s each", took, bars=True)
        filled = _rss(pid)
        yield Row(PART, "memory when every cache is full", (filled - before,), unit="MB more")
        measured("analyze", asked.same, many)
        measured("analyze", asked.all_edited, some)
        yield Row(
            PART, f"memory after {many + some:,} more requests", (_rss(pid) - filled,), unit="MB more", at_most=16
        )
        began = perf_counter()
        took = measured("submit", asked.submission, some)
        each = 1_000 * (perf_counter() - began) / some
        yield Row(PART, "submit without execution, time for each", (each,), at_most=1_000 / 60)
        yield from _rows("submit without execution, until its answer", took)


def _rows(what: str, took: Sequence[float], bars: bool = False) -> Iterator[Row]:
    for percent, bar in ((50, 15.0), (99, 60.0)):
        yield Row(PART, what, tuple(took), percent=percent, at_most=bar if bars else None)


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
    return found.port


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

    def submission(self, client: int) -> bytes:
        return self.one_edited(client)

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


async def load(port: int, path: str, make: Callable[[int], bytes], number: int, pause: float = 0.0) -> list[float]:
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
