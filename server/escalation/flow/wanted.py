"""Wanted imports: what a caller names, as the statement that a file would write for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import tree_sitter

from escalation.flow.entities import tree_of
from escalation.flow.statements import Entry, Manner, Statement, manner, statements
from escalation.syntax.language import languages
from escalation.text.document import Document


@dataclass(frozen=True, slots=True)
class Wanted:
    """An import that is to be there, or not: the statement that has it alone, and what that brings in."""

    text: str
    kind: int
    entries: tuple[Entry, ...]

    @property
    def module(self) -> str:
        return self.entries[0].module

    @property
    def name(self) -> str:
        return self.entries[0].name


_UNFIT = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


def wanted(document: Document, module: str, name: str = "") -> Wanted | None:
    """The import of a module, or of a name from it, as a file writes it; both as the language spells them. `module`
    may be a whole statement. None for what is no import in the file's language."""
    rules = manner(document.language)
    if rules is None or _UNFIT.search(module + name):
        return None
    if not name and (whole := _alone(document.language, rules, _ended(module, rules))):
        return whole
    text = _text(document, rules, module, name)
    return _alone(document.language, rules, text) if text else None


def _ended(statement: str, rules: Manner) -> str:
    end = ";" if rules.statement.endswith(";") else ""
    return statement.strip().rstrip("; ") + end


def _alone(language: str, rules: Manner, text: str) -> Wanted | None:
    """A statement by itself: the text must be that and nothing more."""
    document = Document.of(f"{rules.alone}{text}\n", language=language)
    tree = tree_of(document)
    if tree is None or tree.root.has_error:
        return None
    found = statements(document)
    if len(found) != 1 or (_declaration(found[0].node).text or b"").rstrip() != text.encode("utf-8"):
        return None
    return Wanted(text, found[0].kind, found[0].entries)


def _declaration(node: tree_sitter.Node) -> tree_sitter.Node:
    """Go: what an import without parentheses is in."""
    around = node.parent
    return around if around is not None and around.type == "import_declaration" else node


# ---- how a statement is written


def _text(document: Document, rules: Manner, module: str, name: str) -> str | None:
    family = languages()[document.language].family
    if family == "python":
        return f"from {module} import {name}" if name else f"import {module}"
    if family in ("javascript", "typescript"):
        return _ecmascript(document, module.strip("'\"`"), name)
    if name and not rules.join:
        return None
    target = f"{module}{rules.join}{name}" if name else module
    spell = _TEXTS.get(family)
    return spell(document, target) if spell else rules.statement.format(module=target)


def _go(document: Document, target: str) -> str:
    alias, _, path = target.rpartition(" ")
    quoted = path if path.endswith(('"', "`")) else f'"{path}"'
    return f"import {alias} {quoted}" if alias else f"import {quoted}"


def _c(document: Document, target: str) -> str:
    return f"#include {target}" if target.startswith(("<", '"')) else f"#include <{target}>"


def _ruby(document: Document, target: str) -> str:
    target, quote = target.strip("'\""), _quote(document.data)
    if target.startswith("."):
        return f"require_relative {quote}{target.removeprefix('./')}{quote}"
    return f"require {quote}{target}{quote}"


def _bash(document: Document, target: str) -> str:
    first = document.data.partition(b"\n")[0].split()
    words = [document.data[statement.start :][:2] for statement in statements(document)]
    posix = bool(first) and first[0].startswith(b"#!") and first[-1].rpartition(b"/")[2] in (b"sh", b"dash")
    return f". {target}" if b". " in words or (posix and not words) else f"source {target}"


_TEXTS: Mapping[str, Callable[[Document, str], str]] = {"go": _go, "c": _c, "cpp": _c, "ruby": _ruby, "bash": _bash}


def _quote(data: bytes) -> str:
    return '"' if data.count(b'"') > data.count(b"'") else "'"


def _ecmascript(document: Document, module: str, name: str) -> str:
    found = statements(document)
    written = b"".join(document.data[s.start : s.end] for s in found)
    quote = _quote(written or document.data)
    end = ";" if _semicolons(document, found) else ""
    source = f"{quote}{module}{quote}"
    if _requires(document, found):
        if not name:
            return f"require({source}){end}"
        whole = re.fullmatch(r"(?:default|\*) as (.+)", name)
        bound = whole[1] if whole else f"{{ {name.replace(' as ', ': ')} }}"
        return f"const {bound} = require({source}){end}"
    if not name:
        return f"import {source}{end}"
    bound = name.removeprefix("default as ") if name.startswith(("default as ", "*")) else f"{{ {name} }}"
    return f"import {bound} from {source}{end}"


def _requires(document: Document, found: Sequence[Statement]) -> bool:
    """Whether a file is a CommonJS module."""
    if document.language != "javascript":
        return False
    if document.uri.endswith(".cjs"):
        return True
    return bool(found) and all(statement.kind for statement in found) and b"\nexport " not in document.data


def _semicolons(document: Document, found: Sequence[Statement]) -> bool:
    """Whether most statements end with one; a statement that ends with a brace tells nothing."""
    tree = tree_of(document)
    nodes = [statement.node for statement in found] or (tree.root.named_children if tree is not None else [])
    texts = [(node.text or b"").rstrip() for node in nodes if node.type.endswith(("_statement", "_declaration"))]
    ended = sum(text.endswith(b";") for text in texts)
    unended = sum(not text.endswith((b";", b"}")) for text in texts)
    return ended >= (unended if found else unended - 1)  # one statement alone, that is no import, is no habit
