"""Settings from their sources, in the order of precedence (the later wins):

1. the defaults of `settings.schema`;
2. `escalation.toml`, else `[tool.escalation]` in `pyproject.toml`, in the root of the workspace;
3. the editor (`workspace/configuration`, section `escalation`);
4. the environment: `ESCALATION_*`;
5. what a command line says (the commands do that themselves).

A bad value or an unknown key never stops anybody: it is reported as a `Problem` and the next lower source
applies.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from escalation.settings.schema import REASONS, Settings

# Scalars only: a table in an environment variable would be a file in disguise.
ENVIRONMENT = {
    "ESCALATION_MIN_CONFIDENCE": "min_confidence",
    "ESCALATION_COST_THRESHOLD": "cost_threshold",
    "ESCALATION_FAILURE_COST": "failure_cost",
    "ESCALATION_TWO_PASS": "two_pass",
    "ESCALATION_DEFAULT_MODEL": "models.default",
    "ESCALATION_MODEL": "models.escalation",
    "ESCALATION_FALLBACK_MODEL": "models.fallback",
    "ESCALATION_ENDPOINT": "models.endpoint",
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "min_confidence": (0, 1),
    "cost_threshold": (0, 1e6),
    "failure_cost": (0, 1e6),
    "thresholds.cyclomatic": (1, 1e6),
    "thresholds.cognitive": (1, 1e6),
    "thresholds.nesting": (1, 1e6),
    "thresholds.length": (1, 1e6),
    "lsp.quiet_ms": (0, 60_000),
}


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
    settings, file = Settings(), _Source("the settings")
    if root is not None and (found := _file(root, problems)) is not None:
        file, table = found
        settings = _merge(settings, table, "", file, problems)
    if client:
        settings = _merge(settings, client, "", _Source("the editor's settings"), problems)
    settings = _from_environment(settings, env or {}, problems)
    return settings, (*problems, *_unknown_reasons(settings, file))


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    text: str = ""
    path: str | None = None

    def problem(self, message: str, key: str) -> Problem:
        return Problem(f"{self.name}: {message}", self.path, self._line(key) if self.text else None)

    def _line(self, key: str) -> int | None:
        """Where a key stands: `tomllib` tells no positions, and a near line is good enough."""
        last = key.rsplit(".", 1)[-1]
        for number, line in enumerate(self.text.splitlines(), 1):
            stripped = line.strip().lstrip("[").replace('"', "")
            if stripped.startswith(last) or stripped.split("]")[0].endswith(last):
                return number
        return 1


def _file(root: Path, problems: list[Problem]) -> tuple[_Source, object] | None:
    """The file that holds the settings of a workspace, and its table of them."""
    for name, section in (("escalation.toml", ()), ("pyproject.toml", ("tool", "escalation"))):
        text = ""
        try:
            text = (root / name).read_text("utf-8-sig")
            table: Any = tomllib.loads(text)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            if not section or "tool.escalation" in text:  # else it is not ours to report
                problems.append(_unreadable(name, error))
            continue
        for key in section:
            table = table.get(key) if isinstance(table, dict) else None
        if table is not None:
            return _Source(name, text, name), table
    return None


def _unreadable(name: str, error: Exception) -> Problem:
    line = re.search(r"at line (\d+)", str(error))
    return Problem(f"{name} cannot be read, so it is not used: {error}", name, int(line[1]) if line else 1)


def _merge(current: Any, table: object, prefix: str, source: _Source, problems: list[Problem]) -> Any:  # noqa: ANN401 - walks a tree of dataclasses
    if not isinstance(table, Mapping):
        problems.append(source.problem(f"`{prefix[:-1]}` must be a table of settings", prefix[:-1]))
        return current
    hints = get_type_hints(type(current))
    changes: dict[str, object] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if key not in hints:
            problems.append(source.problem(_unknown(name, str(key), hints), name))
        elif value is None:  # how an editor says “not set”
            continue
        elif is_dataclass(getattr(current, key)):
            changes[key] = _merge(getattr(current, key), value, f"{name}.", source, problems)
        elif isinstance(value, list) and (row := _row_type(hints[key])) is not None:
            changes[key] = tuple(_rows(name, value, row, source, problems))
        else:
            try:
                changes[key] = _value(name, value, hints[key], strict=bool(source.text))
            except ValueError as error:
                problems.append(source.problem(f"`{name}` is not used: {error}", name))
    return replace(current, **changes)


def _unknown(name: str, key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, list(known), n=1)
    return f"unknown setting `{name}`" + (f"; did you mean `{near[0]}`?" if near else "; it has no effect")


def _value(name: str, value: object, kind: Any, *, strict: bool) -> Any:  # noqa: ANN401
    """The value as its type; unless `strict`, the text "0.8" is a number. Raises ValueError."""
    converted = msgspec.convert(value, kind, strict=strict or not isinstance(value, str))
    low, high = _RANGES.get(name, (None, None))
    if low is not None and high is not None and not low <= converted <= high:
        raise ValueError(f"it must lie between {low:g} and {high:g}")
    if name == "exclude":
        _check_globs(converted)
    return converted


def _row_type(hint: object) -> Any:  # noqa: ANN401
    """The dataclass that an array of tables holds, or None for other types."""
    inner = get_args(hint)[:1]
    return inner[0] if inner and is_dataclass(inner[0]) else None


def _rows(name: str, rows: list[object], kind: type[Any], source: _Source, problems: list[Problem]) -> Iterator[object]:
    """The entries of an array of tables; one that is wrong is left out."""
    known = [field.name for field in fields(kind)]
    for number, row in enumerate(rows, 1):
        for key in row if isinstance(row, Mapping) else ():
            if key not in known:
                problems.append(source.problem(_unknown(f"{name}.{key}", str(key), known), str(key)))
        try:
            converted = msgspec.convert(row, kind)
            _check_globs([converted.glob])
        except ValueError as error:
            problems.append(source.problem(f"`{name}`, entry {number} is not used: {error}", name))
        else:
            yield converted


def _check_globs(globs: Iterable[str]) -> None:
    """Raises ValueError for a pattern that git does not know, either."""
    import pathspec  # only who has globs pays for it

    for glob in globs:
        try:
            pathspec.GitIgnoreSpec.from_lines([glob])
        except (ValueError, re.error):
            raise ValueError(f"{glob!r} is not a pattern of gitignore") from None


def _from_environment(settings: Settings, env: Mapping[str, str], problems: list[Problem]) -> Settings:
    for variable, name in ENVIRONMENT.items():
        if not (value := env.get(variable, "").strip()):
            continue
        table: object = value
        for part in reversed(name.split(".")):
            table = {part: table}
        settings = _merge(settings, table, "", _Source(f"environment variable {variable}"), problems)
    return settings


def _unknown_reasons(settings: Settings, file: _Source) -> Iterator[Problem]:
    """A misspelt reason would otherwise silence nothing, silently."""
    known = REASONS | set(settings.custom_patterns)
    named = [("disabled_reasons", settings.disabled_reasons)]
    for policy in settings.policies:
        named += [("policies", policy.ignore), ("policies", policy.require)]
    for setting, names in named:
        for name in names:
            if name not in known:
                near = get_close_matches(name, sorted(known), n=1)
                hint = f"; did you mean `{near[0]}`?" if near else "; it has no effect"
                yield file.problem(f"unknown reason `{name}` in `{setting}`{hint}", setting)


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
