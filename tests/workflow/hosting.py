"""Hosts in tests: real processes on real databases, whose models are a scripted server in the test's own process."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from escalation.scripted.request import Request
from escalation.scripted.script import Reply, text, tool
from escalation.scripted.server import ScriptedServer

ROOT = Path(__file__).parents[2]
APP = "def greet(name):\n    return 'Hello ' + name\n"
POLITE = "def greet(name):\n    return 'Dear ' + name\n"
KEY = "canary-of-the-key-canary"


def three_tiers(wait: float = 0.0) -> Any:
    """A script: each pass takes two requests, and L4 does the work."""

    def script(request: Request) -> Reply:
        if request.turn:
            return text("Done.", wait=wait)
        if "opus" in request.model:
            return tool("mutate_entity", {"action": "update", "entity": "app.py::greet", "text": POLITE}, wait=wait)
        return tool("read_entity", {"entity": "app.py::greet"}, "Let me see.", wait=wait)

    return script


def submission(name: str, **fields: Any) -> dict[str, Any]:
    """That of a run of three tiers; its task says its name, so that the server knows whose a request is."""
    return {
        "task": f"Make greet polite, {name}.",
        "contents": {"app.py": APP},
        "requested": "two-pass",
        "execute": True,
        "request_id": name,
        **fields,
    }


@dataclass
class Host:
    """A process of `tests.workflow.host`."""

    process: subprocess.Popen[str]
    log: Path
    lines: list[dict[str, Any]] = field(default_factory=list)

    def read(self, wanted: str) -> dict[str, Any]:
        """The next line that has this key."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))
            if wanted in self.lines[-1]:
                return self.lines[-1]
        raise AssertionError(f"the host ended: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        return self.process.wait(60)


@contextmanager
def hosts() -> Iterator[Any]:
    """Starts hosts, none of which outlives the test."""
    started: list[Host] = []

    def start(folder: Path, server: ScriptedServer, *, env: dict[str, str] | None = None, **given: Any) -> Host:
        folder.mkdir(exist_ok=True, parents=True)
        log = folder / f"log-{len(started)}.txt"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.workflow.host", json.dumps({"folder": str(folder), **given})],
                cwd=ROOT,
                env={
                    **os.environ,
                    "ESCALATION_HOME": str(folder),
                    "ESCALATION_BASE_URL": server.url,
                    "ESCALATION_DAILY_BUDGET": "100000",
                    "ANTHROPIC_API_KEY": KEY,
                    **(env or {}),
                },
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        started.append(Host(process, log))
        return started[-1]

    try:
        yield start
    finally:
        for host in started:
            if host.process.poll() is None:
                host.process.send_signal(signal.SIGCONT)
                host.kill()
            if host.process.stdout is not None:
                host.process.stdout.close()


@dataclass(frozen=True)
class Asked:
    """What a server was asked, by run: the bodies in their order, each by a short mark."""

    runs: dict[str, list[bytes]]

    @classmethod
    def of(cls, server: ScriptedServer, names: Sequence[str]) -> Asked:
        found: defaultdict[str, list[bytes]] = defaultdict(list)
        for request in tuple(server.calls):
            name = next(name for name in names if f", {name}." in request.asked)
            found[name].append(request.raw)
        return Asked(dict(found))

    def distinct(self, name: str) -> list[bytes]:
        return list(dict.fromkeys(self.runs.get(name, [])))

    def repeated(self, name: str) -> Counter[bytes]:
        """How often each request was made again."""
        return Counter({body: count - 1 for body, count in Counter(self.runs.get(name, [])).items() if count > 1})


def recorded(folder: Path, database: str = "") -> Counter[str]:
    """How many steps are kept of each workflow."""
    question = "SELECT workflow_uuid, count(*) FROM {}operation_outputs GROUP BY workflow_uuid"
    if database:
        import psycopg

        with psycopg.connect(database.replace("+psycopg", "")) as shared:
            exists = shared.execute("SELECT to_regclass('dbos.operation_outputs')").fetchone()
            rows = shared.execute(question.format("dbos.")).fetchall() if exists and exists[0] else []
        return Counter({str(id): int(count) for id, count in rows})
    file = folder / "workflows.db"
    if not file.exists():
        return Counter()
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        try:
            return Counter({str(id): int(count) for id, count in connection.execute(question.format(""))})
        except sqlite3.OperationalError:  # it was killed before there was a table
            return Counter()


def until(ready: Any, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@dataclass(frozen=True)
class Crash:
    """What came of killing a host, and of starting it again. `kept` are the steps that were kept then, `asked` what the
    server had been asked until then and in all."""

    names: Sequence[str]
    kept: Counter[str]
    asked_before: Asked
    asked: Asked
    outcomes: dict[str, dict[str, Any]]
    log: str

    def wrong(self) -> Iterator[str]:
        """What must not be."""
        for name in self.names:
            outcome = self.outcomes.get(name, {"outcome": "lost", "files": None})
            if outcome["outcome"] != "success" or outcome["files"] != {"app.py": POLITE}:
                yield f"{name} ended as {outcome}"
            asked, kept = self.asked_before.distinct(name), self.kept[workflow(name)]
            if len(asked) - kept not in (0, 1):
                yield f"{name} had {len(asked)} answers, and {kept} were kept"
            again = self.asked.repeated(name)
            if sum(again.values()) > 1:
                yield f"{name} paid {sum(again.values())} answers twice"
            if again and (len(asked) == kept or list(again) != asked[-1:]):
                yield f"{name} paid again what was kept"
            if len(self.asked.distinct(name)) != REQUESTS:
                yield f"{name} asked for {len(self.asked.distinct(name))} answers"

    @property
    def paid_twice(self) -> int:
        return sum(sum(self.asked.repeated(name).values()) for name in self.names)


REQUESTS = 6
"""Those of a run of three tiers."""


def workflow(name: str) -> str:
    """The id of the workflow of a request id."""
    return blake2b(name.encode(), digest_size=16).hexdigest()


def crash(
    start: Any,
    folder: Path,
    server: ScriptedServer,
    instant: Callable[[], None],
    *,
    database: str = "",
    runs: int = 8,
) -> Crash:
    """A host is killed at an instant while runs of three tiers are under way, and another one ends them."""
    names = [f"run-{number}" for number in range(runs)]
    given = {"database": database, "submissions": [submission(name) for name in names]}
    first = start(folder, server, **given)
    first.read("ready")
    instant()
    first.kill()
    until(lambda: not server.open)
    asked, kept = Asked.of(server, names), recorded(folder, database)
    second = start(folder, server, **given)
    outcomes = second.read("outcomes")["outcomes"]
    second.end()
    return Crash(names, kept, asked, Asked.of(server, names), outcomes, second.log.read_text())
