"""A source that was edited step by step has the measures it would have from scratch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.analysis.complexity import Measures, measure
from escalation.analysis.source import Source
from escalation.syntax.language import language_of_path
from escalation.text.document import Document, Edit, Encoding, Position

COMMON = [
    "{",
    "}",
    "(",
    ")",
    '"',
    "'",
    "/*",
    "*/",
    "//",
    "#",
    "\n",
    ";",
    " ",
    "=",
    "x",
    "if a && b {",
    "else ",
    ":",
    "",
]
BITS = {
    "python": ['"""', "def f(a, b):\n", "class X:\n", "    ", "if x:\n", "else:\n", "lambda: a if b else c", "@d\n"],
    "typescript": ["const f = () => ", "x => x && y", "class A {", "a: ", "get ", "`", "interface I {", "case 1: "],
    "go": ["func (s *S) F(a, b int) {", "f := func() {", "switch ", "case 1:", "`", "package a\n"],
    "java": ["public void run() {", "new Runnable() {", "x -> ", "class A {", "@A ", "case 1 -> "],
    "rust": ["impl X for Y {", "fn f(a: i32) {", "let f = |x| ", "match x {", "||"],
    "cpp": ["int A::f() {", "auto f = [](int x) {", "namespace a {", "#if A\n", "#endif\n"],
}
SAMPLES = {
    language.id: path.read_text("utf-8")
    for path in sorted((Path(__file__).parent.parent / "syntax" / "samples").iterdir())
    if (language := language_of_path(path.name))
}


def steps(language: str) -> st.SearchStrategy[list[tuple[float, int, str]]]:
    """Edits as (where in the text, bytes taken out, text put in)."""
    place = st.floats(0, 1, allow_nan=False)
    taken = st.sampled_from([0, 0, 0, 1, 5, 60, 400])
    return st.lists(st.tuples(place, taken, st.sampled_from(COMMON + BITS[language])), max_size=8)


def edited(source: Source, step: tuple[float, int, str]) -> Source:
    where, taken, text = step
    size = len(source.document.data)
    start = int(where * size)
    low, high = (source.document.position(at, Encoding.UTF8) for at in (start, min(size, start + taken)))
    return source.edited(*source.document.edit([Edit(low, high, text)], None, Encoding.UTF8))


def check(language: str) -> Callable[[], None]:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps(language))
    def run(taken: list[tuple[float, int, str]]) -> None:
        source = Source.of(Document.of(SAMPLES[language], language=language))
        for step in taken:
            source = edited(source, step)
            assert source.tree is not None
            fresh = measure(source.tree)
            assert source.measures.functions == fresh.functions
            assert source.measures.heads == fresh.heads

    return run


def line_edits(language: str, lines: int) -> st.SearchStrategy[list[Edit]]:
    """Several edits of one notification, each put in at the start of a line of the text before it."""
    bits = st.sampled_from(["", "\n", "    \n", *BITS[language]])
    place = st.integers(0, lines - 1).map(lambda line: Position(line, 0))
    return st.lists(st.builds(lambda at, text: Edit(at, at, text), place, bits), min_size=2, max_size=5)


@pytest.mark.parametrize("language", BITS)
def test_edits_of_one_notification_measure_what_a_fresh_start_measures(language: str) -> None:
    source = Source.of(Document.of(SAMPLES[language], language=language))

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(line_edits(language, source.document.line_count))
    def run(edits: list[Edit]) -> None:
        after = source.edited(*source.document.edit(edits, None, Encoding.UTF8))
        assert after.tree is not None
        assert after.measures.functions == measure(after.tree).functions

    run()


def test_an_edit_moves_the_place_of_the_edit_before_it() -> None:
    text = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    source = Source.of(Document.of(text, language="python"))
    at_g, in_f = Position(4, 0), Position(1, 0)
    edits = [Edit(at_g, at_g, ""), Edit(in_f, in_f, "    x\n")]
    after = source.edited(*source.document.edit(edits, None, Encoding.UTF8))
    assert [f.name for f in after.measures.functions] == ["f", "g"]


@pytest.mark.parametrize("language", BITS)
def test_edits_measure_what_a_fresh_start_measures(language: str) -> None:
    check(language)()


@pytest.mark.parametrize(
    ("language", "before", "at", "new", "name"),
    [
        ("python", "class A:\n    def f(self): pass\n", "A", "B", "B.f"),
        ("typescript", "const f = () => 1;\n", "f ", "g ", "g"),
        ("rust", "impl A { fn f() {} }\n", "A", "B", "B.f"),
        ("go", "package p\nfunc (a A) F() {}\n", "A)", "B)", "B.F"),
        ("java", "class A { Object o = new C() { void f() {} }; }\n", "C", "D", "A.D.f"),
    ],
)
def test_a_new_name_reaches_the_functions_it_names(language: str, before: str, at: str, new: str, name: str) -> None:
    source = Source.of(Document.of(before, language=language))
    after = edited(source, ((before.index(at) + 0.5) / len(before), len(at), new))
    assert [f.name for f in after.measures.functions] == [name]


def test_a_text_that_lost_its_last_function_keeps_the_one_before() -> None:
    text = "package p\nfunc a() {\n\tx()\n}\n\nfunc b() {\n}\n"
    source = Source.of(Document.of(text, language="go"))
    cut = text.index("x()")
    after = edited(source, ((cut + 0.5) / len(text), len(text) - cut, ""))
    assert after.tree is not None
    assert after.measures.functions == measure(after.tree).functions


def test_a_language_without_a_grammar_has_no_functions() -> None:
    source = Source.of(Document.of("a: 1\n", language="yaml"))
    assert source.tree is None
    assert source.measures.functions == Measures().functions
    assert edited(source, (0, 0, "b: 2\n")).document.text == "b: 2\na: 1\n"
