"""Verification: the syntax errors of a result that the original had not.

A false alarm costs a run of the strong model, a missed error only the check command's time: where a grammar is not
to be trusted (`data/grammars.toml`) nothing is said.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import tree_sitter

from escalation.analysis.hunks import hunks
from escalation.flow.entities import tree_of
from escalation.flow.events import SyntaxProblem
from escalation.syntax.tree import SyntaxTree, parse
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

MAX_PROBLEMS = 10
"""Of one file: after the first few an error is mostly the consequence of another."""
_SHOWN_LINES = 3  # an error over more lines than these is somewhere inside

Counts = Literal["always", "clean", "never"]


@dataclass(frozen=True, slots=True)
class _Error:
    """A syntax error: its lines from 1, and the text by which it is known when it has moved."""

    first: int
    last: int
    message: str
    text: bytes = b""


def new_problems(base: Snapshot, snapshot: Snapshot) -> tuple[SyntaxProblem, ...]:
    """The syntax errors in `snapshot` that `base` had not, by path and line. Only what differs is parsed. An error that
    was there before, in the same file or in one that differs now, is not new."""
    moved = {base[path].data for path in base if path not in snapshot}
    changed = [path for path in sorted(snapshot) if not _same(base.get(path), snapshot[path])]
    found = {
        path: _errors(snapshot[path], path, base.get(path)) for path in changed if snapshot[path].data not in moved
    }
    if not any(found.values()):
        return ()
    touched = (path for path in base if path in changed or path not in snapshot)
    before = {path: _errors(base[path], path, base[path]) for path in touched}
    known = Counter(error.text for errors in before.values() for error in errors)
    problems: list[SyntaxProblem] = []
    for path, errors in found.items():
        if _counts(snapshot[path].language) == "clean" and (path not in base or before[path]):
            continue
        fresh = _unknown(errors, known)
        lines = _changed_lines(base.get(path), snapshot[path])
        if before.get(path) and len(errors) <= len(before[path]):
            # An old error makes a grammar lose its way anywhere around it: only what lies in the change is new.
            fresh = [error for error in fresh if error.first in lines and error.last in lines]
        found_here = (_problem(path, error, lines) for error in reversed(fresh))
        by_line = {problem.line: problem for problem in found_here}  # the first of a line
        problems += sorted(by_line.values(), key=lambda problem: problem.line)[:MAX_PROBLEMS]
    return tuple(problems)


def _same(one: Document | None, other: Document) -> bool:
    return one is other or (one is not None and one.language == other.language and one.lines == other.lines)


def _unknown(errors: list[_Error], known: Counter[bytes]) -> list[_Error]:
    """The errors beyond those that are known; each known one excuses one."""
    fresh = []
    for error in errors:
        if known[error.text]:
            known[error.text] -= 1
        else:
            fresh.append(error)
    return fresh


def _changed_lines(base: Document | None, document: Document) -> list[int]:
    """Line numbers from 1, in order; none for a new file."""
    if base is None:
        return []
    ranges = (hunk.new_range for hunk in hunks(base.data, document.data))
    return [line + 1 for first, end in ranges for line in range(first, max(end, first + 1))]


def _problem(path: str, error: _Error, lines: list[int]) -> SyntaxProblem:
    line = next((line for line in lines if error.first <= line <= error.last), error.first)
    span = f" (somewhere in the lines {error.first} to {error.last})" if error.last - error.first > _SHOWN_LINES else ""
    return SyntaxProblem(path, line, error.message + span)


# ---- what is wrong with one text


def _errors(document: Document, path: str, base: Document | None) -> list[_Error]:
    """The errors of a text; `base` is what stood in its place, which may show how strictly it is to be read."""
    if document.language == "json":
        return _json_errors(document, path, base)
    if document.language == "toml":
        return _toml_errors(document, path)
    if _counts(document.language) == "never" or (tree := tree_of(document)) is None:
        return []
    if tree.root.has_error:
        # It may come from an edit; then a grammar may lose its way where it does not from scratch.
        tree = parse(document) or tree
    errors = [_error(tree, node) for node in _broken(tree.root)]
    if not errors and document.language == "python":
        return list(_indentation_errors(document))
    return errors


def _broken(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The outermost errors and the missing tokens below a node, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            waiting += reversed(node.children)


def _error(tree: SyntaxTree, node: tree_sitter.Node) -> _Error:
    document = tree.document
    first = document.line_at(node.start_byte)
    last = document.line_at(max(node.end_byte - 1, node.start_byte))
    start, end = document.line_span(first)[0], document.line_span(last)[1]
    message = f"`{node.type}` is missing" if node.is_missing else "this cannot be parsed"
    return _Error(first + 1, last + 1, message, _known_by(document.data[start:end]))


@lru_cache(maxsize=128)
def _indentation_errors(document: Document) -> tuple[_Error, ...]:
    """What the grammar lets pass. The rules of indentation are those of every version of Python; for any other error
    this interpreter may just be older than the text. Each pass verifies all that differs, what the one before it
    changed, too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in the text's own literals
            ast.parse(document.text)
    except IndentationError as error:
        line = min(max(error.lineno or 1, 1), document.line_count)
        start, end = document.line_span(line - 1)
        return (_Error(line, line, error.msg, _known_by(document.data[start:end])),)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    return ()


_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*(?:.*?\*/|.*)', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[\]}])')


def _json_errors(document: Document, path: str, base: Document | None) -> list[_Error]:
    """Comments and commas behind a last element pass, unless the file did without them until now: the files of many
    programs are named `.json` and have them."""
    if path.endswith(".json5") or not (error := _json_error(document.text)):
        return []
    strict = base is not None and base is not document and not _json_error(base.text)
    if not strict and not _json_error(_plain_json(document.text)):
        return []
    return [_Error(error.lineno, error.lineno, error.msg, path.encode())]


def _json_error(text: str) -> json.JSONDecodeError | None:
    try:
        json.loads(text or "null")
    except json.JSONDecodeError as error:
        return error
    except RecursionError:
        pass
    return None


def _plain_json(text: str) -> str:
    for part in (_COMMENT, _LAST_COMMA):
        text = part.sub(lambda match: match[1] or " ", text)
    return text


def _toml_errors(document: Document, path: str) -> list[_Error]:
    try:
        tomllib.loads(document.text.replace("\r\n", "\n"))
    except RecursionError:
        return []
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) if at else document.line_count
        return [_Error(line, line, "this is not valid TOML", path.encode())]
    return []


def _known_by(text: bytes) -> bytes:
    """The text of an error wherever it is moved to: its indentation does not count."""
    return b"\n".join(line.strip() for line in text.splitlines())


@cache
def _grammars() -> Mapping[str, Counts]:
    table = tomllib.loads(files("escalation.flow").joinpath("data/grammars.toml").read_text("utf-8"))
    return {language: row["counts"] for language, row in table.items()}


def _counts(language: str) -> Counts:
    return _grammars().get(language, "always")
