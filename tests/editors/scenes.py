"""Scenes: an editor in which somebody has the models do something. The models follow a script, all else is real.

The scenes of a module share one host, as the windows of one user do. Each has a repository of its own.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalation.host import port_file
from escalation.scripted.request import Request
from escalation.scripted.script import Answer, Line, hang, text, tool
from escalation.scripted.server import ScriptedServer, running
from tests.editors.visits import HERE, Editor, Visit, environment, make_repository, visit
from tests.host.processes import alive, asking, kill
from tests.repository.checkout import Checkout

DOCUMENTATION = HERE.parents[1] / "docs" / "editors.md"
SECONDS = 600  # only so that a script that hangs fails
SAFE = '''\
def verify_password(stored: str, password: str) -> bool:
    """Whether `password` is the one that `stored` was made from; in constant time."""
    salt, expected = stored.split("$")
    return hmac.compare_digest(_stretch(password, bytes.fromhex(salt)), expected)
'''


def rewrite(**fields: Any) -> Answer:
    """The strong model's answer: it writes the function anew."""
    return tool(
        "mutate_entity", {"action": "update", "entity": "shop/auth.py::verify_password", "text": SAFE}, **fields
    )


def three_tiers(**fields: Any) -> list[Line]:
    """L3 asks for help, L4 rewrites (`fields` say how slowly), L3 finishes."""
    return [text("This needs a new section."), rewrite(**fields), text("Built."), text("Finished: it is safe now.")]


def noting(file: Path, answer: Answer) -> Callable[[Request], Answer]:
    """An answer. Effect: `file` is there once it was asked for."""

    def line(_: Request) -> Answer:
        file.touch()
        return answer

    return line


def documented(language: str, *words: str) -> str:
    """What docs/editors.md says in `language`: the first block with each of some words, one after the other."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENTATION.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return "\n".join(next(block for block in blocks if word in block) for word in words)


@dataclass(frozen=True)
class Stage:
    """Where scenes are played. `models` is what the host asks; `home` is `ESCALATION_HOME`."""

    editor: Editor
    folder: Path
    models: ScriptedServer
    scripts: dict[str, Sequence[Line]]

    @property
    def home(self) -> Path:
        return self.folder / "escalation"

    def prepare(self, task: str, script: Sequence[Line]) -> Path:
        """A repository to open. Effect: `script` is what the models answer where the task has the words `task`."""
        self.scripts[task] = script
        repository = make_repository(self.folder / task.replace(" ", "-") / "a repository #1")
        Checkout(repository).commit({"escalation.toml": "two_pass = true\n"})
        return repository

    def environment(self, home: Path) -> dict[str, str]:
        """That of somebody who has the program, a key and nothing else."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return environment(home) | asking(self.models) | {"ESCALATION_HOME": str(self.home), "PATH": path}

    def play(
        self,
        arguments: list[str],
        task: str,
        script: Sequence[Line] = (),
        *,
        repository: Path | None = None,
        more: Mapping[str, str] = {},
    ) -> Visit:
        """What an editor's script saw. `more` is for its environment."""
        repository = repository or self.prepare(task, script)
        folder = self.folder / task.replace(" ", "-")
        folder.mkdir(exist_ok=True)
        given = self.environment(folder / "home") | {"TASK": task, "NOTE": str(self.note(task))} | more
        seen = visit(self.editor, arguments, repository, folder, given=given, seconds=SECONDS)
        assert not seen.failure, seen.failure
        return seen

    def note(self, task: str) -> Path:
        """A file through which models and editor tell each other how far they are."""
        return self.folder / f"{task.replace(' ', '-')}.note"

    def asked(self, task: str) -> list[Request]:
        """The requests that a task has led to."""
        return [request for request in self.models.calls if task in json.dumps(request.body)]


@contextmanager
def stage(editor: Editor, folder: Path) -> Iterator[Stage]:
    """One on which nothing was played yet. Effect: ends the host that the scenes have started."""
    scripts: dict[str, Sequence[Line]] = {}
    taken = Counter[str]()

    def script(request: Request) -> Answer:
        said = json.dumps(request.body)
        task = next((task for task in scripts if task in said), "")
        number, taken[task] = taken[task], taken[task] + 1
        lines = scripts.get(task, ())
        line = lines[number] if number < len(lines) else hang()
        return line(request) if callable(line) else line

    with running(script) as models:
        found = Stage(editor, folder, models, scripts)
        try:
            yield found
        finally:
            told = port_file.read(found.home)
            if told is not None and alive(told.pid):
                kill(told.pid)
