from __future__ import annotations

from pathlib import Path

import pytest

from escalation.settings.home import home


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
