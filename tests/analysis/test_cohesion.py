"""LCOM4, in every language with classes."""

from __future__ import annotations

import pytest

from escalation.analysis.cohesion import ClassCohesion, cohesion
from escalation.syntax.tree import parse
from escalation.text.document import Document


def read(language: str, text: str) -> tuple[ClassCohesion, ...]:
    tree = parse(Document.of(text, language=language))
    assert tree is not None
    return cohesion(tree)


# The same class everywhere: `a` and `b` share the field x, `c` calls `d`, the constructor touches all, `s` is
# static.
SAME = [
    (
        "python",
        "class A:\n    def __init__(self):\n        self.x = self.y = 1\n"
        "    def a(self): return self.x\n    def b(self): self.x = 2\n"
        "    def c(self): return self.d()\n    def d(self): return self.y\n    @staticmethod\n"
        "    def s(): pass\n",
    ),
    (
        "javascript",
        "class A { constructor() { this.x = this.y = 1 } a() { return this.x } b() { this.x = 2 } "
        "c() { return this.d() } d() { return this.y } static s() {} }",
    ),
    (
        "typescript",
        "class A { private x = 1; private y = 1; constructor() { this.x = this.y } "
        "a() { return this.x } b() { this.x = 2 } c() { return this.d() } "
        "d(): number { return this.y } static s() {} }",
    ),
    (
        "java",
        "class A { int x, y; A() { x = y; } int a() { return x; } void b() { this.x = 2; } "
        "int c() { return d(); } int d() { return y; } static void s() {} }",
    ),
    (
        "csharp",
        "class A { int x, y; A() { x = y; } int a() { return x; } void b() { this.x = 2; } "
        "int c() { return d(); } int d() { return y; } static void s() {} }",
    ),
    (
        "kotlin",
        "class A {\n  private var x = 1\n  private val y = 1\n  fun a(): Int { return x }\n"
        "  fun b() { this.x = 2 }\n  fun c(): Int = d()\n  fun d() = y\n}\n",
    ),
    (
        "php",
        "<?php class A { private $x; private $y; function __construct() { $this->x = $this->y; } "
        "function a() { return $this->x; } function b() { $this->x = 2; } "
        "function c() { return $this->d(); } function d() { return $this->y; } "
        "static function s() {} }",
    ),
    (
        "ruby",
        "class A\n  def initialize; @x = @y = 1; end\n  def a; @x; end\n  def b; @x = 2; end\n"
        "  def c; d; end\n  def d; @y; end\n  def self.s; end\nend\n",
    ),
    (
        "cpp",
        "class A { int x, y; public: A() { x = y; } int a() { return x; } void b();"
        " int c() { return d(); } int d() { return y; } static void s() {} };\n"
        "void A::b() { this->x = 2; }\n",
    ),
    (
        "go",
        "package p\ntype A struct { x, y int }\nfunc NewA() *A { return &A{} }\n"
        "func (r *A) a() int { return r.x }\nfunc (r *A) b() { r.x = 2 }\n"
        "func (r A) c() int { return r.d() }\nfunc (r A) d() int { return r.y }\n",
    ),
    (
        "rust",
        "struct A { x: i32, y: i32 }\n"
        "impl A { fn new() -> A { A { x: 1, y: 1 } } fn a(&self) -> i32 { self.x } fn b(&mut self) { self.x = 2; } }\n"
        "impl A { fn c(&self) -> i32 { self.d() } fn d(&self) -> i32 { self.y } }\n",
    ),
]


@pytest.mark.parametrize(("language", "text"), SAME)
def test_two_groups_of_four_methods(language: str, text: str) -> None:
    (found,) = [item for item in read(language, text) if item.name == "A"]
    assert (found.methods, found.lcom4) == (4, 2)


CASES = [
    ("no methods", "class A:\n    x = 1\n", [("A", 1, 0, 0)]),
    ("only a constructor", "class A:\n    def __init__(self): pass\n", [("A", 1, 0, 0)]),
    ("methods that use nothing", "class A:\n    def a(self): pass\n    def b(self): pass\n", [("A", 1, 2, 2)]),
    (
        "a chain",
        "class A:\n    def a(self): self.x\n    def b(self): self.x; self.y\n    def c(self): self.y\n",
        [("A", 1, 3, 1)],
    ),
    (
        "a property",
        "class A:\n    @property\n    def p(self): return self.x\n    def b(self): return self.p\n",
        [("A", 1, 2, 1)],
    ),
    (
        "an inherited method is no field",
        "class A(B):\n    def a(self): self.log(1)\n    def b(self): self.log(2)\n",
        [("A", 1, 2, 2)],
    ),
    (
        "a callable field is one",
        "class A(B):\n    def a(self): self.f(1)\n    def b(self): self.f = 2\n",
        [("A", 1, 2, 1)],
    ),
    ("another object", "class A:\n    def a(self, o): o.x\n    def b(self): self.x\n", [("A", 1, 2, 2)]),
    ("another name of the object", "class A:\n    def a(this): this.x\n    def b(me): me.x\n", [("A", 1, 2, 1)]),
    (
        "a closure",
        "class A:\n    def a(self):\n        def g(): return self.x\n        return g\n    def b(self): self.x\n",
        [("A", 1, 2, 1)],
    ),
    (
        "the constructor joins nothing",
        "class A:\n    def __init__(self): self.x = self.y = 0\n    def a(self): self.x\n    def b(self): self.y\n",
        [("A", 1, 2, 2)],
    ),
    (
        "a class in a class",
        "class A:\n    def a(self): self.x\n    class B:\n        def b(self): self.x\n",
        [("A", 1, 1, 1), ("B", 3, 1, 1)],
    ),
    ("functions are no methods", "def f(self): self.x\n", []),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_python(text: str, expected: list[tuple[str, int, int, int]]) -> None:
    assert [(item.name, item.line, item.methods, item.lcom4) for item in read("python", text)] == expected


def test_local_names_of_other_objects_are_no_members() -> None:
    text = "class A { int x; int a(A o) { return x; } int b(A o) { return o.x; } }"
    assert read("java", text)[0].lcom4 == 2


def test_overloads_are_joined_by_calls_not_by_their_name() -> None:
    text = "class A { int x, y; int f(int a) { return x; } int f(long a) { return y; } %s }"
    assert read("java", text % "")[0].lcom4 == 2
    assert read("java", text % "int g() { return f(1); }")[0].lcom4 == 1


def test_ruby_attributes_are_fields() -> None:
    assert read("ruby", "class A\n  attr_reader :x\n  def a; x; end\n  def b; @x; end\nend\n")[0].lcom4 == 1


@pytest.mark.parametrize(
    "language",
    ["python", "javascript", "tsx", "java", "kotlin", "csharp", "cpp", "php", "ruby", "go", "rust", "c", "bash", "sql"],
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "class",
        "class A {",
        "class A { f( { this.",
        "impl {",
        "\0",
        "class A:\n def f(self): self.",
        "func (",
        "é" * 99,
    ],
)
def test_broken_input(language: str, text: str) -> None:
    read(language, text)
