"""The protocol's promises, where pygls breaks them (each of these failed on pygls 2.1 as it comes)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.harness import FULL, InProcess

INITIALIZE = {"processId": None, "rootUri": None, "capabilities": FULL}


@pytest.mark.parametrize(
    ("message", "id", "code"),
    [
        ({"id": 5, "method": "textDocument/hover", "params": {"textDocument": 3}}, 5, -32602),
        ({"id": 5, "method": "textDocument/hover"}, 5, -32602),
        ({"id": 5, "method": "textDocument/hover", "params": {"position": {"line": "x"}}}, 5, -32602),
        ({"id": 5, "method": "no/suchMethod", "params": {}}, 5, -32601),
        ({"id": "a", "method": "$/noSuchMethod"}, "a", -32601),
        ({"id": 5, "method": "initialize", "params": INITIALIZE}, 5, -32600),
        ({"id": 5, "method": "workspace/executeCommand", "params": {"command": "none"}}, 5, -32602),
        ({"id": 5, "method": 7}, 5, -32600),
        ({"id": {"a": 1}, "method": "textDocument/hover"}, None, -32600),
        ({"id": 5, "jsonrpc": "1.0", "method": "shutdown"}, 5, -32600),
        ({"id": 5}, 5, -32600),
    ],
)
async def test_every_bad_request_gets_its_one_answer(
    client: InProcess, message: dict[str, Any], id: object, code: int
) -> None:
    await client.start()
    client.send(message)
    answer = await client.until(lambda m: "error" in m)
    assert (answer["id"], answer["error"]["code"]) == (id, code)
    await asyncio.sleep(0.01)
    assert sum("error" in m for m in client.messages) == 1
    assert not [m for m in client.messages if m.get("method") == "window/showMessage"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff\xfe", b"null"])
async def test_what_is_no_message_is_answered_without_an_id(client: InProcess, body: bytes) -> None:
    await client.start()
    client.server.protocol.handle_body(body)
    answer = await client.until(lambda m: "error" in m)
    assert answer["id"] is None


async def test_bad_notifications_are_survived_in_silence(client: InProcess) -> None:
    await client.start()
    client.notify("textDocument/didChange", {"nonsense": True})
    client.notify("textDocument/didChange", {"textDocument": {"uri": "file:///x", "version": 1}, "contentChanges": []})
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///never-opened"}})
    client.notify("no/suchNotification", {"a": 1})
    client.notify("$/setTrace", {"value": "nonsense"})
    client.send({"id": "never asked", "result": 3})
    client.send({"id": "never asked", "error": "malformed"})
    assert await client.result("shutdown") is None
    assert not [m for m in client.messages if m.get("method") == "window/showMessage" or "error" in m]


async def test_before_initialize_and_after_shutdown_requests_are_refused(client: InProcess) -> None:
    early = await client.request("textDocument/hover", {})
    client.notify("textDocument/didOpen", {})
    await client.start()
    await client.result("shutdown")
    late = await client.request("textDocument/hover", {})
    assert (early["error"]["code"], late["error"]["code"]) == (-32002, -32600)


def _slow_command(client: InProcess) -> list[str]:
    seen: list[str] = []

    async def slow(_: list[object]) -> str:
        seen.append("begun")
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return "done"

    client.server.command("test.slow")(slow)
    return seen


async def _begin(client: InProcess, seen: list[str], **more: object) -> asyncio.Task[dict[str, Any]]:
    params = {"command": "test.slow", "arguments": [], **more}
    task = asyncio.create_task(client.request("workspace/executeCommand", params, id=77))
    while not seen:
        await asyncio.sleep(0.001)
    return task


async def test_cancelling_the_request_cancels_the_command(client: InProcess) -> None:
    seen = _slow_command(client)
    await client.start()
    task = await _begin(client, seen)
    client.notify("$/cancelRequest", {"id": 77})
    assert (await task)["error"]["code"] == -32800
    assert seen == ["begun", "cancelled"]


@pytest.mark.parametrize("way", ["progress", "command"])
async def test_a_command_is_cancelled_by_its_progress_token(client: InProcess, way: str) -> None:
    seen = _slow_command(client)
    await client.start()
    task = await _begin(client, seen, workDoneToken="t1")
    if way == "progress":
        client.notify("window/workDoneProgress/cancel", {"token": "t1"})
    else:
        arguments = {"command": "escalation.cancel", "arguments": [{"token": "t1"}]}
        assert await client.result("workspace/executeCommand", arguments) == {"cancelled": True}
    assert (await task)["error"]["code"] == -32800
    assert seen == ["begun", "cancelled"]
    assert client.server.protocol.tasks == {}


async def test_shutdown_with_a_pending_command_is_clean(client: InProcess) -> None:
    seen = _slow_command(client)
    await client.start()
    task = await _begin(client, seen)
    assert await client.result("shutdown") is None
    assert (await task)["error"]["code"] == -32800
    assert seen == ["begun", "cancelled"]
    with pytest.raises(SystemExit) as exit:
        client.notify("exit")
    assert exit.value.code == 0


async def test_an_answer_to_a_cancelled_question_is_dropped(client: InProcess) -> None:
    await client.start()
    asked = types.ShowMessageRequestParams(types.MessageType.Info, "Apply?")
    future = client.server.protocol.send_request("window/showMessageRequest", asked, msg_id="q")
    future.cancel()
    client.send({"id": "q", "result": None})
    assert await client.result("shutdown") is None
    assert not [m for m in client.messages if m.get("method") == "window/showMessage"]


async def test_exit_without_shutdown_is_status_1(client: InProcess) -> None:
    await client.start()
    with pytest.raises(SystemExit) as exit:
        client.notify("exit")
    assert exit.value.code == 1


async def test_a_value_named_jsonrpc_inside_a_message_is_only_a_value(client: InProcess) -> None:
    await client.start(initializationOptions={"escalation": {"jsonrpc": "2.0", "method": "x"}})
    assert client.session.client_settings == {"jsonrpc": "2.0", "method": "x"}
