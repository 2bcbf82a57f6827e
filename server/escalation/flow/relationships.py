"""Relationships: `set_relationship` applied to a snapshot. Pure; refuses, never raises, whatever a model sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from posixpath import dirname, join, normpath
from typing import Any

from escalation.flow import spelling
from escalation.flow.entities import tree_of
from escalation.flow.importing import origins, present, with_import, without
from escalation.flow.messages import ToolDefinition
from escalation.flow.outcome import Applied, Outcome, Refusal
from escalation.flow.paths import checked
from escalation.flow.statements import Entry, Statement, manner, statements
from escalation.flow.testing import with_tests
from escalation.flow.verification import new_problems
from escalation.flow.wanted import Wanted, wanted
from escalation.syntax.imports import imports
from escalation.syntax.language import language_of_path, languages
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

ACTIONS = ("set", "remove")
TYPES = ("imports", "tests")
_FIELDS = ("action", "type", "from", "to", "names")
_LONGEST = 500
_MOST_NAMES = 100
_NEAREST = 5
# Where a module is a path as well.
_BY_PATH = frozenset({"javascript", "typescript", "c", "cpp", "ruby", "php", "bash"})

TOOL = ToolDefinition(
    "set_relationship",
    "Sets or removes a relationship of a file.\n"
    "- imports: `from` imports `to`. The import is put where the language and the file want it, merged into one that "
    "is there for the same module, and never written twice; do not write imports by hand. `remove` takes `names` away, "
    "or the whole import without `names`.\n"
    "- tests (set only): `from` is the module, and the answer names its test file. If there is none, one is created "
    "where the repository keeps its tests, with the import and without tests; `to` may say where instead.",
    {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": list(ACTIONS)},
            "type": {"type": "string", "enum": list(TYPES)},
            "from": {"type": "string", "description": "The path of a file from the workspace root (`app/auth.py`)."},
            "to": {
                "type": "string",
                "description": "imports: a file of the workspace by its path (`app/models.py`) or an entity in it "
                "(`app/models.py::User`), which is then spelled as the language wants it; or a module as the language "
                "spells it: `os.path`, `numpy as np`, `react`, `./util`, `java.util.List`, `fmt`, `crate::x`, "
                "`<vector>`, `mod x`. tests: the path for a new test file, if it must be another than usual.",
            },
            "names": {
                "type": "array",
                "items": {"type": "string"},
                "description": "imports: what is taken from the module, in Python, JavaScript, TypeScript, Java, "
                "Kotlin, Rust and PHP: `User`, `User as Account`; in JavaScript and TypeScript also "
                "`default as React`, `* as path`, `type User`. Leave it away to import the module as a whole.",
            },
        },
        "required": ["action", "type", "from"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True)
class _Call:
    """A checked call. `known` are all paths of the workspace."""

    action: str
    type: str
    path: str
    to: str
    names: tuple[str, ...]
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One import that a call is about, in all its spellings; `whole`, if no name is taken from the module."""

    ways: tuple[Wanted, ...]
    whole: bool = True


def set_relationship(snapshot: Snapshot, given: Mapping[str, Any], paths: Sequence[str] = ()) -> Outcome:
    """The snapshot after a call, or why not. `paths` are files of the workspace that the snapshot does not hold."""
    made = _checked(given, frozenset((*snapshot, *paths)))
    if isinstance(made, Refusal):
        return made
    if made.path not in snapshot:
        return _missing(made.path, made.known, made.path)
    if made.type == "tests":
        if made.action == "remove":
            message = "A test file is removed with mutate_entity, action `remove`, and its path."
            return Refusal(message, made.path, reason="type")
        return with_tests(snapshot, made.path, made.to, made.known)
    return _imports(snapshot, made)


def related_paths(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths that a call is about, so that they can be read before it is applied. They need not exist."""
    path = checked(_path_of(given.get("from")))
    if not isinstance(path, str):
        return ()
    target = checked(_path_of(given.get("to")))
    found = [path, target] if isinstance(target, str) and _looks_like_file(target) else [path]
    about = found[-1] if given.get("type") == "imports" else path
    language = language_of_path(about)
    if len(found) > 1 or given.get("type") == "tests":
        folders = about.split("/")[:-1]
        manifest = _MANIFESTS.get(language.id) if language else None
        found += ["/".join([*folders[:depth], manifest]) for depth in range(len(folders) + 1)] if manifest else []
    return tuple(dict.fromkeys(found))


_MANIFESTS = {"go": "go.mod", "rust": "Cargo.toml"}


def _path_of(value: object) -> object:
    return value.partition("::")[0] if isinstance(value, str) else value


def _looks_like_file(path: str) -> bool:
    language = language_of_path(path)
    return language is not None and language.kind == "code"


# ---- what the model sent


def _checked(given: Mapping[str, Any], known: frozenset[str]) -> _Call | Refusal:
    if given.get("type") not in TYPES:
        return Refusal(f"`type` must be one of: {', '.join(TYPES)}.", reason="type")
    path = checked(_path_of(given.get("from")))
    if isinstance(path, Refusal):
        return Refusal(f"`from`: {path.message}", path.path, reason="path")
    to, names = given.get("to") or "", given.get("names") or []
    names = [names] if isinstance(names, str) else names
    if problem := next(_problems(given, to, names), None):
        return Refusal(problem, path)
    tidy = tuple(dict.fromkeys(" ".join(name.split()) for name in names))
    return _Call(given["action"], given["type"], path, to.strip(), tidy, known)


def _problems(given: Mapping[str, Any], to: object, names: object) -> Iterator[str]:
    unknown = sorted(ascii(key)[:40] for key in given if key not in _FIELDS)
    if unknown:
        yield f"set_relationship takes {', '.join(_FIELDS)}, not {', '.join(unknown[:_NEAREST])}."
    if given.get("action") not in ACTIONS:
        yield f"`action` must be one of: {', '.join(ACTIONS)}."
    if not isinstance(to, str) or (given["type"] == "imports" and not to.strip()):
        yield "Send `to`: what is imported, a path of the workspace or a module."
    elif len(to) > _LONGEST:
        yield f"`to` has more than {_LONGEST} characters."
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name.strip() for name in names):
        yield "`names` must be a list of names."
    elif len(names) > _MOST_NAMES or any(len(name) > _LONGEST for name in names):
        yield f"`names` may be {_MOST_NAMES} of at most {_LONGEST} characters."


def _missing(path: str, known: frozenset[str], about: str) -> Refusal:
    nearest = get_close_matches(path, sorted(known), _NEAREST, 0.5)
    return Refusal(f"There is no file {path} in the workspace.", about, tuple(nearest), "not_found")


# ---- imports


def _imports(snapshot: Snapshot, made: _Call) -> Outcome:
    document = snapshot[made.path]
    language = languages().get(document.language)
    if language is None or manner(document.language) is None:
        name = language.name if language else "A file of this kind"
        return Refusal(f"{name} has no imports; change {made.path} with mutate_entity.", made.path, reason="type")
    try:
        asked = _asked(snapshot, made)
    except spelling.Unspelled as problem:
        if problem.needless and made.action == "set":
            return Applied(snapshot, str(problem))
        return Refusal(str(problem), made.path, reason="input")
    if isinstance(asked, Refusal):
        return asked
    return _set(snapshot, made, asked) if made.action == "set" else _removed(snapshot, made, asked)


def _asked(snapshot: Snapshot, made: _Call) -> list[_Asked] | Refusal:
    """Each import that the call is about, in all its spellings."""
    document = snapshot[made.path]
    target, entity = _target(made, document)
    if isinstance(target, Refusal):
        return target
    if target == made.path:
        return Refusal("A file does not import itself.", made.path)
    names = made.names or ((entity,) if entity else ())
    asked: list[_Asked] = []
    child = spelling.child_module(made.path, target) if target else None
    if child and (declared := wanted(document, f"mod {child}")) and (made.action == "set" or not names):
        asked.append(_Asked((declared,)))
        if not names:
            return asked
    for name in names or ("",):
        ways = [(made.to, name)] if target is None else spelling.spelled(made.path, target, name, snapshot, made.known)
        found = tuple(import_ for way in ways if (import_ := wanted(document, *way)))
        if not found:
            return _no_import(document, made, name)
        asked.append(_Asked(found, not name))
    return asked


def _no_import(document: Document, made: _Call, name: str) -> Refusal:
    language = languages()[document.language].name
    if name and wanted(document, made.to):
        message = f"{language} cannot import {_shown(name)} in this way; correct `names` or leave it away."
        return Refusal(message, made.path)
    what = _shown(made.to) + (f" with the name {_shown(name)}" if name else "")
    return Refusal(
        f"{what} cannot be imported in {language}. Send the path of a file of the workspace, or the module as "
        f"{language} spells it.",
        made.path,
    )


def _shown(text: str) -> str:
    return f"`{text if text.isprintable() else ascii(text)[1:-1]}`"


def _target(made: _Call, document: Document) -> tuple[str | Refusal | None, str]:
    """The file of the workspace that `to` names, with the entity in it; None for a module."""
    left, _, entity = made.to.partition("::")
    family = languages()[document.language].family
    if family in _BY_PATH and left.startswith("."):
        path: str | Refusal = normpath(join(dirname(made.path), left))
    else:
        path = checked(left)
    if isinstance(path, str) and path in made.known:
        return path, re.split(r"[.#]", entity)[0]
    endings = languages()[document.language].suffixes
    if isinstance(path, str) and path.endswith(endings) and family not in _BY_PATH:
        return _missing(path, made.known, made.path), ""
    return None, ""


def _set(snapshot: Snapshot, made: _Call, asked: list[_Asked]) -> Outcome:
    document = before = snapshot[made.path]
    origin = origins(made.path, document, spelling.workspace(snapshot, made.known))
    for import_ in asked:
        if _present(document, import_):
            continue
        if clash := _as_type(document, import_.ways[0]):
            return Refusal(f"{clash}; remove that first.", made.path, reason="exists")
        document = with_import(document, import_.ways[0], origin)
    if document is before:
        return Applied(snapshot, f"{made.path} has that import already: {_lines(asked)}. Nothing was changed.")
    if not all(_present(document, import_) for import_ in asked) or _broken(made.path, before, document):
        message = f"{made.path} has no place where {_lines(asked)} can stand. Use mutate_entity with `find`."
        return Refusal(message, made.path)
    after = snapshot.with_document(made.path, document)
    return Applied(after, f"{made.path} imports now: {_lines(asked)}.", (made.path,))


def _present(document: Document, asked: _Asked) -> bool:
    return any(present(document, import_) for import_ in asked.ways)


def _lines(asked: list[_Asked]) -> str:
    return "; ".join(f"`{import_.ways[0].text}`" for import_ in asked)


def _broken(path: str, before: Document, after: Document) -> bool:
    tree = tree_of(after)
    if tree is not None and not tree.root.has_error:
        return False
    return bool(new_problems(Snapshot({path: before}), Snapshot({path: after})))


def _as_type(document: Document, import_: Wanted) -> str | None:
    """TypeScript: the name is there, but as a type only."""
    key = f"{import_.module}:type {import_.name}"
    if import_.name and any(entry.key == key for entry in _entries(document)):
        return f"`{import_.name}` is imported as a type only from `{import_.module}`"
    return None


def _removed(snapshot: Snapshot, made: _Call, asked: list[_Asked]) -> Outcome:
    document = before = snapshot[made.path]
    for import_ in asked:
        meant = _meant(document, import_)
        if not meant:
            return _not_imported(document, made, import_.ways[0])
        while hit := _first(document, meant):
            document = without(document, *hit)
    if _broken(made.path, before, document):
        message = f"The import cannot be taken out of {made.path} by itself. Use mutate_entity with `find`."
        return Refusal(message, made.path)
    after = snapshot.with_document(made.path, document)
    left = [entry.name for import_ in asked for entry in _of_module(document, import_) if entry.name]
    more = f" It still takes {', '.join(left)} from there; send them as `names` to remove them too." if left else ""
    return Applied(after, f"Removed from {made.path}: {_lines(asked)}.{more}", (made.path,))


def _meant(document: Document, asked: _Asked) -> set[str]:
    """The keys of what a file imports that is what is asked: the very same, else the same under another name, else
    all of a module that is meant as a whole."""
    keys = {entry.key for import_ in asked.ways for entry in import_.entries}
    there = _entries(document)
    return (
        {entry.key for entry in there if entry.key in keys}
        or {entry.key for entry in there if _plain(entry.key) in keys}
        or {entry.key for entry in _of_module(document, asked)}
    )


def _of_module(document: Document, asked: _Asked) -> list[Entry]:
    """What a file takes from a module that is meant as a whole, in a language that knows parts of modules."""
    rules = manner(document.language)
    if not asked.whole or rules is None or rules.join:
        return []
    modules = {import_.module for import_ in asked.ways if not import_.name}
    return [entry for entry in _entries(document) if entry.module in modules]


def _first(document: Document, keys: set[str]) -> tuple[Statement, Entry] | None:
    found = ((statement, entry) for statement in statements(document) for entry in statement.entries)
    return next((hit for hit in found if hit[1].key in keys), None)


def _entries(document: Document) -> list[Entry]:
    return [entry for statement in statements(document) for entry in statement.entries]


def _plain(key: str) -> str:
    """A thing without the name it is given, and without the `type` of TypeScript."""
    return re.sub(r":type ", ":", re.sub(r" as [^ ]+$", "", key))


def _not_imported(document: Document, made: _Call, import_: Wanted) -> Refusal:
    tree = tree_of(document)
    inside = next((i for i in (imports(tree) if tree else ()) if i.module == import_.module.lstrip(".")), None)
    entries = _entries(document)
    if inside is not None and not any(e.module.lstrip(".") == inside.module for e in entries):
        line = document.line_at(inside.start) + 1
        message = f"The import of `{import_.module}` in line {line} of {made.path} is not at the top of the file"
        return Refusal(f"{message}; change it with mutate_entity and `find`.", made.path, reason="not_found")
    have = list(dict.fromkeys(entry.key.replace(":", " → ") if entry.name else entry.key for entry in entries))
    wanted_key = import_.entries[0].key
    nearest = get_close_matches(wanted_key, have, _NEAREST, 0.4) or have[:_NEAREST]
    return Refusal(f"{made.path} does not import `{wanted_key}`.", made.path, tuple(nearest), "not_found")
