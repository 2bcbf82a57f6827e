"""The test file of a module: found, or begun where the repository keeps its tests."""

from __future__ import annotations

import pytest

from escalation.flow.outcome import Applied, Refusal
from escalation.flow.testing import with_tests
from escalation.flow.verification import new_problems
from escalation.syntax.language import language_of_path
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot


def loaded(path: str, text: str) -> Snapshot:
    language = language_of_path(path)
    return Snapshot({path: Document.of(text, uri=path, language=language.id if language else "")})


FOUND = [
    ("app/auth.py", ["tests/test_auth.py"], "tests/test_auth.py"),
    ("app/auth.py", ["app/auth_test.py"], "app/auth_test.py"),
    (
        "app/api/auth.py",
        ["tests/db/test_auth.py", "tests/api/test_auth.py", "tests/test_auth.py"],
        "tests/api/test_auth.py",
    ),
    ("server/app/flow/paths.py", ["tests/flow/test_paths.py", "tests/test_paths.py"], "tests/flow/test_paths.py"),
    ("app/api/__init__.py", ["tests/test_api.py"], "tests/test_api.py"),
    ("packages/a/src/x.py", ["packages/b/tests/test_x.py", "packages/a/tests/test_x.py"], "packages/a/tests/test_x.py"),
    ("src/cart.ts", ["src/cart.spec.ts"], "src/cart.spec.ts"),
    ("src/cart.ts", ["src/__tests__/cart.ts"], "src/__tests__/cart.ts"),
    ("src/view.tsx", ["test/view.test.tsx"], "test/view.test.tsx"),
    ("cart/cart.go", ["cart/cart_test.go", "stock/cart_test.go"], "cart/cart_test.go"),
    ("src/main/java/org/a/A.java", ["src/test/java/org/a/ATest.java"], "src/test/java/org/a/ATest.java"),
    ("src/main/kotlin/org/a/A.kt", ["src/test/kotlin/org/a/ATests.kt"], "src/test/kotlin/org/a/ATests.kt"),
    ("src/cart.rs", ["tests/cart.rs"], "tests/cart.rs"),
    ("src/net/tcp.c", ["tests/test_tcp.c"], "tests/test_tcp.c"),
    ("src/net/tcp.cc", ["src/net/tcp_unittest.cc"], "src/net/tcp_unittest.cc"),
    ("Shop/Cart.cs", ["Shop.Tests/CartTests.cs"], "Shop.Tests/CartTests.cs"),
    ("lib/shop/cart.rb", ["spec/shop/cart_spec.rb"], "spec/shop/cart_spec.rb"),
    ("app/models/user.rb", ["test/models/user_test.rb"], "test/models/user_test.rb"),
    ("src/Data/B.php", ["tests/Data/BTest.php"], "tests/Data/BTest.php"),
    ("bin/run.sh", ["tests/run.bats"], "tests/run.bats"),
]


@pytest.mark.parametrize(("path", "known", "found"), FOUND, ids=[case[2] for case in FOUND])
def test_the_test_file_that_is_there_is_named(path: str, known: list[str], found: str) -> None:
    before = loaded(path, "")
    outcome = with_tests(before, path, "", [path, *known])
    assert isinstance(outcome, Applied)
    assert outcome.changed == ()
    assert f"are in {found}." in outcome.answer


def test_what_a_loaded_test_file_has_is_told() -> None:
    both = loaded("a.py", "").with_document(
        "test_a.py", Document.of("def test_x(): ...\n\n\ndef test_y(): ...\n", language="python")
    )
    assert "It has test_x, test_y." in with_tests(both, "a.py", "", both).answer


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("app/db/util.py", ["tests/api/test_util.py"]),
        ("app/auth.py", ["tests/test_authors.py"]),
        ("stock/cart.go", ["cart/cart_test.go"]),
    ],
)
def test_the_test_of_another_module_is_not_taken(path: str, known: list[str]) -> None:
    outcome = with_tests(loaded(path, ""), path, "", [path, *known])
    assert isinstance(outcome, Applied)
    assert outcome.changed


CREATED = [
    ("app/auth.py", [], "tests/test_auth.py", '"""Tests of app/auth.py."""\n\nimport app.auth\n'),
    (
        "server/app/flow/paths.py",
        ["server/app/flow/diff.py", "server/app/__init__.py", "server/app/flow/__init__.py", "tests/flow/test_diff.py"],
        "tests/flow/test_paths.py",
        '"""Tests of server/app/flow/paths.py."""\n\nimport app.flow.paths\n',
    ),
    ("app/auth.py", ["app/user.py", "app/user_test.py"], "app/auth_test.py", None),
    ("app/auth.py", ["app/user.py", "app/tests/test_user.py"], "app/tests/test_auth.py", None),
    ("src/cart.ts", [], "src/cart.test.ts", "import * as cart from './cart';\n"),
    ("src/cart.ts", ["src/a.ts", "src/a.spec.ts"], "src/cart.spec.ts", None),
    ("src/cart.ts", ["src/a.ts", "src/__tests__/a.test.ts"], "src/__tests__/cart.test.ts", None),
    (
        "src/x/cart.ts",
        ["src/y/a.ts", "test/y/a.test.ts"],
        "test/x/cart.test.ts",
        "import * as cart from '../../src/x/cart';\n",
    ),
    ("cart/cart.go", [], "cart/cart_test.go", "package shop\n"),
    (
        "src/main/java/org/a/A.java",
        [],
        "src/test/java/org/a/ATest.java",
        "package org.a;\n\nclass ATest {\n}\n",
    ),
    (
        "core/src/main/java/org/a/A.java",
        ["core/src/main/java/org/b/B.java", "core/src/test/java/org/b/BTests.java"],
        "core/src/test/java/org/a/ATests.java",
        None,
    ),
    ("src/main/kotlin/org/a/A.kt", [], "src/test/kotlin/org/a/ATest.kt", "package org.a\n\nclass ATest {\n}\n"),
    ("src/cart.rs", ["tests/all.rs"], "tests/cart.rs", "//! Tests of src/cart.rs.\n"),
    ("src/tcp.c", ["src/tcp.h"], "tests/test_tcp.c", '/* Tests of src/tcp.c. */\n\n#include "../src/tcp.h"\n'),
    (
        "Shop/Cart.cs",
        ["Shop/Stock.cs", "Shop.Tests/StockTests.cs"],
        "Shop.Tests/CartTests.cs",
        "using Org.Shop;\n\nnamespace Org.Shop.Tests;\n\npublic class CartTests\n{\n}\n",
    ),
    ("lib/cart.rb", [], "test/cart_test.rb", "require_relative '../lib/cart'\n"),
    (
        "lib/shop/cart.rb",
        ["spec/spec_helper.rb"],
        "spec/shop/cart_spec.rb",
        '# frozen_string_literal: true\n\nrequire "spec_helper"\nrequire_relative "../../lib/shop/cart"\n',
    ),
    (
        "src/Cart.php",
        [],
        "tests/CartTest.php",
        "<?php\n\ndeclare(strict_types=1);\n\nuse PHPUnit\\Framework\\TestCase;\nuse Shop\\Cart;\n\n"
        "final class CartTest extends TestCase\n{\n}\n",
    ),
    (
        "bin/run.sh",
        [],
        "tests/test_run.sh",
        '#!/usr/bin/env bash\n# Tests of bin/run.sh.\n\nsource "$(dirname "${BASH_SOURCE[0]}")/../bin/run.sh"\n',
    ),
]
TEXTS = {
    ".go": "// Package shop.\npackage shop\n",
    ".java": "package org.a;\n\nclass A {}\n",
    ".kt": "package org.a\n\nclass A\n",
    ".cs": "namespace Org.Shop;\n\nclass Cart {}\n",
    ".php": "<?php\n\nnamespace Shop;\n\nclass Cart {}\n",
}


@pytest.mark.parametrize(("path", "known", "place", "text"), CREATED, ids=[f"{case[2]}" for case in CREATED])
def test_a_test_file_is_begun_where_the_repository_has_its_tests(path, known, place, text) -> None:
    before = loaded(path, TEXTS.get(path[path.rfind(".") :], ""))
    outcome = with_tests(before, path, "", [path, *known])
    assert isinstance(outcome, Applied), outcome
    assert outcome.changed == (place,)
    assert outcome.created == ()
    assert text in (None, outcome.snapshot[place].text)
    assert not new_problems(before, outcome.snapshot)
    again = with_tests(outcome.snapshot, path, "", [path, *known, place])
    assert isinstance(again, Applied)
    assert again.changed == ()


def test_a_folder_of_tests_that_is_a_package_gets_packages() -> None:
    known = ["app/x/a.py", "app/y/b.py", "tests/__init__.py", "tests/x/__init__.py", "tests/x/test_a.py"]
    outcome = with_tests(loaded("app/y/b.py", ""), "app/y/b.py", "", known)
    assert isinstance(outcome, Applied)
    assert outcome.changed == ("tests/y/test_b.py", "tests/y/__init__.py")


def test_line_ends_are_those_of_the_module() -> None:
    outcome = with_tests(loaded("a.py", "x = 1\r\n"), "a.py", "", ["a.py"])
    assert isinstance(outcome, Applied)
    assert outcome.snapshot["tests/test_a.py"].text == '"""Tests of a.py."""\r\n\r\nimport a\r\n'


def test_the_place_may_be_given() -> None:
    outcome = with_tests(loaded("a.py", ""), "a.py", "checks/a_checks.py", ["a.py"])
    assert isinstance(outcome, Applied)
    assert outcome.changed == ("checks/a_checks.py",)


def test_rust_has_its_tests_in_the_file() -> None:
    inside = with_tests(loaded("src/a.rs", "#[cfg(test)]\nmod tests {}\n"), "src/a.rs", "", ["src/a.rs"])
    assert isinstance(inside, Applied)
    assert "#[cfg(test)]" in inside.answer
    none = with_tests(loaded("src/a.rs", "fn f() {}\n"), "src/a.rs", "", ["src/a.rs"])
    assert isinstance(none, Refusal)
    assert "mod tests" in none.message
