"""`escalation models`: what the settings come to, against a server that lists models."""

from __future__ import annotations

import json

import pytest

from escalation.scripted.server import running
from escalation.settings.home import configuration

KEY = "sk-ant-api03-canary0canary1canary2-canary3"


def test_without_a_key_nobody_is_asked(run, tmp_path, monkeypatch):
    with running([]) as server:
        monkeypatch.setenv("ESCALATION_BASE_URL", server.url)
        answer = run("models", cwd=tmp_path)
        assert server.requests == []
    assert (answer.status, answer.err) == (0, "")
    assert "L3        claude-sonnet-5-5  anthropic  2   10" in answer.out
    assert "L4        claude-opus-5-5    anthropic  4   20" in answer.out
    assert "ANTHROPIC_API_KEY is not set" in answer.out


@pytest.fixture
def listed(run, tmp_path, monkeypatch):
    """Runs `models` with a key, against a server that lists some."""

    def listed(*options: str, own: str = "", key: str = KEY, takes: str | None = None, **server: object):
        configuration().write_text(own, "utf-8")
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
        with running([], key=takes, **server) as here:
            monkeypatch.setenv("ESCALATION_BASE_URL", here.url)
            return run("models", *options, cwd=tmp_path), here.url, here.requests

    return listed


def test_what_an_endpoint_offers_and_what_retires_when(listed):
    answer, url, requests = listed()
    assert answer.status == 0
    assert [request.path for request in requests] == ["/v1/models"]
    assert "claude-opus-4-1    Claude Opus 4.1    retired on 2026-08-05" in answer.out
    assert "claude-sonnet-4-5  Claude Sonnet 4.5  retires on 2026-11-30" in answer.out
    assert f"anthropic  {url}  ANTHROPIC_API_KEY is set" in answer.out
    assert "canary" not in answer.out + answer.err


STATES = {
    "offered": ("claude-opus-5-5", "offered", ""),
    "about to end": ("claude-sonnet-4-5", "ends", "retires on 2026-11-30"),
    "retired": ("claude-opus-4-1", "retired", "was retired on 2026-08-05"),
    "misspelt": ("claude-opus-55", "not offered", "is not in the list of anthropic"),
    "of an endpoint without a key": ("zai:glm-4.5", "unknown", ""),
}


@pytest.mark.parametrize(("spec", "state", "note"), STATES.values(), ids=STATES)
def test_a_model_of_the_settings_is_held_against_the_list(listed, spec, state, note):
    answer, *_ = listed("--json", own=f"models.default = '{spec}'")
    tier = json.loads(answer.out)["tiers"][0]
    assert (tier["tier"], tier["spec"], tier["state"], tier["note"]) == ("L3", spec, state, note)
    shown, *_ = listed(own=f"models.default = '{spec}'")
    assert note in shown.out.splitlines()[2]


def test_without_a_key_the_sdk_knows_what_ends(run, tmp_path, monkeypatch):
    ends = {"claude-a": "November 30th, 2999", "claude-b": "June 1st, 2026"}
    monkeypatch.setattr("anthropic.resources.messages.messages.DEPRECATED_MODELS", ends)
    configuration().write_text("models.default = 'claude-a'\nmodels.escalation = 'claude-b'")
    tiers = run("models", "--json", cwd=tmp_path).json["tiers"]
    assert [(tier["state"], tier["note"]) for tier in tiers[:2]] == [
        ("ends", "retires on 2999-11-30"),
        ("retired", "was to retire on 2026-06-01"),
    ]
    shown = run("models", cwd=tmp_path).out
    assert shown.index("claude-b  2026-06-01") < shown.index("claude-a  2999-11-30")


def test_an_endpoint_that_fails_is_a_line(listed, monkeypatch):
    monkeypatch.setenv("ZAI_API_KEY", KEY[::-1])
    answer, *_ = listed(key="sk-wrong", takes=KEY[::-1])
    assert answer.status == 0
    assert "anthropic does not take the key in ANTHROPIC_API_KEY (401)" in answer.out
    assert answer.out.count("Claude Opus 5.5") == 1  # the other endpoint's list
    assert "yranac" not in answer.out


def test_an_endpoint_that_lists_nothing(listed):
    answer, *_ = listed(models=None)
    assert "does not tell what it offers" in answer.out


def test_an_address_that_cannot_be_used(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ESCALATION_BASE_URL", "http://gateway.example")
    answer = run("models", cwd=tmp_path)
    assert answer.status == 0
    assert "ESCALATION_BASE_URL cannot be used: it must begin with https://" in answer.out


def test_an_endpoint_nobody_described(run, tmp_path):
    configuration().write_text("models.endpoint = 'mine'")
    answer = run("models", cwd=tmp_path)
    assert answer.status == 0
    assert "there is no endpoint of that name; known are anthropic, gateway, zai" in answer.out


def test_an_unknown_price_is_unknown(run, tmp_path):
    configuration().write_text("models.default = 'gateway:[red]mine'")
    answer = run("models", cwd=tmp_path)
    assert "L3        [red]mine          gateway    unknown" in answer.out


def test_settings_that_are_wrong_are_said(run, tmp_path):
    configuration().write_text("colour = 1")
    assert "unknown setting `colour`" in run("models", cwd=tmp_path).err
