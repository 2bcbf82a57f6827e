"""Which text belongs to an address."""

from __future__ import annotations

from textwrap import dedent

import pytest

from escalation.flow.entities import Entity, find, named, nearest, spliced, split, text_of, tree_of
from escalation.flow.outcome import Refusal
from escalation.syntax.tree import parse
from tests.flow.editing import document


def belongs(path: str, text: str, name: str) -> str:
    found = find(document(path, dedent(text).lstrip("\n")), name)
    assert isinstance(found, Entity), found
    assert found.whole
    return text_of(document(path, dedent(text).lstrip("\n")), found)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("a.py", ("a.py", None)),
        ("a/b.py::C.d", ("a/b.py", "C.d")),
        ("a.cpp::Stack::top", ("a.cpp", "Stack.top")),
        ("a.py::", ("a.py", "")),
        (" a.py :: f ", ("a.py", "f")),
    ],
)
def test_an_address_is_a_path_and_perhaps_a_name(address, parts):
    assert split(address) == parts


# The text of `it` is all but the lines that begin with `other` or hold only white space at the ends.
EXTENTS = {
    "decorators": ("a.py", "other = 1\n\n@first\n@second(\n    2\n)\ndef it():\n    pass\n\nother()\n"),
    "comment": ("a.py", "other = 1\n\n# About\n# it.\ndef it():\n    pass\n\n# other\n"),
    "comment, decorator": (
        "a.py",
        "# other\n\n# About it.\n@first\n# More.\nasync def it(): pass  # noqa\nother = 1\n",
    ),
    "comment below": ("a.py", "def it():\n    x = 1\n    # as it is\n\n    # to the end\n\n# other\n"),
    "shebang": ("a.py", "#!/usr/bin/env python  other\ndef it(): pass\n"),
    "jsdoc": ("a.js", "other();\n/**\n * About it.\n */\nexport default async function it() {\n}\n// other\n\n"),
    "bound arrow": ("a.js", "const other = 1;\nexport const it = (a) => {\n  a();\n};\nother();\n"),
    "ts decorators": ("a.ts", "other();\n@A({\n  b: 1,\n})\nexport class it {}\n"),
    "ts overloads": (
        "a.ts",
        "other();\nexport function it(a: 1): 1;\nexport function it(a: 2): 2;\nexport function it(a: any) {}\n",
    ),
    "other overloads": ("a.ts", "declare function other(): void;\nfunction it() {}\n"),
    "java annotations": ("it.java", "import other;\n/** About it. */\n@A(1)\n@B\npublic final class it {\n}\n"),
    "go doc": ("a.go", "package other\n\n// it is.\n// So.\nfunc it() {\n}\n\nvar other = 1\n"),
    "go type": ("a.go", "package other\n\n// it is.\ntype it struct {\n\ta int\n}\n"),
    "go binding": ("a.go", "package other\n\nvar it = func() {\n}\n"),
    "rust attributes": ("a.rs", "//! other\n/// About it.\n#[inline]\n#[cfg(all(\n  unix\n))]\npub fn it() {\n}\n"),
    "rust struct": ("a.rs", "use other;\n/// About it.\n#[derive(Debug)]\npub struct it {\n  a: u8,\n}\n"),
    "cpp template": ("a.cpp", "int other;\n// About it.\ntemplate <class T>\nint it(T t) {\n  return 1;\n}\n"),
    "c struct": ("a.c", "int other;\nstruct it {\n  int a;\n};\nint other2;\n"),
    "c typedef": ("a.c", "int other;\ntypedef struct it {\n  int a;\n} T;\n"),
    "csharp attribute": ("a.cs", "using other;\n/// <summary/>\n[A]\npublic class it {\n}\n"),
    "ruby": ("a.rb", "require 'other'\n\n# About it.\ndef it(a)\n  a\nend\n"),
    "php": ("a.php", "<?php // other\n\n/** About it. */\n#[A]\nfunction it() {\n}\n"),
    "kotlin": ("a.kt", "import other\n\n// About it.\n@A\nfun it() = 1\n"),
    "bash": ("a.sh", "#!/bin/sh other\n# About it.\nit() {\n  :\n}\n"),
    "sql": ("a.sql", "-- other\n\n-- About it.\nCREATE FUNCTION it() RETURNS int RETURN 1;\n"),
}


@pytest.mark.parametrize("case", EXTENTS)
def test_what_is_directly_above_an_entity_belongs_to_it(case):
    path, text = EXTENTS[case]
    lines = [line for line in text.split("\n") if "other" not in line]
    assert belongs(path, text, "it") == "\n".join(lines).strip("\n")


def test_a_method_comes_with_the_indentation_of_its_first_line():
    text = """
    class A:
        # About f.
        @property
        def f(self):
            return 1

        def g(self): ...
    """
    assert belongs("a.py", text, "A.f") == "    # About f.\n    @property\n    def f(self):\n        return 1"


def test_a_member_of_a_group_is_without_the_group():
    text = "package a\n\ntype (\n\t// B is.\n\tB struct {\n\t}\n\tC struct{}\n)\n"
    assert belongs("a.go", text, "B") == "\t// B is.\n\tB struct {\n\t}"


def test_an_entity_within_a_line_is_not_whole():
    found = find(document("a.js", "run(() => 1, () => 2);\n"), "<anonymous>#2")
    assert isinstance(found, Entity)
    assert (found.whole, found.start, found.end) == (False, 13, 20)


TWICE = "def f(): ...\n\nclass A:\n    def f(self): ...\n\ndef f(): pass\n"


def test_entities_of_one_name_are_numbered():
    assert list(named(document("a.py", TWICE))) == ["f#1", "A", "A.f", "f#2"]


def test_a_bare_name_of_several_is_ambiguous():
    refusal = find(document("a.py", TWICE), "f", "a.py")
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.path) == ("ambiguous", "a.py")
    assert refusal.nearest == ("f#1 (line 1)", "f#2 (line 6)")


def test_the_number_of_what_is_alone_may_be_sent():
    found = find(document("a.py", "def f(): ..."), "f#1")
    assert isinstance(found, Entity)
    assert found.name == "f"
    assert isinstance(find(document("a.py", "def f(): ..."), "f#2"), Refusal)


def test_what_is_not_there_brings_what_comes_closest():
    text = (
        "class Session:\n    def renew(self): ...\n    def close(self): ...\n\nclass Other:\n    def renew(self): ...\n"
    )
    refusal = find(document("a.py", text), "Sesion.renew", "a.py")
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "not_found"
    assert refusal.nearest[:2] == ("Session.renew", "Other.renew")


def test_the_same_last_part_comes_first():
    assert nearest("x.get", ["xget", "a.b.get", "x.gets"])[0] == "a.b.get"
    assert nearest("tests/app.py", ["server/app.py", "tests/apps.py"], "/") == ("server/app.py", "tests/apps.py")
    assert nearest("zzz", [f"name{n}" for n in range(5000)]) == ()


def test_a_file_without_a_grammar_has_no_entities():
    refusal = find(document("a.yaml", "a: 1\n"), "a", "a.yaml")
    assert isinstance(refusal, Refusal)
    assert "find" in refusal.message


def test_a_spliced_document_has_the_tree_it_would_have_from_scratch():
    old = document("a.py", "def f():\n    return 1\n\n\ndef g():\n    return 2\n")
    tree_of(old)
    new = spliced(old, 4, 5, b"other")
    tree, fresh = tree_of(new), parse(new)
    assert tree is not None
    assert fresh is not None
    assert str(tree.root) == str(fresh.root)
    assert list(named(new)) == ["other", "g"]
    assert new.version is None
