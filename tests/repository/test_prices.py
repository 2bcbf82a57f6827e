"""Prices are read from the list once, then from the disk; a new list is read anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalation.decision import prices
from escalation.repository.prices import load_rates
from escalation.settings.schema import Endpoint, Models, Settings

GLM = Settings(models=Models(default="glm-4.5", escalation="glm-4.5", fallback="glm-4.5", endpoint="zai"))
MINE = replace(GLM, endpoints={"zai": Endpoint(prices={"glm-4.5": (7.0, 8.0)})})


def test_kept_rates_are_those_of_the_list(monkeypatch: pytest.MonkeyPatch):
    first = load_rates(Settings())
    assert first == prices.rates(Settings())
    monkeypatch.setattr(prices, "rates", lambda _: pytest.fail("the list was read again"))
    assert load_rates(Settings()) == first


def test_other_models_prices_and_another_list_are_read_anew(monkeypatch: pytest.MonkeyPatch):
    load_rates(Settings())
    assert list(load_rates(GLM)) == ["glm-4.5"]
    assert load_rates(MINE) == {"glm-4.5": prices.Rate(7.0, 7.0, 7.0, 8.0)}
    monkeypatch.setattr("escalation.repository.prices._stamp", lambda: "newer")
    monkeypatch.setattr(prices, "rates", lambda _: {"x": prices.Rate(1.0, 2.0, 3.0, 4.0)})
    assert load_rates(Settings()) == {"x": prices.Rate(1.0, 2.0, 3.0, 4.0)}


@pytest.mark.parametrize("settings", [Settings(), MINE], ids=["the defaults", "prices of one's own"])
def test_a_list_read_apart_says_the_same(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    expected = prices.rates(settings)
    monkeypatch.setattr(prices, "rates", lambda _: pytest.fail("the list was read here"))
    assert load_rates(settings, apart=True) == expected


def test_where_no_process_starts_the_list_is_read_here(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert load_rates(Settings(), apart=True) == prices.rates(Settings())
