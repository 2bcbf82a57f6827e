"""What part a file plays in its repository, told from its path alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Literal, cast

from escalation.syntax.language import language_of_path

Role = Literal["source", "test", "docs", "config", "style", "data", "migration", "lock", "generated", "vendored"]

_GENERATED = re.compile(
    r"(_pb2(_grpc)?\.pyi?|\.pb\.(go|cc|h)|\.g\.(cs|dart)|\.generated\.\w+|_generated\.\w+|\.min\.(js|css)|\.[Dd]esigner\.cs|\.bundle\.js)$"
)
_TEST_FILE = re.compile(
    r"(^tests?[_.]|_(unit)?tests?\.|\.tests?\.|\.spec\.|_spec\.|^conftest\.py$|(Tests?|IT|Spec)\.(java|kt|cs|php|scala)$)"
)
_DOC_FILE = re.compile(
    r"^(readme|changelog|changes|history|news|license|licence|copying|contributing|authors|contributors|notice|security|code_of_conduct)"
    r"(-\w+)?(\.(md|markdown|mdx|rst|txt|adoc|asciidoc|org|html|pdf))?$",
    re.IGNORECASE,
)
# Written as text, read by programs.
_CONFIG_FILE = re.compile(
    r"^((requirements|constraints)[\w.-]*\.(txt|in)|CMakeLists\.txt|robots\.txt|(GNU)?[Mm]akefile|Jenkinsfile|Procfile|CODEOWNERS)$"
    r"|\.(cfg|ini|conf|properties|env|tf|tfvars|hcl|gradle|mod|xml|mk|cmake|nix|plist|csproj|sln)$"
)
_CONTRACT_FILE = re.compile(r"(openapi|swagger|asyncapi)[\w.-]*\.(ya?ml|json)$|\.(proto|graphqls?|gql|thrift|avsc)$")
# A folder called `versions` or `target` means little by itself; a migration needs a file that looks like one.
_MIGRATION_FILE = re.compile(
    r"(^\d{3,}[_-]|^V\d+(\.\d+)*__|^[0-9a-f]{8,}_|_migration\.|\.(up|down)\.sql$|^migration\.)"
)
_MIGRATION_FOLDERS = frozenset(["migrations", "migrate", "migration", "flyway", "liquibase"])


@cache
def _table() -> tuple[Mapping[Role, frozenset[str]], frozenset[str]]:
    """Folders by role, and the names of lock files."""
    data = tomllib.loads(files("escalation.analysis").joinpath("data/roles.toml").read_text("utf-8"))
    return {cast("Role", role): frozenset(names) for role, names in data["folders"].items()}, frozenset(data["locks"])


@lru_cache(maxsize=65_536)
def role_of(path: str) -> Role:
    """The role of a file at `path` (relative, `/`)."""
    pure = PurePosixPath(path)
    folders = [part.lower() for part in pure.parts[:-1]]
    by_folder, locks = _table()
    if pure.name in locks:
        return "lock"
    for role, names in by_folder.items():
        if any(folder in names for folder in folders) and _fits(role, pure, folders):
            return role
    if _GENERATED.search(pure.name):
        return "generated"
    if _TEST_FILE.search(pure.name):
        return "test"
    return _by_kind(pure)


def _fits(role: Role, path: PurePosixPath, folders: list[str]) -> bool:
    if role == "migration":
        looks = bool(_MIGRATION_FILE.search(path.name))
        return looks or (
            bool(_MIGRATION_FOLDERS & set(folders)) and path.suffix in (".sql", ".prisma", ".py", ".rb", ".php")
        )
    if role == "generated":  # the package that *is* called "build" has code in it; only built artefacts count
        return (
            folders[0] in ("dist", "out", "target")
            or bool(_GENERATED.search(path.name))
            or any(folder in ("generated", "__generated__", "autogen", "gen") for folder in folders)
        )
    if role == "test":  # `specs/` holds tests in code, but specifications in anything else
        return not _SPECS.issuperset(_named(folders, "test")) or _kind(path) == "code"
    return role != "docs" or _fits_docs(path, folders)


def _fits_docs(path: PurePosixPath, folders: list[str]) -> bool:
    if _CONTRACT_FILE.search(path.name):
        return False
    if _RECORDS.issuperset(_named(folders, "docs")):  # Liquibase keeps migrations in a folder `changelog`
        return _kind(path) not in ("code", "data")
    return _kind(path) != "code" or folders[0] in _DOC_ROOTS


_SPECS, _RECORDS = frozenset(["spec", "specs"]), frozenset(["changelog", "changes"])
_DOC_ROOTS = frozenset(["doc", "docs", "documentation", "examples", "example"])


def _named(folders: list[str], role: Role) -> frozenset[str]:
    """The folders that speak for a role."""
    return _table()[0][role].intersection(folders)


def _kind(path: PurePosixPath) -> str | None:
    language = language_of_path(str(path))
    return language.kind if language else None


def _by_kind(path: PurePosixPath) -> Role:
    language, kind = language_of_path(str(path)), _kind(path)
    if _DOC_FILE.match(path.name) and kind != "code":
        return "docs"
    if _CONFIG_FILE.search(path.name):
        return "config"
    if kind == "code" or _CONTRACT_FILE.search(path.name):
        return "source"
    if language is None:
        return "config" if path.name.startswith(".") else "data"
    return "docs" if kind == "prose" else _BY_LANGUAGE.get(language.id, "config")


_BY_LANGUAGE: Mapping[str, Role] = {"css": "style", "html": "source"}
