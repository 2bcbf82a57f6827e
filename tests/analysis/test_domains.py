"""What changed code is about, from the words of its syntax."""

from __future__ import annotations

import re

import pytest

from escalation.analysis.domains import IN_FUNCTION, IN_IMPORTS, IN_PATH, Span, domain_evidence, domains, path_evidence
from escalation.syntax.tree import parse
from escalation.syntax.words import subwords
from escalation.text.document import Document

REVENUE = "revenue_critical"


def found(text: str, path: str = "a.py", language: str = "python") -> dict[str, dict[str, float]]:
    """The finds by domain; «…» marks what changed, in the function `f`."""
    spans, offset, plain = [], 0, ""
    for part in re.split("([«»])", text):
        if part == "«":
            offset = len(plain.encode())
        elif part == "»":
            spans.append((offset, len(plain.encode())))
        else:
            plain += part
    tree = parse(Document.of(plain, language=language))
    assert tree is not None
    start = max(0, plain.find("def f"))
    evidence = domain_evidence(tree, path, [Span(start, len(plain.encode()), tuple(spans), "f")])
    return {name: {e.what: e.weight for e in items} for name, items in evidence.items()}


def test_what_changed_counts_in_full_and_what_stands_around_it_less():
    full = found("def f(line):\n    return «line.unit_price»\n")[REVENUE]["names unit_price"]
    around = found("def f(line):\n    line.unit_price\n    «return 1»\n")[REVENUE]["names unit_price"]
    assert (full, around) == (0.6, pytest.approx(0.6 * IN_FUNCTION))


@pytest.mark.parametrize(
    "word", ["unit_price", "unitPrice", "UNIT_PRICE", "getUnitPrice", "unit_price_2024", "UnitPriceTable"]
)
def test_names_are_read_as_their_words(word):
    assert REVENUE in found(f"def f(x):\n    «return x.{word}»\n")


@pytest.mark.parametrize("word", ["unit", "community_priceless", "invoicer", "renovate"])
def test_parts_of_words_are_no_words(word):
    assert found(f"def f(x):\n    «return x.{word}»\n") == {}


@pytest.mark.parametrize("text", ["# the invoice", '"""The invoice."""', "x = 'invoice'", "x = f'the invoice'"])
def test_comments_and_texts_say_nothing(text):
    assert found(f"def f(x):\n    «{text}»\n    return x\n") == {}


def test_imports_and_path_support_but_do_not_speak_alone():
    text = "import stripe\n\n\ndef f(x):\n    return «x + 1»\n"
    assert found(text, "billing/a.py") == {}
    text = "import stripe\n\n\ndef f(x):\n    return «x.payment»\n"
    assert found(text, "billing/a.py")[REVENUE] == {
        "names payment": 0.6,
        "imports stripe": pytest.approx(0.75 * IN_IMPORTS),
        "lies in billing": pytest.approx(0.6 * IN_PATH),
    }


def test_calls_are_known_by_their_last_parts():
    performance = found("def f(q):\n    «q.objects.select_related('a')»\n")["performance_critical"]
    assert performance == {"calls q.objects.select_related": 0.5}
    assert found("def f(s, d):\n    return «s.unpack(d)»\n") == {}
    assert found("def f(d):\n    return «struct.unpack('>H', d)»\n")["protocol_implementation"]


def test_evidence_tells_the_line_and_the_function():
    tree = parse(Document.of("def f(x):\n    y = 1\n    return x.invoice\n", language="python"))
    assert tree is not None
    size = len(tree.document.data)
    (evidence,) = domain_evidence(tree, "a.py", [Span(0, size, ((25, size),), "f")])[REVENUE]
    assert (evidence.path, evidence.start_line, evidence.end_line, evidence.symbol) == ("a.py", 3, 3, "f")


LANGUAGES = {
    "javascript": "function f(x) {\n  «return x.unitPrice;»\n}\n",
    "typescript": "function f(x: Line): number {\n  «return x.unitPrice;»\n}\n",
    "java": "class A {\n  int f(Line x) {\n    «return x.unitPrice();»\n  }\n}\n",
    "go": "package a\n\nfunc f(x Line) int {\n    «return x.UnitPrice»\n}\n",
    "rust": "fn f(x: Line) -> i64 {\n    «x.unit_price»\n}\n",
    "c": "int f(struct line *x) {\n    «return x->unit_price;»\n}\n",
    "cpp": "int f(Line x) {\n    «return x.unit_price;»\n}\n",
    "csharp": "class A {\n  int F(Line x) {\n    «return x.UnitPrice;»\n  }\n}\n",
    "ruby": "def f(x)\n  «x.unit_price»\nend\n",
    "php": "<?php\nfunction f($x) {\n  «return $x->unitPrice;»\n}\n",
    "kotlin": "fun f(x: Line): Int {\n    «return x.unitPrice»\n}\n",
    "bash": "f() {\n  «echo $unit_price»\n}\n",
}


@pytest.mark.parametrize(("language", "text"), LANGUAGES.items(), ids=LANGUAGES)
def test_every_language_speaks(language, text):
    assert REVENUE in found(text, "a", language)


def test_a_path_alone_speaks_for_a_file_to_be():
    assert set(path_evidence("src/payments/refund.py")) == {REVENUE}
    assert path_evidence("src/cart_test.go") != {}
    assert path_evidence("src/lexer.py") == {}
    (evidence,) = path_evidence("docs/gdpr.md")["compliance_related"]
    assert (evidence.path, evidence.start_line, evidence.what) == ("docs/gdpr.md", 1, "lies in gdpr")


def test_the_table_is_written_as_it_is_read():
    """A phrase that `subwords` splits in another way could never be found."""
    for name, domain in domains().items():
        for phrase in (*domain.words, *domain.paths):
            assert subwords("_".join(phrase)) == phrase, (name, phrase)
        assert all(0 < weight < 1 for table in (domain.imports, domain.calls) for weight in table.values())
