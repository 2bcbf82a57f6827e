"""The survey where a process dies, and what decides whether a kept result still holds."""

from __future__ import annotations

import gc
import multiprocessing
import os
from pathlib import Path

import pytest

from escalation.repository import survey as module
from escalation.repository.cache import Cache
from escalation.repository.survey import Place, Wanted, measurable, survey


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    for number in range(8):
        (tmp_path / f"m{number}.py").write_text("def f(x):\n    return x\n" * (number + 1))
    return [Place(str(tmp_path), f"m{number}.py") for number in range(8)]


def counts(places: list[Place], *arguments: object) -> dict[int, int | str]:
    found = survey(places, Wanted(), *arguments)  # type: ignore[arg-type]
    return {each.number: each.figures.functions if each.figures else each.problem for each in found}


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="a patch reaches forked processes only")
def test_a_file_on_which_a_process_dies_costs_no_other_its_figures(
    places: list[Place], monkeypatch: pytest.MonkeyPatch
):
    measured = module._measured

    def dying(number: int, place: Place, wanted: Wanted) -> module._Measured:
        if place.path == "m3.py":
            os._exit(1)
        return measured(number, place, wanted)

    monkeypatch.setattr(module, "_measured", dying)
    monkeypatch.setattr(module, "_CHUNK_FILES", 2)
    expected: dict[int, int | str] = {number: number + 1 for number in range(8)}
    assert counts(places, None, 2) == expected | {3: "could not be measured: the process died"}


def test_a_file_that_is_gone(places: list[Place]):
    assert counts([*places[:1], Place("nowhere", "a.py")]) == {
        0: 1, 1: "cannot be read (No such file or directory)",
    }  # fmt: skip


def test_who_does_not_wait_for_the_end_keeps_what_there_is(places: list[Place], tmp_path: Path):
    with Cache(tmp_path / "kept.sqlite") as kept:
        usual = gc.get_threshold()
        running = survey(places, Wanted(), kept, 1)
        next(running)
        running.close()  # type: ignore[attr-defined]
        assert gc.get_threshold() == usual
    with Cache(tmp_path / "kept.sqlite") as kept, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_all_measured", lambda *_: iter(()))
        assert counts(places, kept) == {7: 8}  # the largest was the first


def test_a_kept_value_of_another_form_is_measured_again(places: list[Place], tmp_path: Path):
    with Cache(tmp_path / "kept.sqlite") as kept:
        before = counts(places, kept)
        key = module._key(Path(places[0].absolute).read_bytes(), "python", Wanted())
        assert list(kept.get([key])) == [key]
        kept.put({key: b"\x93\x01\x02\x03"})
        assert counts(places, kept) == before


def test_the_rules_differ_by_language_and_by_what_is_wanted():
    rules = {module._rules(*each) for each in [
        ("python", Wanted()), ("python", Wanted(classes=True)), ("python", Wanted(maintainability=True)),
        ("tsx", Wanted()), ("typescript", Wanted()),
    ]}  # fmt: skip
    assert len(rules) == 5


def test_the_engine_that_decides_is_all_there():
    """Every module that the figures of a text depend on is part of the key."""
    hashed = {f"{package}.{name.removesuffix('.py')}" for package, names in module._ENGINE for name in names}
    assert {
        "escalation.analysis.complexity",
        "escalation.syntax.events",
        "escalation.syntax.symbols",
        "escalation.text.lines",
    } <= hashed


@pytest.mark.parametrize(
    ("path", "head", "language"),
    [
        ("a.py", b"", "python"), ("a/b.tsx", b"", "tsx"), ("tool", b"#!/usr/bin/env python3\n", "python"),
        ("tool", b"", None), ("a.css", b"", None), ("a.md", b"", None), ("a.unknown", b"", None),
    ],
)  # fmt: skip
def test_what_is_measurable(path: str, head: bytes, language: str | None):
    found = measurable(path, head)
    assert (found.id if found else None) == language
