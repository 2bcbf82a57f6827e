"""`docs/validation.md` says what is so: its examples run, its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from escalation.decision.validation import KINDS, TriggerValidator, get_trigger_validator
from escalation.history.calibration import fit
from escalation.history.record import record
from escalation.history.statistics import statistics
from escalation.settings.load import load
from escalation.settings.schema import CONDITION_NAMES
from tests.history.cases import NOW, case, said

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
TEXT = PAGE.read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", TEXT)


def section(title: str) -> str:
    return re.split(r"(?m)^##+ ", TEXT.partition(f" {title}\n")[2])[0]


def test_its_python_runs(capsys):
    rules = get_trigger_validator().business_rules
    before = [*rules]
    try:
        exec("\n".join(blocks("python")), {})
    finally:
        rules[:] = before
    assert "worth a second look" in capsys.readouterr().out


@pytest.mark.parametrize("text", blocks("toml"))
def test_its_settings_load(tmp_path, text):
    (tmp_path / "escalation.toml").write_text(text, "utf-8")
    settings, problems = load(tmp_path)
    assert (len(settings.rules), problems) == (1, ())


def test_its_rules_are_the_built_in_ones():
    shown = re.findall(r"(?m)^\| (\w+) \| `(\w+)` \| (.+?) \| ([\d.]+) \|", section("Rules"))
    validator = TriggerValidator()
    assert shown == [
        (kind, rule["name"], rule["description"], str(rule["weight"]))
        for kind in KINDS
        for rule in getattr(validator, f"{kind}_rules")
    ]


def test_it_names_what_a_condition_may_speak_of():
    rows = re.findall(r"(?m)^\| (`.+?`) \|", section("What a condition may speak of"))
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == CONDITION_NAMES


def test_it_names_every_field_of_the_statistics():
    found = record(statistics([case(said("dismissed"), tier="L3")], days=1, now=NOW))
    text = section("Statistics")

    def fields(value):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield name
                if name not in ("by_tier", "validations", "outcomes", "signals", "cost"):
                    yield from fields(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from fields(inner)

    assert {name for name in fields(found) if not re.search(rf"`(\w+\.)?{name}[.`]", text)} == set()


def test_its_example_of_calibration_is_so():
    assert f"bring 0.80 to {fit([(0.8, False)] * 8).apply(0.8):.2f}" in " ".join(TEXT.split())


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXT):
        file, _, anchor = target.partition("#")
        found = (PAGE.parent / file).resolve() if file else PAGE
        assert found.is_file(), target
        headings = re.findall(r"(?m)^#+ (.*)$", found.read_text("utf-8"))
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}, target
