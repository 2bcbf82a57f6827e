"""Survey: the figures of the functions in many files, from the cache where it has them, else measured, on several
processes if there is much to do.

The rows of a file are ready-made JSON, so that a warm run encodes nothing; they hold no path, for which `PATH` stands,
because the same content has the same rows wherever it lies.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import NamedTuple

import msgspec

from escalation.analysis.complexity import ClassMetrics, FunctionMetrics, measure, measure_classes
from escalation.analysis.maintainability import Maintainability, maintainability, radon_version
from escalation.repository.cache import Cache
from escalation.repository.files import decode, read_data
from escalation.syntax.language import Language, language_of_path, languages, query_text
from escalation.syntax.tree import parse

PATH = b"\0"
"""Stands for the path in a row; no JSON has this byte."""
MANY_FILES = 200
"""From so many files to measure on, another process is worth its start."""
_QUERIES = ("outline", "complexity")
# Everything that decides what the figures of a text are; changes of it make all kept figures void.
_ENGINE = (
    ("escalation.analysis", ("complexity.py", "maintainability.py")),
    ("escalation.syntax", ("languages.toml", "events.py", "symbols.py", "tree.py")),
    ("escalation.text", ("document.py", "lines.py")),
    ("escalation.repository", ("files.py", "survey.py")),
)
_CHUNK_BYTES, _CHUNK_FILES = 200_000, 64
_KEPT_AT_ONCE = 1_000
_COLLECTED_AT = 200_000  # objects

_log = logging.getLogger(__name__)


class Place(NamedTuple):
    """A file: `path` below `root`."""

    root: str
    path: str

    @property
    def absolute(self) -> str:
        return os.path.join(self.root, self.path)


class Wanted(NamedTuple):
    """What to find out beside the functions: a row for each class, the maintainability of each file (slow)."""

    classes: bool = False
    maintainability: bool = False


class Figures(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one file. `rows` are `functions` (and classes, if wanted) in the order of the text, one line of
    JSON each that ends in a comma; `note` is a reservation ("was read as Latin-1")."""

    lines: int
    functions: int
    rows: bytes
    note: str | None = None
    maintainability: Maintainability | None = None


class Row(msgspec.Struct, frozen=True):
    """A function or a class, as JSON has it. Lines count from 1, `line` is that of the definition. For a class,
    `cyclomatic` is what radon shows and `nesting`, `cognitive` and `parameters` are 0."""

    path: msgspec.Raw
    name: str
    line: int
    end_line: int
    kind: str
    cyclomatic: int
    cognitive: int
    nesting: int
    length: int
    parameters: int


class Found(NamedTuple):
    """What came of the file with this `number`: `figures`, else a `problem` in words that go on from its name."""

    number: int
    language: str
    figures: Figures | None
    problem: str = ""


class _Measured(NamedTuple):
    key: bytes
    found: Found


def measurable(path: str, head: bytes = b"") -> Language | None:
    """The language of a file, if its functions can be measured."""
    language = language_of_path(path, head)
    return language if language is not None and _has_rules(language.id) else None


def processes_for(count: int) -> int:
    """How many processes are worth it to measure `count` files."""
    if count <= MANY_FILES:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def survey(
    places: Sequence[Place], wanted: Wanted, kept: Cache | None = None, processes: int | None = None
) -> Iterator[Found]:
    """What is found in each file, in no particular order. Effect: keeps it in the cache."""
    if kept is None:
        yield from _without_key(_all_measured(list(enumerate(places)), wanted, processes))
        return
    missing: list[int] = []
    for start in range(0, len(places), _KEPT_AT_ONCE):
        for number, found in _looked_up(places, range(start, min(start + _KEPT_AT_ONCE, len(places))), wanted, kept):
            if found is None:
                missing.append(number)
            else:
                yield found
    measured = _all_measured([(number, places[number]) for number in missing], wanted, processes)
    yield from _without_key(_keeping(measured, kept))


def _without_key(measured: Iterator[_Measured]) -> Iterator[Found]:
    return (each.found for each in measured)


def _looked_up(
    places: Sequence[Place], numbers: range, wanted: Wanted, kept: Cache
) -> Iterator[tuple[int, Found | None]]:
    """What the cache has of these files; None where it must be measured."""
    keys: dict[int, tuple[bytes, str]] = {}
    for number in numbers:
        data = read_data(places[number].absolute)
        language = measurable(places[number].path, data[:200]) if isinstance(data, bytes) else None
        if language is None or isinstance(data, str):
            yield number, None
        else:
            keys[number] = _key(data, language.id, wanted), language.id
    values = kept.get([key for key, _ in keys.values()])
    for number, (key, language_id) in keys.items():
        figures = _figures(values.get(key))
        yield number, Found(number, language_id, figures) if figures else None


def _figures(value: bytes | None) -> Figures | None:
    try:
        return None if value is None else _decoder.decode(value)
    except msgspec.MsgspecError as error:
        _log.warning("a kept value is void: %s", error)
        return None


def _keeping(measured: Iterator[_Measured], kept: Cache) -> Iterator[_Measured]:
    fresh: dict[bytes, bytes] = {}
    try:
        for each in measured:
            if each.found.figures is not None:
                fresh[each.key] = _encoder.encode(each.found.figures)
            if len(fresh) >= _KEPT_AT_ONCE:
                kept.put(fresh)
                fresh = {}
            yield each
    finally:  # also when the user does not wait for the end
        if fresh:
            kept.put(fresh)


# ---- measuring


def _all_measured(places: Sequence[tuple[int, Place]], wanted: Wanted, processes: int | None) -> Iterator[_Measured]:
    """Each file measured, here or on other processes; the largest begin."""
    sizes = {number: _size(place) for number, place in places}
    chunks = _chunks(sorted(places, key=lambda item: -sizes[item[0]]), sizes)
    count = min(processes_for(len(places)) if processes is None else processes, len(chunks))
    if count > 1:
        yield from _spread(chunks, wanted, count)
        return
    with _rare_collection():
        for number, place in (item for chunk in chunks for item in chunk):
            yield _measured(number, place, wanted)


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Little here is garbage that only a collection finds: looking for it at the usual rate costs a tenth."""
    usual = gc.get_threshold()
    gc.set_threshold(_COLLECTED_AT)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _chunks(places: Sequence[tuple[int, Place]], sizes: dict[int, int]) -> list[list[tuple[int, Place]]]:
    chunks: list[list[tuple[int, Place]]] = []
    filled = _CHUNK_BYTES
    for item in places:
        if filled >= _CHUNK_BYTES or len(chunks[-1]) == _CHUNK_FILES:
            chunks.append([])
            filled = 0
        chunks[-1].append(item)
        filled += sizes[item[0]]
    return chunks


def _spread(chunks: Sequence[list[tuple[int, Place]]], wanted: Wanted, processes: int) -> Iterator[_Measured]:
    """The chunks, on several processes. Files on which a process dies are measured again, each on a process of its own;
    one that dies again has a problem."""
    lost: list[tuple[int, Place]] = []
    with _pool(processes) as pool:
        waiting = {pool.submit(_measured_chunk, chunk, wanted): chunk for chunk in chunks}
        try:
            for future in as_completed(waiting):
                chunk = waiting.pop(future)
                answer = _answer(future)
                lost += chunk if answer is None else ()
                yield from answer or ()
        finally:
            pool.shutdown(cancel_futures=True)
    for number, place in lost:
        with _pool(1) as pool:
            answer = _answer(pool.submit(_measured_chunk, [(number, place)], wanted))
        yield from answer or [_Measured(b"", Found(number, "", None, "could not be measured: the process died"))]


def _answer(future: Future[list[_Measured]]) -> list[_Measured] | None:
    try:
        return future.result()
    except BrokenProcessPool:
        return None


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, initializer=_begin)


def _begin() -> None:
    """The start of a process: an interrupt is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_COLLECTED_AT)
    gc.freeze()


def _measured_chunk(chunk: Sequence[tuple[int, Place]], wanted: Wanted) -> list[_Measured]:
    return [_measured(number, place, wanted) for number, place in chunk]


def _measured(number: int, place: Place, wanted: Wanted) -> _Measured:
    data = read_data(place.absolute)
    if isinstance(data, str):
        return _Measured(b"", Found(number, "", None, data))
    language = measurable(place.path, data[:200])
    if language is None:
        return _Measured(b"", Found(number, "", None, "is in no language whose functions can be measured"))
    figures = _figures_of(data, place.path, wanted)
    if isinstance(figures, str):
        return _Measured(b"", Found(number, language.id, None, figures))
    return _Measured(_key(data, language.id, wanted), Found(number, language.id, figures))


def _figures_of(data: bytes, path: str, wanted: Wanted) -> Figures | str:
    """The figures of a content, or the problem with it."""
    reading = decode(data, path)
    document = reading.document
    if document is None:
        return reading.problem or "cannot be read"
    tree = parse(document)
    if tree is None:
        return "is in no language whose functions can be measured"
    classes: tuple[ClassMetrics, ...] = ()
    if wanted.classes:
        measures, classes = measure_classes(tree)
    else:
        measures = measure(tree)
    functions = measures.functions
    upkeep = maintainability(document.text) if wanted.maintainability and document.language == "python" else None
    lines = document.line_at(len(document.data) - 1) + 1 if document.data else 0
    return Figures(lines, len(functions), _rows(functions, classes), reading.note, upkeep)


def _rows(functions: Sequence[FunctionMetrics], classes: Sequence[ClassMetrics]) -> bytes:
    rows = [_row(function) for function in functions]
    if classes:
        places = [(function.start, -function.end) for function in functions]
        places += [(found.start, -found.end) for found in classes]
        rows += [_class_row(found) for found in classes]
        rows = [rows[index] for index in sorted(range(len(rows)), key=places.__getitem__)]
    return _json.encode_lines(rows).replace(b"\n", b",\n")


def _row(function: FunctionMetrics) -> Row:
    return Row(
        _PATH,
        function.name,
        function.line,
        function.end_line,
        function.kind,
        function.cyclomatic,
        function.cognitive,
        function.nesting,
        function.length,
        function.parameters,
    )


def _class_row(found: ClassMetrics) -> Row:
    length = found.end_line - found.line + 1
    return Row(_PATH, found.name, found.line, found.end_line, "class", found.cyclomatic, 0, 0, length, 0)


def _size(place: Place) -> int:
    try:
        return os.lstat(place.absolute).st_size
    except OSError:
        return 0


_PATH = msgspec.Raw(PATH)
_json = msgspec.json.Encoder()
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Figures)


# ---- keys


def _key(data: bytes, language: str, wanted: Wanted) -> bytes:
    return blake2b(data, digest_size=20, key=_rules(language, wanted)).digest()


@cache
def _rules(language: str, wanted: Wanted) -> bytes:
    """A hash of all that decides, beside its content, what the figures of a file in this language are."""
    row = languages()[language]
    state = blake2b(digest_size=32)
    for package, names in _ENGINE:
        for name in names:
            state.update(files(package).joinpath(name).read_bytes())
    state.update(query_text(language, *_QUERIES).encode())
    distribution = (row.grammar or "").split(":")[0].replace("_", "-")
    versions = _version("tree-sitter"), _version(distribution), radon_version() if wanted.maintainability else None
    state.update(repr((language, wanted, versions)).encode())
    return state.digest()


@cache
def _has_rules(language: str) -> bool:
    row = languages()[language]
    return row.grammar is not None and bool(query_text(language, *_QUERIES))


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
