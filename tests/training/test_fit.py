"""The fit: same samples give the same weights, groups keep their direction, no package is judged by what it taught."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy")
pytest.importorskip("sklearn")

from training.figures import figures, naive_density, table
from training.fit import Sample, calibration, fit, held_out_logits
from training.labels import Label, Package


def sample(package: str, sensitive: bool, values: dict[str, float], language: str = "python") -> Sample:
    label = Label(Package("npm", package, "1.0"), f"{len(values)}.py", language, sensitive, "made up")
    return Sample(label, values)


SAMPLES = [
    one
    for index in range(12)
    for one in (
        sample(f"a{index}", True, {"name:password": 0.8, "word:salt": 0.4, "name:lexing": 0.1 * (index % 3)}),
        sample(f"b{index}", False, {"name:lexing": 0.9, "word:next": 0.5, "name:password": 0.1 * (index % 2)}),
    )
]


def test_same_samples_same_weights():
    assert fit(SAMPLES) == fit(SAMPLES)


def test_groups_count_in_their_own_direction_and_parts_of_names_in_any():
    weights = fit(SAMPLES).weights
    assert weights["name:password"] > 0 > weights["name:lexing"]
    assert weights["word:salt"] > 0 > weights["word:next"]


def test_a_group_that_no_label_shows_keeps_its_prior():
    weights = fit(SAMPLES).weights
    assert weights["import:compliance"] == weights["call:compliance"] == pytest.approx(1.0)
    assert weights["string:grant"] == pytest.approx(0.3)


def test_a_part_of_a_name_of_few_packages_is_not_learnt():
    rare = [sample(f"a{index}", True, {"word:idiom": 1.0}) for index in range(5)]
    assert "word:idiom" not in fit([*SAMPLES, *rare]).weights


def test_held_out_logits_rank_and_calibrate():
    logits = held_out_logits(SAMPLES)
    slope, _ = calibration(SAMPLES, logits)
    (row,) = figures(SAMPLES, logits, logits)
    assert slope > 0
    assert (row.auc, row.files, row.sensitive, row.packages) == (1.0, 24, 12, 24)
    assert "| python | 24 | 12 | 24 | 1.000 |" in table("t", [row])


def test_the_naive_score_counts_keywords_per_line():
    assert naive_density(b"author\nkey = token") == 1.5
    assert naive_density(b"") == 0.0


def test_the_hold_out_is_drawn_by_the_name_of_the_package():
    first = Label(Package("npm", "a", "1.0"), "x.js", "javascript", True, "auth")
    other = Label(Package("npm", "a", "2.0"), "y.js", "javascript", False, "util")
    assert first.held_out == other.held_out
