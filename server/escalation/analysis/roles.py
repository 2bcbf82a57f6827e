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
    r"(_pb2(_grpc)?\.pyi?|\.pb\.(go|cc|h)|\.g\.(cs|dart)|\.generated\.\w+|_generated\.\w+|\.min\.(js|css)|\.designer\.cs|\.bundle\.js)$"
)
_TEST_FILE = re.compile(
    r"(^tests?[_.]|_(unit)?tests?\.|\.tests?\.|\.spec\.|_spec\.|^conftest\.py$|(Tests?|IT|Spec)\.(java|kt|cs|php|scala)$)"
)
_DOC_FILE = re.compile(
    r"^(readme|changelog|changes|history|news|license|licence|copying|contributing|authors|contributors|notice|security|code_of_conduct)"
    r"(-\w+)?(\.(md|markdown|mdx|rst|txt|adoc|asciidoc|org|html|pdf))?$",
    re.IGNORECASE,
)
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
    if role == "docs":
        language = language_of_path(str(path))
        return (
            language is None
            or language.kind != "code"
            or folders[0] in ("doc", "docs", "documentation", "examples", "example")
        )
    return True


def _by_kind(path: PurePosixPath) -> Role:
    language = language_of_path(str(path))
    if _DOC_FILE.match(path.name) and (language is None or language.kind != "code"):
        return "docs"
    if language is None:
        return (
            "config"
            if path.name.startswith(".") or path.suffix in (".cfg", ".ini", ".conf", ".properties", ".env")
            else "data"
        )
    if language.kind == "code":
        return "source"
    if language.kind == "prose":
        return "docs"
    if language.id == "css":
        return "style"
    return "source" if language.id in ("html", "proto", "graphql") else "config"
