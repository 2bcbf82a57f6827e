"""Canaries: secrets planted wherever a run looks. None of them is in a request, an event, a log or an exception,
whatever happens on the way."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import replace
from random import Random

import pytest

from escalation.analysis.change import Change, FileChange
from escalation.flow.engine import Job
from escalation.flow.events import CheckResult, record
from escalation.repository.sources import WorkspaceSources
from escalation.scripted import script as said
from escalation.scripted.script import text
from tests.flow.running import APP, KEY, L3, L4, Ran, call, create, document, requested, run, update
from tests.repository.checkout import Checkout

_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def canary(place: str) -> str:
    return "ghp_" + "".join(Random(place).choices(_SIGNS, k=36))


PLACES = ("file", "read", "task", "removed", "check", "test", "private")
CANARIES = (KEY, *map(canary, PLACES))
FILES = {"app.py": f"TOKEN = '{canary('file')}'\n\n\n{APP}"}
TASK = f"Make greet polite; the token is {canary('task')}, the key {KEY}."
POLITE = "def greet(name):\n    return 'Good day, ' + name\n"


@pytest.fixture
def sources(tmp_path) -> WorkspaceSources:
    checkout = Checkout.create(tmp_path / "work")
    checkout.commit({**FILES, "more.py": f"MORE = '{canary('read')}'\n", "id.pem": f"{canary('private')}\n"})
    checkout.write("tests/test_app.py", f"T = '{canary('test')}'\n")
    return WorkspaceSources(checkout.root)


def planted(job: Job) -> Job:
    before = document("app.py", f"OLD = '{canary('removed')}'\n{FILES['app.py']}")
    return replace(job, change=Change((FileChange("app.py", before, job.snapshot["app.py"]),)))


async def check(result) -> CheckResult:
    """A command that fails, and shows what it was run on."""
    shown = f"{result.snapshot['app.py'].text}\nE  assert '{canary('check')}'\nkey: {KEY}\n"
    return CheckResult("pytest", "failed", 0.1, 1, shown)


LOOKING = said.tools(
    call("read_entity", entity="app.py"),
    call("read_entity", entity="more.py"),
    call("read_entity", entity="id.pem"),
    call("read_entity", entity="app.py::TOKEN"),
    call("mutate_entity", action="update", entity="more.py", find="MORE = ", text="LESS = "),
    call("mutate_entity", action="update", entity="app.py", find="TOKEN = 'x'", text="TOKEN = 'y'"),
    call("mutate_entity", action="move", entity="more.py", to="less.py"),
    call("set_relationship", action="set", type="tests", **{"from": "app.py"}),
    call("set_relationship", action="set", type="imports", **{"from": "app.py", "to": "less.py", "names": ["LESS"]}),
)
WORKING = {
    L3: [LOOKING, text("It needs structural work."), LOOKING, update("app.py::greet", POLITE), text("Finished.")],
    L4: [LOOKING, create("limits.py", "class Limit:\n    pass\n"), text("Built.")],
}


def failing(*failures) -> dict:
    """A run that fails, after it has looked around and told of it."""
    return {L3: [LOOKING, *failures], "claude-haiku-5-5": [LOOKING, *failures]}


def _echoing(request) -> said.Error:
    """An endpoint that tells all it was sent."""
    return said.bad_request(json.dumps(request.body) + json.dumps(dict(request.headers)))


COURSES = {
    "two passes": WORKING,
    "a broken stream": {**WORKING, L3: [LOOKING, said.cut(), said.malformed(), *WORKING[L3][1:]]},
    "overloaded": failing(*[said.overloaded()] * 9),
    "a wrong key": failing(said.unauthorized()),
    "an endpoint that echoes": failing(_echoing),
    "declined": failing(said.refused("No.")),
    "calls that are none": failing(said.tool("mutate_entity", '{"action": '), said.tool("voice", "[]"), text("Done.")),
}


@pytest.mark.parametrize("script", COURSES.values(), ids=COURSES)
async def test_no_canary_leaves(script, sources, caplog, capfd):
    for name in ("", "anthropic", "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=name)
    ran = await run(script, FILES, TASK, job=planted, sources=sources, check=check)
    for where, shown in leaving(ran, caplog, capfd).items():
        assert shown
        assert not [place for place in CANARIES if place in shown], where


def leaving(ran: Ran, caplog, capfd) -> dict[str, str]:
    """Everything that leaves the process, or might be kept."""
    out, err = capfd.readouterr()
    return {
        "requests": "".join(request.raw.decode() for request in ran.requests),
        "events": json.dumps([record(event) for event in ran.events], ensure_ascii=False),
        "what events show": "".join(map(repr, ran.events)),
        "logs": caplog.text + "-",
        "output": out + err + "-",
    }


async def test_no_canary_is_in_an_exception(sources):
    async def broken(_) -> CheckResult:
        raise RuntimeError("What nobody foresaw.")

    with pytest.raises(RuntimeError) as caught:
        await run([update("app.py::greet", POLITE), text("Done.")], FILES, TASK, job=planted, check=broken)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [place for place in CANARIES if place in shown]


async def test_the_canaries_come_back_where_they_were(sources):
    """They are masked on the way, and neither lost nor changed."""
    ran = await run([LOOKING, text("Done.")], FILES, TASK, job=requested("L3"), sources=sources)
    after = ran.end.result.snapshot
    assert after["app.py"].text.endswith(FILES["app.py"].split("\n", 1)[1])
    assert f"TOKEN = '{canary('file')}'\n" in after["app.py"].text
    assert after["less.py"].text == f"LESS = '{canary('read')}'\n"
