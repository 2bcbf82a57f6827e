"""Keystroke to diagnostics over stdio: `escalation lsp` against `ruff server`, with the same edits.

Each server gets its own process and speaks to the same raw client. A file of the given size (modules of SymPy, one
after the other) lies in a git repository, committed, so that the whole way is measured: the edit, the hunks against
HEAD, the figures of the touched function, the assessment, the diagnostics. The loop is closed: send one character, wait
for the diagnostics of that version, rest, go on.

ruff runs C901 only, with max-complexity 1 (every function with a branch has its figure, as ours have) for the bar, and
with its usual 10 (it publishes a tenth of them) in a row of its own. `ident` grows an identifier, `typing` types an if
with a comprehension: most of its states are syntax errors, for which ruff does not lint.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench.client import Client, Message
from bench.corpus import SIZES, Corpus, repository, text_of
from bench.peers import Peers
from bench.table import Row

PART = "latency"
OURS = [sys.executable, "-m", "escalation", "lsp"]
SETTLE = 0.02  # seconds between two keystrokes
WARM_UP = 20  # keystrokes
RUFF = '[lint]\nselect = ["C901"]\n[lint.mccabe]\nmax-complexity = {}\n'
MINIMAL = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer
server = LanguageServer("minimal", "1")
@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def changed(params): pass
server.start_io()
"""


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    """Typing at every size, then what comes in one piece, then start and memory."""
    with tempfile.TemporaryDirectory(prefix="bench-latency-") as scratch:
        folder = Path(scratch)
        for lines in SIZES[:2] if quick else SIZES:
            yield from typing(folder, text_of(corpus, lines), lines, peers, 40 if quick else 200)
        yield from bursts(folder, corpus, 1 if quick else 5)
        yield start(folder, 3 if quick else 10)
        yield from memory(folder, corpus)


# The edits


def _insert(line: int, character: int, text: str) -> Message:
    place = {"line": line, "character": character}
    return {"range": {"start": place, "end": place}, "text": text}


def _delete(line: int, start: int, end: int) -> Message:
    return {"range": {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}, "text": ""}


def place(text: str) -> tuple[int, int]:
    """Line and indentation of the first statement of a function near the middle of a file."""
    lines = text.split("\n")
    for number in range(len(lines) // 2, len(lines) - 1):
        if re.match(r" *def \w+\(.*\):$", lines[number]) and (body := re.match(r" +\w", lines[number + 1])):
            return number + 1, body.end() - 1
    raise ValueError("no function near the middle")


def keystrokes(text: str, script: str) -> Iterator[Message]:
    """Single characters inside one function, forever: a line is typed and taken back."""
    line, indent = place(text)
    yield _insert(line, 0, " " * indent + "value = 1\n")
    typed = {"ident": "x" * 12, "typing": "\n    if value and other:\n        value = [a for a in b if a]"}[script]
    while True:
        at_line, column = line, indent + len("value = 1") if script == "typing" else indent + len("value")
        places = []
        for character in typed:
            places.append((at_line, column))
            yield _insert(at_line, column, character)
            at_line, column = (at_line + 1, 0) if character == "\n" else (at_line, column + 1)
        for (at, start), character in zip(reversed(places), reversed(typed), strict=True):
            end = {"line": at + 1, "character": 0} if character == "\n" else {"line": at, "character": start + 1}
            yield {"range": {"start": {"line": at, "character": start}, "end": end}, "text": ""}


# What is measured


def opened(command: list[str], folder: Path, files: dict[str, str], max_complexity: int = 1) -> Client:
    """A server that has opened these files of a repository and rests."""
    settings = {"ruff.toml": RUFF.format(max_complexity)}
    root = repository(folder, {name: text.encode() for name, text in (files | settings).items()})
    client = Client(command, root)
    client.initialize()
    for name in files:
        client.open(root / name)
    client.rest()
    return client


def typing(folder: Path, text: str, lines: int, peers: Peers, edits: int) -> Iterator[Row]:
    """The servers in turn, twice, so that what else the machine does meets all of them."""
    ruff = [peers.program("ruff"), "server"]
    servers = {"ours": (OURS, 1), "ruff server": (ruff, 1), "ruff server, max 10": (ruff, 10)}
    for script in ("ident", "typing"):
        times: dict[str, list[float]] = {name: [] for name in servers}
        for turn in range(2):
            for name, (command, most) in servers.items():
                client = opened(command, folder / f"{lines} {script} {turn} {name}", {"big.py": text}, most)
                times[name] += typed(client, text, script, edits // 2)
                client.stop()
        ours = tuple(times.pop("ours"))
        for peer, theirs in times.items():
            yield Row(PART, f"{lines:,} lines, {script}", ours, tuple(theirs), peer)
            yield Row(
                PART,
                f"{lines:,} lines, {script}",
                ours,
                tuple(theirs),
                peer,
                percent=95,
                at_most=8 if (lines, peer) == (2_000, "ruff server") else None,
                ratio_at_most=0.5 if (lines, script, peer) == (20_000, "ident", "ruff server") else None,
            )


def typed(client: Client, text: str, script: str, edits: int) -> list[float]:
    """Milliseconds from each keystroke to its diagnostics."""
    times = []
    for edit in islice(keystrokes(text, script), edits + WARM_UP):
        times.append(client.change([edit])[0] * 1000)
        time.sleep(SETTLE)
    return times[WARM_UP:]


def bursts(folder: Path, corpus: Corpus, times: int) -> Iterator[Row]:
    """1,000 edits in one didChange, a paste of 5,000 lines, a stray triple quote; each there and back."""
    text, pasted = text_of(corpus, 20_000), text_of(corpus, 5_000)
    client = opened(OURS, folder / "bursts", {"big.py": text})
    line, indent = place(text)
    random.seed(1)
    thousand = [_insert(line, indent, random.choice("abc")) for _ in range(1000)]
    end = {"line": line + pasted.count("\n"), "character": 0}
    back = {"range": {"start": {"line": line, "character": 0}, "end": end}, "text": ""}
    for what, there, again in (
        ("1,000 edits in one didChange", thousand, _delete(line, indent, indent + 1000)),
        ("a paste of 5,000 lines", [_insert(line, 0, pasted)], back),
        ('a stray """', [_insert(line, indent, '"""')], _delete(line, indent, indent + 3)),
    ):
        took: list[float] = []
        for _ in range(times):
            for changes in (there, [again]):
                took.append(client.change(changes)[0] * 1000)
                client.rest()
        yield Row(PART, f"20,000 lines, {what}", tuple(took))
    client.stop()


def start(folder: Path, times: int) -> Row:
    """From the start of the process to the answer to initialize, in turn with a minimal pygls server."""
    root = repository(folder / "start", {"a.py": b"a = 1\n"})
    took: dict[str, list[float]] = {"ours": [], "minimal": []}
    for _ in range(times):
        for name, command in (("ours", OURS), ("minimal", [sys.executable, "-c", MINIMAL])):
            client = Client(command, root)
            took[name].append(client.initialize() * 1000)
            client.stop()
    what, peer = "start to the answer to initialize", "a minimal pygls server"
    return Row(PART, what, tuple(took["ours"]), tuple(took["minimal"]), peer, ratio_at_most=1.15)


def memory(folder: Path, corpus: Corpus) -> Iterator[Row]:
    """Resident memory with files open and edited."""
    small, large = text_of(corpus, 2_000), text_of(corpus, 20_000)
    for what, files, bar in (
        ("20 files of 2,000 lines open", {f"m{number}.py": small for number in range(20)}, 150),
        ("a file of 20,000 lines open", {"big.py": large}, None),
    ):
        client = opened(OURS, folder / f"memory-{len(files)}", files)
        for name, text in files.items():
            client.uri, client.version = (client.root / name).as_uri(), 1
            for edit in islice(keystrokes(text, "ident"), 10):
                client.change([edit])
        client.rest()
        yield Row(PART, f"memory, {what}", (client.rss(),), unit="MB", at_most=bar)
        client.stop()
