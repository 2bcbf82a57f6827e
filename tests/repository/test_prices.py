"""Prices are read from the list once, then from the disk; a new list is read anew."""

from __future__ import annotations

import pytest

from escalation.decision import prices
from escalation.repository.prices import load_rates
from escalation.settings.schema import Models


def test_kept_rates_are_those_of_the_list(monkeypatch: pytest.MonkeyPatch):
    models = Models()
    first = load_rates(models)
    assert first == prices.rates(models)
    monkeypatch.setattr(prices, "rates", lambda _: pytest.fail("the list was read again"))
    assert load_rates(models) == first


def test_other_models_and_another_list_are_read_anew(monkeypatch: pytest.MonkeyPatch):
    load_rates(Models())
    assert list(load_rates(Models(default="glm-4.5", escalation="glm-4.5", fallback="glm-4.5", endpoint="zai"))) == [
        "glm-4.5"
    ]
    monkeypatch.setattr("escalation.repository.prices._stamp", lambda: "newer")
    monkeypatch.setattr(prices, "rates", lambda _: {"x": prices.Rate(1.0, 2.0, 3.0)})
    assert load_rates(Models()) == {"x": prices.Rate(1.0, 2.0, 3.0)}


def test_a_list_read_apart_says_the_same(monkeypatch: pytest.MonkeyPatch):
    expected = prices.rates(Models())
    monkeypatch.setattr(prices, "rates", lambda _: pytest.fail("the list was read here"))
    assert load_rates(Models(), apart=True) == expected


def test_where_no_process_starts_the_list_is_read_here(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert load_rates(Models(), apart=True) == prices.rates(Models())
