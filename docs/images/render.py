"""Draws `check.svg`: the real output of `escalation check` on the demonstration's repository.

python docs/images/render.py
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from rich.console import Console

from escalation.cli.demo import pending
from escalation.cli.report import report

with tempfile.TemporaryDirectory() as folder:
    console = Console(record=True, width=124, highlight=False, file=io.StringIO(), force_terminal=True)
    for line in report(pending(Path(folder))):
        console.print(line)
    console.save_svg(str(Path(__file__).with_name("check.svg")), title="escalation check")
