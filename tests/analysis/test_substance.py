"""Whether an edit changes code, or only what people read."""

from __future__ import annotations

import pytest

from escalation.analysis.substance import same_code
from escalation.syntax.language import language_of_path
from escalation.syntax.tree import parse
from escalation.text.document import Document


def same(path: str, before: str, after: str) -> bool:
    language = language_of_path(path)
    assert language is not None
    trees = [parse(Document.of(text, language=language.id)) for text in (before, after)]
    assert trees[0] is not None
    assert trees[1] is not None
    return same_code(trees[0], (0, len(trees[0].document.data)), trees[1], (0, len(trees[1].document.data)))


SAME = {
    "a comment": ("a.py", "x = 1  # one\n", "x = 1  # two\n"),
    "a comment that comes": ("a.js", "f();\n", "// why\nf();\n"),
    "a block of comments": ("A.java", "/* a */ class A {}\n", "class A {}\n"),
    "a docstring": ("a.py", 'def f():\n    """One."""\n    return 1\n', 'def f():\n    """Two."""\n    return 1\n'),
    "a comment of Go": ("a.go", "package a\n\n// F is.\nfunc F() {}\n", "package a\n\n// F does.\nfunc F() {}\n"),
    "a comment of Rust": ("a.rs", "/// One.\nfn f() {}\n", "/// Two.\nfn f() {}\n"),
    "a comment of Ruby": ("a.rb", "f # one\n", "f # two\n"),
    "a comment of SQL": ("a.sql", "-- one\nSELECT 1;\n", "SELECT 1;\n"),
    "a comment of a script": ("a.sh", "# one\nls\n", "ls\n"),
    "another indentation": ("a.js", "if (x) {\nf();\n}\n", "if (x) {\n    f();\n}\n"),
    "a wrapped call": ("a.py", "f(a, b)\n", "f(\n    a, b\n)\n"),
    "a blank line": ("a.py", "x = 1\ny = 2\n", "x = 1\n\n\ny = 2\n"),
    "CRLF": ("a.py", "x = 1\ny = 2\n", "x = 1\r\ny = 2\r\n"),
    "a trailing comma": ("a.py", "f(a, b)\n", "f(\n    a,\n    b,\n)\n"),
    "other quotes": ("a.py", "f('a')\n", 'f("a")\n'),
    "other quotes of TypeScript": ("a.ts", "f('a')\n", 'f("a")\n'),
    "two spaces for four": ("a.py", "if x:\n  if y:\n    f()\n", "if x:\n    if y:\n        f()\n"),
    "nothing": ("a.py", "", ""),
}
OTHER = {
    "a value": ("a.py", "x = 1\n", "x = 2\n"),
    "a text": ("a.py", 'x = "one"\n', 'x = "two"\n'),
    "a text with a space": ("a.py", 'x = "a b"\n', 'x = "a  b"\n'),
    "a sign": ("a.go", "package a\nvar x = a < b\n", "package a\nvar x = a <= b\n"),
    "a call that goes": ("a.js", "f();\ng();\n", "f();\n"),
    "a statement in a comment": ("a.py", "f()\ng()\n", "f()\n# g()\n"),
    "a statement out of its block": ("a.py", "if x:\n    f()\n    g()\n", "if x:\n    f()\ng()\n"),
    "a tuple of one": ("a.py", "x = (a)\n", "x = (a,)\n"),
    "a character": ("a.go", "package a\nvar x = 'a'\n", 'package a\nvar x = "a"\n'),
    "an escape": ("a.rb", "x = '\\n'\n", 'x = "\\n"\n'),
    "one line out of a block": ("a.py", "for x in y:\n    f(x)\n    g(x)\n", "for x in y:\n    f(x)\ng(x)\n"),
    "a function out of its class": ("a.py", "class A:\n  x = 1\n  def f(): ...\n", "class A:\n  x = 1\ndef f(): ...\n"),
    "an order": ("a.py", "f()\ng()\n", "g()\nf()\n"),
    "a decorator": ("a.py", "def f():\n    pass\n", "@g\ndef f():\n    pass\n"),
    "a text that is used": ("a.py", "def f():\n    return 'One.'\n", "def f():\n    return 'Two.'\n"),
}


@pytest.mark.parametrize(("path", "before", "after"), SAME.values(), ids=SAME)
def test_only_what_people_read(path, before, after):
    assert same(path, before, after)
    assert same(path, after, before)


@pytest.mark.parametrize(("path", "before", "after"), OTHER.values(), ids=OTHER)
def test_code(path, before, after):
    assert not same(path, before, after)
    assert not same(path, after, before)


def test_ranges_are_compared_by_themselves():
    tree = parse(Document.of("x = 1\ny = 1\nx = 1\n", language="python"))
    assert tree is not None
    assert same_code(tree, (0, 6), tree, (12, 18))
    assert not same_code(tree, (0, 6), tree, (6, 12))
    assert same_code(tree, (6, 6), tree, (12, 12))


def test_very_long_ranges_are_taken_to_change():
    text = "x = [" + "1, " * 20_000 + "]\n"
    tree = parse(Document.of(text, language="python"))
    assert tree is not None
    assert not same_code(tree, (0, len(text)), tree, (0, len(text)))


def test_a_line_that_leaves_its_block_changes_code_though_its_tokens_stay():
    before, after = "if x:\n    f()\n    return g()\n", "if x:\n    f()\nreturn g()\n"
    trees = [parse(Document.of(text, language="python")) for text in (before, after)]
    assert trees[0] is not None
    assert trees[1] is not None
    assert not same_code(trees[0], (14, len(before)), trees[1], (14, len(after)))
