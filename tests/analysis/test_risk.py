from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.analysis.change import Change, FileChange
from escalation.analysis.risk import History, RiskFeatures, Touch, features, risk
from escalation.text.document import Document

DAY = 86_400


def file(path: str, base: int, current: int) -> FileChange:
    """A file of `base` lines that has `current` lines now, none of them the same."""
    before = Document.of("old\n" * base) if base else None
    after = Document.of("new\n" * current) if current else None
    return FileChange(path, before, after)


HISTORY = History(
    (
        Touch(100 * DAY, "ann", ("src/a.py",)),
        Touch(98 * DAY, "bob", ("src/a.py", "src/b.py")),
        Touch(90 * DAY, "ann", ("lib/c.py",)),
    ),
    author="ann",
)


def test_size_and_spread():
    change = Change((file("src/a.py", 4, 3), file("src/x/b.py", 0, 7), file("lib/c.py", 6, 0)))
    found = features(change)
    assert (found.la, found.ld, found.nf, found.nd, found.ns) == (10, 10, 3, 3, 2)
    assert found.lt == pytest.approx(10 / 3)
    assert found.entropy == pytest.approx(1.58, abs=0.02)
    assert (found.nuc, found.ndev, found.age, found.exp) == (None, None, None, None)


@pytest.mark.parametrize("path", ["tests/test_a.py", "docs/a.md", "uv.lock", "dist/a.js", "vendor/a.go"])
def test_files_that_come_in_bulk_do_not_count(path):
    assert features(Change((file(path, 0, 900),))) == RiskFeatures()


def test_history():
    found = features(Change((file("src/a.py", 1, 1), file("src/b.py", 1, 1), file("src/new.py", 0, 1))), HISTORY)
    assert (found.nuc, found.ndev, found.exp) == (2, 2, 2)
    assert found.age == pytest.approx(1.0), "a: today, b: two days ago, a new file has no age"


def test_a_renamed_file_keeps_its_history():
    renamed = FileChange("src/d.py", Document.of("x\n"), Document.of("y\n"), base_path="src/b.py")
    assert features(Change((renamed,)), HISTORY).nuc == 1


def test_history_of_a_path():
    assert HISTORY.churn("src/a.py") == 2
    assert HISTORY.age_days("src/b.py") == 2
    assert HISTORY.known_days("src/a.py") == 2
    assert HISTORY.age_days("nowhere.py") is None
    assert HISTORY.authors("src/a.py") == {"ann", "bob"}


def test_nothing_that_counts_is_no_risk():
    assert risk(features(Change())).score == 0.0


_features = st.builds(
    RiskFeatures,
    la=st.integers(0, 10_000),
    ld=st.integers(0, 10_000),
    lt=st.floats(0, 5_000),
    nf=st.integers(1, 500),
    nd=st.integers(1, 100),
    ns=st.integers(1, 20),
    entropy=st.floats(0, 8),
    nuc=st.integers(0, 500),
    ndev=st.integers(0, 50),
    age=st.floats(0, 700),
    exp=st.integers(0, 2_000),
)


@given(_features, st.sampled_from(["la", "ld", "lt", "nf", "nd", "ns", "entropy", "nuc", "ndev"]))
def test_more_is_never_less_risky(one, name):
    assert risk(replace(one, **{name: getattr(one, name) + 1})).score >= risk(one).score


@given(_features, st.sampled_from(["age", "exp"]))
def test_age_and_experience_never_raise_the_risk(one, name):
    assert risk(replace(one, **{name: getattr(one, name) + 1})).score <= risk(one).score


@given(_features)
def test_the_score_is_a_share_and_its_factors_are_ordered(one):
    found = risk(one)
    assert 0 < found.score < 1
    strengths = [abs(factor.contribution) for factor in found.factors]
    assert strengths == sorted(strengths, reverse=True)


def test_size_leads():
    large = RiskFeatures(la=400, nf=1, nd=1, ns=1)
    wide = RiskFeatures(la=4, nf=8, nd=6, ns=3, entropy=3)
    assert risk(large).score > risk(wide).score
    assert risk(large).factors[0].name == "la"
