"""What part a file plays, told from its path."""

from __future__ import annotations

import pytest

from escalation.analysis.roles import role_of

PATHS = {
    "source": """
        shop/cart.py
        src/main/java/com/acme/Cart.java
        cmd/server/main.go
        lib/latest.js
        src/contest.py
        src/build/planner.py
        src/i18n/messages.ts
        tools/examples/run.py
        app/versions/list.py
        Audit.java
        templates/order.html
        api/orders.proto
        docs/orders.proto
        docs/openapi.yaml
        specs/openapi.yaml
        interface/orders.thrift
        schema.graphql
        history.py
        security.py
        dbt/models/orders.sql
    """,
    "test": """
        tests/test_cart.py
        shop/tests.py
        shop/test_cart.py
        conftest.py
        cart_test.go
        cart_unittest.cc
        src/cart.test.ts
        src/__tests__/cart.tsx
        spec/models/cart_spec.rb
        src/test/java/com/acme/CartTest.java
        CartIT.java
        CartTests.cs
        tests/data/big.json
        fixtures/orders.yaml
    """,
    "docs": """
        README.md
        CHANGELOG
        LICENSE
        LICENSE-MIT
        SECURITY.md
        docs/conf.py
        docs/guide.md
        docs/figures.json
        notes.txt
        examples/cart.py
        locale/de/messages.json
        changes/1234.feature
    """,
    "config": """
        pyproject.toml
        package.json
        .github/workflows/ci.yml
        config/packages/security.yaml
        requirements.txt
        requirements-dev.txt
        CMakeLists.txt
        Makefile
        Dockerfile
        deploy/Dockerfile.worker
        infra/main.tf
        pom.xml
        go.mod
        build.gradle
        .env
        .dockerignore
        specs/limits.yaml
        db/changelog/db.changelog-master.yaml
        setup.cfg
    """,
    "style": """
        src/navigation.css
        src/theme.scss
    """,
    "migration": """
        shop/migrations/0002_email.py
        migrations/V2__orders.sql
        db/migrate/20260101120000_add_email.rb
        alembic/versions/1a2b3c4d5e6f_add_email.py
        migrations/init.sql
        db/migrations/0003.up.sql
    """,
    "lock": """
        package-lock.json
        go.sum
        backend/uv.lock
        Cargo.lock
    """,
    "generated": """
        dist/bundle.js
        api/orders_pb2.py
        api/orders.pb.go
        web/app.min.js
        Form1.Designer.cs
        src/generated/client.ts
    """,
    "vendored": """
        vendor/github.com/x/y.go
        third_party/zlib/inflate.c
        node_modules/left-pad/index.js
        ios/Pods/Alamofire/Source.swift
        third_party/tests/test_x.py
    """,
    "data": """
        data/orders.csv
        logo.png
        model.bin
    """,
}
CASES = [(path, role) for role, paths in PATHS.items() for path in paths.split()]


@pytest.mark.parametrize(("path", "role"), CASES, ids=[path for path, _ in CASES])
def test_role(path, role):
    assert role_of(path) == role


def test_upper_and_lower_case_of_folders_are_one():
    assert role_of("Tests/Cart.cs") == role_of("tests/Cart.cs") == "test"


@pytest.mark.parametrize("path", ["", ".", "a", "a/b/c/", "weiß/größe #1%.py", "\udcff.py", "x" * 5000])
def test_any_name_has_a_role(path):
    assert role_of(path)
