"""Imports of every language."""

from __future__ import annotations

import pytest

from escalation.syntax.imports import Import, imports
from escalation.syntax.language import languages, query
from escalation.syntax.tree import parse
from escalation.text.document import Document


def read(language: str, text: str) -> tuple[Import, ...]:
    tree = parse(Document.of(text, language=language))
    assert tree is not None
    return imports(tree)


CASES = [
    ("python", "import a.b as c, d", [("a.b", (), 0), ("d", (), 0)]),
    ("python", "from a.b import c as x, d", [("a.b", ("c", "d"), 0)]),
    ("python", "from . import e", [("", ("e",), 1)]),
    ("python", "from ..f.g import h", [("f.g", ("h",), 2)]),
    ("python", "from k import *", [("k", ("*",), 0)]),
    ("python", "from __future__ import annotations", []),
    ("python", "def f():\n    import a", [("a", (), 0)]),
    ("javascript", "import a, {b as c} from './x'", [("./x", ("b",), 0)]),
    (
        "javascript",
        "import 'x'; export * from 'y'; export {a} from \"z\"",
        [("x", (), 0), ("y", (), 0), ("z", (), 0)],
    ),
    ("javascript", "const a = require('./a'); other('b')", [("./a", (), 0)]),
    ("javascript", "import('./a'); import(`./b`)", [("./a", (), 0), ("./b", (), 0)]),
    ("typescript", "import type {A} from 'a'; import x = require('b')", [("a", ("A",), 0), ("b", (), 0)]),
    ("tsx", "import A from './A'", [("./A", (), 0)]),
    (
        "java",
        "import a.b.C;\nimport static d.E.f;\nimport g.*;",
        [("a.b.C", (), 0), ("d.E.f", (), 0), ("g", ("*",), 0)],
    ),
    ("kotlin", "import a.b.C as D\nimport e.f.*\n", [("a.b.C", (), 0), ("e.f", ("*",), 0)]),
    ("go", 'package p\nimport "a"\nimport (\n  x "b/c"\n)', [("a", (), 0), ("b/c", (), 0)]),
    ("rust", "use a::{b, c::{self, D as E}};", [("a::b", (), 0), ("a::c", (), 0), ("a::c::D", (), 0)]),
    ("rust", "use super::x::*;\nmod y;\nmod z { }", [("super::x", (), 0), ("self::y", (), 0)]),
    ("c", '#include <a/b.h>\n#include "c.h"\n', [("a/b.h", (), 0), ("c.h", (), 0)]),
    ("cpp", '#include "c.hpp"\n', [("c.hpp", (), 0)]),
    ("csharp", "using A.B;\nusing X = Y.Z;\nusing static D;", [("A.B", (), 0), ("Y.Z", (), 0), ("D", (), 0)]),
    (
        "ruby",
        "require 'a'\nrequire_relative './b'\nautoload :C, 'c/d'",
        [("a", (), 0), ("./b", (), 1), ("c/d", (), 0)],
    ),
    (
        "php",
        "<?php use X\\Y, X\\Z as W; use function A\\f;",
        [("X\\Y", (), 0), ("X\\Z", (), 0), ("A\\f", (), 0)],
    ),
    ("php", "<?php use A\\{B, C as D};", [("A", ("B", "C"), 0)]),
    ("php", "<?php require_once __DIR__ . '/x.php'; include('y.php');", [("x.php", (), 0), ("y.php", (), 0)]),
    ("bash", 'source ./a.sh\n. "$DIR/b.sh"\necho c', [("./a.sh", (), 0), ("$DIR/b.sh", (), 0)]),
    ("sql", "SELECT 1;", []),
]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_imports(language: str, text: str, expected: list[tuple[str, tuple[str, ...], int]]) -> None:
    assert [(item.module, item.names, item.relative) for item in read(language, text)] == expected


def test_an_import_knows_where_it_stands() -> None:
    (one,) = read("python", "x = 1\nfrom a import b\n")
    assert (one.start, one.end) == (6, 21)


@pytest.mark.parametrize("language", [row.id for row in languages().values() if row.grammar and row.id != "sql"])
def test_every_language_has_a_query_and_survives_nonsense(language: str) -> None:
    assert query(language, "imports") is not None
    for text in (
        "",
        "import",
        "from . import (",
        "use {{{",
        "#include",
        "\0",
        "import { a",
        "require(",
        "é" * 50,
    ):
        read(language, text)
