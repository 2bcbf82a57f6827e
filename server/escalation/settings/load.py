"""Settings from their sources, in the order of precedence (the later wins):

1. the defaults of `settings.schema`;
2. the user's own `escalation.toml` (`settings.home.configuration`);
3. `escalation.toml`, else `[tool.escalation]` in `pyproject.toml`, in the root of the workspace;
4. the editor (`workspace/configuration`, section `escalation`);
5. the environment: `ESCALATION_*`;
6. what a command line says (the commands do that themselves).

A bad value or an unknown key never stops anybody: it is reported as a `Problem` and the next lower source
applies. The workspace's file comes with a repository, so whoever wrote it may be a stranger: it cannot say where keys
and source text go or what may be spent, cannot lift what the user keeps private, and only proposes a command to run.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import msgspec

from escalation.settings.conditions import check as check_condition
from escalation.settings.endpoints import checked_url, presets
from escalation.settings.home import configuration
from escalation.settings.schema import CONDITION_NAMES, REASONS, Endpoint, Policy, Rule, Settings

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
    "ESCALATION_BUDGET": "flow.budget",
    "ESCALATION_DAILY_BUDGET": "flow.daily_budget",
    "ESCALATION_DEFAULT_TIMEOUT": "flow.timeout",
    "ESCALATION_MAX_RETRIES": "flow.retries",
    "ESCALATION_CHECK": "flow.check",
    "ESCALATION_MAX_CONCURRENT": "host.max_concurrent",
    "ESCALATION_IDLE_EXIT": "host.idle_exit",
    "ESCALATION_KEEP_DAYS": "host.keep_days",
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "min_confidence": (0, 1),
    "cost_threshold": (0, 1e6),
    "failure_cost": (0, 1e6),
    "thresholds.cyclomatic": (1, 1e6),
    "thresholds.cognitive": (1, 1e6),
    "thresholds.nesting": (1, 1e6),
    "thresholds.length": (1, 1e6),
    "endpoints.NAME.concurrency": (1, 100),
    "flow.check_timeout": (1, 3_600),
    "flow.budget": (0, 1e6),
    "flow.daily_budget": (0, 1e6),
    "flow.timeout": (1, 86_400),
    "flow.stall": (1, 600),
    "flow.retries": (0, 10),
    "flow.max_turns": (1, 1_000),
    "flow.max_tokens": (256, 1_000_000),
    "flow.context_tokens": (1_000, 10_000_000),
    "host.max_concurrent": (1, 100),
    "host.idle_exit": (0, 1e7),
    "host.keep_days": (0, 36_500),
    "lsp.quiet_ms": (0, 60_000),
}
_USERS_OWN = ("endpoints", "flow.budget", "flow.daily_budget", "host")
"""What a workspace's file cannot set."""


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
    own = configuration()
    if (found := _toml(own, str(own), (), problems)) is not None:
        settings = _merge(settings, found[1], "", found[0], problems)
    if root is not None and (found := _file(root, problems)) is not None:
        file, table = found
        settings = _merge_workspace(settings, table, file, problems)
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
        if (found := _toml(root / name, name, section, problems)) is not None:
            return found
    return None


def _toml(path: Path, name: str, section: tuple[str, ...], problems: list[Problem]) -> tuple[_Source, object] | None:
    """The table that a file holds under `section`; None without one."""
    text = ""
    try:
        text = path.read_text("utf-8-sig")
        table: Any = tomllib.loads(text)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        if not section or "tool.escalation" in text:  # else it is not ours to report
            problems.append(_unreadable(name, error))
        return None
    for key in section:
        table = table.get(key) if isinstance(table, dict) else None
    return None if table is None else (_Source(name, text, name), table)


def _unreadable(name: str, error: Exception) -> Problem:
    line = re.search(r"at line (\d+)", str(error))
    return Problem(f"{name} cannot be read, so it is not used: {error}", name, int(line[1]) if line else 1)


def _merge_workspace(settings: Settings, table: object, source: _Source, problems: list[Problem]) -> Settings:
    """What a repository says of itself: without what is the user's own to say."""
    for name in _USERS_OWN:
        if _taken(table, name) is not None:
            where = f"your own {configuration()}"
            problems.append(source.problem(f"`{name}` is not used: a workspace cannot set it; set it in {where}", name))
    check = _taken(table, "flow.check")
    merged: Settings = _merge(settings, table, "", source, problems)
    merged = replace(merged, private=tuple(dict.fromkeys((*merged.private, *settings.private))))
    if check is not None:
        try:
            flow = replace(merged.flow, proposed_check=_value("flow.check", check, str, strict=True))
            merged = replace(merged, flow=flow)
        except ValueError as error:
            problems.append(source.problem(f"`flow.check` is not used: {error}", "flow.check"))
    return merged


def _taken(table: object, name: str) -> object:
    """Takes the value with a dotted name out of a table; None if there is none."""
    *parts, last = name.split(".")
    for part in parts:
        table = table.get(part) if isinstance(table, dict) else None
    return table.pop(last, None) if isinstance(table, dict) else None


def _merge(current: Any, table: object, prefix: str, source: _Source, problems: list[Problem]) -> Any:  # noqa: ANN401 - walks a tree of dataclasses
    if not isinstance(table, Mapping):
        problems.append(source.problem(f"`{prefix[:-1]}` must be a table of settings", prefix[:-1]))
        return current
    hints = _settable(type(current))
    changes: dict[str, object] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if key not in hints:
            problems.append(source.problem(_unknown(name, str(key), hints), name))
        elif value is None:  # how an editor says “not set”
            continue
        elif is_dataclass(getattr(current, key)):
            changes[key] = _merge(getattr(current, key), value, f"{name}.", source, problems)
        elif key == "endpoints":
            changes[key] = _merge_endpoints(current.endpoints, value, source, problems)
        elif isinstance(value, list) and (row := _row_type(hints[key])) is not None:
            changes[key] = tuple(_rows(name, value, row, source, problems))
        else:
            try:
                changes[key] = _value(name, value, hints[key], strict=bool(source.text))
            except ValueError as error:
                problems.append(source.problem(f"`{name}` is not used: {error}", name))
    return replace(current, **changes)


def _merge_endpoints(
    current: Mapping[str, Endpoint], table: object, source: _Source, problems: list[Problem]
) -> Mapping[str, Endpoint]:
    """Each over what is known of it, which for one of ours is the preset."""
    if not isinstance(table, Mapping):
        problems.append(source.problem("`endpoints` must be a table of endpoints", "endpoints"))
        return current
    merged = dict(current)
    for name, value in table.items():
        if not re.fullmatch(r"[\w-]+", str(name)):
            said = "the name of an endpoint has letters, digits, - and _ only"
            problems.append(source.problem(f"`endpoints.{name}` is not used: {said}", f"endpoints.{name}"))
        elif value is not None:
            known = merged.get(name) or presets().get(name) or Endpoint()
            merged[name] = _merge(known, value, f"endpoints.{name}.", source, problems)
    return merged


def _settable(kind: type) -> Mapping[str, Any]:
    """The fields of a dataclass that sources set, with their types."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if not field.metadata.get("derived")}


def _unknown(name: str, key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, list(known), n=1)
    return f"unknown setting `{name}`" + (f"; did you mean `{near[0]}`?" if near else "; it has no effect")


def _value(name: str, value: object, kind: Any, *, strict: bool) -> Any:  # noqa: ANN401
    """The value as its type; unless `strict`, the text "0.8" is a number. Raises ValueError."""
    converted = msgspec.convert(value, kind, strict=strict or not isinstance(value, str))
    name = re.sub(r"^endpoints\.[^.]+", "endpoints.NAME", name)
    low, high = _RANGES.get(name, (None, None))
    if low is not None and high is not None and not low <= converted <= high:
        raise ValueError(f"it must lie between {low:g} and {high:g}")
    if (check := _CHECKS.get(name)) is not None:
        check(converted)
    return converted


def _check_url(url: str) -> None:
    if url:
        checked_url(url)


def _check_variable(name: str) -> None:
    """Raises ValueError, which does not repeat what may be a key in the wrong place."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name):
        raise ValueError("it must be the name of an environment variable, not the key itself")


def _check_prices(prices: Mapping[str, tuple[float, float]]) -> None:
    if not all(0 <= figure <= 1e6 for pair in prices.values() for figure in pair):
        raise ValueError("a price must lie between 0 and 1e+06")


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
            _ROW_CHECKS[kind](converted)
        except ValueError as error:
            problems.append(source.problem(f"`{name}`, entry {number} is not used: {error}", name))
        else:
            yield converted


def _check_policy(policy: Policy) -> None:
    _check_globs([policy.glob])


def _check_rule(rule: Rule) -> None:
    """Raises ValueError for a rule that could never be checked, or be understood by who reads that it is not met."""
    if not rule.name.strip() or not rule.description.strip():
        raise ValueError("it needs a name and a description")
    if not 0 < rule.weight <= _MOST_WEIGHT:
        raise ValueError(f"its weight must lie above 0 and not above {_MOST_WEIGHT}")
    for expression in (rule.condition, rule.applies or "True"):
        if len(expression) > _LONGEST_CONDITION:
            raise ValueError(f"a condition has at most {_LONGEST_CONDITION} characters")
        check_condition(expression, CONDITION_NAMES)


_MOST_WEIGHT, _LONGEST_CONDITION = 100, 1_000
_ROW_CHECKS: Mapping[type, Callable[[Any], None]] = {Policy: _check_policy, Rule: _check_rule}


def _check_globs(globs: Iterable[str]) -> None:
    """Raises ValueError for a pattern that git does not know, either."""
    import pathspec  # only who has globs pays for it

    for glob in globs:
        try:
            pathspec.GitIgnoreSpec.from_lines([glob])
        except (ValueError, re.error):
            raise ValueError(f"{glob!r} is not a pattern of gitignore") from None


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "exclude": _check_globs,
    "private": _check_globs,
    "endpoints.NAME.base_url": _check_url,
    "endpoints.NAME.key_variable": _check_variable,
    "endpoints.NAME.prices": _check_prices,
}


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
    """Every setting's dotted name, for the documentation and its test; NAME stands for an endpoint's."""
    names: list[str] = []
    for name, hint in _settable(kind).items():
        if is_dataclass(hint):
            names += keys(cast("type", hint), f"{prefix}{name}.")
        elif name == "endpoints":
            names += keys(Endpoint, f"{prefix}{name}.NAME.")
        else:
            names.append(prefix + name)
    return tuple(names)
