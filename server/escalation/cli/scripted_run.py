"""The run of the demonstration: the real flow on a real repository, against a server that only recites its answers."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from escalation.cli.run import Wanted, cancelled, followed, good, print_patch, show_diff, view_for

if TYPE_CHECKING:
    from escalation.repository.workspace import Workspace
    from escalation.scripted.script import Reply, Script

LABEL = "scripted answers, no model, nothing billed"
TASK = "Show the temperature in Fahrenheit, too. Conversions belong in one place."
TARGET = "weather/report.py"
_KEY = "scripted"
_HOLD = "ghp_" + "Scr1ptedN0Key" * 3  # put together here, so that nobody's scanner takes it for one
FILES = {
    "weather/__init__.py": "",
    "weather/report.py": f'''\
"""A line of weather for each city."""

SERVICE_TOKEN = "{_HOLD[:40]}"


def line(city, celsius):
    """The weather of a city, for people."""
    return f"{{city}}: {{celsius:.0f}} °C"
''',
    "tests/__init__.py": "",
    "tests/test_report.py": """\
import unittest

from weather.report import line


class Line(unittest.TestCase):
    def test_celsius(self):
        self.assertTrue(line("Oslo", -3).startswith("Oslo: -3 °C"))
""",
    ".gitignore": "__pycache__/\n.env\n",
    ".env": "WEATHER_KEY=private\n",
}
_UNITS = '''\
"""Conversions of units."""


def fahrenheit(celsius):
    """Degrees Fahrenheit."""
    return celsius * 9 / 5 + 32
'''
_LINE = '''\
def line(city, celsius):
    """The weather of a city, for people."""
    return f"{city}: {celsius:.0f} °C ({fahrenheit(celsius):.0f} °F)"
'''
_TEST = """\
import unittest

from weather.report import line
from weather.units import fahrenheit


class Fahrenheit(unittest.TestCase):
    def test_known_points(self):
        self.assertEqual([fahrenheit(-40), fahrenheit(0), fahrenheit(100)], [-40, 32, 212])

    def test_in_a_line(self):
        self.assertEqual(line("Oslo", -3), "Oslo: -3 °C (27 °F)")
"""


def scripted_run(wanted: Wanted, *, compact: bool = False) -> int:
    """Effect: makes a repository in a temporary folder, runs the flow on it, and removes it all. The exit status.
    `compact`: without the diff."""
    wanted = replace(wanted, task=TASK, check=check() if wanted.check is None else wanted.check)
    said = sys.stderr if wanted.json or wanted.end == "diff" else sys.stdout
    with stage(pause=0.02 if said.isatty() else 0.0) as (workspace, env):
        run = followed(workspace, wanted, [str(workspace.root / TARGET)], env, view=view_for(wanted), label=LABEL)
        if run.stopped_by is not None or run.end is None:
            return cancelled(wanted, run)
        if wanted.end == "diff":
            print_patch(workspace, run.end.result)
        elif not wanted.json and not compact:
            show_diff(run.end.diff, run.placeholders)
        print(f"{LABEL}; the figures are examples", file=said)
        return int(not good(run.end))


def check() -> str:
    """The repository's tests. By a short name where there is one: it is shown."""
    return f"{'python3' if shutil.which('python3') else _quoted(sys.executable)} -B -m unittest discover -q"


def _quoted(path: str) -> str:
    return f'"{path}"'


@contextmanager
def stage(pause: float = 0.0) -> Iterator[tuple[Workspace, Mapping[str, str]]]:
    """The repository and the environment of the run, while the server is there."""
    from escalation.cli.demo import commit_all
    from escalation.repository.workspace import Workspace
    from escalation.scripted.server import running

    with _away() as folder, running(script(pause)) as server:
        for path, text in FILES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        commit_all(folder, "The weather")
        env = {"ESCALATION_BASE_URL": server.url, "ANTHROPIC_API_KEY": _KEY}
        yield Workspace.open(folder, env=env), env


@contextmanager
def _away() -> Iterator[Path]:
    """A temporary folder for a repository, beside one that takes what runs leave on this machine: the user's own
    settings, sums and patches have no part in this."""
    before = os.environ.get("ESCALATION_HOME")
    with tempfile.TemporaryDirectory(prefix="escalation-demo-") as folder:
        os.environ["ESCALATION_HOME"] = str(Path(folder, "home"))
        try:
            yield Path(folder, "weather")
        finally:
            if before is None:
                del os.environ["ESCALATION_HOME"]
            else:
                os.environ["ESCALATION_HOME"] = before


def script(pause: float = 0.0) -> Script:
    """What the server recites, by model. `pause` are seconds between the pieces of an answer."""
    from escalation.scripted.script import overloaded, text, tool

    def paced(reply: Reply) -> Reply:
        return replace(reply, pause=pause, pieces=8)

    def edit(action: str, entity: str, content: str, words: str = "") -> Reply:
        return paced(tool("mutate_entity", {"action": action, "entity": entity, "text": content}, words))

    return {
        "claude-sonnet-5-5": [
            paced(tool("read_entity", {"entity": "weather/report.py::line"}, "I look at how a line is made.")),
            paced(text("The conversion has no place here yet. This needs a new section: a module for units.")),
            edit("update", "weather/report.py::lines", _LINE, "The module is there; now the line."),
            edit("update", "weather/report.py::line", _LINE, "It is called `line`."),
            paced(
                tool(
                    "set_relationship",
                    {
                        "action": "set",
                        "type": "imports",
                        "from": "weather/report.py",
                        "to": "weather/units.py::fahrenheit",
                    },
                )
            ),
            edit("create", "tests/test_units.py", _TEST, "And a test of both."),
            paced(text("Each line shows both temperatures; the conversion is in weather/units.py, with tests.")),
        ],
        "claude-opus-5-5": [
            overloaded(),
            edit("create", "weather/units.py", _UNITS, "A module for conversions, apart from the report."),
            paced(text("weather/units.py converts; report.py only has to use it.")),
        ],
    }
