from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from escalation.flow.verification import new_problems
from escalation.syntax.language import language_of_path, languages
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

SAMPLES = sorted((Path(__file__).parents[1] / "syntax" / "samples").iterdir())


def snapshot(**texts: str) -> Snapshot:
    """`a_py="..."` is the file a.py."""
    paths = {name.replace("_", "."): text for name, text in texts.items()}
    return Snapshot({path: Document.of(text, language=language_of_path(path).id) for path, text in paths.items()})


def lines(base: Snapshot, new: Snapshot) -> list[tuple[str, int]]:
    return [(problem.path, problem.line) for problem in new_problems(base, new)]


@pytest.mark.parametrize(
    ("name", "good", "bad", "line"),
    [
        ("a_py", "def f():\n    return 1\n", "def f():\n    return (1\n", 2),
        ("a_py", "def f():\n    return 1\n", "def f():\nreturn 1\n", 2),
        ("a_py", "def f():\n    x = 1\n    return x\n", "def f():\n    x = 1\n  return x\n", 3),
        ("a_ts", "function f() { return 1 }\n", "function f() { return 1 \n", 1),
        ("a_go", "package a\n\nfunc f() {\n}\n", "package a\n\nfunc f() {\n", 3),
        ("a_java", "class A {\n  int f() { return 1; }\n}\n", "class A {\n  int f() { return 1 }\n}\n", 2),
        ("a_rs", "fn f() -> i32 { 1 }\n", "fn f( -> i32 { 1 }\n", 1),
        ("a_c", "int f(void) { return 1; }\n", "int f(void) { return 1; \n", 1),
        ("a_json", '{"a": 1}\n', '{"a": 1,}\n', 1),
        ("a_json", '{"a": [1,\n 2]}\n', '{"a": [1,\n 2}\n', 2),
        ("a_toml", "a = 1\n", "a = 1\nb = \n", 2),
    ],
)
def test_an_error_that_was_not_there_is_new(name, good, bad, line):
    path = name.replace("_", ".")
    assert lines(snapshot(**{name: good}), snapshot(**{name: bad})) == [(path, line)]
    assert lines(snapshot(**{name: bad}), snapshot(**{name: good})) == []
    assert lines(snapshot(**{name: bad}), snapshot(**{name: bad})) == []


def test_an_error_that_was_there_is_not_new_wherever_it_is_now():
    broken = "x = 1\n\ndef old(:\n    pass\n"
    base = snapshot(a_py=broken, b_py="y = 1\n")
    assert lines(base, snapshot(a_py="import os\n\n" + broken, b_py="y = 1\n")) == []
    assert lines(base, snapshot(c_py=broken, b_py="y = 1\n")) == []  # moved
    assert lines(base, snapshot(a_py="x = 1\n", b_py="y = 1\n\ndef old(:\n    pass\n")) == []  # to another file


def test_beside_an_old_error_only_what_the_change_holds_or_adds_is_new():
    base = snapshot(a_py="def old(:\n    pass\n\nx = 1\n")
    assert lines(base, snapshot(a_py="def old(:\n    pass\n\nx = 2\n")) == []
    assert lines(base, snapshot(a_py="def old(:\n    pass\n\nx = = 2\n")) == [("a.py", 4)]


def test_a_new_file_with_an_error_is_a_problem():
    assert lines(Snapshot(), snapshot(a_py="def f(:\n")) == [("a.py", 1)]


@pytest.mark.parametrize("name", ["a_c", "a_sql", "a_sh", "a_cs"])
def test_a_new_file_whose_grammar_is_not_to_be_trusted_is_none(name):
    assert lines(Snapshot(), snapshot(**{name: "} ( broken {\n"})) == []


def test_sql_is_never_judged():
    assert lines(snapshot(a_sql="SELECT 1;\n"), snapshot(a_sql="SELECT FROM WHERE ((;\n")) == []


def test_a_c_file_full_of_macros_is_not_judged():
    macros = "MODULE_BEGIN(x)\nDECLARE foo(int a) __attr {\n"
    assert lines(snapshot(a_c=macros), snapshot(a_c=macros + "int f( {\n")) == []


def test_json_with_comments_stays_what_it_was():
    commented = '{\n  // a comment\n  "a": "//no", /* b */\n  "c": [1, 2,],\n}\n'
    assert lines(Snapshot(), snapshot(tsconfig_json=commented)) == []
    assert lines(snapshot(tsconfig_json=commented), snapshot(tsconfig_json=commented.replace("1", "3"))) == []
    assert lines(snapshot(tsconfig_json=commented), snapshot(tsconfig_json=commented.replace("]", ""))) != []
    assert lines(snapshot(tsconfig_json='{"a": 1}'), snapshot(tsconfig_json=commented)) != []


@pytest.mark.parametrize("text", ["[" * 100_000, "/*" * 50_000, '"\\' * 50_000, "//" * 50_000 + "\n" + "," * 50_000])
def test_hostile_json_costs_bounded_time(text):
    new_problems(Snapshot(), snapshot(a_json=text))


def test_what_has_no_grammar_is_not_judged():
    assert lines(Snapshot(), snapshot(a_md="# (\n", a_yaml="a: [\n")) == []


def test_a_message_holds_nothing_of_the_text():
    found = new_problems(Snapshot(), snapshot(a_py="password = 'hunter2\n", a_toml="hunter2 = \n", a_json='{"hunter2"'))
    assert len(found) == 3
    assert not any("hunter2" in problem.message for problem in found)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_valid_code_gives_no_alarm(path):
    language = language_of_path(path.name)
    assert lines(Snapshot(), Snapshot({path.name: Document.of(path.read_text(), language=language.id)})) == []


def test_the_standard_library_gives_no_alarm():
    paths = sorted(Path(asyncio.__file__).parent.glob("*.py"))
    texts = {path.name: Document.of(path.read_text(), language="python") for path in paths}
    assert new_problems(Snapshot(), Snapshot(texts)) == ()


def test_every_language_of_the_table_of_grammars_is_one():
    from escalation.flow.verification import _grammars

    assert _grammars().keys() <= languages().keys()
