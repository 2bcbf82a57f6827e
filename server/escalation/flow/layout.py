"""Layout: line ends and indentation of what a model sends, as the place it goes to has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

import tree_sitter

from escalation.flow.entities import rules_of
from escalation.syntax.tree import SyntaxTree, parse
from escalation.text.document import Document

_CLOSING = re.compile(r"\s*(?:[}\])]|end\b)")
_STRING = re.compile("string|heredoc")
_STRINGS = re.compile("concat|chained")  # several strings in a row, each a node of its own
_MOST_LINES = 2000  # that are looked at for one step of indentation


def line_end(data: bytes) -> str:
    r"""What most lines of a text end with: ``\n``, ``\r\n`` or ``\r``."""
    windows = data.count(b"\r\n")
    ends = {"\n": data.count(b"\n") - windows, "\r\n": windows, "\r": data.count(b"\r") - windows}
    return max(ends, key=lambda end: ends[end])


def unified(text: str) -> str:
    r"""The text with ``\n`` at the end of its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoded(text: str, end: str) -> bytes:
    r"""A text whose lines end with ``\n``, as bytes with the line ends of a file."""
    return text.replace("\n", end).encode()


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def indent_at(document: Document, line: int) -> str:
    content = document.lines.line(line)[1]
    return content[: len(content) - len(content.lstrip(b" \t"))].decode()


def content_before(document: Document, line: int) -> int:
    """The last line before `line` that is not empty; -1 if there is none."""
    line -= 1
    while line >= 0 and not document.lines.line(line)[1].strip():
        line -= 1
    return line


def content_after(document: Document, line: int) -> int:
    """The next line after `line` that is not empty; -1 if there is none."""
    for following in range(line + 1, document.line_count):
        if document.lines.line(following)[1].strip():
            return following
    return -1


def step(document: Document, default: str) -> str:
    """One step of indentation as most lines of a document show it, else the default."""
    seen, previous = Counter[str](), ""
    for number in range(min(document.line_count, _MOST_LINES)):
        line = document.lines.line(number)[1]
        if not line.strip():
            continue
        indent = line[: len(line) - len(line.lstrip(b" \t"))].decode()
        if len(indent) > len(previous) and indent.startswith(previous):
            seen[indent[len(previous) :]] += 1
        previous = indent
    return seen.most_common(1)[0][0] if seen else default


def laid(text: str, first: str, base: str, language: str, old: Collection[str] = ()) -> str:
    """An entity's text with the indentation of its place: `first` for its first line, `base` for what it is relative to
    in the others. Empty lines around it go.

    Models send an entity as it stands in the file, or from the margin, or with only the first line at the margin. Of
    the last two that one is taken which brings more of the `old` lines, then the one that the last line speaks for.
    A line inside a string literal is moved only if that makes it one of the `old`: it is part of what the code does.
    """
    lines = unified(text).split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return ""
    own, head = indent_of(lines[0]), first + lines[0].lstrip(" \t")
    if own == base or len(lines) == 1:
        return "\n".join([head, *lines[1:]])
    fixed = _inside_strings("\n".join(lines), language)
    moved = [_moved(line, own, base) for line in lines[1:]]
    for number in fixed:
        if moved[number - 1] not in old:
            moved[number - 1] = lines[number]
    return "\n".join([head, *(lines[1:] if _stays(lines, moved, base, old) else moved)])


def _moved(line: str, own: str, base: str) -> str:
    return base + line[len(own) :] if line.strip() and line.startswith(own) else line


def _stays(lines: list[str], moved: list[str], base: str, old: Collection[str]) -> bool:
    """Whether only the first line came without the indentation of the place."""
    here, there = (sum(bool(line.strip()) and line in old for line in given) for given in (lines[1:], moved))
    if here != there:
        return here > there
    return not indent_of(lines[0]) and bool(_CLOSING.match(lines[-1])) and indent_of(lines[-1]) == base != ""


def fragment(text: str, language: str) -> SyntaxTree | None:
    """The tree of a piece of a file; None if its language has no grammar."""
    opening = rules_of(language).opening
    return parse(Document.of(text if text.lstrip().startswith(opening) else f"{opening} {text}", language=language))


def _inside_strings(text: str, language: str) -> set[int]:
    """The lines, from 0, that begin inside a string literal. Docstrings are text to be laid out, and do not count."""
    tree, docstrings = fragment(text, language), rules_of(language).docstrings
    found: set[int] = set()
    nodes: list[tree_sitter.Node] = [tree.root] if tree else []
    while nodes:
        node = nodes.pop()
        first, last = node.start_point[0], node.end_point[0]
        if first == last:
            continue
        if _STRING.search(node.type) and not _STRINGS.search(node.type):
            if node.parent is None or node.parent.type not in docstrings:
                found.update(range(first + 1, last + 1))
        else:
            nodes += node.children
    return found
