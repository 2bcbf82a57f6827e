"""`.escalation/dismissed.toml`: the dismissals that a team shares through git.

    [[dismissed]]
    reason = "critical_security"
    scope = "function"              # or "file", "project"
    path = "src/auth.py"
    symbol = "Session.check"
    who = "Jane Doe"
    when = 2026-11-22
    why = "only renames a local variable"

Comments and order survive every change made here, and a file that cannot be read is never written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, get_args

from escalation.decision.dismissals import Dismissal, Dismissals, Scope
from escalation.repository import disk
from escalation.settings.load import Problem

NAME = ".escalation/dismissed.toml"
_TABLE = "dismissed"


class BrokenFileError(ValueError):
    """The file cannot be read, so nothing was changed. The message says what to do."""


def read(root: Path) -> tuple[Dismissals, tuple[Problem, ...]]:
    """The dismissals of the workspace at `root`, and what is wrong with the file; wrong entries do not
    apply."""
    try:
        text = (root / NAME).read_text("utf-8")
        entries = tomllib.loads(text).get(_TABLE, [])
    except FileNotFoundError:
        return Dismissals(), ()
    except (OSError, ValueError) as error:
        message = f"{NAME} cannot be read, so no dismissal applies: {error}"
        line = re.search(r"at line (\d+)", str(error))
        return Dismissals(), (Problem(message, NAME, int(line[1]) if line else 1),)
    if not isinstance(entries, list):
        return Dismissals(), (Problem(f"{NAME}: write each entry as [[{_TABLE}]]", NAME, 1),)
    header = f"[[{_TABLE}]]"
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith(header)]
    found, problems = [], []
    for number, entry in enumerate(entries):
        try:
            found.append(_dismissal(entry))
        except ValueError as error:
            line_number = lines[number] if number < len(lines) else 1
            problems.append(Problem(f"{NAME}: entry {number + 1} does not apply: {error}", NAME, line_number))
    return Dismissals(tuple(found)), tuple(problems)


def add(root: Path, dismissal: Dismissal) -> None:
    """Effect: appends an entry, unless the same place was dismissed for the same reason already.
    Raises BrokenFileError, OSError."""
    dismissals, _ = read(root)
    if any(_key(entry) == _key(dismissal) for entry in dismissals.entries):
        return
    _rewrite(root, lambda document: _append(document, dismissal))


def remove(root: Path, dismissal: Dismissal) -> None:
    """Effect: deletes the entries for the same reason and place. Raises BrokenFileError, OSError."""
    if (root / NAME).exists():
        _rewrite(root, lambda document: _delete(document, dismissal))


def _key(entry: Dismissal) -> tuple[str, str, str, str]:
    return entry.reason, entry.scope, entry.path, entry.symbol


def _dismissal(entry: object) -> Dismissal:
    if not isinstance(entry, dict):
        raise ValueError("it is not a table")
    values = {key: str(value) for key, value in entry.items() if key in Dismissal.__dataclass_fields__}
    scope = values.get("scope", "function")
    if scope not in get_args(Scope):
        raise ValueError(f"`scope` is {scope!r}; it must be one of {', '.join(get_args(Scope))}")
    # Code outside functions has no symbol: there the key must stand, but may be empty.
    needed = ["reason", "path", "symbol"][: {"project": 1, "file": 2, "function": 3}[scope]]
    if missing := [key for key in needed if key not in values or (key != "symbol" and not values[key])]:
        raise ValueError(f"`{missing[0]}` is missing")
    return Dismissal(**{**values, "scope": scope})  # type: ignore[arg-type] # the keys are its fields


def _rewrite(root: Path, change: Callable[[Any], None]) -> None:
    import tomlkit  # takes longer to import than most sessions need it

    path = root / NAME
    try:
        document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else _new()
        change(document)
    except ValueError as error:  # what tomlkit raises, and bytes that are not UTF-8
        message = f"{NAME} cannot be read, so nothing was changed; please repair it first: {error}"
        raise BrokenFileError(message) from error
    path.parent.mkdir(exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    disk.replace(path, tomlkit.dumps(document).encode(), mode)


def _new() -> Any:  # noqa: ANN401 - tomlkit's document
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("Reasons that do not apply here, as the editor's “Not needed here” wrote them;"))
    document.add(tomlkit.comment("delete an entry to bring its diagnostics back."))
    return document


def _append(document: Any, dismissal: Dismissal) -> None:  # noqa: ANN401
    import tomlkit

    entry = tomlkit.table()
    for key in Dismissal.__dataclass_fields__:
        value = getattr(dismissal, key)
        if value or (key == "symbol" and dismissal.scope == "function"):
            entry[key] = date.fromisoformat(value) if key == "when" else value
    tables = document.get(_TABLE)
    if tables is None:
        tables = document[_TABLE] = tomlkit.aot()
    if not isinstance(tables, list):
        raise ValueError(f"`{_TABLE}` must be an array of tables")
    tables.append(entry)


def _delete(document: Any, dismissal: Dismissal) -> None:  # noqa: ANN401
    tables = document.get(_TABLE, [])
    for index in reversed(range(len(tables))):
        try:
            entry = _dismissal(tables[index].unwrap())
        except ValueError:
            continue  # not ours to delete
        if _key(entry) == _key(dismissal):
            del tables[index]
