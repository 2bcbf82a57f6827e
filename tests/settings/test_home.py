from __future__ import annotations

from pathlib import Path

import pytest

from escalation.settings.home import configuration, home


@pytest.mark.parametrize(
    ("configured", "cache", "expected"),
    [
        ("/keep/here", "/cache", "/keep/here"),
        ("~/mine", None, "/home/ann/mine"),
        (None, "/cache", "/cache/opus-escalation"),
        (None, "relative", "/home/ann/.cache/opus-escalation"),
        ("", None, "/home/ann/.cache/opus-escalation"),
    ],
)
def test_order_of_precedence(monkeypatch, configured, cache, expected):
    monkeypatch.setenv("HOME", "/home/ann")
    for name, value in (("ESCALATION_HOME", configured), ("XDG_CACHE_HOME", cache)):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    assert home() == Path(expected)


@pytest.mark.parametrize(
    ("configured", "config", "expected"),
    [
        ("/keep/here", "/config", "/keep/here/escalation.toml"),
        ("~/mine", None, "/home/ann/mine/escalation.toml"),
        (None, "/config", "/config/opus-escalation/escalation.toml"),
        (None, "relative", "/home/ann/.config/opus-escalation/escalation.toml"),
    ],
)
def test_where_the_users_own_settings_are(monkeypatch, configured, config, expected):
    monkeypatch.setenv("HOME", "/home/ann")
    for name, value in (("ESCALATION_HOME", configured), ("XDG_CONFIG_HOME", config)):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    assert configuration() == Path(expected)
