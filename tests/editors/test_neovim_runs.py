"""Neovim with the plugin (`editors/nvim`), and without it: has something done, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from escalation.scripted.script import Line
from tests.editors.scenes import SAFE, Stage, stage, three_tiers
from tests.editors.visits import HERE, Visit, parameters

pytestmark = [pytest.mark.editor, pytest.mark.xdist_group("neovim")]

PLUGIN = HERE.parents[1] / "editors" / "nvim"


@pytest.fixture(scope="module", params=parameters("nvim", (0, 10)))
def neovim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(request.param, tmp_path_factory.mktemp("neovim")) as found:
        yield found


def play(neovim: Stage, scene: str, task: str, script: Sequence[Line] = (), **more: Any) -> Visit:
    arguments = ["--headless", "--clean", "-l", str(HERE / "neovim" / scene)]
    return neovim.play(arguments, task, script, environment={"PLUGIN": str(PLUGIN)}, **more)


@pytest.fixture(scope="module")
def applied(neovim: Stage) -> dict[str, Any]:
    return dict(play(neovim, "apply.lua", "Make it safe.", three_tiers()).report)


def test_the_status_line_recommends_and_then_names_tiers_and_cost(applied):
    print(applied)
    raise AssertionError
