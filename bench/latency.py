"""Keystroke to diagnostics over stdio: `escalation lsp` against `ruff server`, with the same edits.

    python bench/latency.py [--sizes 2000,5000,20000,60000] [--edits 200] [--json FILE]

Each server gets its own process and speaks to the same raw client. A file of the given size (modules of the standard
library, one after the other) lies in a git repository, committed, so that the whole way is measured: the edit, the
hunks against HEAD, the figures of the touched function, the assessment, the diagnostics. The loop is closed: send one
character, wait for the diagnostics of that version, rest, go on.

ruff runs C901 only, with max-complexity 1 (every function with a branch has its figure, as ours have) for the bar, and
with its usual 10 (it publishes a tenth of them) in a row of its own. `ident` grows an identifier, `typing` types an if
with a comprehension: most of its states are syntax errors, for which ruff does not lint.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import queue
import random
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Message = dict[str, Any]
SETTLE = 0.02
MINIMAL = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer
server = LanguageServer("minimal", "1")
@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def changed(params): pass
server.start_io()
"""
CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"publishDiagnostics": {"relatedInformation": True, "versionSupport": True}},
}


class Client:
    """One server process and a raw JSON client. The reading thread stamps each message with its time."""

    def __init__(self, command: list[str], root: Path) -> None:
        self.began = time.perf_counter()
        environment = os.environ | {"ESCALATION_HOME": str(root.parent / "home")}
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=null, cwd=root, env=environment)
        self.root = root
        self.published: queue.Queue[tuple[float, Message]] = queue.Queue()
        self.answers: queue.Queue[tuple[float, Message]] = queue.Queue()
        self.version = 1
        self.uri = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
                header = stream.readline()
            body = stream.read(length)
            now = time.perf_counter()
            message = json.loads(body)
            if "method" not in message:
                self.answers.put((now, message))
            elif "id" in message:
                items = (message.get("params") or {}).get("items", [])
                result = [None] * len(items) if message["method"] == "workspace/configuration" else None
                self.send({"id": message["id"], "result": result})
            elif message["method"] == "textDocument/publishDiagnostics":
                self.published.put((now, message["params"]))

    def send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def initialize(self) -> float:
        """Seconds from the start of the process to the answer."""
        folders = [{"uri": self.root.as_uri(), "name": "bench"}]
        params = {"processId": os.getpid(), "rootUri": self.root.as_uri(), "capabilities": CAPABILITIES}
        self.send({"id": 1, "method": "initialize", "params": params | {"workspaceFolders": folders}})
        arrived, _ = self.answers.get(timeout=60)
        self.send({"method": "initialized", "params": {}})
        return arrived - self.began

    def open(self, file: Path) -> None:
        self.uri, self.version = file.as_uri(), 1
        item = {"uri": self.uri, "languageId": "python", "version": 1, "text": file.read_text("utf-8")}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": item}})
        self.wait(1)

    def change(self, changes: list[Message]) -> tuple[float, Message]:
        """Seconds from sending to the diagnostics of this version, and these."""
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        began = time.perf_counter()
        params = {"textDocument": document, "contentChanges": changes}
        self.send({"method": "textDocument/didChange", "params": params})
        arrived, published = self.wait(self.version)
        return arrived - began, published

    def wait(self, version: int) -> tuple[float, Message]:
        while True:
            arrived, published = self.published.get(timeout=120)
            if published["uri"] == self.uri and published.get("version") == version:
                return arrived, published

    def rest(self) -> None:
        """Wait until the server is idle: its processor time stands still."""
        before = -1.0
        while (now := _cpu_seconds(self.process.pid)) != before:
            before = now
            time.sleep(0.25)

    def rss(self) -> float:
        """MB of resident memory."""
        output = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, check=True)
        return int(output.stdout) / 1024

    def stop(self) -> None:
        self.send({"id": 2, "method": "shutdown"})
        self.answers.get(timeout=60)
        self.send({"method": "exit"})
        self.process.wait(60)


def _cpu_seconds(pid: int) -> float:
    output = subprocess.run(["ps", "-o", "cputimes=", "-p", str(pid)], capture_output=True, check=False)
    try:
        ticks = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return float(output.stdout or 0)


# The corpus


def sources(lines: int) -> str:
    """Modules of the standard library, one after the other: valid Python of so many lines, or a few less."""
    found: list[str] = []
    count = 0
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if {"site-packages", "lib2to3", "test", "tests", "idlelib"} & set(path.parts):
            continue
        try:
            text = path.read_text("utf-8")
            module = ast.parse(text)
        except (UnicodeDecodeError, SyntaxError):
            continue
        if "from __future__" in text or "\f" in text or "\r" in text:
            continue
        # The last module is cut where a statement ends.
        ends = [statement.end_lineno or 0 for statement in module.body]
        room = max((end for end in ends if end <= lines - count), default=0)
        found.append("".join(text.splitlines(keepends=True)[:room]))
        count += room
        if room < ends[-1] if ends else False:
            return "".join(found)
    raise SystemExit(f"the standard library has no {lines} lines")


def repository(folder: Path, files: dict[str, str], max_complexity: int = 1) -> Path:
    """A git repository in `folder` with the files committed."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    mccabe = f"[lint.mccabe]\nmax-complexity = {max_complexity}\n"
    (folder / "ruff.toml").write_text(f'[lint]\nselect = ["C901"]\n{mccabe}', "utf-8")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
        subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)
    return folder


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
    raise SystemExit("no function near the middle")


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


@dataclass
class Row:
    """One line of the table; times in ms."""

    what: str
    ours: list[float]
    peer: list[float] = field(default_factory=list)
    bar: str = ""
    met: bool | None = None
    unit: str = "ms"

    @property
    def ratio(self) -> float | None:
        return percentile(self.ours, 95) / percentile(self.peer, 95) if self.peer else None


def percentile(values: list[float], percent: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def typed(client: Client, text: str, script: str, edits: int) -> list[float]:
    times = []
    stream = keystrokes(text, script)
    for number in range(edits + 20):
        seconds, _ = client.change([next(stream)])
        if number >= 20:  # the first ones warm caches up
            times.append(seconds * 1000)
        time.sleep(SETTLE)
    return times


def typing_rows(folder: Path, sizes: list[int], edits: int, servers: dict[str, list[str]]) -> Iterator[Row]:
    for size in sizes:
        text = sources(size)
        for script in ("ident", "typing"):
            times: dict[str, list[float]] = {name: [] for name in servers}
            for turn in range(2):
                for name, command in servers.items():
                    most = 10 if name == "ruff, 10" else 1
                    root = repository(folder / f"{size}-{script}-{turn}-{name}", {"big.py": text}, most)
                    client = Client(command, root)
                    client.initialize()
                    client.open(root / "big.py")
                    client.rest()
                    times[name] += typed(client, text, script, edits // 2)
                    client.stop()
            row = Row(f"{size:,} lines, {script}", times["ours"], times.get("ruff", []))
            yield judged(row, size, script)
            if "ruff, 10" in times:
                yield Row(f"{size:,} lines, {script} (ruff: max 10)", times["ours"], times["ruff, 10"])


def judged(row: Row, size: int, script: str) -> Row:
    if size == 2000:
        row.bar, row.met = "p95 <= 8 ms", percentile(row.ours, 95) <= 8
    elif size == 20_000 and script == "ident" and row.ratio is not None:
        row.bar, row.met = "p95 <= 0.5 x ruff", row.ratio <= 0.5
    return row


def bursts(folder: Path, command: list[str]) -> Iterator[Row]:
    """1,000 edits in one didChange, a paste of 5,000 lines, a stray triple quote: 20,000 lines, the version right."""
    text = sources(20_000)
    root = repository(folder / "bursts", {"big.py": text})
    client = Client(command, root)
    client.initialize()
    client.open(root / "big.py")
    client.rest()
    line, indent = place(text)
    random.seed(1)
    thousand = [_insert(line, indent, random.choice("abc")) for _ in range(1000)]
    yield _repeated("1,000 edits in one didChange", client, [thousand, [_delete(line, indent, indent + 1000)]])
    pasted = sources(5_000)
    back = {
        "range": {"start": {"line": line, "character": 0}, "end": {"line": line + pasted.count("\n"), "character": 0}}
    }
    yield _repeated("paste of 5,000 lines", client, [[_insert(line, 0, pasted)], [back | {"text": ""}]])
    quote = [[_insert(line, indent, '"""')], [_delete(line, indent, indent + 3)]]
    yield _repeated('stray """ typed and deleted', client, quote)
    client.stop()


def _repeated(what: str, client: Client, there_and_back: list[list[Message]]) -> Row:
    times = []
    for _ in range(5):
        for changes in there_and_back:
            times.append(client.change(changes)[0] * 1000)
            client.rest()
    return Row(what, times)


def starts(folder: Path, command: list[str], runs: int = 10) -> Row:
    """Process start to the answer to initialize, in turn with a minimal pygls server."""
    root = repository(folder / "starts", {"a.py": "a = 1\n"})
    times: dict[str, list[float]] = {"ours": [], "minimal": []}
    for _ in range(runs):
        for name, start in (("ours", command), ("minimal", [sys.executable, "-c", MINIMAL])):
            client = Client(start, root)
            times[name].append(client.initialize() * 1000)
            client.stop()
    row = Row("start to initialize (peer: minimal pygls)", times["ours"], times["minimal"])
    ratio = statistics.median(row.ours) / statistics.median(row.peer)
    row.bar, row.met = f"median <= 1.15 x pygls: {ratio:.2f}", ratio <= 1.15
    return row


def memory(folder: Path, command: list[str]) -> Iterator[Row]:
    for what, files in (
        ("RSS, 20 files of 2,000 lines open", {f"m{n}.py": sources(2_000) for n in range(20)}),
        ("RSS, one file of 20,000 lines open", {"big.py": sources(20_000)}),
    ):
        root = repository(folder / f"memory-{len(files)}", files)
        client = Client(command, root)
        client.initialize()
        for name, text in files.items():
            client.open(root / name)
            stream = keystrokes(text, "ident")
            for _ in range(10):
                client.change([next(stream)])
        client.rest()
        row = Row(what, [client.rss()], unit="MB")
        if len(files) > 1:
            row.bar, row.met = "<= 150 MB", row.ours[0] <= 150
        yield row
        client.stop()


def line_of(row: Row) -> str:
    def figures(values: list[float]) -> str:
        if not values:
            return "-"
        if len(values) == 1:
            return f"{values[0]:.0f} {row.unit}"
        return " / ".join(f"{percentile(values, p):.1f}" for p in (50, 95, 99))

    ratio = f"{row.ratio:.2f}" if row.ratio is not None else "-"
    met = {True: "met", False: "MISSED", None: ""}[row.met]
    return f"{ratio:>6}  {row.what:<42} {figures(row.ours):<24} {figures(row.peer):<24} {row.bar} {met}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="2000,5000,20000,60000")
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--parts", default="typing,bursts,starts,memory")
    parser.add_argument(
        "--ruff", default=shutil.which("ruff", path=Path(sys.executable).parent) or shutil.which("ruff")
    )
    options = parser.parse_args()
    ours = [sys.executable, "-m", "escalation", "lsp"]
    ruff = [options.ruff, "server"]
    servers = {"ours": ours} | ({"ruff": ruff, "ruff, 10": ruff} if options.ruff else {})
    sizes = [int(size) for size in options.sizes.split(",")]
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-latency-") as temporary:
        folder = Path(temporary)
        parts: dict[str, Callable[[], Iterator[Row]]] = {
            "typing": lambda: typing_rows(folder, sizes, options.edits, servers),
            "bursts": lambda: bursts(folder, ours),
            "starts": lambda: iter([starts(folder, ours)]),
            "memory": lambda: memory(folder, ours),
        }
        print(f"{'ratio':>6}  {'ms: p50 / p95 / p99':<42} {'escalation lsp':<24} {'peer (ruff server)':<24} bar")
        for part in options.parts.split(","):
            for row in parts[part]():
                print(line_of(row), flush=True)
                rows.append(row)
    if options.json:
        table = [asdict(row) | {"ratio": row.ratio} for row in rows]
        options.json.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    return 0 if all(row.met is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
