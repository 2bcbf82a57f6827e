"""Which endpoint a model is asked at, and where that is."""

from __future__ import annotations

import pytest

from escalation.settings.endpoints import EndpointError, base_url, checked_url, key, presets, resolve
from escalation.settings.schema import Endpoint, Models, Settings

MINE = Settings(endpoints={"mine": Endpoint("https://mine.example", "MY_KEY")}, models=Models(endpoint="mine"))


def test_presets():
    assert list(presets()) == ["anthropic", "zai", "gateway"]
    assert presets()["anthropic"].protocol == "current"
    assert not presets()["anthropic"].temperature
    assert presets()["zai"].temperature
    assert presets()["gateway"] == Endpoint(key_variable="ESCALATION_GATEWAY_KEY")


SPECS = {
    "no endpoint": (Settings(), "claude-x", ("anthropic", "claude-x")),
    "an endpoint": (Settings(), "zai:glm-4.5", ("zai", "glm-4.5")),
    "a colon in the name": (Settings(), "anthropic.claude-x-v1:0", ("anthropic", "anthropic.claude-x-v1:0")),
    "an endpoint and a colon": (MINE, "gateway:anthropic.claude-x-v1:0", ("gateway", "anthropic.claude-x-v1:0")),
    "the endpoint that is set": (MINE, "glm:free", ("mine", "glm:free")),
    "an endpoint of one's own": (MINE, "mine:a", ("mine", "a")),
}


@pytest.mark.parametrize(("settings", "spec", "expected"), SPECS.values(), ids=SPECS)
def test_what_stands_before_a_colon_is_an_endpoint_if_there_is_one(settings, spec, expected):
    named = resolve(settings, spec)
    assert (named.name, named.model) == expected
    assert named.endpoint == {**presets(), **settings.endpoints}[named.name]


def test_an_endpoint_nobody_described_is_an_error_that_says_what_to_do():
    with pytest.raises(EndpointError, match=r"'x'.* known are anthropic, gateway, zai; .*\[endpoints.x\]"):
        resolve(Settings(models=Models(endpoint="x")), "model")
    assert resolve(Settings(models=Models(endpoint="x")), "zai:model").name == "zai"


def test_one_variable_overrides_every_address():
    env = {"ESCALATION_BASE_URL": " http://127.0.0.1:1234/x "}
    assert [base_url(endpoint, env) for endpoint in presets().values()] == ["http://127.0.0.1:1234/x"] * 3
    assert (
        base_url(presets()["anthropic"], {"ANTHROPIC_BASE_URL": "https://evil.example"}) == "https://api.anthropic.com"
    )
    assert base_url(presets()["gateway"], {"ESCALATION_BASE_URL": ""}) == ""


def test_an_override_that_cannot_be_used_does_not_lead_to_the_real_endpoint():
    with pytest.raises(EndpointError, match="ESCALATION_BASE_URL cannot be used: it must begin with https"):
        base_url(presets()["anthropic"], {"ESCALATION_BASE_URL": "http://gateway.example"})


ADDRESSES = {
    "https://api.example/v": "",
    "https://10.0.0.1:8443": "",
    "http://localhost:4000": "",
    "http://127.0.0.2:4000/api": "",
    "http://[::1]:4000": "",
    "http://gateway.example": "must begin with https://",
    "http://10.0.0.1": "must begin with https://",
    "http://localhost.example": "must begin with https://",
    "http://127.0.0.1.example": "must begin with https://",
    "ftp://api.example": "an address such as",
    "api.example": "an address such as",
    "https://": "an address such as",
    "https://a.example:99999": "an address such as",
    "https://a.example/a b": "an address such as",
    "https://a.example/\n": "an address such as",
    "https://user:canary@a.example": "no user and no password",
    "https://canary@a.example": "no user and no password",
    "https://a.example/?key=canary": "end with its path",
}


@pytest.mark.parametrize(("url", "wrong"), ADDRESSES.items(), ids=ADDRESSES)
def test_addresses(url, wrong):
    if not wrong:
        assert checked_url(url) == url
        return
    with pytest.raises(ValueError, match=wrong) as told:
        checked_url(url)
    assert "canary" not in str(told.value)


def test_keys_come_from_the_environment_only():
    assert key(presets()["zai"], {"ZAI_API_KEY": " k\n", "ANTHROPIC_API_KEY": "other"}) == "k"
    assert key(presets()["zai"], {}) == ""
    assert key(Endpoint(), {"": "x"}) == ""
