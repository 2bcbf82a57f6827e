"""`escalation mcp`: the real client of the protocol over standard input and output, a real host behind it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from escalation import __version__
from escalation.cli.mcp import Assessed, Standing, Submitted
from escalation.host.running import running
from escalation.settings.home import state
from tests.cli.conftest import CART
from tests.cli.test_run import COUNTED, GOOD, L3, TASK, content
from tests.cli.test_runs import verdicts

TOOLS = {"assess_change": Assessed, "submit_escalation": Submitted, "escalation_status": Standing}
PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text("utf-8")


@asynccontextmanager
async def connected(folder: object) -> AsyncIterator[Client]:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "escalation", "mcp"], env=dict(os.environ), cwd=str(folder)
    )
    async with Client(command, read_timeout_seconds=60) as client:
        yield client


async def call(client: Client, tool: str, **arguments: object) -> dict[str, object]:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    assert json.loads(answer.content[0].text) == answer.structured_content
    return answer.structured_content


async def refusal(client: Client, tool: str, **arguments: object) -> str:
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    return answer.content[0].text


async def test_it_says_who_it_is_and_what_it_can_without_starting_a_host(cart):
    async with connected(cart.root) as client:
        assert (client.server_info.name, client.server_info.version) == ("opus-escalation", __version__)
        assert "Only `submit_escalation` with `execute` asks models" in (client.instructions or "")
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == set(TOOLS)
    for tool in tools:
        assert set(tool.output_schema["properties"]) == set(TOOLS[tool.name].__annotations__)
        assert tool.description
        for parameter in tool.input_schema["properties"]:
            assert parameter in ("task", "workflow_id") or f"\n{parameter}: " in tool.description
    assert {tool.name for tool in tools if tool.annotations.read_only_hint} == {"assess_change", "escalation_status"}
    assert running(state()) is None


async def test_a_change_is_judged_and_nothing_is_kept(cart, hosts, run):
    cart.commit({"auth/tokens.py": "import jwt\n\n\ndef check(token, key):\n    return jwt.decode(token, key)\n"})
    cart.write("auth/tokens.py", "import jwt\n\n\ndef check(token, key):\n    return jwt.decode(token)\n")
    async with connected(cart.root) as client:
        found = await call(client, "assess_change", task="Simplify the check of access tokens")
        again = await call(client, "assess_change", task="Rename it", files=["cart.py"], folder=str(cart.root))
    assert found["should_escalate"] is True
    assert found["triggers"][0]["reason"] == "critical_security"
    assert any("auth/tokens.py:" in place for trigger in found["triggers"] for place in trigger["places"])
    assert set(again) == set(found)
    assert run("runs", "--json").json["workflows"] == []


async def test_a_task_is_submitted_done_and_applied_by_its_user(cart, serve, hosts, run):
    with serve(GOOD) as server:
        async with connected(cart.root) as client:
            decided = await call(client, "submit_escalation", task=TASK[1], files=["cart.py"])
            assert (decided["status"], server.calls) == ("completed", [])
            begun = await call(
                client, "submit_escalation", task=TASK[1], files=["cart.py"], execute=True, route="L3", budget_usd=1.0
            )
            id = begun["workflow_id"]
            while not (standing := await call(client, "escalation_status", workflow_id=id))["has_ended"]:
                await asyncio.sleep(0.1)
    assert [request.model for request in server.calls] == [L3, L3]
    assert (standing["outcome"], standing["tier"], standing["verified"]) == ("success", "L3", True)
    assert "+    return sum(1 for _ in items)" in standing["diff"]
    assert content(cart) == CART
    assert run("runs", id, "--apply").status == 0
    assert content(cart) == COUNTED
    assert verdicts(run, id) == ["accepted"]
    assert run("runs", id, "--json").json["requester"] == "mcp"


async def test_what_goes_wrong_is_told_in_words(cart, tmp_path, hosts):
    async with connected(cart.root) as client:
        assert "is no folder" in await refusal(client, "assess_change", folder="nowhere")
        assert "outside" in await refusal(client, "assess_change", files=["../x.py"])
        assert "set execute, or" in await refusal(client, "submit_escalation", task="Do it", budget_usd=1.0)
        assert "no such run" in await refusal(client, "escalation_status", workflow_id="none")
        assert "workflow_id" in await refusal(client, "escalation_status")


def test_nothing_but_the_protocol_is_on_standard_output(cart, hosts):
    """As a client sees it that knows no library: a line of JSON for each answer, and no other."""
    asked = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "assess_change", "arguments": {"task": "Rename it"}}},
        {"id": 3, "method": "tools/call", "params": {"name": "escalation_status", "arguments": {"workflow_id": "no"}}},
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "escalation", "mcp"],
        cwd=cart.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    lines = []
    for message in asked:
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()
        if "id" in message:
            lines.append(json.loads(process.stdout.readline()))
    rest, errors = process.communicate(timeout=30)
    assert [line["id"] for line in lines] == [1, 2, 3]
    assert lines[0]["result"]["serverInfo"]["version"] == __version__
    assert lines[2]["result"]["isError"] is True
    assert (rest, errors, process.returncode) == ("", "", 0)


def test_without_the_extra_it_says_what_to_install(cart):
    program = (
        "import sys; sys.modules['mcp'] = None\nfrom escalation.cli.main import main\nraise SystemExit(main(['mcp']))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "escalation: the extra `mcp` is not installed: pip install 'opus-escalation[mcp]'\n"


@pytest.mark.parametrize("tool", TOOLS)
def test_the_page_has_every_tool_and_every_field(tool):
    section = PAGE[PAGE.index(f"### `{tool}`") :].split("\n### ")[0]
    assert [field for field in TOOLS[tool].__annotations__ if f"`{field}`" not in section] == []


def test_the_configuration_of_the_page_is_json_that_starts_it():
    blocks = [json.loads(block.split("```")[0]) for block in PAGE.split("```json\n")[1:]]
    assert blocks
    for block in blocks:
        (servers,) = block.values()
        assert servers["opus-escalation"]["command"] == "escalation"
        assert servers["opus-escalation"]["args"] == ["mcp"]
