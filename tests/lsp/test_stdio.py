"""The process, spoken to in raw JSON over pipes. Few tests: each starts a server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lsp.conftest import AUTH
from tests.lsp.harness import FULL, OverPipes, encode, insert

SLOW = """
import asyncio
from escalation.lsp import server
build = server.build
def with_slow_command():
    made = build()
    async def slow(_: list[object]):
        await asyncio.sleep(30)
    made[0].command("test.slow")(slow)
    return made
server.build = with_slow_command
server.start_io()
"""


def test_a_session_from_initialize_to_exit(repository: Path) -> None:
    uri = (repository / "auth.py").as_uri()
    with OverPipes() as server:
        answer = server.start(workspaceFolders=[{"uri": repository.as_uri(), "name": "r"}])
        capabilities = answer["result"]["capabilities"]
        item = {"uri": uri, "languageId": "python", "version": 1, "text": AUTH}
        server.notify("textDocument/didOpen", {"textDocument": item})
        # A form feed ends no line: pygls' own text would put the second edit into the wrong one.
        edits = [insert(0, 0, "# a\x0cb\n"), insert(17, 0, "    if not salt:\n        return True  # prvtwrd\n")]
        document = {"uri": uri, "version": 2}
        server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": edits})
        published = server.wait(
            lambda m: m.get("method") == "textDocument/publishDiagnostics" and m["params"].get("version") == 2
        )
        assert server.stop() == 0
        errors = server.errors
    [found] = published["params"]["diagnostics"]
    assert (found["code"], found["range"]["start"]) == ("critical_security", {"line": 15, "character": 4})
    assert capabilities["textDocumentSync"]["change"] == 2
    assert capabilities["positionEncoding"] == "utf-16"
    assert "escalation.dismiss" in capabilities["executeCommandProvider"]["commands"]
    assert "prvtwrd" not in errors
    assert errors == ""


def test_nothing_heavy_is_imported_for_the_answer_to_initialize() -> None:
    program = (
        "import json, sys\n"
        "from escalation.lsp.server import build\n"
        "from tests.lsp.harness import InProcess, FULL\n"
        "client = InProcess()\n"
        "client.send({'id': 1, 'method': 'initialize', 'params': {'processId': None, 'rootUri': None,"
        " 'capabilities': FULL}})\n"
        "assert client.messages[0]['result']\n"
        "heavy = {'tree_sitter', 'pygit2', 'tomlkit', 'genai_prices', 'rich', 'radon', 'anthropic', 'fastapi', 'dbos',"
        " 'sqlalchemy', 'escalation.decision.assess', 'escalation.analysis.facts'}\n"
        "print(json.dumps(sorted(heavy & set(sys.modules))))\n"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, check=True)
    assert json.loads(run.stdout) == []


def test_shutdown_with_a_pending_command_and_exit_at_once() -> None:
    with OverPipes("-c", SLOW) as server:
        server.start()
        server.write(encode({"id": 5, "method": "workspace/executeCommand", "params": {"command": "test.slow"}}))
        server.write(encode({"id": 6, "method": "shutdown"}))
        assert server.answer(5)["error"]["code"] == -32800
        assert server.answer(6)["result"] is None
        server.notify("exit")
        assert server.process.wait(10) == 0
        assert server.errors == ""


def test_exit_with_pending_work_makes_no_storm(repository: Path) -> None:
    with OverPipes("-c", SLOW) as server:
        server.start(workspaceFolders=[{"uri": repository.as_uri(), "name": "r"}])
        for id in range(10, 20):
            server.write(encode({"id": id, "method": "workspace/executeCommand", "params": {"command": "test.slow"}}))
        server.process.stdout.close()  # type: ignore[union-attr] # nobody listens any more
        server.notify("exit")
        assert server.process.wait(10) == 1
        assert len(server.errors) < 2_000


def test_the_end_of_the_input_ends_the_server() -> None:
    with OverPipes() as server:
        server.start()
        server.process.stdin.close()  # type: ignore[union-attr]
        assert server.process.wait(10) == 1
        assert server.errors == ""


def test_a_client_that_was_killed_ends_the_server() -> None:
    """The pipe stays open: somebody else holds it, as a shell or a process manager may."""
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with OverPipes() as server:
        server.start(processId=parent.pid)
        parent.kill()
        parent.wait()
        assert server.process.wait(20) == 1


def test_malformed_bytes_between_messages_are_survived() -> None:
    with OverPipes() as server:
        server.start()
        server.write(b"Content-Length: 7\r\n\r\nnot jso")
        server.write(b"Nonsense: yes\r\n\r\n")
        server.write(encode({"id": 8, "method": "textDocument/hover", "params": 3}))
        assert server.answer(None)["error"]["code"] == -32700
        assert server.answer(8)["error"]["code"] in (-32600, -32602)
        assert server.stop() == 0


def test_a_burst_of_edits_ends_in_the_last_version(repository: Path) -> None:
    uri = (repository / "auth.py").as_uri()
    with OverPipes() as server:
        server.start(capabilities=FULL)
        item = {"uri": uri, "languageId": "python", "version": 1, "text": AUTH}
        server.notify("textDocument/didOpen", {"textDocument": item})
        burst = b"".join(
            encode(
                {
                    "method": "textDocument/didChange",
                    "params": {"textDocument": {"uri": uri, "version": n}, "contentChanges": [insert(0, 3, "x")]},
                }
            )
            for n in range(2, 500)
        )
        server.write(burst)
        server.wait(
            lambda m: m.get("method") == "textDocument/publishDiagnostics" and m["params"].get("version") == 499
        )
        assert server.stop() == 0
