from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.conftest import AUTH
from tests.lsp.harness import FULL, InProcess, insert
from tests.lsp.test_judging import FUNCTION, WEAKER, actions, opened


async def run(client: InProcess, command: str, *arguments: object) -> dict[str, Any]:
    return await client.request("workspace/executeCommand", {"command": command, "arguments": list(arguments)})


async def changed(client: InProcess, repository: Path, capabilities: dict[str, Any] = FULL) -> str:
    uri = await opened(client, repository, capabilities)
    client.change(uri, 2, WEAKER)
    assert await client.diagnostics(uri, 2)
    return uri


def shown(client: InProcess) -> list[str]:
    return [m["params"]["message"] for m in client.messages if m.get("method") == "window/showMessage"]


def codes(client: InProcess, uri: str) -> list[str]:
    return [d["code"] for d in client.published(uri)[-1]["diagnostics"]]


async def test_the_assessment_is_shown_as_a_document(client: InProcess, repository: Path, home: Path) -> None:
    uri = await changed(client, repository)
    result = (await run(client, "escalation.showAssessment", {"uri": uri}))["result"]
    show = [m["params"] for m in client.messages if m.get("method") == "window/showDocument"]
    [file] = home.rglob("assessment.md")
    assert [params["uri"] for params in show] == [file.as_uri()] == [result["uri"]]
    assert file.read_text("utf-8") == result["markdown"]
    assert "auth.py" in result["markdown"]


async def test_clients_that_show_no_documents_get_the_text(client: InProcess, repository: Path) -> None:
    uri = await changed(client, repository, FULL | {"window": {}})
    result = (await run(client, "escalation.showAssessment", {"uri": uri}))["result"]
    assert result["markdown"].startswith("# Opus")
    assert "assessment.md" in shown(client)[-1]


@pytest.mark.parametrize("scope", ["function", "file", "project"])
async def test_dismissing_and_undoing(client: InProcess, repository: Path, scope: str) -> None:
    uri = await changed(client, repository)
    [action] = [a for a in await actions(client, uri, FUNCTION) if a["title"].endswith(f"in this {scope}")]
    [argument] = action["command"]["arguments"]
    result = await run(client, "escalation.dismiss", argument | {"why": "a test"})
    await client.settled()
    assert result["result"] == {"changed": True}
    assert codes(client, uri) == []
    file = repository / ".escalation" / "dismissed.toml"
    assert f'scope = "{scope}"' in file.read_text("utf-8")
    # It survives edits around it …
    client.change(uri, 3, insert(0, 0, "# a comment\n# and another\n"))
    assert await client.diagnostics(uri, 3) == []
    # … and comes back when the entry goes.
    await run(client, "escalation.restore", argument)
    await client.settled()
    assert codes(client, uri) == ["critical_security"]


async def test_deleting_the_file_brings_the_diagnostic_back(client: InProcess, repository: Path) -> None:
    uri = await changed(client, repository)
    await run(client, "escalation.dismiss", {"uri": uri, "reason": "critical_security", "scope": "project"})
    await client.settled()
    file = repository / ".escalation" / "dismissed.toml"
    file.unlink()
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": file.as_uri(), "type": 3}]})
    await client.settled()
    assert codes(client, uri) == ["critical_security"]


async def test_a_broken_file_of_dismissals_is_pointed_at_and_kept(client: InProcess, repository: Path) -> None:
    file = repository / ".escalation" / "dismissed.toml"
    file.parent.mkdir()
    file.write_text("[[dismissed]\n")
    uri = await changed(client, repository)
    [problem] = client.published(file.as_uri())[-1]["diagnostics"]
    assert "cannot be read" in problem["message"]
    argument = {"uri": uri, "reason": "critical_security", "scope": "project"}
    result = await run(client, "escalation.dismiss", argument)
    assert result["result"]["changed"] is False
    assert "repair it first" in shown(client)[-1]
    assert file.read_text() == "[[dismissed]\n"
    file.write_text("")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": file.as_uri(), "type": 2}]})
    await client.settled()
    assert client.published(file.as_uri())[-1]["diagnostics"] == []


async def test_feedback_is_one_line_without_any_text_of_the_file(
    client: InProcess, repository: Path, home: Path
) -> None:
    uri = await changed(client, repository)
    for _ in range(2):
        await run(client, "escalation.feedback", {"uri": uri, "reason": "critical_security", "symbol": "f"})
    lines = (home / "feedback.jsonl").read_text("utf-8").splitlines()
    record = json.loads(lines[1])
    assert len(lines) == 2
    assert (record["kind"], record["path"], record["reason"]) == ("needed_opus", "auth.py", "critical_security")
    assert "stored_hash" not in lines[1]


async def test_an_untitled_text_cannot_be_dismissed(client: InProcess) -> None:
    await client.start()
    client.open("untitled:1", AUTH)
    await client.settled()
    argument = {"uri": "untitled:1", "reason": "critical_security", "scope": "file"}
    assert (await run(client, "escalation.dismiss", argument))["result"] == {"changed": False}
    assert "Save the file" in shown(client)[-1]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("escalation.dismiss", []),
        ("escalation.dismiss", [{"uri": 3, "reason": "x"}]),
        ("escalation.dismiss", [{"uri": "file:///not/open", "reason": "x"}]),
        ("escalation.showAssessment", ["nonsense"]),
        ("escalation.run", [{"route": 1}]),
        ("escalation.cancel", [{}]),
    ],
)
async def test_bad_arguments_are_invalid_params(client: InProcess, command: str, arguments: list[object]) -> None:
    await client.start()
    assert (await run(client, command, *arguments))["error"]["code"] == -32602


async def test_a_wrong_scope_is_refused(client: InProcess, repository: Path) -> None:
    uri = await changed(client, repository)
    answer = await run(client, "escalation.dismiss", {"uri": uri, "reason": "x", "scope": "galaxy"})
    assert answer["error"]["code"] == -32602
