"""`set_relationship`: what a model says, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.flow.outcome import Applied, Refusal
from escalation.flow.relationships import TOOL, related_paths, set_relationship
from escalation.syntax.language import language_of_path
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot


def snapshot(files: dict[str, str]) -> Snapshot:
    languages = {path: language_of_path(path) for path in files}
    return Snapshot(
        {
            path: Document.of(text, uri=path, language=language.id if (language := languages[path]) else "")
            for path, text in files.items()
        }
    )


def call(files: dict[str, str], paths: tuple[str, ...] = (), **given: Any):
    given = {"action": "set", "type": "imports", **{key.rstrip("_"): value for key, value in given.items()}}
    return set_relationship(snapshot(files), given, paths)


def text_after(files: dict[str, str], **given: Any) -> str:
    outcome = call(files, **given)
    assert isinstance(outcome, Applied), outcome
    assert outcome.changed == (given["from_"],)
    return outcome.snapshot[given["from_"]].text


PYTHON = {
    "app/__init__.py": "",
    "app/auth.py": "import os\n\nfrom app.models import User\n",
    "app/models.py": "class User: ...\n",
    "app/db/__init__.py": "",
    "app/db/store.py": "from ..models import User\n",
    "src/pkg/__init__.py": "",
    "src/pkg/a.py": "x = 1\n",
    "src/pkg/b.py": "x = 1\n",
    "tools/run.py": "x = 1\n",
    "tools/shared.py": "x = 1\n",
}
ECMASCRIPT = {
    "src/a.ts": "import { b } from './b';\n",
    "src/b.ts": "",
    "src/lib/index.ts": "",
    "src/m.mjs": "import { n } from './n.js';\n",
    "src/n.js": "",
    "src/view.tsx": "",
    "src/data.json": "{}",
    "index.js": "",
}
GO = {
    "go.mod": "module example.org/shop\n\ngo 1.22\n",
    "cart/cart.go": "package cart\n",
    "cart/total.go": "package cart\n",
    "stock/stock.go": "package stock\n",
    "main.go": "package main\n",
}
RUST = {
    "Cargo.toml": '[package]\nname = "my-shop"\n',
    "src/lib.rs": "",
    "src/cart.rs": "",
    "src/stock/mod.rs": "",
    "src/stock/shelf.rs": "",
    "tests/all.rs": "",
}
JVM = {
    "src/main/java/org/a/A.java": "package org.a;\n\nclass A {}\n",
    "src/main/java/org/a/A2.java": "package org.a;\n\nclass A2 {}\n",
    "src/main/java/org/b/B.java": "package org.b;\n\npublic class B {}\n",
    "src/main/kotlin/org/c/C.kt": "package org.c\n\nfun c() {}\n",
}
C = {
    "src/a.c": '#include "net/http.h"\n',
    "src/a.h": "",
    "src/net/http.h": "",
    "src/net/tcp.h": "",
    "src/net/tcp.c": "",
    "include/shop/cart.h": "",
    "tests/t.c": "",
}
OTHERS = {
    "Shop/Cart.cs": "namespace Shop;\n\nclass Cart {}\n",
    "Shop/Data/Store.cs": "namespace Shop.Data\n{\n    class Store {}\n}\n",
    "src/A.php": "<?php\n\nnamespace Shop;\n\nclass A {}\n",
    "src/Data/B.php": "<?php\n\nnamespace Shop\\Data;\n\nclass B {}\n",
    "src/plain.php": "<?php\n",
    "lib/shop.rb": "class Shop; end\n",
    "lib/shop/cart.rb": "",
    "bin/run.sh": "#!/bin/bash\n\necho\n",
    "bin/other.sh": '#!/bin/bash\n\nsource "$HERE/run.sh"\n',
    "lib/log.sh": "",
}

SPELLED = [
    (PYTHON, "app/auth.py", "app/db/store.py", [], "import app.db.store"),
    (PYTHON, "app/auth.py", "app/db/store.py", ["get"], "from app.db.store import get"),
    (PYTHON, "app/auth.py", "app/db/store.py::Store.get", [], "from app.db.store import Store"),
    (PYTHON, "app/auth.py", "app/db/__init__.py", ["x"], "from app.db import x"),
    (PYTHON, "app/db/store.py", "app/auth.py", ["login"], "from ..auth import login"),
    (PYTHON, "app/db/store.py", "app/auth.py", [], "from .. import auth"),
    (PYTHON, "src/pkg/a.py", "src/pkg/b.py", ["x"], "from pkg.b import x"),
    (PYTHON, "tools/run.py", "tools/shared.py", ["x"], "from shared import x"),
    (PYTHON, "tools/run.py", "app/models.py", ["User"], "from app.models import User"),
    (ECMASCRIPT, "src/a.ts", "src/lib/index.ts", ["x"], "import { x } from './lib';"),
    (ECMASCRIPT, "src/lib/index.ts", "src/a.ts", ["x"], "import { x } from '../a';"),
    (ECMASCRIPT, "src/a.ts", "src/view.tsx::View", [], "import { View } from './view';"),
    (ECMASCRIPT, "src/a.ts", "src/data.json", ["default as data"], "import data from './data.json';"),
    (ECMASCRIPT, "src/a.ts", "../index.js", ["x"], "import { x } from '../index';"),
    (ECMASCRIPT, "src/m.mjs", "src/b.ts", ["x"], "import { x } from './b.js';"),
    (GO, "main.go", "cart/cart.go", [], '"example.org/shop/cart"'),
    (GO, "stock/stock.go", "cart/cart.go", [], '"example.org/shop/cart"'),
    (GO, "stock/stock.go", "main.go", [], '"example.org/shop"'),
    (RUST, "src/cart.rs", "src/stock/shelf.rs", ["Shelf"], "use crate::stock::shelf::Shelf;"),
    (RUST, "src/cart.rs", "src/stock/mod.rs", ["Stock"], "use crate::stock::Stock;"),
    (RUST, "tests/all.rs", "src/cart.rs", ["Cart"], "use my_shop::cart::Cart;"),
    (RUST, "src/lib.rs", "src/cart.rs", [], "mod cart;"),
    (RUST, "src/stock/mod.rs", "src/stock/shelf.rs", ["Shelf"], "use crate::stock::shelf::Shelf;"),
    (JVM, "src/main/java/org/a/A.java", "src/main/java/org/b/B.java", [], "import org.b.B;"),
    (JVM, "src/main/java/org/a/A.java", "src/main/java/org/b/B.java::B", [], "import org.b.B;"),
    (JVM, "src/main/kotlin/org/c/C.kt", "src/main/java/org/b/B.java", [], "import org.b.B"),
    (C, "src/a.c", "src/a.h", [], '#include "a.h"'),
    (C, "src/a.c", "src/net/tcp.h", [], '#include "net/tcp.h"'),
    (C, "src/net/tcp.c", "src/net/tcp.h", [], '#include "tcp.h"'),
    (C, "src/a.c", "include/shop/cart.h", [], '#include "shop/cart.h"'),
    (C, "tests/t.c", "src/net/tcp.h", [], '#include "../src/net/tcp.h"'),
    (OTHERS, "Shop/Cart.cs", "Shop/Data/Store.cs", [], "using Shop.Data;"),
    (OTHERS, "src/A.php", "src/Data/B.php", [], "use Shop\\Data\\B;"),
    (OTHERS, "src/A.php", "src/plain.php", [], "require_once __DIR__ . '/plain.php';"),
    (OTHERS, "lib/shop.rb", "lib/shop/cart.rb", [], "require_relative 'shop/cart'"),
    (OTHERS, "lib/shop/cart.rb", "lib/shop.rb", [], "require_relative '../shop'"),
    (OTHERS, "bin/run.sh", "lib/log.sh", [], 'source "$(dirname "${BASH_SOURCE[0]}")/../lib/log.sh"'),
    (OTHERS, "bin/other.sh", "lib/log.sh", [], 'source "$HERE/../lib/log.sh"'),
]


@pytest.mark.parametrize(("files", "path", "to", "names", "line"), SPELLED, ids=[f"{c[1]} {c[2]}" for c in SPELLED])
def test_a_path_is_spelled_as_its_language_wants(files, path, to, names, line) -> None:
    after = text_after(files, from_=path, to=to, names=names)
    assert line in [text.strip() for text in after.splitlines()]
    again = call({**files, path: after}, from_=path, to=to, names=names)
    assert isinstance(again, Applied)
    assert again.changed == ()
    assert again.snapshot[path].text == after
    if not line.startswith("use crate::stock::shelf"):  # `mod shelf;` came with it, and stays
        removed = call({**files, path: after}, from_=path, to=to, names=names, action="remove")
        assert isinstance(removed, Applied)
        assert removed.snapshot[path].text == files[path]


@pytest.mark.parametrize(
    ("files", "path", "to"),
    [
        (GO, "cart/total.go", "cart/cart.go"),
        (JVM, "src/main/java/org/a/A.java", "src/main/java/org/a/A2.java"),
        (OTHERS, "Shop/Data/Store.cs", "Shop/Cart.cs"),
    ],
)
def test_what_needs_no_import_gets_none(files, path, to) -> None:
    outcome = call(files, from_=path, to=to)
    assert isinstance(outcome, Applied)
    assert outcome.changed == ()
    assert "needs no import" in outcome.answer


def test_a_rust_module_is_declared_where_it_is_used_first() -> None:
    after = text_after(RUST, from_="src/lib.rs", to="src/cart.rs", names=["Cart"])
    assert after == "mod cart;\n\nuse crate::cart::Cart;\n"


def test_an_import_that_names_the_file_in_another_way_is_the_same() -> None:
    files = {**PYTHON, "app/auth.py": "from .models import User\n"}
    outcome = call(files, from_="app/auth.py", to="app/models.py", names=["User"])
    assert isinstance(outcome, Applied)
    assert outcome.changed == ()
    assert (
        text_after(files, from_="app/auth.py", to="app/models.py", names=["Role"]) == "from .models import Role, User\n"
    )


def test_a_whole_statement_is_understood() -> None:
    assert text_after(PYTHON, from_="app/models.py", to="from typing import Any").startswith("from typing import Any\n")
    assert text_after(C, from_="src/a.h", to="#include <stdio.h>") == "#include <stdio.h>\n"
    assert text_after(ECMASCRIPT, from_="src/b.ts", to="import x from 'y'") == "import x from 'y';\n"


def test_several_names_make_one_statement() -> None:
    after = text_after(PYTHON, from_="app/models.py", to="typing", names=["cast", "Any", "cast"])
    assert after == "from typing import Any, cast\n\n\nclass User: ...\n"


def test_without_names_all_of_a_module_is_removed() -> None:
    files = {
        "a.py": "import z\nfrom m import a, b\n",
        "b.ts": "import A from 'm';\nimport { b, c } from 'm';\n",
    }
    assert text_after(files, from_="a.py", to="m", action="remove") == "import z\n"
    assert text_after(files, from_="b.ts", to="m", action="remove") == ""


def test_names_remain_where_the_module_itself_was_imported_too() -> None:
    outcome = call({"a.py": "import m\nfrom m import a, b\n"}, from_="a.py", to="m", action="remove")
    assert isinstance(outcome, Applied)
    assert outcome.snapshot["a.py"].text == "from m import a, b\n"
    assert "It still takes a, b from there" in outcome.answer


def test_a_name_is_removed_whatever_it_is_called_here() -> None:
    files = {"a.py": "from m import a as b, c\n", "b.ts": "import { type T, c } from 'm';\n"}
    assert text_after(files, from_="a.py", to="m", names=["a"], action="remove") == "from m import c\n"
    assert text_after(files, from_="b.ts", to="m", names=["T"], action="remove") == "import { c } from 'm';\n"


BASE = {
    "a.py": "import os\n\n\ndef f():\n    import json\n",
    "b.py": "",
    "q.sql": "SELECT 1;\n",
    "n.md": "# N\n",
    "t.ts": "import type { T } from './u';\n",
    "u.ts": "",
    "C.java": "",
    "tests/test_a.py": "",
    "x.go": "package x\n",
    "y/y.go": "package y\n",
}
REFUSED = [
    ({"from": "a.py", "to": "os", "type": "uses"}, "type", "imports, tests"),
    ({"from": "a.py", "to": "os", "action": "add"}, "input", "set, remove"),
    ({"from": "a.py", "to": "os", "why": "x"}, "input", "why"),
    ({"from": "../a.py", "to": "os"}, "path", "`..`"),
    ({"from": "/a.py", "to": "os"}, "path", "absolute"),
    ({"from": ".git/config", "to": "os"}, "path", ".git"),
    ({"to": "os"}, "path", "missing"),
    ({"from": "aa.py", "to": "os"}, "not_found", "There is no file aa.py"),
    ({"from": "a.py"}, "input", "Send `to`"),
    ({"from": "a.py", "to": 3}, "input", "Send `to`"),
    ({"from": "a.py", "to": "m", "names": [1]}, "input", "list of names"),
    ({"from": "a.py", "to": "m", "names": {"a": 1}}, "input", "list of names"),
    ({"from": "a.py", "to": "m" * 501}, "input", "500"),
    ({"from": "a.py", "to": "a.py"}, "input", "itself"),
    ({"from": "a.py", "to": "bb.py"}, "not_found", "There is no file bb.py"),
    ({"from": "a.py", "to": "os; import evil"}, "input", "cannot be imported in Python"),
    ({"from": "a.py", "to": "m", "names": ["a; b"]}, "input", "`a; b`"),
    ({"from": "x.go", "to": "fmt", "names": ["Println"]}, "input", "leave it away"),
    ({"from": "x.go", "to": "y/y.go"}, "input", "go.mod"),
    ({"from": "q.sql", "to": "x"}, "type", "SQL has no imports"),
    ({"from": "n.md", "to": "x"}, "type", "Markdown has no imports"),
    ({"from": "t.ts", "to": "./u", "names": ["T"]}, "exists", "as a type only"),
    ({"from": "a.py", "to": "oss", "action": "remove"}, "not_found", "does not import"),
    ({"from": "a.py", "to": "json", "action": "remove"}, "not_found", "line 5"),
    ({"from": "a.py", "type": "tests", "action": "remove"}, "type", "mutate_entity"),
    ({"from": "tests/test_a.py", "type": "tests"}, "type", "a test itself"),
    ({"from": "n.md", "type": "tests"}, "type", "no tests"),
    ({"from": "a.py", "type": "tests", "to": "../x.py"}, "path", "`..`"),
    ({"from": "a.py", "type": "tests", "to": "x.ts"}, "input", "language"),
    ({"from": "a.py", "type": "tests", "to": "A.py"}, "exists", "a.py"),
]


@pytest.mark.parametrize(("given", "reason", "said"), REFUSED)
def test_a_refusal_says_what_to_do(given: dict[str, Any], reason: str, said: str) -> None:
    outcome = set_relationship(snapshot(BASE), {"action": "set", "type": "imports", **given})
    assert isinstance(outcome, Refusal)
    assert outcome.reason == reason
    assert said in outcome.message
    assert outcome.message.isprintable()


def test_the_nearest_are_named() -> None:
    unknown = call(BASE, from_="a.py", to="oss", action="remove")
    assert isinstance(unknown, Refusal)
    assert unknown.nearest == ("os",)
    missing = call(BASE, ("src/login.py",), from_="a.py", to="src/logi.py")
    assert isinstance(missing, Refusal)
    assert missing.nearest[0] == "src/login.py"


def test_a_file_that_is_not_loaded_may_be_imported() -> None:
    outcome = call({"app/a.py": ""}, ("app/b.py",), from_="app/a.py", to="app/b.py", names=["x"])
    assert isinstance(outcome, Applied)
    assert outcome.snapshot["app/a.py"].text == "from b import x\n"


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"type": "imports", "from": "a.py", "to": "app/b.py::C.d"}, ("a.py", "app/b.py")),
        ({"type": "imports", "from": "./a.py", "to": "os.path"}, ("a.py",)),
        ({"type": "imports", "from": "a.go", "to": "x/b.go"}, ("a.go", "x/b.go", "go.mod", "x/go.mod")),
        ({"type": "imports", "from": "a.c", "to": "<b.h>"}, ("a.c",)),
        ({"type": "imports", "from": "src/a.ts", "to": "./b"}, ("src/a.ts",)),
        ({"type": "tests", "from": "a.py", "to": "t.py"}, ("a.py", "t.py")),
        ({"type": "tests", "from": "src/a.rs"}, ("src/a.rs", "Cargo.toml", "src/Cargo.toml")),
        ({"type": "imports", "from": "../a.py", "to": "b.py"}, ()),
        ({"type": "imports", "from": 3, "to": None}, ()),
        ({}, ()),
    ],
)
def test_related_paths_are_those_that_a_call_needs(given: dict[str, Any], paths: tuple[str, ...]) -> None:
    assert related_paths(given) == paths


def test_the_tool_says_what_it_takes() -> None:
    assert set(TOOL.input_schema["properties"]) == {"action", "type", "from", "to", "names"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FILES = [*BASE, *PYTHON, *ECMASCRIPT, *GO, *RUST, *JVM, *C, *OTHERS]
WORDS = st.sampled_from(
    [*FILES, "os", "./u", "<a.h>", "a::b", "A\\B", "mod x", "a.b.*", "'", '"', "*", "x as y", "::", ""]
)
TEXTS = st.text(alphabet="ab.:;*/\\'\"{}()<>, \n\ud800\u202e", max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "action": st.sampled_from(["set", "remove"]) | JSON,
            "type": st.sampled_from(["imports", "tests"]) | JSON,
            "from": st.sampled_from(FILES) | TEXTS | JSON,
            "to": WORDS | TEXTS | JSON,
            "names": st.lists(WORDS | TEXTS, max_size=3) | JSON,
            "more": JSON,
        },
    )
)
def test_no_input_raises_and_a_refusal_changes_nothing(given: dict[str, Any]) -> None:
    before = snapshot({**BASE, **PYTHON, **ECMASCRIPT, **GO, **RUST, **JVM, **C, **OTHERS})
    kept = dict(before)
    outcome = set_relationship(before, given, ("other/file.py",))
    related_paths(given)
    assert dict(before) == kept
    if isinstance(outcome, Refusal):
        assert outcome.message.isprintable()
    else:
        differ = {path for path in outcome.snapshot if outcome.snapshot[path] is not before.get(path)}
        assert differ == set(outcome.changed)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FILES), WORDS | TEXTS, st.lists(WORDS | TEXTS, max_size=2))
def test_what_is_set_twice_is_set_once(path: str, to: str, names: list[str]) -> None:
    files = snapshot({**BASE, **PYTHON, **ECMASCRIPT, **GO, **RUST, **JVM, **C, **OTHERS})
    given = {"action": "set", "type": "imports", "from": path, "to": to, "names": names}
    once = set_relationship(files, given)
    if isinstance(once, Applied):
        twice = set_relationship(once.snapshot, given)
        assert isinstance(twice, Applied)
        assert twice.snapshot == once.snapshot
        assert twice.changed == ()
