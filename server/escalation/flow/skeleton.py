"""Skeletons: what a new test file starts with in its language, before the import of the module."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from posixpath import splitext

from escalation.syntax.language import languages
from escalation.text.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class _New:
    """A test file that is to be: its path and that of the module, with the module's text."""

    place: str
    path: str
    text: str
    known: Collection[str]

    @property
    def name(self) -> str:
        return splitext(self.place.rpartition("/")[2])[0]


def skeleton(snapshot: Snapshot, path: str, place: str, known: Collection[str]) -> str:
    r"""The text with ``\n``; empty where an import is enough."""
    write = _SKELETONS.get(languages()[snapshot[path].language].family)
    return write(_New(place, path, snapshot[path].text, known)) if write else ""


def _python(new: _New) -> str:
    return f'"""Tests of {new.path}."""\n'


def _go(new: _New) -> str:
    package = re.search(r"^package\s+(\w+)", new.text, re.M)
    return f"package {package[1] if package else 'main'}\n"


def _java(new: _New) -> str:
    package = re.search(r"^\s*package\s+([\w.]+)\s*;", new.text, re.M)
    head = f"package {package[1]};\n\n" if package else ""
    return f"{head}class {_identifier(new.name)} {{\n}}\n"


def _kotlin(new: _New) -> str:
    package = re.search(r"^\s*package\s+([\w.]+)", new.text, re.M)
    head = f"package {package[1]}\n\n" if package else ""
    return f"{head}class {_identifier(new.name)} {{\n}}\n"


def _csharp(new: _New) -> str:
    namespace = re.search(r"^\s*namespace\s+([\w.]+)", new.text, re.M)
    head = f"namespace {namespace[1]}.Tests;\n\n" if namespace else ""
    using = f"using {namespace[1]};\n\n" if namespace else ""
    return f"{using}{head}public class {_identifier(new.name)}\n{{\n}}\n"


def _php(new: _New) -> str:
    return (
        "<?php\n\ndeclare(strict_types=1);\n\nuse PHPUnit\\Framework\\TestCase;\n\n"
        f"final class {_identifier(new.name)} extends TestCase\n{{\n}}\n"
    )


def _ruby(new: _New) -> str:
    folder = new.place.partition("/")[0]
    helper = f"{folder}_helper"
    return f'# frozen_string_literal: true\n\nrequire "{helper}"\n' if f"{folder}/{helper}.rb" in new.known else ""


def _rust(new: _New) -> str:
    return f"//! Tests of {new.path}.\n"


def _c(new: _New) -> str:
    return f"/* Tests of {new.path}. */\n" if "*/" not in new.path else ""


def _bash(new: _New) -> str:
    first = new.text.partition("\n")[0].strip()
    head = first if first.startswith("#!") else "#!/usr/bin/env bash"
    return f"{head}\n# Tests of {new.path}.\n"


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


_SKELETONS: Mapping[str, Callable[[_New], str]] = {
    "python": _python,
    "go": _go,
    "java": _java,
    "kotlin": _kotlin,
    "csharp": _csharp,
    "php": _php,
    "ruby": _ruby,
    "rust": _rust,
    "c": _c,
    "cpp": _c,
    "bash": _bash,
}
