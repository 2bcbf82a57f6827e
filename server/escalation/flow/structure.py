"""Structure: which packages, modules, classes and schemas an edit brings into being."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from escalation.analysis.change import FileChange
from escalation.analysis.roles import role_of
from escalation.analysis.schema.changes import schema_evidence
from escalation.flow.entities import named, plain
from escalation.flow.outcome import Created
from escalation.syntax.language import Language, language_of_path
from escalation.text.document import Document


def created(path: str, before: Document | None, after: Document, known: Iterable[str]) -> tuple[Created, ...]:
    """What is new in the file at `path`; `known` are the paths there were. A class that takes the place of another one
    in the same edit is not new. Tests, prose, configuration and data are no structure."""
    new_file = () if before is not None else _of_file(path, after, known)
    if role_of(path) != "source":
        return new_file
    return (*new_file, *_classes(path, before, after))


def _of_file(path: str, document: Document, known: Iterable[str]) -> tuple[Created, ...]:
    role, language = role_of(path), language_of_path(path, document.data[:200])
    if role == "migration" or (role not in ("test", "docs") and _is_schema(path, document, language)):
        return (Created("schema", path),)
    if role != "source" or language is None or language.kind != "code":
        return ()
    return (Created("package" if _begins_package(path, language, known) else "module", path),)


def _is_schema(path: str, document: Document, language: Language | None) -> bool:
    """Whether a new file defines what is stored or exchanged, in a language made for that."""
    if language is not None and language.kind == "code" and language.id != "sql":
        return False
    if language is not None and language.id in ("proto", "graphql"):
        return True
    return bool(schema_evidence(FileChange(path, None, document)))


def _begins_package(path: str, language: Language, known: Iterable[str]) -> bool:
    pure = PurePosixPath(path)
    if pure.name == "__init__.py":
        return True
    return language.id == "go" and not any(
        other.endswith(".go") and PurePosixPath(other).parent == pure.parent for other in known
    )


def _classes(path: str, before: Document | None, after: Document) -> tuple[Created, ...]:
    old, new = (Counter(_class_names(document)) if document else Counter[str]() for document in (before, after))
    come, gone = new - old, (old - new).total()
    names = [name for name in dict.fromkeys(_class_names(after)) if come[name]]
    return tuple(Created("class", f"{path}::{name}") for name in names[gone:])


def _class_names(document: Document) -> list[str]:
    return [plain(name) for name, symbol in named(document).items() if symbol.kind == "class"]
