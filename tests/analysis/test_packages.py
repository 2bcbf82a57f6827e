"""Services and packages from paths."""

from __future__ import annotations

import pytest

from escalation.analysis.packages import services

PATHS = (
    "pyproject.toml", "Dockerfile", "src/app/__init__.py", "src/app/a.py", "src/app/sub/b.py",
    "services/billing/package.json", "services/billing/src/index.ts",
    "services/users/Dockerfile", "services/users/main.go", "services/users/internal/db/db.go",
    "services/empty/Dockerfile",
    "libs/core/core.csproj", "libs/core/Core.cs",
    "tests/fixtures/x/package.json", "tests/fixtures/x/index.js",
    "node_modules/y/package.json", "node_modules/y/index.js",
    "tools/scripts/run.sh",
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "service", "package"),
    [
        ("src/app/a.py", "", "src/app"),
        ("src/app/sub/b.py", "", "src/app"),
        ("services/billing/src/index.ts", "services/billing", "services/billing/src"),
        ("services/users/internal/db/db.go", "services/users", "services/users/internal/db"),
        ("services/empty/notes.md", "", "services/empty"),
        ("libs/core/Core.cs", "libs/core", "libs/core"),
        ("tests/fixtures/x/index.js", "", "tests/fixtures/x"),
        ("tools/scripts/run.sh", "", "tools/scripts"),
        ("setup.py", "", ""),
    ],
)
def test_service_and_package(path: str, service: str, package: str) -> None:
    found = services(PATHS)
    assert (found.service_of(path), found.package_of(path)) == (service, package)


def test_configured_roots_are_services() -> None:
    found = services(PATHS, ["tools/scripts/", "./src/app"])
    assert found.service_of("tools/scripts/run.sh") == "tools/scripts"
    assert found.service_of("src/app/sub/b.py") == "src/app"


def test_the_root_is_no_service_of_its_own() -> None:
    assert services(["package.json", "a.js"], [".", ""]).services == frozenset()
