"""`escalation metrics` over the whole corpus: how long it takes beside its peers, and how far its figures agree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.check import run
from bench.corpus import PACKAGES, Corpus
from bench.peers import Peers
from bench.table import Row

PART = "complexity"
TURNS = 2
METRICS = [sys.executable, "-m", "escalation", "metrics", "--format", "json"]
LISTED = 20  # differences of one folder that are told

# radon has no command that reports all its functions; and its library is twice as fast as its command.
_RADON_LIBRARY = """
import sys, warnings
from pathlib import Path
from radon.visitors import ComplexityVisitor
warnings.simplefilter("ignore")
sys.setrecursionlimit(20_000)
for path in sorted(Path(sys.argv[1]).rglob("*.py")):
    try:
        visitor = ComplexityVisitor.from_code(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        continue
    waiting = [*visitor.functions, *visitor.classes]
    while waiting:
        block = waiting.pop()
        print(path, block.lineno, block.name, block.complexity, sep="\\t")
        for inner in ("closures", "methods", "inner_classes"):
            waiting += getattr(block, inner, ())
"""

Key = tuple[str, int, str]
"""Path, line of the definition, unqualified name."""


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    names = ["sqlalchemy"] if quick else [*PACKAGES, "stdlib"]
    with tempfile.TemporaryDirectory(prefix="bench-complexity-") as scratch:
        code = _only_python(corpus, names, Path(scratch) / "code")
        yield from _times(code, peers, Path(scratch), turns=1 if quick else TURNS)
        for name in names:
            yield _beside_radon(code / name, peers)
        for name in names:
            yield _beside_complexipy(code / name, peers, Path(scratch))


def _only_python(corpus: Corpus, names: list[str], folder: Path) -> Path:
    """A copy that is the same work for all: some of the programs would measure other languages as well."""
    for path in corpus.files(*names):
        copy = folder / path.relative_to(corpus.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return folder


def _times(folder: Path, peers: Peers, scratch: Path, turns: int) -> Iterator[Row]:
    """Every program in turn, so that what else the machine does meets all of them."""
    code, home = str(folder), {"ESCALATION_HOME": str(scratch / "home")}
    ruff = ["check", "--isolated", "--no-cache", "--exit-zero", "--select", "C901", "--output-format", "json"]
    ruff += ["--config", "lint.mccabe.max-complexity=1"]
    programs = {
        "1 process": [*METRICS, "--no-cache", "-j", "1", code],
        "2 processes": [*METRICS, "--no-cache", "-j", "2", code],
        "warm": [*METRICS, code],
        "radon as a library": [peers.program("python"), "-c", _RADON_LIBRARY, code],
        "radon cc -j": [peers.program("radon"), "cc", "-j", code],
        "lizard -t2": [peers.program("lizard"), "-t2", "-i", "-1", code],
        "complexipy": [peers.program("complexipy"), "-q", "-i", code],
        "ruff C901": [peers.program("ruff"), *ruff, code],
    }
    environment = os.environ | home
    run(programs["warm"], scratch, environment)  # so that the cache is
    seconds: dict[str, list[float]] = defaultdict(list)
    memory: list[float] = []
    for _ in range(turns):
        for name, command in programs.items():
            # complexipy ends with 1 for a file it cannot parse; the others still count.
            done = run(command, scratch, environment, most=int(name == "complexipy"))
            seconds[name].append(done.wall / 1000)
            if name == "1 process":
                memory.append(done.memory)
    took = {name: tuple(values) for name, values in seconds.items()}

    def row(ours: str, peer: str, bar: float | None = None) -> Row:
        return Row(PART, f"metrics, {ours}", took[ours], took[peer], peer, unit="s", ratio_at_most=bar)

    yield row("1 process", "radon cc -j", 1 / 2.2)
    yield row("1 process", "radon as a library")
    yield row("2 processes", "radon cc -j", 1 / 6)
    yield row("2 processes", "lizard -t2", 1 / 3)
    yield row("2 processes", "complexipy")
    yield row("2 processes", "ruff C901")
    yield row("warm", "ruff C901", 1)
    yield Row(PART, "metrics, 1 process, memory at its peak", tuple(memory), unit="MB")


def _beside_radon(folder: Path, peers: Peers) -> Row:
    """How many functions and classes have another number than radon's, or none at all.

    radon passes over functions in a class in a function, and so does the comparison.
    """
    command = [peers.program("python"), "-c", _RADON_LIBRARY, str(folder)]
    theirs: dict[Key, list[int]] = defaultdict(list)
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        path, number, name, complexity = line.split("\t")
        theirs[path, int(number), name].append(int(complexity))
    ours: dict[Key, list[int]] = defaultdict(list)
    for found in _measured(folder, "--radon"):
        ours[found["path"], found["line"], _last(found["name"])].append(found["cyclomatic"])
    return _disagreement(f"{folder.name}: cyclomatic, unlike radon's", ours, theirs, most=0.001)


def _beside_complexipy(folder: Path, peers: Peers, scratch: Path) -> Row:
    """The same for cognitive complexity; names that a file has twice are left out, for complexipy tells no lines."""
    output = scratch / f"{folder.name}.json"
    command = [peers.program("complexipy"), "-q", "-i", "--output-format", "json", "--output", str(output), str(folder)]
    subprocess.run(command, check=False, capture_output=True, cwd=scratch)  # 1 for a file it cannot parse
    theirs = defaultdict(list)
    for found in json.loads(output.read_text("utf-8")):
        path = str(scratch / found["path"])  # it tells paths below the working directory relative to it
        theirs[path, 0, found["function_name"].replace("::", ".")].append(found["complexity"])
    ours = defaultdict(list)
    for found in _measured(folder):
        ours[found["path"], 0, found["name"]].append(found["cognitive"])
    once = {key: values for key, values in theirs.items() if len(values) == len(ours.get(key, ())) == 1}
    return _disagreement(f"{folder.name}: cognitive, unlike complexipy's", ours, once)


def _measured(folder: Path, *options: str) -> list[dict[str, Any]]:
    command = [*METRICS, "--no-cache", *options, str(folder)]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    functions: list[dict[str, Any]] = json.loads(output)["functions"]
    return functions


def _disagreement(
    what: str, ours: Mapping[Key, list[int]], theirs: Mapping[Key, list[int]], most: float | None = None
) -> Row:
    """A row that counts those of `theirs` that `ours` does not have alike. Effect: tells some of them."""
    total = sum(map(len, theirs.values()))
    unlike = {key: values for key, values in theirs.items() if Counter(values) != Counter(ours.get(key, ()))}
    for (path, line, name), values in list(unlike.items())[:LISTED]:
        mine = ", ".join(map(str, ours.get((path, line, name), ()))) or "none"
        place = f"{path}:{line}" if line else path
        print(f"  {place} {name}: {mine}, not {', '.join(map(str, values))}", file=sys.stderr)
    count = sum(map(len, unlike.values()))
    bar = int(total * most) if most is not None else None
    return Row(PART, f"{what}, of {total:,}", (count,), unit="rows", at_most=bar)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
