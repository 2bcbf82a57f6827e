"""The table of languages: which grammar reads a file, and which queries it has.

`languages.toml` is the table; grammars are imported on first use. A language without a grammar has no functions, but a
file in it is still part of a change.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Literal, cast

import tree_sitter

Kind = Literal["code", "data", "prose"]


@dataclass(frozen=True, slots=True)
class Language:
    """One row of the table."""

    id: str
    name: str
    kind: Kind
    queries: tuple[str, ...]
    """The folders of its `.scm` files: what it has in common with other languages first, its own last."""
    grammar: str | None = None
    lsp_ids: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    receiver: str = ""
    """What a method writes before the name of another one of its object, where it must (`self.`)."""
    overloads: bool = False
    """Whether functions of one name may differ in their parameters alone."""

    @property
    def family(self) -> str:
        """The folder of its own queries, by which tables of rules know it: TSX is `typescript`."""
        return self.queries[-1]


@cache
def languages() -> Mapping[str, Language]:
    """Every language by id, in the order of the table."""
    table = tomllib.loads(files("escalation.syntax").joinpath("languages.toml").read_text("utf-8"))
    return {id: _row(id, row) for id, row in table.items()}


def _row(id: str, row: Mapping[str, object]) -> Language:
    def strings(key: str) -> tuple[str, ...]:
        return tuple(cast("list[str]", row.get(key, [])))

    return Language(
        id=id,
        name=str(row["name"]),
        kind=cast("Kind", row["kind"]),
        queries=strings("queries") or (id,),
        grammar=cast("str | None", row.get("grammar")),
        lsp_ids=strings("lsp_ids"),
        suffixes=strings("suffixes"),
        filenames=strings("filenames"),
        shebangs=strings("shebangs"),
        receiver=str(row.get("receiver", "")),
        overloads=bool(row.get("overloads", False)),
    )


@cache
def _by_name() -> tuple[Mapping[str, Language], Mapping[str, Language], Mapping[str, Language], Mapping[str, Language]]:
    table = languages().values()
    suffixes = {suffix: row for row in table for suffix in row.suffixes}
    filenames = {name: row for row in table for name in row.filenames}
    lsp_ids = {id: row for row in table for id in (row.id, *row.lsp_ids)}
    shebangs = {name: row for row in table for name in row.shebangs}
    return suffixes, filenames, lsp_ids, shebangs


def language_of_path(path: str, head: bytes = b"") -> Language | None:
    """The language of a file by its name, else by the `#!` line in `head`; None if the table has no row for it."""
    suffixes, filenames, _, shebangs = _by_name()
    pure = PurePosixPath(path)
    if found := filenames.get(pure.name) or suffixes.get(pure.suffix.lower()):
        return found
    if pure.name.startswith(("Dockerfile.", "Containerfile.")):
        return languages()["dockerfile"]
    return shebangs.get(_interpreter(head)) if head.startswith(b"#!") else None


def language_of_id(lsp_id: str) -> Language | None:
    """The language of an LSP `languageId`."""
    return _by_name()[2].get(lsp_id)


def _interpreter(head: bytes) -> str:
    words = head[2:].split(b"\n", 1)[0].split()
    names = [word.rsplit(b"/", 1)[-1] for word in words if not word.startswith(b"-")]
    name = names[1] if len(names) > 1 and names[0] == b"env" else (names[0] if names else b"")
    return name.decode("ascii", "replace").rstrip("0123456789.") or name.decode("ascii", "replace")


@cache
def grammar(id: str) -> tree_sitter.Language:
    """The grammar of a language that has one; imported on the first call. Raises KeyError for one that has none."""
    row = languages()[id]
    if row.grammar is None:
        raise KeyError(f"{row.name} has no grammar")
    module, function = row.grammar.split(":")
    return tree_sitter.Language(getattr(import_module(module), function)())


@cache
def query(id: str, *names: str) -> tree_sitter.Query | None:
    """The queries `names` of a language as one, compiled once; None if it has none of them."""
    text = query_text(id, *names)
    return tree_sitter.Query(grammar(id), text) if text else None


def query_text(id: str, *names: str) -> str:
    """What `queries/<folder>/<name>.scm` say in all the folders of a language, in their order; empty if none exists."""
    root = files("escalation.syntax").joinpath("queries")
    paths = (root.joinpath(folder, f"{name}.scm") for name in names for folder in languages()[id].queries)
    return "\n".join(path.read_text("utf-8") for path in paths if path.is_file())
