"""The demonstration: four tasks and a real pending change, with no key and no network."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from escalation.cli import demo
from escalation.cli.demo import SCENARIOS, judged, pending
from escalation.cli.scripted_run import FILES, LABEL

EXPECTED = {
    "security-critical task": (True, "critical_security"),
    "schema migration": (True, "database_schema_changes"),
    "simple UI change": (False, None),
    "API design": (True, "api_design"),
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    connect = socket.socket.connect

    def refuse(self, address):
        if self.family != socket.AF_INET or address[0] != "127.0.0.1":  # the scripted server is on this machine
            raise AssertionError("the demonstration must not use the network")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_the_four_scenarios(scenario):
    escalates, first = EXPECTED[scenario.name]
    assessment = judged(scenario)
    assert assessment.should_escalate is escalates
    assert next((trigger.reason for trigger in assessment.triggers), None) == first
    if escalates:
        assert assessment.confidence >= 0.7
        assert assessment.triggers[0].priority in ("high", "critical")
        assert assessment.recommended_model == "claude-opus-5-5"
    else:
        assert assessment.recommended_route == "L3"


def test_performance_is_seen_in_the_second():
    reasons = [trigger.reason for trigger in judged(SCENARIOS[1]).triggers]
    assert "performance_critical" in reasons


def test_the_pending_change(tmp_path):
    assessment = pending(tmp_path)
    assert assessment.should_escalate
    reasons = {trigger.reason: trigger for trigger in assessment.triggers}
    assert reasons["critical_security"].evidence[0].path == "shop/auth/tokens.py"
    assert reasons["critical_security"].evidence[0].symbol == "verify_access_token"
    assert reasons["database_schema_changes"].evidence[0].path == "shop/migrations/0002_user_email_unique.py"
    assert reasons["revenue_critical"].evidence[0].path == "shop/billing/invoices.py"
    assert {file.path for file in assessment.files} == {
        "shop/auth/tokens.py",
        "shop/billing/invoices.py",
        "shop/migrations/0002_user_email_unique.py",
        "shop/style.css",
    }
    assert not any(e.path == "shop/style.css" for t in assessment.triggers for e in t.evidence)


def test_what_an_installer_compiles_is_left_out(tmp_path, monkeypatch):
    installed = tmp_path / "installed" / "demo_repository"
    shutil.copytree(Path(demo.__file__).parent / "demo_repository", installed)
    for side in ("before", "after"):
        (installed / side / "__pycache__").mkdir()
        (installed / side / "__pycache__" / f"{side}.pyc").write_bytes(b"\0")
    monkeypatch.setattr(demo, "files", lambda _: installed.parent)
    demo.make_repository(tmp_path / "shop")
    assert not list((tmp_path / "shop").rglob("__pycache__"))


def test_the_command_shows_them_all(run, tmp_path):
    answer = run("demo", cwd=tmp_path)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.count("$ escalation check") == 5
    assert answer.out.count("Opus recommended") == 4
    assert answer.out.count("Sonnet will do") == 1
    assert answer.out.count(LABEL) == 2
    assert "L3->L4->L3 done" in answer.out
    assert list(tmp_path.iterdir()) == []


# ---- the scripted run


def test_a_run_without_a_key_on_a_repository_of_its_own(run, tmp_path, hermetic, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("ESCALATION_MODEL", "nobody-offers-this")
    answer = run("run", "--demo", cwd=tmp_path)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith(f"{LABEL}\n")
    for said in (
        "1 secret masked: weather/report.py:3",
        "↑ L3 → L4: it says so",
        "overloaded",
        "✗ refused",
        "✓ verified: check",
        "L3->L4->L3 done",
        "3 files, +21 −1",
        "+def fahrenheit(celsius):",
    ):
        assert said in answer.out
    assert answer.out.splitlines()[-1].startswith(LABEL)
    assert "ghp_" not in answer.out
    assert list(tmp_path.iterdir()) == []
    assert not (hermetic / "spending").exists()  # nothing was billed, so nothing counts


def test_its_patch_is_one(run, tmp_path):
    answer = run("run", "--demo", "--diff", cwd=tmp_path)
    assert answer.status == 0
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    subprocess.run(["git", "apply"], input=answer.out.encode(), cwd=tmp_path, check=True)
    tests = [sys.executable, "-m", "unittest", "-q"]
    done = subprocess.run(tests, cwd=tmp_path, capture_output=True, check=True)
    assert b"Ran 3 tests" in done.stderr


def test_its_events(run, tmp_path):
    answer = run("run", "--demo", "--json", cwd=tmp_path)
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert [event["tier"] for event in events if event["type"] == "tier.start"] == ["L3", "L4", "L3"]
    assert events[-1]["outcome"] == "success"
    assert LABEL in answer.err


def test_what_it_shows_can_be_typed(run, tmp_path):
    """The command lines above the reports give these reports."""
    for scenario in SCENARIOS:
        answer = run("check", "--task", scenario.task, *scenario.files, "--format", "json", cwd=tmp_path)
        assert answer.json["should_escalate"] is judged(scenario).should_escalate
        assert answer.reasons == [str(trigger.reason) for trigger in judged(scenario).triggers]
