"""Services and packages: which units of a repository a path belongs to, told from the paths alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from escalation.analysis.roles import role_of
from escalation.syntax.language import language_of_path

_UNITS_ARE_NOT = frozenset({"test", "docs", "vendored", "generated"})


@dataclass(frozen=True)
class ServiceMap:
    """The folders that are services and those that are Python packages, without a slash at the end; `""` is
    the root."""

    services: frozenset[str] = frozenset()
    python_packages: frozenset[str] = frozenset()

    def service_of(self, path: str) -> str:
        """The nearest service above `path`; `""`, the repository itself, if there is none."""
        return next((folder for folder in above(path) if folder in self.services), "")

    def package_of(self, path: str) -> str:
        """The folder of the package `path` is part of: in Python the nearest with an `__init__`, else its
        own."""
        folder = path.rpartition("/")[0]
        if path.endswith((".py", ".pyi")):
            return next((outer for outer in above(path) if outer in self.python_packages), folder)
        return folder


def services(paths: Iterable[str], roots: Iterable[str] = ()) -> ServiceMap:
    """The services among `paths`: folders with a manifest or an image of their own and code in them, and the
    configured `roots`. What the root itself holds makes no service of the whole."""
    marked, coded, python = set[str](), set[str](), set[str]()
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name in ("__init__.py", "__init__.pyi"):
            python.add(folder)
        if folder and _is_mark(name) and role_of(path) not in _UNITS_ARE_NOT:
            marked.add(folder)
        elif folder not in coded and _is_code(name):
            coded.update(above(path))
    named = {root.strip("/").removeprefix("./") for root in roots}
    return ServiceMap(frozenset((marked & coded) | named) - {"", "."}, frozenset(python))


def above(path: str) -> Iterable[str]:
    """The folders above a path, innermost first, the root `""` last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


@cache
def _marks() -> tuple[frozenset[str], tuple[str, ...]]:
    table = tomllib.loads(files("escalation.analysis").joinpath("data", "manifests.toml").read_text("utf-8"))
    names = [*table["manifests"], *table["images"]]
    return frozenset(names), tuple(name[1:] for name in names if name.startswith("*"))


def _is_mark(name: str) -> bool:
    names, endings = _marks()
    return name in names or name.endswith(endings) or name.startswith("Dockerfile.")


@cache
def _code_suffixes() -> frozenset[str]:
    from escalation.syntax.language import languages

    return frozenset(suffix for row in languages().values() if row.kind == "code" for suffix in row.suffixes)


def _is_code(name: str) -> bool:
    suffix = name[name.rfind(".") :] if "." in name else ""
    if suffix in _code_suffixes():
        return True
    language = None if suffix else language_of_path(name)
    return language is not None and language.kind == "code"
