"""`docs/api.md`: its examples are run against a real host, and what it shows is what comes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from escalation.api.app import create_app
from escalation.api.errors import MEANINGS
from tests.api.live import PREFIX, TOKEN, Live
from tests.host.processes import until

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CALLS = [(index, text) for index, (kind, text) in enumerate(BLOCKS) if kind == "sh" and "curl" in text]
PROGRAM, APP = [text for kind, text in BLOCKS if kind == "python"]
_END = "<<end of an answer>>"


def fits(shown: object, came: object) -> bool:
    """Whether an answer is as the page shows it: `…` stands for anything, and what is left out may be there."""
    match shown:
        case "…" | ["…"]:
            return True
        case str() if shown.endswith("…"):
            return isinstance(came, str) and came.startswith(shown[:-1])
        case dict():
            return isinstance(came, dict) and all(name in came and fits(shown[name], came[name]) for name in shown)
        case list():
            return isinstance(came, list) and all(fits(one, other) for one, other in zip(shown, came, strict=False))
    return shown == came


@pytest.fixture(scope="module")
def answers(host: Live) -> dict[int, str]:
    """What each example with curl prints, run in one shell, in their order."""
    script = "\n".join(f"{text}\necho; echo '{_END}'" for _, text in CALLS)
    env = {**os.environ, "HOST": host.base, "TOKEN": TOKEN}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.split(_END)
    return {index: said[number].strip() for number, (index, _) in enumerate(CALLS)}


@pytest.mark.parametrize(
    "index", [index for index, _ in CALLS], ids=lambda index: re.search(r"escalation/(\w+)", BLOCKS[index][1])[1]
)
def test_an_example_answers_what_the_page_shows(answers, index):
    kind, shown = BLOCKS[index + 1]
    if kind == "json":
        came = json.loads(answers[index])
        assert fits(json.loads(shown), came), came
    else:
        assert answers[index].startswith(shown.strip())


def test_the_program_follows_a_run_to_its_end(host, tmp_path):
    env = {**os.environ, "HOST": host.base, "TOKEN": TOKEN}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "[completed] success" in done.stdout
    assert "It takes any iterable now." in done.stdout
    assert done.stdout.endswith("    return sum(1 for _ in items)\n\n")


def test_the_app_serves_the_router(tmp_path):
    (tmp_path / "mine.py").write_text(APP)
    command = [sys.executable, "-m", "uvicorn", "mine:app", "--port", "0"]
    env = {**os.environ, "TOKEN": TOKEN, "ESCALATION_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stderr.readline, "")
            port = next(int(found[1]) for line in lines if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
            app = Live(port, None, tmp_path, tmp_path)
            until(lambda: _answers(port))
            assert app.get("workflows").json == {"workflows": [], "cursor": ""}
            assert app.get("workflows", Authorization="").status == 401
            assert app.post("analyze", {"workspace_root": str(tmp_path)}).error == (422, "invalid")
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        return connection.getresponse().status == 404
    except OSError:
        return False


@pytest.fixture(scope="module")
def schema():
    return create_app(None, token="t").openapi()


def test_every_endpoint_is_on_the_page(schema):
    endpoints = {
        f"{method.upper()} {path.removeprefix(PREFIX)}" for path, about in schema["paths"].items() for method in about
    }
    assert [endpoint for endpoint in endpoints if f"`{endpoint}`" not in PAGE] == []


@pytest.mark.parametrize("name", ["AskedChange", "AskedSubmission", "ContextData", "AskedFeedback", "AskedValidation"])
def test_every_field_of_a_request_is_on_the_page(schema, name):
    fields = schema["components"]["schemas"][name]["properties"]
    assert [field for field in fields if f"`{field}`" not in PAGE] == []


def test_every_error_is_on_the_page():
    for status, (code, _) in MEANINGS.items():
        if status != 403:
            assert re.search(rf"^\| {status} \| `{code}`", PAGE, re.MULTILINE), status
