"""The rules: which evidence in a change speaks for which reason.

One function per reason, from facts to evidence; `docs/reasons/` documents each. A rule never decides: it says what it
saw, where, and how much that weighs. Priorities come from the strength of all evidence together (`detector`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from escalation.analysis.complexity import FunctionMetrics
from escalation.analysis.evidence import Evidence
from escalation.analysis.facts import ChangeFacts, FileFacts, TouchedFunction
from escalation.analysis.roles import role_of
from escalation.analysis.sensitivity import SENSITIVE
from escalation.analysis.surface.changes import summed_up
from escalation.decision.reasons import Reason
from escalation.settings.schema import Settings, Thresholds

Rule = Callable[[ChangeFacts, Settings], Iterator[Evidence]]

# Code that does not ship cannot hurt anybody at run time.
_ROLE_WEIGHT = {
    "source": 1.0,
    "migration": 1.0,
    "config": 0.8,
    "data": 0.4,
    "test": 0.25,
    "style": 0.1,
    "docs": 0.0,
}
_MOST = 12


def _scaled(evidence: Evidence, file: FileFacts) -> Evidence:
    return replace(evidence, weight=round(evidence.weight * _ROLE_WEIGHT.get(file.role, 0.0), 4))


def _at(file: FileFacts, what: str, weight: float) -> Evidence:
    """Evidence at the first change of a file."""
    return Evidence(file.path, file.first_line, file.first_line, what, round(weight, 4))


def _on(file: FileFacts, function: FunctionMetrics, what: str, weight: float) -> Evidence:
    """Evidence on a function: it stands at its definition."""
    return Evidence(file.path, function.line, function.line, what, round(weight, 4), function.name)


def _short(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def critical_security(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
    """Touched functions, and changed lines outside functions, that are security-sensitive by their syntax."""
    for file in facts.files:
        share = _ROLE_WEIGHT.get(file.role, 0.0)
        for function in file.touched:
            score = function.sensitivity.score
            if function.changed and score >= SENSITIVE:
                why = _because(function)
                yield _on(
                    file,
                    function.metrics,
                    f"`{_short(function.metrics.name)}` is security-sensitive{why}",
                    score * share,
                )
        for start, end, sensitivity in file.outside:
            if sensitivity.score >= SENSITIVE and sensitivity.evidence:
                what = f"security-sensitive: {sensitivity.evidence[0].what}"
                yield Evidence(file.path, start, end, what, round(0.85 * sensitivity.score * share, 4))


def _because(function: TouchedFunction) -> str:
    reasons = [e.what for e in function.sensitivity.evidence[:2]]
    return f": {', '.join(reasons)}" if reasons else ""


def algorithm_complexity(facts: ChangeFacts, settings: Settings) -> Iterator[Evidence]:
    """Touched functions beyond the thresholds; what the change itself added weighs more than what was there."""
    for file, function in facts.touched():
        ratio = difficulty_ratio(function.metrics, settings.thresholds)
        before = difficulty_ratio(function.base, settings.thresholds) if function.base else 0.0
        if ratio < 1.0:
            continue
        weight = 1.0 - math.exp(-0.85 * (ratio - 0.5)) + 0.1 * min(1.0, max(0.0, ratio - before))
        m = function.metrics
        figures = f"cyclomatic {m.cyclomatic}, cognitive {m.cognitive}, nesting {m.nesting}"
        if function.base and (m.cyclomatic, m.cognitive) != (
            function.base.cyclomatic,
            function.base.cognitive,
        ):
            figures += f" (was {function.base.cyclomatic} and {function.base.cognitive})"
        yield _on(file, m, f"`{_short(m.name)}`: {figures}", min(weight, 0.97))


def difficulty_ratio(metrics: FunctionMetrics, thresholds: Thresholds) -> float:
    """How far a function is beyond the thresholds: 1.0 is at the first of them."""
    return max(
        metrics.cyclomatic / thresholds.cyclomatic,
        metrics.cognitive / thresholds.cognitive,
        0.9 * metrics.nesting / thresholds.nesting,
        0.8 * metrics.length / thresholds.length,
    )


def multi_file_refactor(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
    """Many existing source files in several packages: one evidence for the whole, then where it is widest."""
    files = [f for f in facts.source_files if f.status in ("modified", "renamed", "deleted")]
    packages = len(facts.packages)
    if len(files) < 4:
        return
    weight = (1.0 - math.exp(-(len(files) - 1) / 9)) * (1.0 if packages > 1 else 0.6)
    widest = sorted(files, key=lambda f: (-f.lines_changed, f.path))
    yield _at(widest[0], f"{len(files)} source files in {packages} packages change together", min(weight, 0.97))
    for file in widest[1:_MOST]:
        yield _at(file, f"{file.lines_changed} changed lines", 0.0)


def cross_service_changes(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
    """Changed source files in more than one service."""
    services = facts.surroundings.services
    if services is None or len(facts.services) < 2:
        return
    weight = 1.0 - 0.5 ** (len(facts.services) * 0.75)
    by_service = sorted(facts.source_files, key=lambda f: (services.service_of(f.path), f.path))
    for index, (service, files) in enumerate(groupby(by_service, key=lambda f: services.service_of(f.path))):
        first = next(files)
        names = ", ".join(name or "the root" for name in facts.services[:4])
        what = (
            f"{len(facts.services)} services change together: {names}"
            if index == 0
            else f"part of {service or 'the root'}"
        )
        yield _at(first, what, weight if index == 0 else 0.0)


def database_schema_changes(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
    """Migrations, DDL, and models and schemas of stored data."""
    for file in facts.files:
        if not _is_contract(file):
            yield from (_scaled(evidence, file) for evidence in file.schema)


def _is_contract(file: FileFacts) -> bool:
    """Whether what a file specifies goes over the wire (OpenAPI, Protocol Buffers …), not into a store."""
    described = file.language in ("graphql", "json", "proto", "yaml") or file.path.endswith((".avsc", ".thrift"))
    return described and file.role != "migration"


def api_design(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
    """Exported symbols and routes that were removed, changed or added; what many files import weighs more, and the
    symbols of a new file are one. Specifications of APIs and messages."""
    for file in facts.files:
        if _is_contract(file):
            yield from (_scaled(evidence, file) for evidence in file.schema)
    for file in facts.source_files:
        lift = 1.0 + 0.1 * math.log2(1 + facts.dependents(file.path))
        for change in summed_up(file.surface) if file.status == "added" else file.surface:
            symbol = None if change.kind == "route" else change.name
            yield Evidence(file.path, change.line, change.line, change.what, min(0.95, change.weight * lift), symbol)


def architectural_decision(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
    """New packages, new services, and contracts that much of the repository stands on."""
    known = facts.surroundings.files
    for file in facts.files:
        name = file.path.rsplit("/", 1)[-1]
        ours = file.role in ("source", "config")  # no example, no fixture of a test
        if ours and file.status == "added" and name in _SERVICE_FILES and "/" in file.path:
            yield _at(file, f"new {name}: a new package or service", 0.5)
        elif (
            file.role == "config"
            and name.startswith(("docker-compose", "compose.", "serverless."))
            and file.lines_changed
        ):
            yield _at(file, f"{name}: how services are put together changes", 0.4)
    yield from _new_packages(facts, known)
    for file in facts.source_files:
        dependents = facts.dependents(file.path)
        breaking = [change for change in file.surface if change.breaking]
        if dependents >= 10 and breaking:
            weight = 0.3 + 0.1 * math.log2(dependents / 10)
            yield _at(file, f"{dependents} files depend on this module, whose interface changes", min(0.8, weight))


_SERVICE_FILES = frozenset(
    (
        "pyproject.toml",
        "setup.py",
        "package.json",
        "go.mod",
        "Cargo.toml",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
    )
) | {"Dockerfile"}


def _new_packages(facts: ChangeFacts, known: frozenset[str]) -> Iterator[Evidence]:
    if not known:
        return
    folders = {path.rpartition("/")[0] for path in known}
    added = [f for f in facts.source_files if f.status == "added" and f.path.rpartition("/")[0]]
    for folder, files in groupby(sorted(added, key=lambda f: f.path), key=lambda f: f.path.rpartition("/")[0]):
        group = list(files)
        older = folder in folders and any(p.rpartition("/")[0] == folder for p in known - {f.path for f in group})
        if len(group) >= 2 and not older:
            yield _at(
                group[0],
                f"new package {folder} with {len(group)} modules",
                min(0.75, 0.4 + 0.08 * len(group)),
            )


def comprehensive_code_review(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
    """Changed lines of source files: about 300 make a review of medium, 500 of high priority. What is only deleted is
    quickly read."""
    added = sum(f.lines_added for f in facts.source_files)
    lines = added + 0.3 * max(0, facts.lines_changed - 2 * added)
    lines += min(added, facts.lines_changed - added)
    if lines < 80:
        return
    widest = sorted(facts.source_files, key=lambda f: (-f.lines_changed, f.path))
    what = f"{facts.lines_changed} changed lines in {len(facts.source_files)} source files"
    yield _at(widest[0], what, min(0.98, 1.0 - math.exp(-lines / 420)))


def testing_strategy(facts: ChangeFacts, settings: Settings) -> Iterator[Evidence]:
    """How tests are run changes, or intricate code changes without a test."""
    tests = [f for f in facts.files if f.role == "test"]
    for file in facts.files:
        name = file.path.rsplit("/", 1)[-1]
        if _TEST_SETUP.search(name) and file.lines_changed >= 5:
            yield _at(file, f"{name}: how the tests run changes", 0.45)
    if sum(f.lines_changed for f in tests) >= 200:
        widest = max(tests, key=lambda f: (f.lines_changed, f.path))
        yield _at(widest, f"{sum(f.lines_changed for f in tests)} changed lines of tests", 0.4)
    intricate = [
        (file, function.metrics)
        for file, function in facts.touched()
        if difficulty_ratio(function.metrics, settings.thresholds) >= 0.8
    ]
    if intricate and not tests and any(role_of(path) == "test" for path in facts.surroundings.files):
        for file, function in intricate:
            yield _on(file, function, f"`{_short(function.name)}` changes and no test does", 0.4)


_TEST_SETUP = re.compile(
    r"^(conftest\.py|pytest\.ini|tox\.ini|noxfile\.py|(jest|vitest|karma|playwright|cypress)\.config\.\w+|phpunit\.xml)$"
)


def migration_strategy(facts: ChangeFacts, settings: Settings) -> Iterator[Evidence]:
    """Migrations, and code that moves data or users from one version to another."""
    yield from _domain(Reason.MIGRATION_STRATEGY)(facts, settings)
    for file in facts.files:
        if file.role == "migration" and file.lines_changed:
            yield _at(file, "a migration", 0.3)


def _domain(reason: Reason) -> Rule:
    """The rule of a reason whose evidence is what changed code is about (`analysis.domains`)."""

    def rule(facts: ChangeFacts, _: Settings) -> Iterator[Evidence]:
        for file in facts.files:
            if file.substantive:
                yield from (_scaled(evidence, file) for evidence in file.domains.get(reason, ()))

    return rule


RULES: Mapping[Reason, Rule] = {
    Reason.CRITICAL_SECURITY: critical_security,
    Reason.ARCHITECTURAL_DECISION: architectural_decision,
    Reason.COMPLIANCE_RELATED: _domain(Reason.COMPLIANCE_RELATED),
    Reason.MULTI_FILE_REFACTOR: multi_file_refactor,
    Reason.CROSS_SERVICE_CHANGES: cross_service_changes,
    Reason.LEGACY_SYSTEM_INTEGRATION: _domain(Reason.LEGACY_SYSTEM_INTEGRATION),
    Reason.PERFORMANCE_CRITICAL: _domain(Reason.PERFORMANCE_CRITICAL),
    Reason.DATABASE_SCHEMA_CHANGES: database_schema_changes,
    Reason.ALGORITHM_COMPLEXITY: algorithm_complexity,
    Reason.COMPREHENSIVE_CODE_REVIEW: comprehensive_code_review,
    Reason.TESTING_STRATEGY: testing_strategy,
    Reason.DEBUG_COMPLEX_ISSUES: _domain(Reason.DEBUG_COMPLEX_ISSUES),
    Reason.API_DESIGN: api_design,
    Reason.PROTOCOL_IMPLEMENTATION: _domain(Reason.PROTOCOL_IMPLEMENTATION),
    Reason.MIGRATION_STRATEGY: migration_strategy,
    Reason.REVENUE_CRITICAL: _domain(Reason.REVENUE_CRITICAL),
}
