"""`escalation metrics`: the complexity of every function."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from escalation.cli.named import Named, named

if TYPE_CHECKING:
    from escalation.repository.cache import Cache
    from escalation.repository.survey import Figures, Found, Row

_WORST = 20  # functions in the text output
_QUIET_SECONDS = 1.0  # before the progress is shown
_CACHE_FILE = "metrics.sqlite"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "metrics",
        help="complexity of every function",
        description="Cyclomatic and cognitive complexity, nesting, length and parameters of every function.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders with all the code in them")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "-j", "--jobs", type=_count, metavar="N", help="processes (default: one, or all for many files)"
    )
    parser.add_argument("--no-cache", action="store_true", help="measure everything anew, and keep nothing")
    parser.add_argument("--radon", action="store_true", help="a row for each class as well, as radon has it")
    parser.add_argument(
        "--maintainability", action="store_true", help="index and Halstead volume of Python files (slow; needs radon)"
    )
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes")
    return int(text)


def run(options: argparse.Namespace) -> int:
    files = list(named(options.paths, _code_below))
    found = _survey(files, options)
    if options.format == "json":
        _write_json(files, found, told=options.maintainability)
    else:
        _write_text(files, found)
    return 0


def _code_below(root: str) -> Iterator[str]:
    """The files whose names say that their functions can be measured; hidden ones are left out."""
    from escalation.repository.survey import measurable
    from escalation.repository.walk import walk

    known: dict[str, bool] = {}
    for path in walk(root):
        name = path.rpartition("/")[2]
        _, dot, suffix = name.rpartition(".")
        kind = suffix if dot else name
        if kind not in known:
            known[kind] = measurable(name) is not None
        if known[kind] and name[0] != ".":
            yield path


def _survey(files: Sequence[Named], options: argparse.Namespace) -> list[Found]:
    """What is found in each file, in the order of `files`."""
    from escalation.analysis.maintainability import radon_version
    from escalation.repository.survey import Place, Wanted, survey

    if options.maintainability and radon_version() is None:
        print("escalation: no maintainability without radon: pip install 'opus-escalation[radon]'", file=sys.stderr)
    places = [Place(file.root, file.path) for file in files]
    wanted = Wanted(options.radon, options.maintainability)
    with _cache(options) as kept:
        found = list(_shown(survey(places, wanted, kept, options.jobs), len(files)))
    return sorted(found, key=lambda each: each.number)


@contextmanager
def _cache(options: argparse.Namespace) -> Iterator[Cache | None]:
    from escalation.repository.cache import Cache
    from escalation.settings.home import home

    if options.no_cache:
        yield None
    else:
        with Cache(home() / _CACHE_FILE) as kept:
            yield kept


def _shown(found: Iterable[Found], total: int) -> Iterator[Found]:
    """The same, with a bar on the terminal once it takes a while."""
    if not sys.stderr.isatty():
        yield from found
        return
    with ExitStack() as open_bar:
        advance: Callable[[], object] | None = None
        began = time.monotonic()
        for done, each in enumerate(found):
            if advance is not None:
                advance()
            elif time.monotonic() - began > _QUIET_SECONDS:
                advance = open_bar.enter_context(_bar(done, total))
            yield each


@contextmanager
def _bar(done: int, total: int) -> Iterator[Callable[[], object]]:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Measuring", total=total, completed=done)
        yield lambda: progress.advance(task)


# ---- JSON


def _write_json(files: Sequence[Named], found: Sequence[Found], *, told: bool) -> None:
    """One line per row: for people with `less` and programs with `jq --stream` alike."""
    import msgspec

    from escalation.repository.survey import PATH

    encode = msgspec.json.Encoder().encode
    rows: list[bytes] = []
    records: list[dict[str, object]] = []
    errors: list[dict[str, str]] = []
    for file, each in zip(files, found, strict=True):
        if each.figures is None:
            errors.append({"path": file.shown, "message": each.problem})
        else:
            rows.append(each.figures.rows.replace(PATH, encode(file.shown)))
            records.append(_record(file.shown, each.language, each.figures, told=told))
    _write(b'{"functions":[\n', b"".join(rows)[:-2])
    _write(b'\n],"files":[\n', b",\n".join(map(encode, records)))
    _write(b'\n],"errors":[\n', b",\n".join(map(encode, errors)), b"\n]}\n")


def _record(path: str, language: str, figures: Figures, *, told: bool) -> dict[str, object]:
    record: dict[str, object] = {
        "path": path,
        "language": language,
        "lines": figures.lines,
        "functions": figures.functions,
    }
    if told:
        upkeep = figures.maintainability
        record["maintainability_index"] = upkeep.maintainability_index if upkeep else None
        record["halstead_volume"] = upkeep.halstead_volume if upkeep else None
    if figures.note:
        record["note"] = figures.note
    return record


def _write(*parts: bytes) -> None:
    """Past the text layer: it would decode and encode megabytes again."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(b"".join(parts).decode())
    else:
        sys.stdout.flush()
        binary.writelines(parts)
        binary.flush()


# ---- text


def _write_text(files: Sequence[Named], found: Sequence[Found]) -> None:
    rows = [
        (file.shown, row)
        for file, each in zip(files, found, strict=True)
        if each.figures
        for row in _rows(each.figures)
    ]
    for line in _table(sorted(rows, key=_badness)[:_WORST]):
        print(line)
    for file, each in zip(files, found, strict=True):
        if each.figures is None:
            print(f"   -  {file.shown} {each.problem}")
        elif each.figures.note:
            print(f"   -  {file.shown} {each.figures.note}")
    print(_totals([row for _, row in rows], sum(each.figures is not None for each in found)))


def _rows(figures: Figures) -> list[Row]:
    import msgspec

    from escalation.repository.survey import PATH, Row

    return msgspec.json.decode(b"[" + figures.rows.replace(PATH, b"null")[:-2] + b"]", type=list[Row])


def _badness(item: tuple[str, Row]) -> tuple[int, int, str, int]:
    path, row = item
    return -row.cognitive, -row.cyclomatic, path, row.line


def _table(rows: Sequence[tuple[str, Row]]) -> Iterator[str]:
    if not rows:
        return
    yield "cognitive  cyclomatic  nesting  lines  parameters"
    for path, row in rows:
        figures = f"{row.cognitive:9}  {row.cyclomatic:10}  {row.nesting:7}  {row.length:5}  {row.parameters:10}"
        yield f"{figures}  {path}:{row.line}  {row.name}"


def _totals(rows: Sequence[Row], files: int) -> str:
    functions = [row for row in rows if row.kind != "class"]
    counts = f"{_counted(len(functions), 'function')} in {_counted(files, 'file')}"
    if not functions:
        return counts
    cyclomatic = sum(row.cyclomatic for row in functions) / len(functions)
    cognitive = sum(row.cognitive for row in functions) / len(functions)
    more = f"; the {_WORST} worst are shown" if len(rows) > _WORST else ""
    return f"{counts}; on average cyclomatic {cyclomatic:.1f}, cognitive {cognitive:.1f}{more}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
