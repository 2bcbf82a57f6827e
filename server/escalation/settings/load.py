"""Settings from their sources, in the order of precedence (the later wins):

1. the defaults of `settings.schema`;
2. `escalation.toml`, else `[tool.escalation]` in `pyproject.toml`, in the workspace root;
3. the editor (`workspace/configuration`, section `escalation`);
4. the environment: `ESCALATION_*`;
5. what a command line says (the commands do that themselves).

A bad value or an unknown key never stops anybody: it is reported as a `Problem` and the next lower source applies.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from escalation.settings.schema import Settings

# Scalars only: a table in an environment variable would be a file in disguise.
ENVIRONMENT = {
    "ESCALATION_MIN_CONFIDENCE": "min_confidence",
    "ESCALATION_COST_THRESHOLD": "cost_threshold",
    "ESCALATION_FAILURE_COST": "failure_cost",
    "ESCALATION_TWO_PASS": "two_pass",
    "ESCALATION_DEFAULT_MODEL": "models.default",
    "ESCALATION_MODEL": "models.escalation",
    "ESCALATION_FALLBACK_MODEL": "models.fallback",
    "ESCALATION_PROVIDER": "models.provider",
}
_RANGES = {"min_confidence": (0.0, 1.0), "cost_threshold": (0.0, 1e6), "failure_cost": (0.0, 1e6)}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a setting and what to do; `path` and `line` (from 1) where it stands in a file."""

    message: str
    path: str | None = None
    line: int | None = None


def load(
    root: Path | None, client: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None
) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings of the workspace at `root`, and everything that is wrong with them."""
    problems: list[Problem] = []
    settings = Settings()
    if root is not None:
        settings = _from_file(settings, root, problems)
    if client:
        settings = _merge(settings, client, "", _Source("the editor's settings"), problems)
    return _from_environment(settings, env or {}, problems), tuple(problems)


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    text: str = ""
    path: str | None = None

    def problem(self, message: str, key: str) -> Problem:
        return Problem(f"{self.name}: {message}", self.path, self._line(key) if self.text else None)

    def _line(self, key: str) -> int | None:
        """Where a key stands: TOML has no positions in the standard library, and a near line is good enough."""
        last = key.rsplit(".", 1)[-1]
        for number, line in enumerate(self.text.splitlines(), 1):
            stripped = line.strip().lstrip("[").replace('"', "")
            if stripped.startswith(last) or stripped.split("]")[0].endswith(last):
                return number
        return 1


def _from_file(settings: Settings, root: Path, problems: list[Problem]) -> Settings:
    for name, section in (("escalation.toml", ()), ("pyproject.toml", ("tool", "escalation"))):
        path = root / name
        try:
            text = path.read_text("utf-8")
            table: Any = tomllib.loads(text)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            if name == "escalation.toml":  # somebody else reports a broken pyproject.toml
                problems.append(Problem(f"{name} cannot be read, so it is not used: {error}", name, 1))
            continue
        for key in section:
            table = table.get(key) if isinstance(table, dict) else None
        if table is not None:
            return _merge(settings, table, "", _Source(name, text, name), problems)
    return settings


def _merge(current: Any, table: object, prefix: str, source: _Source, problems: list[Problem]) -> Any:  # noqa: ANN401 - walks a tree of dataclasses
    if not isinstance(table, Mapping):
        problems.append(source.problem(f"`{prefix.rstrip('.')}` must be a table of settings", prefix.rstrip(".")))
        return current
    hints = get_type_hints(type(current))
    changes: dict[str, object] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if key not in hints:
            problems.append(source.problem(_unknown(name, str(key), list(hints)), name))
        elif is_dataclass(getattr(current, key)):
            changes[key] = _merge(getattr(current, key), value, f"{name}.", source, problems)
        else:
            for converted in _converted(name, value, hints[key], source, problems):
                changes[key] = converted
    return replace(current, **changes)


def _unknown(name: str, key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1)
    return f"unknown setting `{name}`" + (f"; did you mean `{near[0]}`?" if near else "; it has no effect")


def _converted(name: str, value: object, type_: Any, source: _Source, problems: list[Problem]) -> Iterator[object]:  # noqa: ANN401
    try:
        converted = msgspec.convert(value, type_, strict=bool(source.text) or not isinstance(value, str))
    except msgspec.ValidationError as error:
        problems.append(source.problem(f"`{name}`: {error}; the default applies", name))
        return
    low, high = _RANGES.get(name, (None, None))
    if low is not None and high is not None and not low <= float(str(converted)) <= high:
        problems.append(source.problem(f"`{name}` must lie between {low:g} and {high:g}; the default applies", name))
        return
    yield converted


def _from_environment(settings: Settings, env: Mapping[str, str], problems: list[Problem]) -> Settings:
    for variable, name in ENVIRONMENT.items():
        if not (value := env.get(variable, "").strip()):
            continue
        parts = name.split(".")
        table: object = value
        for part in reversed(parts):
            table = {part: table}
        settings = _merge(settings, table, "", _Source(f"environment variable {variable}"), problems)
    return settings


def keys(kind: type = Settings, prefix: str = "") -> tuple[str, ...]:
    """Every setting's dotted name, for the documentation and its test."""
    hints = get_type_hints(kind)
    names: list[str] = []
    for field in fields(kind):
        if is_dataclass(hints[field.name]):
            names += keys(hints[field.name], f"{prefix}{field.name}.")
        else:
            names.append(prefix + field.name)
    return tuple(names)
