"""The small file by which the host tells whoever judges what the outcomes of a repository taught."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from escalation.decision.history import NO_HISTORY, Advice, Calibration, History, Performance, to_json
from escalation.repository import calibration
from escalation.repository.workspace import Workspace

LINE = Calibration(((0.0, 0.0), (0.8, 0.3), (1.0, 1.0)), "beta-binomial", 12)
TAUGHT = History(
    repository="/work/shop",
    at=1_764_000_000_000,
    days=90,
    reasons={"api_design": Performance(right=3, wrong=9, missed=1)},
    consequence=LINE,
    advice=Advice("Begin with Opus.", 0.5, 0.4, 0.7, 60),
)


def test_what_is_written_is_read():
    calibration.write(TAUGHT)
    assert calibration.read("/work/shop") == (TAUGHT, ())
    assert calibration.read(Path("/work/shop")) == (TAUGHT, ())


def test_a_repository_without_a_file_has_no_history():
    calibration.write(TAUGHT)
    assert calibration.read("/work/other") == (NO_HISTORY, ())


def test_only_its_user_can_read_it():
    calibration.write(TAUGHT)
    file = calibration.file_of("/work/shop")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_newer_one_takes_its_place():
    calibration.write(TAUGHT)
    calibration.write(History(repository="/work/shop", at=2))
    assert calibration.read("/work/shop")[0].at == 2


DAMAGED = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "another format": to_json(TAUGHT).replace(b'"format": 1', b'"format": 2'),
    "a text for a figure": to_json(TAUGHT).replace(b'"right": 3', b'"right": "three"'),
    "a line that falls": to_json(replace(TAUGHT, failure=Calibration(((0.0, 0.5), (1.0, 0.4)), "isotonic", 40))),
    "a line that goes back": to_json(replace(TAUGHT, failure=Calibration(((0.5, 0.5), (0.5, 0.6)), "isotonic", 40))),
    "a line beyond 1": to_json(TAUGHT).replace(b"0.3", b"1.3"),
    "counts below nothing": to_json(TAUGHT).replace(b'"wrong": 9', b'"wrong": -9'),
    "another repository's": to_json(TAUGHT).replace(b"/work/shop", b"/work/else"),
    "bytes": bytes(range(256)) * 9,
    "no end": b" " * (5 << 20),
    "depth": b"[" * 100_000,
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_teaches_nothing_and_is_a_problem(data):
    file = calibration.file_of("/work/shop")
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    history, (problem,) = calibration.read("/work/shop")
    assert history == NO_HISTORY
    assert "is not used, so nothing is calibrated" in problem.message
    assert "delete it" in problem.message
    assert "\n" not in problem.message


def test_a_file_that_cannot_be_read_is_a_problem():
    calibration.file_of("/work/shop").mkdir(parents=True)
    history, (problem,) = calibration.read("/work/shop")
    assert (history, "is not used" in problem.message) == (NO_HISTORY, True)


def test_where_nothing_can_be_written_the_host_goes_on(hermetic):
    (hermetic / "history").write_text("in the way")
    calibration.write(TAUGHT)


def test_a_workspace_judges_with_it(tmp_path):
    calibration.write(History(repository=str(tmp_path), at=1, reasons=TAUGHT.reasons))
    assert Workspace.open(tmp_path).past.reasons == TAUGHT.reasons
    calibration.file_of(tmp_path).write_text("?")
    workspace = Workspace.open(tmp_path)
    assert workspace.past == NO_HISTORY
    assert "nothing is calibrated" in workspace.problems[0].message
