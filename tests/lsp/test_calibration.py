"""What the host learnt from outcomes reaches the judgement in the editor, in the background."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from escalation.decision.assessment import Assessment
from escalation.decision.history import Calibration, History, Performance
from escalation.lsp import watching
from escalation.repository import calibration
from tests.lsp.conftest import AUTH
from tests.lsp.harness import FULL, InProcess
from tests.lsp.test_judging import WEAKER

DOUBTFUL = Calibration(((0.0, 0.0), (0.9, 0.2), (1.0, 1.0)), "isotonic", 40)


def taught(root: Path) -> History:
    reasons = {"critical_security": Performance(right=5, wrong=5)}
    return History(repository=str(root), at=1, days=90, reasons=reasons, consequence=DOUBTFUL)


async def judged(client: InProcess, root: Path, capabilities: dict[str, Any] = FULL) -> Assessment:
    await client.start([root], capabilities)
    uri = (root / "auth.py").as_uri()
    client.open(uri, AUTH)
    client.change(uri, 2, WEAKER)
    await client.diagnostics(uri, 2)
    await client.settled()
    return assessment(client)


def assessment(client: InProcess) -> Assessment:
    (project,) = client.session.projects.values()
    assert project.assessment is not None
    return project.assessment


async def test_without_a_file_nothing_is_calibrated(client: InProcess, repository: Path) -> None:
    found = await judged(client, repository)
    assert found.should_escalate
    assert {one.calibration for one in found.validation.triggers} == {"not calibrated"}


async def test_what_is_there_counts_from_the_first_judgement_on(client: InProcess, repository: Path) -> None:
    calibration.write(taught(repository))
    found = await judged(client, repository)
    assert not found.should_escalate
    assert "calibrated on 40 outcomes of this repository (isotonic)" in found.summary


@pytest.mark.parametrize("capabilities", [FULL, FULL | {"workspace": {}}], ids=["a watching client", "another"])
async def test_what_is_learnt_later_counts_without_a_keystroke(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, Any]
) -> None:
    monkeypatch.setattr(watching, "_SECONDS", 0.02)
    assert (await judged(client, repository, capabilities)).should_escalate
    await asyncio.sleep(0.1)
    for doubt, expected in (
        (taught(repository), False),
        (replace(taught(repository), consequence=Calibration()), True),
    ):
        calibration.write(doubt)
        async with asyncio.timeout(10):
            while assessment(client).should_escalate is not expected:
                await asyncio.sleep(0.01)


async def test_a_damaged_file_is_said_and_stops_nothing(client: InProcess, repository: Path) -> None:
    file = calibration.file_of(repository)
    file.parent.mkdir(parents=True)
    file.write_text("{")
    assert (await judged(client, repository)).should_escalate
    said = await client.until(lambda m: m.get("method") == "window/showMessage")
    assert "nothing is calibrated" in said["params"]["message"]
