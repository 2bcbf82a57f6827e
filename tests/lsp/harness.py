"""Clients for the tests: one in the same process (for handlers), one of plain JSON over pipes (for the protocol)."""

from __future__ import annotations

import asyncio
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from escalation.lsp.server import build
from escalation.lsp.transport import Framing

Message = dict[str, Any]

FULL: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {"configuration": True, "didChangeWatchedFiles": {"dynamicRegistration": True}},
    "textDocument": {
        "publishDiagnostics": {"relatedInformation": True, "codeDescriptionSupport": True, "dataSupport": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
        "hover": {"contentFormat": ["markdown"]},
    },
    "window": {"showDocument": {"support": True}},
}
PULL: dict[str, Any] = FULL | {
    "workspace": FULL["workspace"] | {"diagnostics": {"refreshSupport": True}},
    "textDocument": FULL["textDocument"] | {"diagnostic": {}},
}
# What a client answers when the server asks.
ANSWERS: dict[str, Any] = {"workspace/configuration": [None], "window/showDocument": {"success": True}}


def encode(message: Message) -> bytes:
    body = json.dumps({"jsonrpc": "2.0"} | message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class InProcess:
    """A client in the server's own event loop: real handlers, real files, no pipes."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.server, self.session = build()
        self.server.protocol.set_writer(self)
        self.messages: list[Message] = []
        self._framing = Framing()
        self._answers = ANSWERS | (answers or {})
        self._ids = iter(range(1, 1_000_000))

    def write(self, data: bytes) -> None:
        for body in self._framing.feed(data):
            message = json.loads(body)
            self.messages.append(message)
            if "method" in message and "id" in message:
                answer = {"id": message["id"], "result": self._answers.get(message["method"])}
                asyncio.get_running_loop().call_soon(self.send, answer)

    def close(self) -> None:
        self.messages.append({"method": "closed"})

    def send(self, message: Message) -> None:
        self.server.protocol.handle_body(json.dumps({"jsonrpc": "2.0"} | message).encode())

    def notify(self, method: str, params: object = None) -> None:
        self.send({"method": method, "params": params})

    async def request(self, method: str, params: object = None, id: int | None = None) -> Message:
        id = next(self._ids) if id is None else id
        self.send({"id": id, "method": method, "params": params})
        return await self.until(lambda message: message.get("id") == id and "method" not in message)

    async def result(self, method: str, params: object = None) -> Any:
        answer = await self.request(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    async def until(self, wanted: Callable[[Message], bool], seconds: float = 20) -> Message:
        """The first message that is wanted, among those that came and those that come."""
        async with asyncio.timeout(seconds):
            while True:
                for message in self.messages:
                    if wanted(message):
                        return message
                await asyncio.sleep(0.001)

    async def start(self, folders: Iterable[Path] = (), capabilities: Message = FULL, **more: object) -> Message:
        folders = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        params = {"processId": None, "rootUri": None, "capabilities": capabilities, "workspaceFolders": folders}
        answer = await self.request("initialize", params | more)
        self.notify("initialized", {})
        return answer["result"]

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Message) -> None:
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def published(self, uri: str) -> list[Message]:
        method = "textDocument/publishDiagnostics"
        return [m["params"] for m in self.messages if m.get("method") == method and m["params"]["uri"] == uri]

    async def diagnostics(self, uri: str, version: int) -> list[Message]:
        """The diagnostics of one version of a text."""
        async with asyncio.timeout(20):
            while not (found := [p for p in self.published(uri) if p.get("version") == version]):
                await asyncio.sleep(0.001)
        return found[-1]["diagnostics"]

    async def settled(self) -> None:
        """Nothing is read or judged any more."""
        async with asyncio.timeout(20):
            while self.session.busy:
                await asyncio.sleep(0.005)


def insert(line: int, character: int, text: str) -> Message:
    place = {"line": line, "character": character}
    return {"range": {"start": place, "end": place}, "text": text}


class OverPipes:
    """`escalation lsp` as a process, spoken to in raw JSON: shares no code with the server but the framing."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        command = [sys.executable, *(arguments or ("-m", "escalation", "lsp"))]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=env)
        self._arrived: queue.Queue[Message | None] = queue.Queue()
        self._kept: list[Message] = []
        self._errors: list[bytes] = []
        threading.Thread(target=self._read, daemon=True).start()
        self._stderr = threading.Thread(target=self._read_errors, daemon=True)
        self._stderr.start()

    def __enter__(self) -> OverPipes:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def _read(self) -> None:
        framing = Framing()
        try:
            while chunk := self.process.stdout.read1(65536):  # type: ignore[union-attr]
                for body in framing.feed(chunk):
                    self._arrived.put(json.loads(body))
        except ValueError:
            pass  # a test closed the pipe
        self._arrived.put(None)

    def _read_errors(self) -> None:
        self._errors.extend(iter(lambda: self.process.stderr.read1(65536), b""))  # type: ignore[union-attr]

    @property
    def errors(self) -> str:
        self._stderr.join(10)
        return b"".join(self._errors).decode()

    def write(self, data: bytes) -> None:
        self.process.stdin.write(data)  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]

    def notify(self, method: str, params: object = None) -> None:
        self.write(encode({"method": method, "params": params}))

    def request(self, id: int, method: str, params: object = None) -> Message:
        self.write(encode({"id": id, "method": method, "params": params}))
        return self.answer(id)

    def answer(self, id: int | None) -> Message:
        return self.wait(lambda message: "method" not in message and message.get("id") == id)

    def wait(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message that is wanted; what the server asks meanwhile is answered."""
        for message in self._kept:
            if wanted(message):
                return message
        while True:
            try:
                message = self._arrived.get(timeout=30)
            except queue.Empty:
                self.process.kill()
                raise AssertionError(f"the server is silent; it said: {self.errors}") from None
            assert message is not None, f"the server is gone: {self.errors}"
            if "method" in message and "id" in message:
                self.write(encode({"id": message["id"], "result": ANSWERS.get(message["method"])}))
            self._kept.append(message)
            if wanted(message):
                return message

    def start(self, capabilities: Message | None = None, **more: object) -> Message:
        params = {"processId": None, "rootUri": None, "capabilities": capabilities or FULL}
        answer = self.request(0, "initialize", params | more)
        self.notify("initialized", {})
        return answer

    def stop(self) -> int:
        self.request(999, "shutdown")
        self.notify("exit")
        return self.process.wait(20)
