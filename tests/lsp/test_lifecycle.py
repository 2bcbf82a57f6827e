from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from escalation.lsp import watching
from escalation.lsp.lifecycle import is_alive, watch_parent
from escalation.lsp.server import AT_ONCE, COMMANDS, IN_TASKS
from tests.lsp.conftest import AUTH
from tests.lsp.harness import FULL, InProcess
from tests.lsp.test_judging import WEAKER


@pytest.mark.parametrize("name", [row[1] for row in (*AT_ONCE, *IN_TASKS, *COMMANDS)])
def test_every_route_leads_somewhere(name: str) -> None:
    module, function = name.split(":")
    handler = getattr(importlib.import_module(f"escalation.lsp.{module}"), function)
    in_tasks = {row[1] for row in (*IN_TASKS, *COMMANDS)}
    assert asyncio.iscoroutinefunction(handler) == (name in in_tasks)


async def test_a_parent_that_is_gone_is_noticed(client: InProcess) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    left = asyncio.Event()
    client.session.leave = left.set
    watch = asyncio.create_task(watch_parent(client.session, parent.pid, seconds=0.01))
    await asyncio.sleep(0.05)
    assert not left.is_set()
    parent.kill()
    parent.wait()
    await asyncio.wait_for(left.wait(), 10)
    await watch


def test_who_is_alive() -> None:
    assert is_alive(os.getpid())
    assert is_alive(1)
    assert not is_alive(2**22 + 12345)


async def test_folders_come_and_go(client: InProcess, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two ä"
    await client.start([one])
    event = {"added": [{"uri": two.as_uri(), "name": "2"}], "removed": [{"uri": one.as_uri(), "name": "1"}]}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert client.session.folders == [two]


async def test_a_root_without_folders_is_a_folder(client: InProcess, tmp_path: Path) -> None:
    await client.start(rootUri=tmp_path.as_uri(), workspaceFolders=None)
    assert client.session.folders == [tmp_path]


async def test_watchers_are_registered_where_the_client_can(client: InProcess) -> None:
    await client.start()
    asked = await client.until(lambda m: m.get("method") == "client/registerCapability")
    [registration] = asked["params"]["registrations"]
    patterns = [watcher["globPattern"] for watcher in registration["registerOptions"]["watchers"]]
    assert "**/.escalation/dismissed.toml" in patterns
    assert any("py," in pattern for pattern in patterns)


async def test_without_a_watching_client_the_disk_is_looked_at(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_SECONDS", 0.02)
    await client.start([repository], FULL | {"workspace": {}})
    uri = (repository / "auth.py").as_uri()
    client.open(uri, AUTH)
    client.change(uri, 2, WEAKER)
    assert await client.diagnostics(uri, 2)
    await asyncio.sleep(0.1)
    (repository / "escalation.toml").write_text('disabled_reasons = ["critical_security"]\n')
    async with asyncio.timeout(10):
        while client.published(uri)[-1]["diagnostics"]:
            await asyncio.sleep(0.01)
