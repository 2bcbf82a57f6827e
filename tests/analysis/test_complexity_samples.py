"""Every language counts its sample as the sample itself says.

A line `… expect: Account.pay method cyclomatic=2 cognitive=1 nesting=0 parameters=1; …` names the functions whose name
stands on it; nothing else may be found.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from escalation.analysis.complexity import measure
from escalation.syntax.language import Language, language_of_path, languages
from escalation.syntax.symbols import symbols
from escalation.syntax.tree import SyntaxTree, parse
from escalation.text.document import Document

SAMPLES = {
    language.id: path
    for path in sorted((Path(__file__).parent.parent / "syntax" / "samples").iterdir())
    if (language := language_of_path(path.name))
}
EXPECT = re.compile(r"(?://|#|--|/\*) expect: (.*?)(?: \*/)?$")
MEASURED = [language for language in languages().values() if language.grammar]


def sample(language: str) -> SyntaxTree:
    tree = parse(Document("", language, SAMPLES[language].read_bytes()))
    assert tree is not None
    return tree


def expected(tree: SyntaxTree) -> list[tuple[int, str]]:
    lines = enumerate(tree.document.text.splitlines(), 1)
    return [(n, row) for n, line in lines if (found := EXPECT.search(line)) for row in found[1].split("; ")]


@pytest.mark.parametrize("language", MEASURED, ids=lambda language: language.id)
def test_a_sample_is_counted_as_it_says(language: Language) -> None:
    tree = sample(language.id)
    assert not tree.root.has_error
    found = [
        (
            f.line,
            f"{f.name} {f.kind} cyclomatic={f.cyclomatic} cognitive={f.cognitive}"
            f" nesting={f.nesting} parameters={f.parameters}",
        )
        for f in measure(tree).functions
    ]
    assert found == expected(tree)


@pytest.mark.parametrize("language", MEASURED, ids=lambda language: language.id)
def test_symbols_and_measures_agree_on_functions(language: Language) -> None:
    tree = sample(language.id)
    named = [(s.name, s.kind, s.start, s.end, s.name_start) for s in symbols(tree) if s.kind != "class"]
    assert named == [(f.name, f.kind, f.start, f.end, f.name_start) for f in measure(tree).functions]
