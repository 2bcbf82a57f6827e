"""`escalation sensitivity`: how security-sensitive files and functions are, and by what evidence."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from escalation.cli.named import named

if TYPE_CHECKING:
    from escalation.analysis.sensitivity import Sensitivity
    from escalation.text.document import Document

_TOLD_FROM = 0.25  # score of a function from which on its evidence is told


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "sensitivity",
        help="how security-sensitive files and functions are",
        description="Scores files and functions from 0 to 1; from 0.5 on code is judged security-sensitive.",
    )
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="files, or folders with all the code and configuration in them"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    line: int
    end_line: int
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    sensitivity: Sensitivity
    functions: tuple[_Function, ...]


def run(options: argparse.Namespace) -> int:
    files: list[_File] = []
    problems: list[tuple[str, str]] = []
    for root, path, shown, _ in named(options.paths, _source_files):
        found = _judged(root, path, shown)
        if isinstance(found, _File):
            files.append(found)
        else:
            problems.append((shown, found))
    if options.format == "json":
        _write_json(files, problems)
    else:
        _write_text(files, problems)
    return 0


def _source_files(root: str) -> Iterator[str]:
    """Code and configuration; prose is not judged unless it is named."""
    from escalation.repository.walk import walk
    from escalation.syntax.language import language_of_path

    for path in walk(root):
        language = language_of_path(path)
        if language is not None and language.kind != "prose":
            yield path


def _judged(root: str, path: str, shown: str) -> _File | str:
    """The judgement of a file, or the problem with it."""
    from escalation.analysis.sensitivity import plain_sensitivity
    from escalation.repository.files import read_document

    reading = read_document(root, path)
    if reading.document is None:
        return reading.problem or "cannot be read"
    judged = _of_tree(reading.document, shown)
    return judged or _File(shown, plain_sensitivity(reading.document, shown), ())


def _of_tree(document: Document, path: str) -> _File | None:
    """The judgement of a file and its functions; None if its language has no grammar."""
    from escalation.analysis.complexity import measure
    from escalation.analysis.sensitivity import file_sensitivity, span_sensitivities
    from escalation.syntax.tree import parse

    tree = parse(document)
    if tree is None:
        return None
    functions = measure(tree).functions
    spans = span_sensitivities(tree, path, ((function.start, function.end) for function in functions))
    return _File(
        path,
        file_sensitivity(tree, path),
        tuple(
            _Function(function.name, function.line, function.end_line, sensitivity)
            for function, sensitivity in zip(functions, spans, strict=True)
        ),
    )


def _write_json(files: list[_File], problems: list[tuple[str, str]]) -> None:
    import msgspec

    document = {
        "files": [{"path": file.path, **_record(file.sensitivity)} for file in files],
        "functions": [
            {
                "path": file.path,
                "name": function.name,
                "line": function.line,
                "end_line": function.end_line,
                **_record(function.sensitivity, told=function.sensitivity.score >= _TOLD_FROM),
            }
            for file in files
            for function in file.functions
        ],
        "errors": [{"path": path, "message": problem} for path, problem in problems],
    }
    print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def _record(sensitivity: Sensitivity, *, told: bool = True) -> dict[str, object]:
    evidence = [asdict(item) for item in sensitivity.evidence] if told else []
    for item in evidence:
        del item["symbol"]
    return {"score": sensitivity.score, "categories": list(sensitivity.categories), "evidence": evidence}


def _write_text(files: list[_File], problems: list[tuple[str, str]]) -> None:
    from escalation.analysis.sensitivity import SENSITIVE

    sensitive = [file for file in files if _peak(file) >= SENSITIVE]
    for file in sorted(sensitive, key=lambda file: (-file.sensitivity.score, file.path)):
        categories = ", ".join(file.sensitivity.categories)
        print(f"{file.sensitivity.score:.2f}  {file.path}  {categories}".rstrip())
        for evidence in file.sensitivity.evidence:
            print(f"        {file.path}:{evidence.start_line}  {evidence.what}")
        for function in file.functions:
            if function.sensitivity.score >= SENSITIVE:
                print(f"  {function.sensitivity.score:.2f}  {file.path}:{function.line}  {function.name}")
    for path, problem in problems:
        print(f"   -  {path} {problem}")
    verb, has = ("is", "has") if len(sensitive) == 1 else ("are", "have")
    print(f"{len(sensitive)} of {len(files)} files {verb} security-sensitive or {has} a function that is")


def _peak(file: _File) -> float:
    return max(file.sensitivity.score, *(function.sensitivity.score for function in file.functions), 0.0)
