"""The pages that document the reasons say what is so: their examples are judged here, their figures compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from escalation.analysis.facts import Surroundings
from escalation.analysis.packages import services
from escalation.decision.assessment import Assessment
from escalation.decision.reasons import Priority, Reason, page, table
from tests.decision.notation import by_reason, change_of, judged

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted((DOCS / "reasons").glob("*.md")), DOCS / "settings.md", DOCS / "check.md"]


@dataclass(frozen=True)
class Page:
    """One page: its text, and the blocks of code of each section as (language, code)."""

    text: str
    blocks: dict[str, list[tuple[str, str]]]

    @classmethod
    def of(cls, reason: Reason) -> Page:
        text = (DOCS / "reasons" / f"{reason}.md").read_text("utf-8")
        blocks: dict[str, list[tuple[str, str]]] = {}
        for section in re.split(r"(?m)^## ", text)[1:]:
            title, _, body = section.partition("\n")
            blocks[title] = re.findall(r"(?ms)^```([\w ]+)\n(.*?)^```$", body)
        return cls(text, blocks)


def examples(reason: Reason, section: str) -> list[Assessment]:
    """The assessments of the changes and tasks that a section shows."""
    found, repository = [], frozenset[str]()
    for kind, code in Page.of(reason).blocks[section]:
        if kind == "text repository":
            repository = frozenset(code.split())
        elif kind == "text task":
            found.append(judged(task=code.strip()))
        elif kind == "diff":
            around = Surroundings(services=services(repository) if repository else None, files=repository)
            assert change_of(code).files
            found.append(judged(code, surroundings=around))
    return found


@pytest.mark.parametrize("reason", Reason)
def test_its_address_leads_to_the_page(reason):
    address = urlparse(page(reason))
    assert address.scheme == "file"
    text = Path(unquote(address.path)).read_text("utf-8")
    assert text.startswith(f"# {table()[reason].title} (`{reason}`)\n\n{table()[reason].description}\n")


@pytest.mark.parametrize("reason", Reason)
def test_its_examples_fire(reason):
    found = examples(reason, "Fires")
    assert found
    assert all(reason in by_reason(assessment) for assessment in found)


@pytest.mark.parametrize("reason", Reason)
def test_its_counterexamples_stay_silent(reason):
    found = examples(reason, "Stays silent")
    assert found
    assert not any(reason in by_reason(assessment) for assessment in found)


@pytest.mark.parametrize("reason", Reason)
def test_what_it_shows_is_what_is_said(reason):
    for priority, place, what in re.findall(r"(?m)^(\w+), at `(.+?)`(?:: (.*))?\.$", Page.of(reason).text):
        trigger = by_reason(examples(reason, "Fires")[0])[reason]
        evidence = trigger.evidence[0]
        assert (str(trigger.priority), f"{evidence.path}:{evidence.start_line}") == (priority, place)
        assert what in ("", evidence.what)


@pytest.mark.parametrize("reason", Reason)
def test_its_figures_are_those_of_the_table(reason):
    text, row = Page.of(reason).text, table()[reason]
    assert f"the question of **{row.question}**" in text
    said = dict(re.findall(r"\b(\w+) from (0\.\d+)[,.]", text.partition("## What fires it")[0]))
    assert {Priority(name): float(least) for name, least in said.items()} == dict(row.priority)
    for weight, phrases in re.findall(r"(?m)^- (0\.\d+): (`.*)$", text):
        for phrase in re.findall(r"`(.+?)`", phrases):
            assert row.terms[phrase] == float(weight)


@pytest.mark.parametrize("reason", Reason)
def test_it_says_how_to_silence_it(reason):
    text = Page.of(reason).text
    assert f'ignore = ["{reason}"]' in text
    assert f'disabled_reasons = ["{reason}"]' in text
    assert "Not needed here" in text
    assert "## What it does not see" in text


def test_the_index_names_every_page():
    index = (DOCS / "reasons" / "README.md").read_text("utf-8")
    for reason in Reason:
        assert f"[{table()[reason].title}]({reason}.md)" in index
    assert {path.stem for path in (DOCS / "reasons").glob("*.md")} == {*map(str, Reason), "README"}


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if not target.startswith("http"):
            file, _, anchor = target.partition("#")
            found = (path.parent / file).resolve() if file else path
            assert found.is_file(), target
            headings = re.findall(r"(?m)^#+ (.*)$", found.read_text("utf-8"))
            assert not anchor or anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
