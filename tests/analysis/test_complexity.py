"""The counting rules of Python one by one, radon's figures on the standard library, and text no person would write."""

from __future__ import annotations

import ast
import sys
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation.analysis.complexity import FunctionMetrics, Measures, measure, measure_classes
from escalation.syntax.tree import parse
from escalation.text.document import Document

# Body of a function: (cyclomatic, cognitive).
RULES = {
    "pass": (1, 0),
    "if a: pass": (2, 1),
    "if a: pass\n elif b: pass\n else: pass": (3, 3),
    "x = a if b else c": (2, 1),
    "x = a if b else (c if d else e)": (3, 3),
    "for x in y: pass": (2, 1),
    "for x in y: pass\n else: pass": (3, 2),
    "while a: pass\n else: pass": (3, 2),
    "async_ = [x for x in y for z in x if z if x]": (5, 0),
    "x = {k: v for k, v in y}": (2, 0),
    "x = a or b and c or d": (4, 3),
    "x = a and b and c": (3, 1),
    "x = a and not (b and c)": (3, 2),
    "try: pass\n except A: pass\n except B: pass\n else: pass\n finally: pass": (4, 3),
    "try: pass\n except* A: pass\n else: pass": (1, 2),
    "assert a and b": (2, 1),
    "with a as b: pass": (1, 0),
    "match a:\n  case 1: pass\n  case _: pass": (2, 1),
    "match a:\n  case 1: pass\n  case b: pass": (2, 1),
    "match a:\n  case 1: pass\n  case ((b)): pass": (2, 1),
    "match a:\n  case 1: pass\n  case b if b: pass": (2, 1),
    "match a:\n  case 1: pass\n  case b,: pass": (3, 1),
    "match a:\n  case 1: pass\n  case (_),: pass": (3, 1),
    "match a:\n  case 1: pass\n  case None: pass": (3, 1),
    "match a:\n  case 1 if b: pass\n  case 2: pass": (3, 1),
    "return lambda: a if b else c": (2, 2),
    "return f(1)": (1, 1),
    "for x in y:\n  if x:\n   while z: pass": (4, 6),
    "def g(b=1 or 2):\n  if b: pass": (1, 3),
    "class A:\n  if a: pass": (1, 1),
    "if a:\n  class A:\n   if a: pass": (2, 2),
    "return f'{a or b}'": (2, 1),
}


def measured(text: str, language: str = "python") -> Measures:
    tree = parse(Document.of(text, language=language))
    assert tree is not None
    return measure(tree)


@pytest.mark.parametrize(("body", "figures"), RULES.items(), ids=RULES)
def test_a_rule_of_python(body: str, figures: tuple[int, int]) -> None:
    function = measured(f"def f(a=1 if 2 else 3):\n {body}\n").functions[0]
    assert (function.cyclomatic, function.cognitive) == figures


def test_the_innermost_function_holds_a_place() -> None:
    text = "def f():\n    def g():\n        return 1\n    return g\n"
    measures = measured(text)

    def name(found: FunctionMetrics | None) -> str | None:
        return found.name if found else None

    assert name(measures.function_at(text.index("return 1"))) == "f.g"
    assert name(measures.function_at(text.index("return g"))) == "f"
    assert [f.name for f in measures.within(text.index("return g"), len(text))] == ["f"]
    assert Measures().function_at(0) is None


NESTED = {
    "python": "".join(f"{' ' * n}def f():\n" for n in range(400)) + " " * 400 + "pass\n",
    "javascript": "function f() { if (a) { " * 10_000 + "} }" * 10_000,
    "typescript": "x => " * 10_000 + "1",
    "java": "class A { void f() {" + "if (a) {" * 10_000 + "}" * 10_000 + "}}",
    "go": "package a\nfunc f() {" + "func() {" * 10_000 + "}()" * 10_000 + "}",
    "bash": "f() {\n" + "if a; then\n" * 10_000 + "fi\n" * 10_000 + "}\n",
    "c": "int f() { return " + "a && (" * 10_000 + "b" + ")" * 10_000 + "; }",
}


@pytest.mark.parametrize("language", NESTED)
def test_any_depth_is_measured(language: str) -> None:
    functions = measured(NESTED[language], language).functions
    assert functions
    assert all(len(function.name) < 500 for function in functions)


def test_depth_counts_for_every_function_around_it() -> None:
    functions = measured("function f() { if (a) { " * 100 + "} }" * 100, "javascript").functions
    assert functions[-1].cognitive == 1
    assert functions[-2].cognitive == 1 + (1 + 2)  # one level by the `if`, one by the function
    assert functions[0].cognitive == sum(1 + 2 * n for n in range(100))


@pytest.mark.parametrize("text", ["", "def", "def f(", "def f():\n  if a or", "class", "\x00", "}{)(", "def f(): 'é"])
def test_broken_code_is_measured(text: str) -> None:
    for language in ("python", "javascript", "java", "go", "c", "ruby", "bash", "sql"):
        measured(text, language)


@pytest.mark.corpus
def test_the_standard_library_as_radon_has_it() -> None:
    """At least 99.99 % of the functions; the others are printed."""
    counts: Counter[bool] = Counter()
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" in path.parts:
            continue
        for place, theirs, ours in _compared(path.read_bytes()):
            counts[theirs == ours] += 1
            if theirs != ours:
                sys.stderr.write(f"{path} {place}: radon {theirs}, here {ours}\n")
    assert counts[True] / counts.total() >= 0.9999


def _compared(data: bytes) -> Iterator[tuple[tuple[int, str], list[int], list[int] | None]]:
    """(line and name, radon's figures there, the figures here) for each place at which radon finds functions."""
    theirs = _radon(data)
    tree = parse(Document("", "python", data.removeprefix(b"\xef\xbb\xbf")))
    if theirs is None or tree is None:
        return
    ours: dict[tuple[int, str], list[int]] = {}
    for function in measure(tree).functions:
        ours.setdefault((function.line, function.name.rpartition(".")[2]), []).append(function.cyclomatic)
    for place, figures in theirs.items():
        yield place, figures, ours.get(place)


def _radon(data: bytes) -> dict[tuple[int, str], list[int]] | None:
    from radon.visitors import ComplexityVisitor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            visitor = ComplexityVisitor.from_ast(ast.parse(data))
        except (SyntaxError, ValueError, RecursionError):
            return None
    found: dict[tuple[int, str], list[int]] = {}
    functions, classes = list(visitor.functions), list(visitor.classes)
    for owner in classes:
        functions += owner.methods
        classes += owner.inner_classes
    for function in functions:
        found.setdefault((function.lineno, function.name), []).append(function.complexity)
        functions += function.closures
    return found


def test_a_class_as_radon_has_it() -> None:
    tree = parse(
        Document.of(
            "class A:\n x = 1 if a else 2\n def f(self):\n  if a: pass\n def g(self): pass\n", language="python"
        )
    )
    assert tree is not None
    [row] = measure_classes(tree)[1]
    assert (row.name, row.real, row.cyclomatic) == ("A", 5, 3)
