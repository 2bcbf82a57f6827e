"""A raw JSON client of a language server, whose only purpose is to tell when an answer came."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

Message = dict[str, Any]
CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"publishDiagnostics": {"relatedInformation": True, "versionSupport": True}},
}


class Client:
    """One server process and what it says. The reading thread stamps each message with its time."""

    def __init__(self, command: list[str], root: Path) -> None:
        self.began = time.perf_counter()
        environment = os.environ | {"ESCALATION_HOME": str(root.parent / "home")}
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=null, cwd=root, env=environment)
        self.root = root
        self.published: queue.Queue[tuple[float, Message]] = queue.Queue()
        self.answers: queue.Queue[tuple[float, Message]] = queue.Queue()
        self.events: queue.Queue[tuple[float, Message]] = queue.Queue()
        """`escalation/event`, for those that asked for them."""
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
            elif message["method"] == "escalation/event":
                self.events.put((now, message["params"]))

    def send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def initialize(self, **options: object) -> float:
        """Seconds from the start of the process to the answer."""
        folders = [{"uri": self.root.as_uri(), "name": "bench"}]
        params = {"processId": os.getpid(), "rootUri": self.root.as_uri(), "capabilities": CAPABILITIES}
        self.send({"id": 1, "method": "initialize", "params": params | {"workspaceFolders": folders} | options})
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
