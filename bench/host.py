"""How long the host takes to begin: from the start of its process to its first answer.

The peer is a program of a dozen lines with the same parts, FastAPI on uvicorn and dbos on SQLite, that does nothing.
They take turns, each in a folder of its own: a new one (tables are to be created), or that of an earlier start. Whoever
needs the host (`ensure`) waits for the same, and for the port file.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.corpus import Corpus
from bench.peers import Peers
from bench.table import Row
from escalation.host.client import PREFIX
from escalation.host.running import asked_to_leave, gone, running
from escalation.host.starting import ensure

PART = "host"
AT_MOST = 2_000
BARE = """
import sys
import uvicorn
from dbos import DBOS
from fastapi import FastAPI

folder, port = sys.argv[1], int(sys.argv[2])
app = FastAPI()
DBOS(config={"name": "bare", "system_database_url": f"sqlite:///{folder}/bare.sqlite", "log_level": "ERROR"})

@DBOS.step()
def step() -> int:
    return 1

@DBOS.workflow()
def workflow() -> int:
    return step()

@app.get("/v1/escalation/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}

DBOS.launch()
uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")
"""
Command = Callable[[Path, int], list[str]]


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    times = 2 if quick else 10
    ours: dict[bool, list[float]] = {True: [], False: []}
    bare: dict[bool, list[float]] = {True: [], False: []}
    asked: list[float] = []
    for number in range(times + 1):
        with TemporaryDirectory() as mine, TemporaryDirectory() as theirs:
            for is_new in (True, False):
                took, other = _first_answer(_host, Path(mine)), _first_answer(_bare, Path(theirs))
                if number:  # the first one reads the programs from the disk
                    ours[is_new].append(took)
                    bare[is_new].append(other)
            asked.append(_ensured(Path(mine)))
    for is_new, state in ((True, "a new folder"), (False, "its folder")):
        what = f"cold start to the first answer, {state}"
        yield Row(PART, what, tuple(ours[is_new]), tuple(bare[is_new]), "bare FastAPI + dbos", at_most=AT_MOST)
    yield Row(PART, "a client that needs the host has it", tuple(asked), at_most=AT_MOST + 500)


def _host(_: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "escalation", "serve", "--port", str(port)]


def _bare(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-c", BARE, str(folder), str(port)]


def _first_answer(command: Command, folder: Path) -> float:
    """Milliseconds from the start of a process to its first 200."""
    port = _free_port()
    started = time.perf_counter()
    with _process(command(folder, port), folder):
        while not _answers(port):
            assert time.perf_counter() - started < 60, "it does not begin"
            time.sleep(0.002)
        return 1000 * (time.perf_counter() - started)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"{PREFIX}/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment(folder), cwd=folder
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _ensured(folder: Path) -> float:
    """Milliseconds until a client without a host has one."""
    started = time.perf_counter()
    ensure(folder, _environment(folder))
    took = 1000 * (time.perf_counter() - started)
    here = running(folder)
    assert here is not None
    asked_to_leave(here)
    assert gone(folder, 60)
    return took


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ESCALATION_")}
    return {**kept, "ESCALATION_HOME": str(folder)}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
