"""Imports put in where a language and a file want them, and taken out again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.analysis.modules import FileIndex
from escalation.flow.importing import origins, present, with_import, without
from escalation.flow.statements import statements
from escalation.flow.verification import new_problems
from escalation.flow.wanted import wanted
from escalation.syntax.imports import imports
from escalation.syntax.language import language_of_path, languages
from escalation.syntax.tree import parse
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

SAMPLES = Path(__file__).parent.parent / "syntax" / "samples"
# By file: modules and names, and what `imports` then finds.
NEW = {
    "sample.py": [("os.path", "", "os.path"), ("a.b", "c", "a.b"), ("numpy as np", "", "numpy"), ("..a", "b", "a")],
    "sample.js": [("m", "x as y", "m"), ("./y", "", "./y"), ("m", "default as D", "m"), ("m", "* as m", "m")],
    "sample.ts": [("m", "x", "m"), ("./z", "type T", "./z")],
    "sample.tsx": [("react", "* as React", "react"), ("./App", "default as App", "./App")],
    "Sample.java": [("a.b.C", "", "a.b.C"), ("a.b", "C", "a.b.C"), ("static a.b.C.d", "", "a.b.C.d"), ("a.*", "", "a")],
    "sample.kt": [("a.b.C", "", "a.b.C"), ("a.b", "C as D", "a.b.C")],
    "sample.go": [("fmt", "", "fmt"), ('x "a/b"', "", "a/b"), ("_ a/b", "", "a/b")],
    "sample.rs": [("crate::x", "", "crate::x"), ("std::io", "Read as R", "std::io::Read"), ("mod y", "", "self::y")],
    "sample.c": [("<a.h>", "", "a.h"), ('"b/c.h"', "", "b/c.h"), ("stdio.h", "", "stdio.h")],
    "sample.cpp": [("vector", "", "vector"), ('"a.hpp"', "", "a.hpp")],
    "Sample.cs": [("A.B", "", "A.B"), ("static A.C", "", "A.C"), ("X = Y.Z", "", "Y.Z")],
    "sample.rb": [("json", "", "json"), ("./a/b", "", "a/b")],
    "sample.php": [("A\\B", "", "A\\B"), ("A", "B as C", "A\\B"), ("function A\\f", "", "A\\f")],
    "sample.sh": [("./a.sh", "", "./a.sh"), ('"$HERE/b.sh"', "", "$HERE/b.sh")],
}
CASES = [(file, *case) for file, cases in NEW.items() for case in cases]


def sample(name: str, end: bytes = b"\n") -> Document:
    language = language_of_path(name)
    assert language is not None
    return Document(name, language.id, (SAMPLES / name).read_bytes().replace(b"\n", end))


def document(language: str, text: str) -> Document:
    return Document.of(text, language=language)


def put(document: Document, module: str, name: str = "", path: str = "pkg/file.py") -> Document:
    import_ = wanted(document, module, name)
    assert import_ is not None
    return with_import(document, import_, origins(path, document, FileIndex(frozenset({path, "pkg/own.py"}))))


def take(document: Document, module: str, name: str = "") -> Document:
    import_ = wanted(document, module, name)
    assert import_ is not None
    keys = {entry.key for entry in import_.entries}
    statement, entry = next((s, e) for s in statements(document) for e in s.entries if e.key in keys)
    return without(document, statement, entry)


def test_every_language_with_imports_has_its_cases() -> None:
    having = {row.id for row in languages().values() if row.grammar and row.id != "sql"}
    assert {sample(name).language for name in NEW} == having


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(("file", "module", "name", "found"), CASES)
def test_an_import_put_in_is_found_and_taken_out_restores_the_file(file, module, name, found, end) -> None:
    before = sample(file, end)
    after = put(before, module, name)
    tree = parse(after)
    assert tree is not None
    assert found in [item.module for item in imports(tree)]
    assert not new_problems(Snapshot({file: before}), Snapshot({file: after}))
    assert after.data.count(b"\n") - after.data.count(b"\r\n") == (0 if end == b"\r\n" else after.data.count(b"\n"))
    assert put(after, module, name) is after
    assert take(after, module, name).data == before.data


# What stood there, what is imported (module, name), what stands there then. `take` is to bring the first back.
PLACES = {
    "an empty file": ("python", "", ("os", ""), "import os\n"),
    "before code": ("python", "x = 1\n", ("os", ""), "import os\n\nx = 1\n"),
    "two lines above a function": ("python", "def f(): ...\n", ("os", ""), "import os\n\n\ndef f(): ...\n"),
    "behind a docstring": ("python", '"""Doc."""\n\nx = 1\n', ("os", ""), '"""Doc."""\n\nimport os\n\nx = 1\n'),
    "no newline at the end": ("python", '"""Doc."""', ("os", ""), '"""Doc."""\n\nimport os'),
    "behind a shebang": ("python", "#!/bin/python\n\nx = 1\n", ("os", ""), "#!/bin/python\n\nimport os\n\nx = 1\n"),
    "behind a licence": ("python", "# Copyright me\n# More\nx\n", ("os", ""), "# Copyright me\n# More\nimport os\nx\n"),
    "before the comment of what follows": (
        "python",
        "# About x.\nx = 1\n",
        ("os", ""),
        "import os\n\n# About x.\nx = 1\n",
    ),
    "behind from __future__": (
        "python",
        "from __future__ import annotations\n\nx\n",
        ("os", ""),
        "from __future__ import annotations\n\nimport os\n\nx\n",
    ),
    "__future__ before all": (
        "python",
        '"""D."""\n\nimport os\n',
        ("__future__", "annotations"),
        '"""D."""\n\nfrom __future__ import annotations\n\nimport os\n',
    ),
    "behind a byte order mark": ("python", "\ufeffx = 1\n", ("os", ""), "\ufeffimport os\n\nx = 1\n"),
    "sorted": ("python", "import abc\nimport sys\n", ("os", ""), "import abc\nimport os\nimport sys\n"),
    "first of the sorted": (
        "python",
        "# C\nimport os\nimport sys\n",
        ("abc", ""),
        "# C\nimport abc\nimport os\nimport sys\n",
    ),
    "last of the unsorted": ("python", "import sys\nimport abc\n", ("os", ""), "import sys\nimport abc\nimport os\n"),
    "from behind import": ("python", "import sys\n\nx\n", ("abc", "ABC"), "import sys\nfrom abc import ABC\n\nx\n"),
    "the section of the standard library": (
        "python",
        "import sys\n\nimport requests\n\nfrom . import a\n",
        ("re", ""),
        "import re\nimport sys\n\nimport requests\n\nfrom . import a\n",
    ),
    "a section of its own": (
        "python",
        "import sys\n\nfrom . import a\n\n\ndef f(): ...\n",
        ("requests", ""),
        "import sys\n\nimport requests\n\nfrom . import a\n\n\ndef f(): ...\n",
    ),
    "no section where nothing is apart": (
        "python",
        "import sys\nx = 1\n",
        ("requests", ""),
        "import sys\nimport requests\nx = 1\n",
    ),
    "the first section": (
        "python",
        '"""D."""\n\nimport requests\n',
        ("os", ""),
        '"""D."""\n\nimport os\n\nimport requests\n',
    ),
    "not under TYPE_CHECKING": (
        "python",
        "import os\n\nif TYPE_CHECKING:\n    import re\n",
        ("sys", ""),
        "import os\nimport sys\n\nif TYPE_CHECKING:\n    import re\n",
    ),
    "not among late imports": (
        "python",
        "import os\n\nx = 1\nimport late\n",
        ("sys", ""),
        "import os\nimport sys\n\nx = 1\nimport late\n",
    ),
    "a name more": ("python", "from a import b\n", ("a", "c"), "from a import b, c\n"),
    "a name before": ("python", "from a import c  # why\n", ("a", "b"), "from a import b, c  # why\n"),
    "a name with another one": ("python", "from a import b\n", ("a", "b as c"), "from a import b, b as c\n"),
    "a name on a line of its own": (
        "python",
        "from a import (\n    b,  # why\n    d,\n)\n",
        ("a", "c"),
        "from a import (\n    b,  # why\n    c,\n    d,\n)\n",
    ),
    "a last name without comma": (
        "python",
        "from a import (\n    b,\n    c\n)\n",
        ("a", "d"),
        "from a import (\n    b,\n    c,\n    d\n)\n",
    ),
    "a first name": ("python", "from a import (\n    b,\n)\n", ("a", "a"), "from a import (\n    a,\n    b,\n)\n"),
    "in parentheses": ("python", "from a import (b, d)\n", ("a", "c"), "from a import (b, c, d)\n"),
    "over lines with a backslash": (
        "python",
        "from a import b, \\\n    c\n",
        ("a", "d"),
        "from a import b, \\\n    c, d\n",
    ),
    "constants and classes first": (
        "python",
        "from a import Z_C, Aa, bc\n",
        ("a", "Bb"),
        "from a import Z_C, Aa, Bb, bc\n",
    ),
    "not into all names": ("python", "from a import *\n", ("a", "b"), "from a import *\nfrom a import b\n"),
    "the same relative module": ("python", "from ..a import b\n", ("..a", "c"), "from ..a import b, c\n"),
    "another relative module": ("python", "from ..a import b\n", (".a", "c"), "from ..a import b\nfrom .a import c\n"),
    "CRLF": ("python", "import os\r\n\r\nx\r\n", ("sys", ""), "import os\r\nimport sys\r\n\r\nx\r\n"),
    "braces": ("typescript", "import { a } from './m';\n", ("./m", "b"), "import { a, b } from './m';\n"),
    "braces without spaces": ("typescript", "import {b} from './m';\n", ("./m", "a"), "import {a, b} from './m';\n"),
    "braces over lines": (
        "typescript",
        "import {\n  a,\n  c\n} from './m';\n",
        ("./m", "b"),
        "import {\n  a,\n  b,\n  c\n} from './m';\n",
    ),
    "beside the default": (
        "typescript",
        'import A, { b } from "m";\n',
        ("m", "c as d"),
        'import A, { b, c as d } from "m";\n',
    ),
    "behind a default alone": ("tsx", "import A from 'm';\n", ("m", "b"), "import A, { b } from 'm';\n"),
    "a type": ("typescript", "import { b } from './m';\n", ("./m", "type T"), "import { type T, b } from './m';\n"),
    "not into types": (
        "typescript",
        "import type { T } from './m';\n",
        ("./m", "b"),
        "import type { T } from './m';\nimport { b } from './m';\n",
    ),
    "double quotes, no semicolon": (
        "javascript",
        'import a from "a"\n\na()\n',
        ("b", "c"),
        'import a from "a"\nimport { c } from "b"\n\na()\n',
    ),
    "one statement is no habit": (
        "javascript",
        "(function () {})()\n",
        ("b", "c"),
        "import { c } from 'b';\n\n(function () {})()\n",
    ),
    "behind use strict": ("javascript", "'use strict';\n\na();\n", ("b", ""), "'use strict';\n\nimport 'b';\n\na();\n"),
    "require": (
        "javascript",
        "const a = require('a');\n\na();\n",
        ("b", "c as d"),
        "const a = require('a');\nconst { c: d } = require('b');\n\na();\n",
    ),
    "a name more of require": (
        "javascript",
        "const { a } = require('m');\n",
        ("m", "b"),
        "const { a, b } = require('m');\n",
    ),
    "in the block of Go": (
        "go",
        'package p\n\nimport (\n\t"fmt"\n\t"os"\n)\n',
        ("io", ""),
        'package p\n\nimport (\n\t"fmt"\n\t"io"\n\t"os"\n)\n',
    ),
    "in its section of the block": (
        "go",
        'package p\n\nimport (\n\t"fmt"\n\n\tz "x.org/a"\n)\n',
        ("x.org/b", ""),
        'package p\n\nimport (\n\t"fmt"\n\n\tz "x.org/a"\n\t"x.org/b"\n)\n',
    ),
    "a section of its own in the block": (
        "go",
        'package p\n\nimport (\n\t"fmt"\n)\n',
        ("x.org/b", ""),
        'package p\n\nimport (\n\t"fmt"\n\n\t"x.org/b"\n)\n',
    ),
    "a block of its own": (
        "go",
        "// Package p.\npackage p\n\nfunc f() {}\n",
        ("io", ""),
        '// Package p.\npackage p\n\nimport (\n\t"io"\n)\n\nfunc f() {}\n',
    ),
    "beside a single one": (
        "go",
        'package p\n\nimport "fmt"\n',
        ("io", ""),
        'package p\n\nimport "fmt"\nimport "io"\n',
    ),
    "not between a comment and C": (
        "go",
        'package p\n\n// #include <a.h>\nimport "C"\n',
        ("io", ""),
        'package p\n\nimport (\n\t"io"\n)\n\n// #include <a.h>\nimport "C"\n',
    ),
    "behind the package": (
        "java",
        "package a;\n\nclass A {}\n",
        ("b.C", ""),
        "package a;\n\nimport b.C;\n\nclass A {}\n",
    ),
    "in the group that is alike": (
        "java",
        "import java.util.List;\n\nimport org.a.B;\n\nclass A {}\n",
        ("java.util.Map", ""),
        "import java.util.List;\nimport java.util.Map;\n\nimport org.a.B;\n\nclass A {}\n",
    ),
    "behind attributes and inner comments": (
        "rust",
        "//! Doc.\n\n#![allow(x)]\n\nfn f() {}\n",
        ("a::b", ""),
        "//! Doc.\n\n#![allow(x)]\n\nuse a::b;\n\nfn f() {}\n",
    ),
    "before an attribute": (
        "rust",
        "#[cfg(unix)]\nuse b::c;\n\nfn f() {}\n",
        ("a::b", ""),
        "use a::b;\n#[cfg(unix)]\nuse b::c;\n\nfn f() {}\n",
    ),
    "modules first": ("rust", "use b::c;\n\nfn f() {}\n", ("mod a", ""), "mod a;\n\nuse b::c;\n\nfn f() {}\n"),
    "in the guard": (
        "c",
        "#ifndef A_H\n#define A_H\n\nint x;\n\n#endif\n",
        ("<a.h>", ""),
        "#ifndef A_H\n#define A_H\n\n#include <a.h>\n\nint x;\n\n#endif\n",
    ),
    "behind pragma once": (
        "cpp",
        "#pragma once\n\nint x;\n",
        ("vector", ""),
        "#pragma once\n\n#include <vector>\n\nint x;\n",
    ),
    "with those in angle brackets": (
        "c",
        '#include "a.h"\n\n#include <stdio.h>\n\nint x;\n',
        ("<a.h>", ""),
        '#include "a.h"\n\n#include <stdio.h>\n#include <a.h>\n\nint x;\n',
    ),
    "inside a namespace": (
        "csharp",
        "namespace N\n{\n    using System;\n\n    class C {}\n}\n",
        ("System.IO", ""),
        "namespace N\n{\n    using System;\n    using System.IO;\n\n    class C {}\n}\n",
    ),
    "System first": (
        "csharp",
        "using System;\nusing Z;\nusing A.B;\n",
        ("System.IO", ""),
        "using System;\nusing Z;\nusing A.B;\nusing System.IO;\n",
    ),
    "behind the namespace of PHP": (
        "php",
        "<?php\n\ndeclare(strict_types=1);\n\nnamespace A;\n\nclass B {}\n",
        ("C\\D", ""),
        "<?php\n\ndeclare(strict_types=1);\n\nnamespace A;\n\nuse C\\D;\n\nclass B {}\n",
    ),
    "in a namespace with braces": (
        "php",
        "<?php\nnamespace A {\n    class X {}\n}\n",
        ("B\\C", ""),
        "<?php\nnamespace A {\n    use B\\C;\n    class X {}\n}\n",
    ),
    "behind a magic comment": (
        "ruby",
        "# frozen_string_literal: true\n\nputs 1\n",
        ("json", ""),
        "# frozen_string_literal: true\n\nrequire 'json'\n\nputs 1\n",
    ),
    "as the file reads others": (
        "bash",
        "#!/bin/bash\n. ./a.sh\n",
        ("./b.sh", ""),
        "#!/bin/bash\n. ./a.sh\n. ./b.sh\n",
    ),
    "a shell without source": ("bash", "#!/bin/sh\n\necho\n", ("./b.sh", ""), "#!/bin/sh\n\n. ./b.sh\n\necho\n"),
}


@pytest.mark.parametrize(("language", "before", "import_", "after"), PLACES.values(), ids=PLACES)
def test_where_an_import_is_put(language: str, before: str, import_: tuple[str, str], after: str) -> None:
    found = put(document(language, before), *import_)
    assert found.text == after
    assert take(found, *import_).text == before


REMOVED = {
    "before empty lines at the end": ("python", "import a\nimport os\n\n", ("os", ""), "import a\n\n"),
    "the only one, at the start": ("python", "import os\n\n\ndef f(): ...\n", ("os", ""), "def f(): ...\n"),
    "the only one, alone": ("python", "import os\n", ("os", ""), ""),
    "one of a statement": ("python", "import a, os, b\n", ("os", ""), "import a, b\n"),
    "beside another statement": ("python", "import os; x = 1\n", ("os", ""), "x = 1\n"),
    "behind another statement": ("python", "x = 1; import os\n", ("os", ""), "x = 1;\n"),
    "with its comment": ("python", "import a\nimport os  # noqa\nimport z\n", ("os", ""), "import a\nimport z\n"),
    "the last in parentheses": ("python", "from a import (\n    b,\n)\n\nx\n", ("a", "b"), "x\n"),
    "a last one without comma": (
        "python",
        "from a import (\n    b,\n    c\n)\n",
        ("a", "c"),
        "from a import (\n    b\n)\n",
    ),
    "behind a backslash": ("python", "from a import b, \\\n    c\n", ("a", "c"), "from a import b\n"),
    "the larger gap remains": ("python", "x = 1\n\n\nimport os\n\ny = 1\n", ("os", ""), "x = 1\n\n\ny = 1\n"),
    "the braces": ("typescript", "import A, { b } from 'm';\n", ("m", "b"), "import A from 'm';\n"),
    "the default": ("typescript", "import A, { b } from 'm';\n", ("m", "default as A"), "import { b } from 'm';\n"),
    "of a tree of paths": ("rust", "use a::{b, c::{d, e}};\n", ("a::c::e", ""), "use a::{b, c::{d}};\n"),
    "a branch of it": ("rust", "use a::{b, c::{d}};\n", ("a::c::d", ""), "use a::{b};\n"),
    "of a group": ("php", "<?php\nuse A\\{B, C};\n", ("A\\B", ""), "<?php\nuse A\\{C};\n"),
    "of a list": ("php", "<?php\nuse A\\B, A\\C;\n", ("A\\C", ""), "<?php\nuse A\\B;\n"),
    "the last of a block": (
        "go",
        'package p\n\nimport (\n\t"io"\n)\n\nvar x int\n',
        ("io", ""),
        "package p\n\nvar x int\n",
    ),
    "with its attribute": ("rust", "use a;\n#[cfg(x)]\nuse b;\nuse c;\n", ("b", ""), "use a;\nuse c;\n"),
}


@pytest.mark.parametrize(("language", "before", "import_", "after"), REMOVED.values(), ids=REMOVED)
def test_what_is_left(language: str, before: str, import_: tuple[str, str], after: str) -> None:
    assert take(document(language, before), *import_).text == after


@pytest.mark.parametrize(
    ("language", "module", "name"),
    [
        ("python", "os; import evil", ""),
        ("python", "os  # hidden", ""),
        ("python", "a\nb", ""),
        ("python", "a b", ""),
        ("python", "", ""),
        ("python", "a", "b; c"),
        ("javascript", "a'; evil(); '", ""),
        ("javascript", "a", "b } from 'x'; import { c"),
        ("go", 'a"; import "b', ""),
        ("go", "fmt", "Println"),
        ("c", "a.h", "x"),
        ("csharp", "System", "Console"),
        ("java", "a.B; import c.D", ""),
        ("php", "A; evil()", ""),
        ("rust", "a; fn f() {}", ""),
        ("ruby", "a' + 'b", ""),
        ("sql", "a", ""),
        ("markdown", "a", ""),
        ("python", "\ud800", ""),
    ],
)
def test_what_is_not_one_import_is_none(language: str, module: str, name: str) -> None:
    assert wanted(document(language, ""), module, name) is None


@pytest.mark.parametrize(
    ("language", "text", "module", "name"),
    [
        ("python", "from a import (b as c)\n", "a", "b as c"),
        ("javascript", 'import A, {b} from "m"\n', "m", "default as A"),
        ("rust", "use a::{b, c::{self, d}};\n", "a::c", ""),
        ("php", "<?php\nuse A\\{B, C};\n", "A\\C", ""),
        ("rust", "pub mod x;\n", "mod x", ""),
        ("ruby", 'require "json"\n', "json", ""),
        ("go", "package p\n\nimport (\n\t`fmt`\n)\n", "`fmt`", ""),
    ],
)
def test_what_is_there_in_another_form_is_there(language: str, text: str, module: str, name: str) -> None:
    import_ = wanted(document(language, text), module, name)
    assert import_ is not None
    assert present(document(language, text), import_)


def lines_of(document: Document) -> list[str]:
    return [line for line in document.text.splitlines() if line.strip()]


TEXT = st.lists(
    st.sampled_from(
        [
            "import a",
            "from b import c",
            "#c",
            "x = 1",
            "y = 2  ",
            "\t",
            '"""d"""',
            "",
            "",
            "if y:\n    import z",
            "#!/x",
        ]
    ),
    max_size=8,
)


@given(TEXT, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from([("os", ""), ("b", "d"), ("q.r", "s")]))
def test_any_python_file_has_it_once_and_keeps_the_rest(lines, end, newline, import_) -> None:
    before = document("python", end.join("\n".join(lines).split("\n")) + (end if newline else ""))
    after = put(before, *import_)
    asked = wanted(after, *import_)
    assert asked is not None
    assert present(after, asked)
    assert put(after, *import_) is after
    assert lines_of(take(after, *import_)) == lines_of(before)
