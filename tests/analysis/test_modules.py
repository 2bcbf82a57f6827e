"""Which file an import names, in every language."""

from __future__ import annotations

import pytest

from escalation.analysis.modules import FileIndex, resolve
from escalation.syntax.imports import imports
from escalation.syntax.language import language_of_path
from escalation.syntax.tree import parse
from escalation.text.document import Document

PATHS = """src/app/__init__.py src/app/a.py src/app/b.py src/app/sub/__init__.py src/app/sub/c.py
    tests/test_a.py services/x/main.py services/x/json.py services/x/plain/m.py other/json.py
    web/src/index.ts web/src/a.ts web/src/b.tsx web/src/c/index.js web/src/d.vue web/src/e.json
    web/package.json packages/ui/src/index.ts packages/ui/src/button.tsx java/src/main/java/com/x/A.java
    java/src/main/java/com/x/B.java java/src/main/java/com/y/C.java kt/src/com/x/K.kt go/main.go
    go/db/db.go go/db/query.go go/db/db_test.go rust/src/lib.rs rust/src/a.rs rust/src/b/mod.rs
    rust/src/b/c.rs rust/src/main.rs crates/my-core/src/lib.rs crates/my-core/src/d.rs c/src/a.c c/src/a.h
    c/include/lib/b.h rb/lib/x.rb rb/lib/x/y.rb rb/app/z.rb php/src/Model/User.php php/src/Http/Kernel.php
    php/inc.php Company.App/Data/Db.cs Company.App/Program.cs Company.App/Data/Sub/E.cs sh/run.sh
    sh/lib/common.sh
"""
FILES = FileIndex(
    frozenset(PATHS.split()),
    {"example.com/go": "go", "@org/ui": "packages/ui", "my-core": "crates/my-core"},
)
CASES = [
    ("src/app/a.py", "from . import b", ["src/app/b.py"]),
    ("src/app/a.py", "from .sub import c", ["src/app/sub/c.py"]),
    ("src/app/a.py", "from .sub import c, other", ["src/app/sub/__init__.py", "src/app/sub/c.py"]),
    ("src/app/sub/c.py", "from ..b import x", ["src/app/b.py"]),
    ("src/app/sub/c.py", "import app.b", ["src/app/b.py"]),
    ("src/app/a.py", "import a", []),
    ("src/app/a.py", "import json, os", []),
    ("services/x/main.py", "import json", ["services/x/json.py"]),
    ("services/x/main.py", "from plain.m import f", ["services/x/plain/m.py"]),
    ("tests/test_a.py", "from app.a import f", ["src/app/a.py"]),
    ("tests/test_a.py", "from app import a, b", ["src/app/a.py", "src/app/b.py"]),
    (
        "web/src/index.ts",
        "import a from './a'; import './b'; import x from './c'; import v from './d.vue'",
        ["web/src/a.ts", "web/src/b.tsx", "web/src/c/index.js", "web/src/d.vue"],
    ),
    ("web/src/index.ts", "import a from './a.js'", ["web/src/a.ts"]),
    ("web/src/c/index.js", "require('..')", ["web/src/index.ts"]),
    ("web/src/index.ts", "import a from '@/a'", ["web/src/a.ts"]),
    (
        "web/src/index.ts",
        "import a from '@org/ui'; import b from '@org/ui/button'",
        ["packages/ui/src/button.tsx", "packages/ui/src/index.ts"],
    ),
    ("web/src/index.ts", "import React from 'react'", []),
    ("java/src/main/java/com/x/A.java", "import com.y.C; import java.util.List;", ["java/src/main/java/com/y/C.java"]),
    (
        "java/src/main/java/com/y/C.java",
        "import com.x.*;",
        ["java/src/main/java/com/x/A.java", "java/src/main/java/com/x/B.java", "kt/src/com/x/K.kt"],
    ),
    ("java/src/main/java/com/y/C.java", "import static com.x.A.f;", ["java/src/main/java/com/x/A.java"]),
    ("kt/src/com/x/K.kt", "import com.y.C.Inner\n", ["java/src/main/java/com/y/C.java"]),
    ("go/main.go", 'package main\nimport "example.com/go/db"\nimport "fmt"', ["go/db/db.go", "go/db/query.go"]),
    ("rust/src/lib.rs", "mod a; pub mod b;", ["rust/src/a.rs", "rust/src/b/mod.rs"]),
    ("rust/src/a.rs", "use crate::b::c::D; use std::io;", ["rust/src/b/c.rs"]),
    ("rust/src/b/c.rs", "use super::super::a::X;", ["rust/src/a.rs"]),
    ("rust/src/b/c.rs", "use my_core::d::X;", ["crates/my-core/src/d.rs"]),
    ("rust/src/b/mod.rs", "mod c;", ["rust/src/b/c.rs"]),
    ("c/src/a.c", '#include "a.h"\n#include <lib/b.h>\n#include <stdio.h>\n', ["c/include/lib/b.h", "c/src/a.h"]),
    ("rb/lib/x.rb", "require 'x/y'; require 'json'; require_relative '../app/z'", ["rb/app/z.rb", "rb/lib/x/y.rb"]),
    ("php/src/Http/Kernel.php", "<?php use App\\Model\\User; use PDO;", ["php/src/Model/User.php"]),
    ("php/src/Http/Kernel.php", "<?php require __DIR__ . '/../../inc.php';", ["php/inc.php"]),
    ("Company.App/Program.cs", "using Company.App.Data; using System.Text;", ["Company.App/Data/Db.cs"]),
    ("sh/run.sh", '. "$(dirname "$0")/lib/common.sh"', ["sh/lib/common.sh"]),
    ("sh/run.sh", "source lib/common.sh", ["sh/lib/common.sh"]),
]


@pytest.mark.parametrize(("path", "text", "expected"), CASES)
def test_resolve(path: str, text: str, expected: list[str]) -> None:
    language = language_of_path(path)
    assert language is not None
    tree = parse(Document.of(text, language=language.id))
    assert tree is not None
    assert sorted({target for item in imports(tree) for target in resolve(path, item, FILES)}) == expected
