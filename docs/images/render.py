"""Draws `check.svg` and `run.svg`: the real output of `escalation check` and of `escalation run --demo`.

python docs/images/render.py
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from rich.console import Console

from escalation.cli.demo import pending
from escalation.cli.preview import preview
from escalation.cli.progress import Progress
from escalation.cli.report import report
from escalation.cli.run import Wanted, followed
from escalation.cli.scripted_run import LABEL, TARGET, TASK, check, stage


def drawn(name: str, title: str, console: Console) -> None:
    console.save_svg(str(Path(__file__).with_name(name)), title=title)


def recording(width: int) -> Console:
    return Console(record=True, width=width, highlight=False, file=io.StringIO(), force_terminal=True)


with tempfile.TemporaryDirectory() as folder:
    console = recording(124)
    for line in report(pending(Path(folder))):
        console.print(line)
    drawn("check.svg", "escalation check", console)

with stage() as (workspace, env):
    console = recording(104)
    wanted = Wanted(TASK, check=check())
    view = Progress(console, live=False)
    run = followed(workspace, wanted, [str(workspace.root / TARGET)], env, view=view, label=LABEL)
    assert run.end is not None
    console.print()
    for line in preview(run.end.diff, run.placeholders):
        console.print(line)
    drawn("run.svg", "escalation run --demo", console)
