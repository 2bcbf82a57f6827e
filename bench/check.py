"""`escalation check` as a hook feels it: one file changed in a repository of 3,000 files (Django), caches warm."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.corpus import Corpus, repository
from bench.peers import Peers
from bench.table import Row

PART = "check"
FILES = 3_000
EDITED = "django/contrib/auth/hashers.py"
BEFORE, AFTER = b"return False, False", b"return False, must_update"
CHECK = [sys.executable, "-m", "escalation", "check", "--format", "json", "--fail-on", "never"]


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall time in ms, peak resident memory in MB, what it wrote to standard error."""

    wall: float
    memory: float
    errors: str


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    """The whole command, and what the interpreter and the imports take of it."""
    times = 3 if quick else 15
    with tempfile.TemporaryDirectory(prefix="bench-check-") as scratch:
        root = _edited_repository(corpus, Path(scratch) / "django")
        environment = os.environ | {"ESCALATION_HOME": str(Path(scratch) / "home")}
        what = f"check, 1 of {FILES:,} files changed"
        first = run(CHECK, root, environment)
        yield Row(PART, f"{what}, first time", (first.wall,))
        warm = [run(CHECK, root, environment) for _ in range(times)]
        yield Row(PART, f"{what}, warm", tuple(each.wall for each in warm), at_most=600)
        bare = tuple(run([sys.executable, "-c", "pass"], root, environment).wall for _ in range(times))
        yield Row(PART, "of which the interpreter's start", bare)
        imports = tuple(_imports(run([*_timing_imports(), *CHECK[1:]], root, environment).errors) for _ in range(times))
        yield Row(PART, "of which imports", imports)
        yield Row(PART, "check, memory at its peak", tuple(each.memory for each in warm), unit="MB")


def run(command: list[str], folder: Path, environment: dict[str, str], most: int = 0) -> Run:
    """Effect: runs a program in `folder` to its end. Raises CalledProcessError for an exit status above `most`."""
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = (time.perf_counter() - began) * 1000
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        written = errors.read().decode(errors="replace")
    if not 0 <= process.returncode <= most:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=written)
    return Run(wall, usage.ru_maxrss / 1024, written)


def _edited_repository(corpus: Corpus, folder: Path) -> Path:
    source = corpus.folder("django")
    code = corpus.files("django")
    others = (path for path in sorted(source.rglob("*.*")) if path.is_file() and path.suffix != ".py")
    chosen = [*code, *islice(others, FILES - len(code))]
    root = repository(folder, {str(path.relative_to(source)): path.read_bytes() for path in chosen})
    file = root / EDITED
    text = file.read_bytes()
    if BEFORE not in text:
        raise ValueError(f"{EDITED} is not as expected")
    file.write_bytes(text.replace(BEFORE, AFTER, 1))
    return root


def _timing_imports() -> list[str]:
    return [sys.executable, "-X", "importtime"]


def _imports(report: str) -> float:
    """The sum of all modules' own import times in ms, from what `-X importtime` writes."""
    return sum(map(int, re.findall(r"^import time:\s+(\d+) \|", report, re.MULTILINE))) / 1000
