"""`escalation doctor`: what is missing for a run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from escalation.repository.spending import DayLedger
from escalation.scripted.server import running
from escalation.settings.home import configuration
from tests.repository.checkout import Checkout

KEY = "sk-ant-api03-canary0canary1canary2-canary3"


@dataclass(frozen=True)
class Seen:
    status: int
    out: str
    findings: dict[str, tuple[str, str]]
    """State and words by what a finding is about."""


@pytest.fixture
def doctor(run, shop: Checkout, monkeypatch: pytest.MonkeyPatch):
    """Runs `doctor` as text and as JSON, in a repository, against a server that lists models."""

    def doctor(
        own: str = "", *, key: str = KEY, takes: str | None = None, cwd: object = None, **server: object
    ) -> Seen:
        configuration().write_text(own, "utf-8")
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
        with running([], key=takes, **server) as here:
            monkeypatch.setenv("ESCALATION_BASE_URL", here.url)
            shown = run("doctor", cwd=cwd or shop.root)
            told = run("doctor", "--json", cwd=cwd or shop.root)
        assert "canary" not in shown.out + shown.err + told.out
        assert shown.status == told.status == int(not told.json["ready"])
        findings = {}
        for finding in told.json["findings"]:
            findings[finding["about"]] = (finding["state"], finding["said"])
            assert " ".join(finding["said"].split()) in shown.out
        return Seen(shown.status, shown.out, findings)

    return doctor


def test_a_run_can_start(doctor):
    seen = doctor("flow.check = 'make test'")
    assert seen.status == 0
    assert "A run can start." in seen.out
    states = {about: state for about, (state, _) in seen.findings.items()}
    assert states.pop("address") == "note"  # the override is in force
    assert set(states.values()) == {"good"}
    assert seen.out.count("✓") == len(states)
    assert seen.findings["check"][1] == "a result must pass `make test`, within 120 s"
    assert seen.findings["files"][1].startswith("4 files may be sent")


def test_without_a_key(doctor):
    seen = doctor(key="")
    assert seen.status == 1
    assert seen.findings["endpoint anthropic"] == (
        "missing",
        "there is no key: set the environment variable ANTHROPIC_API_KEY",
    )
    assert "✗ endpoint anthropic" in seen.out
    assert "A run cannot start" in seen.out


MISSING = {
    "a key that is not taken": (
        "",
        {"takes": "other"},
        "endpoint anthropic",
        "does not take the key in ANTHROPIC_API_KEY",
    ),
    "a key that cannot be one": ("", {"key": "canary key"}, "endpoint anthropic", "holds characters no key has"),
    "a retired model": (
        "models.default = 'claude-opus-4-1'",
        {},
        "L3 claude-opus-4-1",
        "was retired on 2026-08-05; `escalation models` shows what there is",
    ),
    "a model that is misspelt": (
        "models.fallback = 'claude-opus-55'",
        {},
        "fallback claude-opus-55",
        "is not in the list of anthropic",
    ),
    "an endpoint nobody described": (
        "models.endpoint = 'x'",
        {},
        "L4 claude-opus-5-5",
        "there is no endpoint of that name",
    ),
    "another endpoint's key": (
        "models.default = 'zai:glm-4.5'",
        {},
        "endpoint zai",
        "there is no key: set the environment variable ZAI_API_KEY",
    ),
    "a budget for nothing": ("flow.budget = 0.001", {}, "budget", "no call could be made; raise flow.budget"),
}


@pytest.mark.parametrize(("own", "how", "about", "said"), MISSING.values(), ids=MISSING)
def test_what_is_missing(doctor, own, how, about, said):
    seen = doctor(own, **how)
    state, words = seen.findings[about]
    assert (seen.status, state) == (1, "missing")
    assert said in words


def test_a_price_that_is_unknown(doctor):
    own = (
        "models.default = 'gateway:mine'\n[endpoints.gateway]\nkey_variable = 'ANTHROPIC_API_KEY'\nlist_models = false"
    )
    state, said = doctor(own).findings["L3 mine"]
    assert (state, said.split(":")[0]) == ("missing", "its price is unknown")
    priced = f"{own}\nprices = {{mine = [1, 2]}}"
    assert doctor(priced).findings["L3 mine"] == ("good", "1 USD for a million tokens in, 2 out")


NOTES = {
    "a model about to end": ("models.default = 'claude-sonnet-4-5'", "! L3 claude-sonnet-4-5  retires on 2026-11-30"),
    "a budget that is short": ("flow.budget = 0.3", "a run may stop early; flow.budget or ESCALATION_BUDGET raises it"),
    "a setting that is wrong": ("colour = 1", "unknown setting `colour`"),
    "no check": ("", "! check  none, so a result is only parsed"),
    "an address for all": ("", "! address  ESCALATION_BASE_URL is set"),
}


@pytest.mark.parametrize(("own", "said"), NOTES.values(), ids=NOTES)
def test_what_is_worth_knowing_stops_nothing(doctor, own, said):
    seen = doctor(own)
    assert said in seen.out
    assert seen.status == 0


def test_a_check_that_the_workspace_proposes(doctor, shop: Checkout):
    shop.write("escalation.toml", "[flow]\ncheck = 'make test'\nbudget = 1000")
    seen = doctor()
    assert seen.findings["check"] == (
        "note",
        "the workspace proposes `make test`: it runs only if you agree, or set flow.check yourself",
    )
    assert "a workspace cannot set it" in seen.findings["settings"][1]


def test_what_is_left_of_the_day(doctor):
    ledger = DayLedger()
    reservation = ledger.reserve(20.0, 25.0)
    assert doctor().findings["today"] == ("good", "5.00 of 25.00 USD are left today")
    ledger.settle(reservation, 25.0)
    seen = doctor()
    assert seen.status == 1
    assert seen.findings["today"][1].startswith("0.00 of 25.00 USD are left today: no call could be made")


def test_what_is_private_is_counted_out(doctor, shop: Checkout):
    shop.write(".escalationignore", "shop/\n")
    _, said = doctor("private = ['*.css']").findings["files"]
    assert said == (
        "1 file may be sent; left out is what git's ignore rules, .escalationignore, 1 of `private` and built-in"
        " rules name"
    )


def test_outside_of_a_repository(doctor, tmp_path):
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    seen = doctor(cwd=folder)
    assert seen.findings["git"][0] == "note"
    assert seen.status == 0
