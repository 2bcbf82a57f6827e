"""Symbols: classes and functions with qualified names, in the order of the text."""

from __future__ import annotations

import pytest

from escalation.syntax.symbols import Symbol, symbols
from escalation.syntax.tree import parse
from escalation.text.document import Document

TEXTS = {
    "python": ("class A:\n  def f(self):\n    def g(): pass\n", "A class; A.f method; A.f.g closure"),
    "javascript": ("const A = class { f() { return () => 1; } };", "A class; A.f method; A.f.<anonymous> lambda"),
    "go": ("package p\ntype S struct{}\nfunc (s *S) F() {}\n", "S class; S.F method"),
    "rust": ("struct S; impl S { fn f() {} }", "S class; S.f method"),
    "cpp": ("class A { void f(); };\nvoid n::A<int>::f() {}", "A class; n.A.f method"),
    "ruby": ("module M\n class A\n end\n def self.f; end\nend", "M class; M.A class; M.f method"),
}


def found(text: str, language: str) -> tuple[Symbol, ...]:
    tree = parse(Document.of(text, language=language))
    assert tree is not None
    return symbols(tree)


@pytest.mark.parametrize(("language", "text", "expected"), [(k, *v) for k, v in TEXTS.items()], ids=TEXTS)
def test_symbols_are_named_by_what_holds_them(language: str, text: str, expected: str) -> None:
    assert "; ".join(f"{s.name} {s.kind}" for s in found(text, language)) == expected


def test_places_are_bytes_and_begin_at_the_binding() -> None:
    [symbol] = found("/* é */ const f = () => 1;", "javascript")
    assert (symbol.start, symbol.name_start, symbol.name_end, symbol.end) == (15, 15, 16, 26)


def test_a_name_holds_the_innermost_twenty() -> None:
    text = "".join(f"{' ' * n}def f{n}():\n" for n in range(30)) + " " * 30 + "pass\n"
    last = found(text, "python")[-1].name
    assert last == ".".join(["…", *(f"f{n}" for n in range(10, 30))])
