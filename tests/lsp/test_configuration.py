from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from escalation.lsp.configuration import from_options
from tests.lsp.conftest import AUTH
from tests.lsp.harness import FULL, InProcess
from tests.lsp.test_judging import WEAKER

SILENT = {"disabled_reasons": ["critical_security"]}
PUSHING = FULL | {"workspace": {}}


async def changed(client: InProcess, repository: Path, capabilities: dict[str, Any], **more: object) -> str:
    await client.start([repository], capabilities, **more)
    uri = (repository / "auth.py").as_uri()
    client.open(uri, AUTH)
    client.change(uri, 2, WEAKER)
    await client.diagnostics(uri, 2)
    await client.settled()
    return uri


def last(client: InProcess, uri: str) -> list[Any]:
    return client.published(uri)[-1]["diagnostics"]


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({"escalation": {"a": 1}}, {"a": 1}),
        ({"a": 1}, {"a": 1}),
        (None, {}),
        ([1], {}),
        ({"escalation": 3}, {}),
        ({"events": True}, {}),
        ({"events": True, "escalation": {"a": 1}}, {"a": 1}),
        ({"events": True, "a": 1}, {"a": 1}),
    ],
)
def test_options_are_our_section_or_the_section_itself(options: object, settings: object) -> None:
    assert from_options(options) == settings


async def test_asked_for(repository: Path) -> None:
    client = InProcess({"workspace/configuration": [SILENT]})
    uri = await changed(client, repository, FULL)
    assert last(client, uri) == []


async def test_given_at_the_start(client: InProcess, repository: Path) -> None:
    uri = await changed(client, repository, PUSHING, initializationOptions={"escalation": SILENT})
    assert last(client, uri) == []


async def test_pushed_and_taken_back(client: InProcess, repository: Path) -> None:
    uri = await changed(client, repository, PUSHING)
    assert last(client, uri)
    client.notify("workspace/didChangeConfiguration", {"settings": {"escalation": SILENT}})
    await client.settled()
    assert last(client, uri) == []
    client.notify("workspace/didChangeConfiguration", {"settings": {"escalation": {"disabled_reasons": None}}})
    await client.settled()
    assert last(client, uri)


async def test_asked_for_again_when_something_changed(repository: Path) -> None:
    answers: dict[str, Any] = {"workspace/configuration": [None]}
    client = InProcess(answers)
    uri = await changed(client, repository, FULL)
    client._answers["workspace/configuration"] = [SILENT]
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    await client.until(
        lambda m: m.get("method") == "textDocument/publishDiagnostics" and not m["params"]["diagnostics"]
    )
    await client.settled()
    assert last(client, uri) == []


async def test_what_is_wrong_stands_in_the_file(client: InProcess, repository: Path) -> None:
    (repository / "escalation.toml").write_text("\nmin_confidnce = 0.3\n")
    await changed(client, repository, FULL)
    [problem] = client.published((repository / "escalation.toml").as_uri())[-1]["diagnostics"]
    assert "min_confidence" in problem["message"]
    assert problem["range"]["start"]["line"] == 1


async def test_what_is_wrong_with_the_editors_settings_is_said_once(repository: Path) -> None:
    client = InProcess({"workspace/configuration": [{"nonsense": 1}]})
    uri = await changed(client, repository, FULL)
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    await client.settled()
    said = [m["params"]["message"] for m in client.messages if m.get("method") == "window/showMessage"]
    assert len(said) == 1
    assert "nonsense" in said[0]
