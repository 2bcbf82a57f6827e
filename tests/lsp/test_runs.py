"""Runs from the language server: a real host in a process of its own, models that follow a script, and a client that
speaks the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from escalation.host import port_file
from escalation.host.client import PREFIX
from escalation.host.starting import found as found_host
from escalation.scripted.script import hang, text, tool
from escalation.scripted.server import ScriptedServer
from escalation.settings.home import state
from tests.host.processes import Hosts, asking, kill
from tests.lsp.conftest import AUTH
from tests.lsp.harness import FULL, InProcess, insert
from tests.lsp.test_judging import FUNCTION, WEAKER, actions, opened

PATIENCE = 120
"""Seconds: a host starts, and there are machines that do much else."""
STRONGER = "def verify_password(stored_hash, salt, password):\n    return False\n"


def rewrite(name: str = "verify_password", code: str = STRONGER) -> Any:
    return tool("mutate_entity", {"action": "update", "entity": f"auth.py::{name}", "text": code})


NEEDS_HELP = [text("This needs a new section."), rewrite(), text("Built."), text("Finished.")]


@pytest.fixture(autouse=True)
def hosts() -> Iterator[Hosts]:
    found = Hosts()
    yield found
    found.close()


@asynccontextmanager
async def models(monkeypatch: pytest.MonkeyPatch, script: Any) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(script) as server:
        for name, value in asking(server).items():
            monkeypatch.setenv(name, value)
        yield server


async def typed(client: InProcess, repository: Path, **more: Any) -> str:
    uri = await opened(client, repository, FULL, **more)
    client.change(uri, 2, WEAKER)
    assert await client.diagnostics(uri, 2)
    return uri


def told(client: InProcess, method: str) -> list[Any]:
    return [message["params"] for message in client.messages if message.get("method") == method]


def types_of(client: InProcess) -> list[str]:
    return [event["type"] for event in told(client, "escalation/event")]


def text_of(client: InProcess, uri: str) -> str:
    return client.session.buffers[uri].document.text


async def run(client: InProcess, uri: str, **more: Any) -> Any:
    asked = {"uri": uri, "task": "Make it safe", "route": "two-pass", **more}
    client.send({"id": 999, "method": "escalation/run", "params": asked})
    answer = await client.until(lambda message: message.get("id") == 999 and "method" not in message, PATIENCE)
    return answer["result"]


OURS = {"initializationOptions": {"events": True}}


async def test_a_run_is_told_event_by_event_and_ends_with_a_preview(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with models(monkeypatch, NEEDS_HELP) as server:
        uri = await typed(client, repository, **OURS)
        done = await run(client, uri)
        assert (done["state"], done["outcome"], done["tier"]) == ("completed", "success", "L3->L4->L3")
        assert done["cost"] > 0
        assert [(file["path"], file["kind"], file["uri"]) for file in done["files"]] == [("auth.py", "modified", uri)]
        heard = types_of(client)
        assert [type for type in heard if type in ("tier.start", "meta.escalation", "stream.end")] == [
            "tier.start", "meta.escalation", "tier.start", "tier.start", "stream.end",
        ]  # fmt: skip
        assert "text.delta" in heard
        shown = await client.result("escalation/preview", {"workflow": done["workflow"], "path": "auth.py"})
        assert shown["before"] == text_of(client, uri)
        assert STRONGER in shown["after"]
        assert (shown["rebased"], shown["conflict"]) == (False, None)
        assert len(server.requests) == 4
        [listed] = await client.result("escalation/runs", {})
        assert listed == done
    # What was typed and not saved is what the models saw.
    assert "if not stored_hash" in json.dumps(server.requests[0].body)


async def test_applying_is_one_edit_with_the_version_of_the_text(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client._answers["workspace/applyEdit"] = {"applied": True}
    async with models(monkeypatch, NEEDS_HELP):
        uri = await typed(client, repository, **OURS)
        done = await run(client, uri)
        applied = await client.result("escalation/apply", {"workflow": done["workflow"]})
        assert applied == {"applied": ["auth.py"], "kept": [], "patch": None}
        [edit] = told(client, "workspace/applyEdit")
        [change] = edit["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": uri, "version": 2}
        assert (repository / "auth.py").read_text("utf-8") == AUTH  # the editor writes, and nobody else
        [row] = await client.result("escalation/runs", {})
        assert row["applied"] == "yes"
        host = found_host(state())
        assert host is not None
        said = host.request("GET", f"{PREFIX}/status/{done['workflow']}").body["feedback"]
        assert [one["verdict"] for one in said] == ["accepted"]


async def test_what_is_typed_elsewhere_while_it_runs_stays(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with models(monkeypatch, NEEDS_HELP):
        uri = await typed(client, repository, **OURS)
        done = await run(client, uri)
        client.change(uri, 3, insert(0, 0, "# mine\n"))
        shown = await client.result("escalation/preview", {"workflow": done["workflow"], "path": "auth.py"})
        assert shown["rebased"]
        assert shown["after"].startswith("# mine\n")
        assert STRONGER in shown["after"]


async def test_what_is_typed_in_the_same_place_is_never_overwritten(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with models(monkeypatch, NEEDS_HELP):
        uri = await typed(client, repository, **OURS)
        done = await run(client, uri)
        line = text_of(client, uri).splitlines().index('    """Compare a password with its stored hash."""')
        client.change(uri, 3, insert(line, 4, "# mine "))
        answer = await client.result("escalation/apply", {"workflow": done["workflow"]})
        assert answer["applied"] == []
        assert "in the same place" in answer["kept"][0]["why"]
        assert "return False" in Path(answer["patch"]).read_text("utf-8")
        assert told(client, "workspace/applyEdit") == []


async def test_an_editor_that_deletes_no_files_gets_a_patch(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = [tool("mutate_entity", {"action": "remove", "entity": "plain.py"}), text("Gone.")]
    async with models(monkeypatch, script):
        uri = await typed(client, repository, **OURS)
        done = await run(client, uri, route="L4")
        assert [(file["path"], file["kind"]) for file in done["files"]] == [("plain.py", "deleted")]
        answer = await client.result("escalation/apply", {"workflow": done["workflow"]})
        assert "does not do for a server" in answer["kept"][0]["why"]
        assert "plain.py" in Path(answer["patch"]).read_text("utf-8")


async def test_without_a_key_nothing_is_sent_and_the_variable_is_named(client: InProcess, repository: Path) -> None:
    uri = await typed(client, repository, **OURS)
    answer = await run(client, uri)
    assert (answer["code"], answer["variable"]) == ("no_key", "ANTHROPIC_API_KEY")
    assert "set the environment variable ANTHROPIC_API_KEY" in answer["message"]
    assert port_file.read(state()) is None


@pytest.mark.parametrize("how", ["$/cancelRequest", "escalation/cancel"])
async def test_a_cancelled_run_spends_no_more(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async with models(monkeypatch, [hang()]) as server:
        uri = await typed(client, repository, **OURS)
        client.send({"id": 999, "method": "escalation/run", "params": {"uri": uri, "task": "x", "route": "L3"}})
        async with asyncio.timeout(PATIENCE):
            while not server.requests:
                await asyncio.sleep(0.02)
        [workflow] = client.session.runs
        if how == "escalation/cancel":
            assert await client.result(how, {"workflow": workflow}) == {"cancelled": True}
        else:
            client.notify(how, {"id": 999})
        answer = await client.until(lambda message: message.get("id") == 999 and "method" not in message)
        assert answer["error"]["code"] == -32800
        host = found_host(state())
        assert host is not None
        async with asyncio.timeout(PATIENCE):
            while host.request("GET", f"{PREFIX}/status/{workflow}").body["state"] != "cancelled":
                await asyncio.sleep(0.05)
        assert len(server.requests) == 1


async def test_a_client_that_knows_commands_only_is_asked(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client._answers |= {"workspace/applyEdit": {"applied": True}, "window/showMessageRequest": {"title": "Apply"}}
    async with models(monkeypatch, NEEDS_HELP):
        uri = await typed(client, repository)
        asked = {"uri": uri, "route": "L3->L4->L3", "task": "Make it safe"}
        params = {"command": "escalation.run", "arguments": [asked], "workDoneToken": "t"}
        answer = await client.result("workspace/executeCommand", params)
        assert answer["outcome"] == "success"
        await client.until(lambda message: message.get("method") == "workspace/applyEdit")
        [question] = told(client, "window/showMessageRequest")
        assert [action["title"] for action in question["actions"]] == ["Apply", "Show diff", "Discard"]
        assert "L3->L4->L3" in question["message"]
        assert "auth.py" in question["message"]
        progress = [params["value"] for params in told(client, "$/progress")]
        assert [value["kind"] for value in progress][0 :: len(progress) - 1] == ["begin", "end"]
        said = " ".join(value.get("message", "") for value in progress)
        assert "L4 works (claude-opus-5-5)" in said
        assert "USD" in said
        assert types_of(client) == []


async def test_a_question_without_an_answer_leaves_code_actions(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client._answers |= {"workspace/applyEdit": {"applied": True}}
    async with models(monkeypatch, NEEDS_HELP):
        uri = await typed(client, repository)
        menu = await actions(client, uri, FUNCTION)
        [asked] = menu[0]["command"]["arguments"]
        asked |= {"route": "two-pass", "task": "Make it safe"}
        await client.result("workspace/executeCommand", {"command": "escalation.run", "arguments": [asked]})
        await client.until(lambda message: message.get("method") == "window/showMessageRequest")
        found = await actions(client, uri, 0)
        assert [action["title"].partition(" (auth.py, 0.")[0] for action in found] == [
            "Apply the result", "Show the diff of the result", "Discard the result",
        ]  # fmt: skip
        decide = {name: found[0]["command"][name] for name in ("command", "arguments")}
        await client.result("workspace/executeCommand", decide)
        [edit] = told(client, "workspace/applyEdit")
        assert edit["edit"]["documentChanges"][0]["textDocument"] == {"uri": uri, "version": 2}
        assert await actions(client, uri, 0) == []


async def test_the_menu_finds_the_task_where_it_is_opened(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with models(monkeypatch, NEEDS_HELP):
        uri = await typed(client, repository)
        client.change(uri, 3, insert(FUNCTION + 2, 4, "# TODO: be strict\n    "))
        menu = await actions(client, uri, FUNCTION + 2)
        [asked] = menu[0]["command"]["arguments"]
        command = {"command": "escalation.run", "arguments": [asked | {"route": "two-pass"}]}
        assert (await client.result("workspace/executeCommand", command))["task"] == "be strict"


async def test_a_host_that_is_killed_in_the_middle_takes_the_run_up_again(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = [text("This needs a new section."), hang(), rewrite(), text("Built."), text("Finished.")]
    async with models(monkeypatch, script) as server:
        uri = await typed(client, repository, **OURS)
        asked = {"uri": uri, "task": "x", "route": "two-pass"}
        client.send({"id": 999, "method": "escalation/run", "params": asked})
        async with asyncio.timeout(PATIENCE):
            while len(server.requests) < 2:
                await asyncio.sleep(0.02)
        told_of = port_file.read(state())
        assert told_of is not None
        kill(told_of.pid)
        answer = await client.until(lambda message: message.get("id") == 999 and "method" not in message, PATIENCE)
        assert answer["result"]["outcome"] == "success"
        assert (
            STRONGER
            in (
                await client.result("escalation/preview", {"workflow": answer["result"]["workflow"], "path": "auth.py"})
            )["after"]
        )
        assert len(server.requests) == 5  # the draft was not paid for again


async def test_an_editor_that_is_opened_again_offers_what_has_finished(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with models(monkeypatch, NEEDS_HELP):
        uri = await typed(client, repository, **OURS)
        (repository / "auth.py").write_text(text_of(client, uri), "utf-8")
        done = await run(client, uri)
        again = InProcess()
        await opened(again, repository, FULL, **OURS)
        waiting = await again.until(
            lambda message: message.get("method") == "escalation/event" and message["params"]["type"] == "run.waiting",
            PATIENCE,
        )
        assert waiting["params"]["body"]["workflow"] == done["workflow"]
        shown = await again.result("escalation/preview", {"workflow": done["workflow"], "path": "auth.py"})
        assert STRONGER in shown["after"]
        await again.result("escalation/discard", {"workflow": done["workflow"]})
        third = InProcess()
        await opened(third, repository, FULL, **OURS)
        [row] = await third.result("escalation/runs", {})
        assert row["applied"] == "discarded"


async def test_another_window_hears_of_the_run(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with models(monkeypatch, [hang()]):
        other = InProcess()
        await opened(other, repository, FULL, **OURS)
        uri = await typed(client, repository, **OURS)
        client.send({"id": 999, "method": "escalation/run", "params": {"uri": uri, "task": "x", "route": "L3"}})
        heard = await other.until(lambda message: message.get("method") == "escalation/event")
        [row] = await other.result("escalation/runs", {})
        assert heard["params"]["workflow"] == row["workflow"]
        assert not row["own"]
        assert await other.result("escalation/cancel", {"workflow": row["workflow"]}) == {"cancelled": True}
        await client.until(lambda message: message.get("id") == 999 and "method" not in message)


async def test_a_client_with_views_hears_recommendations(client: InProcess, repository: Path) -> None:
    uri = await typed(client, repository, **OURS)
    [*_, last] = told(client, "escalation/recommendation")
    assert last["uri"] == uri
    assert last["shouldEscalate"]
    assert last["model"] == "claude-opus-5-5"


async def test_the_status_tells_of_the_host_and_of_keys(client: InProcess, repository: Path) -> None:
    await typed(client, repository, **OURS)
    found = await client.result("escalation/status", {})
    assert found["host"] == {"running": False, "message": "", "dashboard": None}
    assert {"endpoint": "anthropic", "variable": "ANTHROPIC_API_KEY", "present": False} in found["keys"]
    started = await client.result("escalation/status", {"start": True})
    assert started["host"]["running"]
    assert "/?token=" in started["host"]["dashboard"]
