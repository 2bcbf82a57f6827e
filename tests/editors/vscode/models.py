"""The models that the tests talk to: one scripted endpoint, with a script for each test."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from escalation.scripted.request import Request
from escalation.scripted.script import Answer, Script, answer_to
from escalation.scripted.server import ScriptedServer


@dataclass
class Models:
    """The scripted endpoint, as the models of whichever test runs."""

    script: Script = ()
    taken: Counter[str] = field(default_factory=Counter)
    server: ScriptedServer | None = None

    def say(self, script: Script) -> None:
        """Effect: this is what the models answer from now on."""
        self.script, self.taken = script, Counter()

    def answer(self, request: Request) -> Answer:
        return answer_to(self.script, request, self.taken)

    def asked(self) -> int:
        """How many requests came."""
        assert self.server is not None
        return len(self.server.calls)
