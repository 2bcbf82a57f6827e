"""Pair advice: spoken only where the runs carry it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from escalation.history.advice import advice
from escalation.history.pairs import Run, costs_of_pairs
from tests.history.cases import OPUS, SONNET


def runs(begins, n, *, cost, solves, difficulty=0.5, seed=1):
    random = Random(seed)
    return [
        Run(SONNET, OPUS, begins, cost * random.lognormvariate(0, 0.3), random.random() < solves, difficulty)
        for _ in range(n)
    ]


CHEAPER = [*runs("L3", 60, cost=0.4, solves=0.4), *runs("L4", 60, cost=0.5, solves=0.95, seed=2)]


def test_the_strong_model_may_be_the_cheaper_one():
    found = advice(CHEAPER)
    assert found is not None
    assert found.words.startswith(
        f"In this repository, beginning with {OPUS} is cheaper per solved task than beginning with {SONNET}: it costs "
    )
    assert found.low < found.ratio < found.high < 1
    assert found.n == 120


def test_or_the_default_one():
    found = advice([*runs("L3", 60, cost=0.1, solves=0.9), *runs("L4", 60, cost=0.5, solves=0.95)])
    assert found is not None
    assert f"beginning with {SONNET} is cheaper" in found.words
    assert 1 < found.low < found.ratio < found.high


def test_nothing_is_said_of_too_few():
    assert advice([]) is None
    assert advice([*runs("L3", 60, cost=0.4, solves=0.4), *runs("L4", 9, cost=0.01, solves=1.0)]) is None


def test_nothing_is_said_of_what_may_be_chance():
    assert advice([*runs("L3", 30, cost=0.4, solves=0.6), *runs("L4", 30, cost=0.5, solves=0.7, seed=2)]) is None


def test_nothing_is_said_of_tasks_that_were_not_alike():
    """The strong model got the hard ones: that its tasks cost more says nothing."""
    easy = runs("L3", 100, cost=0.1, solves=0.95, difficulty=0.1)
    assert advice([*easy, *runs("L4", 100, cost=0.6, solves=0.6, difficulty=0.7)]) is None


def test_hard_and_easy_tasks_are_compared_each_among_themselves():
    """Over all runs beginning with Opus looks dearer; among hard tasks and among easy ones it is the cheaper one."""
    mixed = [
        *runs("L3", 150, cost=0.1, solves=0.9, difficulty=0.1),
        *runs("L3", 20, cost=2.0, solves=0.4, difficulty=0.7, seed=2),
        *runs("L4", 20, cost=0.06, solves=0.95, difficulty=0.1, seed=3),
        *runs("L4", 150, cost=1.0, solves=0.9, difficulty=0.7, seed=4),
    ]
    overall = {row.begins: row.per_solved.value for row in costs_of_pairs(mixed)}
    assert overall["L4"] > overall["L3"]
    found = advice(mixed)
    assert found is not None
    assert found.ratio < 1


def test_chance_alone_makes_it_speak_in_about_one_of_twenty():
    random, spoken = Random(3), 0
    for _ in range(300):
        same = [
            Run(SONNET, OPUS, begins, random.lognormvariate(0, 0.7), random.random() < 0.6, difficulty)
            for difficulty in (0.1, 0.5)
            for begins in ("L3", "L4")
            for _ in range(12)
        ]
        spoken += advice(same) is not None
    assert spoken <= 24


def test_one_model_is_no_pair():
    assert advice([replace(run, escalation=SONNET) for run in CHEAPER]) is None


def test_unknown_prices_and_models_are_no_evidence():
    assert advice([replace(run, cost=None) for run in CHEAPER]) is None
    assert advice([replace(run, escalation="") for run in CHEAPER]) is None
    assert advice([replace(run, begins="L3->L4->L3") for run in CHEAPER]) is None


def test_runs_without_costs_or_solutions_say_nothing():
    for same in ({"cost": 0.0}, {"solved": False}):
        assert advice([replace(run, **same) for run in CHEAPER]) is None


def test_each_pair_of_models_has_its_own_figures():
    other = [replace(run, escalation="claude-fable-5-2") for run in CHEAPER[:20]]
    rows = costs_of_pairs([*CHEAPER, *other])
    assert [(row.escalation, row.begins, row.solved.n) for row in rows] == [
        (OPUS, "L3", 60),
        (OPUS, "L4", 60),
        ("claude-fable-5-2", "L3", 20),
    ]
