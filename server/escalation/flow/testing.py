"""Testing: the test file of a module, found by the habits of its language and its repository, or begun where those
habits want it. What is begun has the import and no test: nothing passes that tests nothing."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from posixpath import dirname, join, splitext

from escalation.analysis.roles import role_of
from escalation.flow.entities import named
from escalation.flow.importing import with_import
from escalation.flow.layout import line_end
from escalation.flow.outcome import Applied, Outcome, Refusal
from escalation.flow.paths import checked, collides
from escalation.flow.skeleton import skeleton
from escalation.flow.spelling import Unspelled, spelled
from escalation.flow.wanted import wanted
from escalation.syntax.language import language_of_path, languages
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

_SHOWN = 12
_FOLDERS = frozenset({"test", "tests", "spec", "specs", "__tests__", "testing", "t", "unittests"})
# What neither names a module nor its test.
_PLAIN = _FOLDERS | {"unit", "integration", "src", "main", "java", "kotlin", "lib", "app"}


@dataclass(frozen=True, slots=True)
class _Habit:
    """A row of the table."""

    names: tuple[str, ...]
    folder: str
    drop: str = ""


@cache
def _habits() -> Mapping[str, _Habit]:
    table = tomllib.loads(files("escalation.flow").joinpath("data/tests.toml").read_text("utf-8"))
    return {family: _Habit(tuple(row["names"]), row["folder"], row.get("drop", "")) for family, row in table.items()}


def with_tests(snapshot: Snapshot, path: str, to: str, known: Iterable[str]) -> Outcome:
    """The test file of the module `path`: named if there is one among the `known` files, created if there is none, at
    `to` if that is not empty."""
    language = language_of_path(path) or languages().get(snapshot[path].language)
    habit = _habits().get(language.family) if language else None
    if habit is None or language is None:
        return Refusal(f"{path} is of a kind that has no tests of its own.", path, reason="type")
    if role_of(path) == "test":
        return Refusal(f"{path} is a test itself; name the module.", path, reason="type")
    there = sorted(known)
    if to:
        return _at(snapshot, path, to, there)
    if found := _found(path, habit, there):
        return Applied(snapshot, f"The tests of {path} are in {found}.{_outline(snapshot, found)}")
    if language.id == "rust" and (answer := _inline(snapshot[path], path, there)):
        return answer if isinstance(answer, Refusal) else Applied(snapshot, f"{path} {answer}")
    return _created(snapshot, path, _place(path, habit, there), there)


def _outline(snapshot: Snapshot, path: str) -> str:
    names = list(named(snapshot[path])) if path in snapshot else []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f" It has {', '.join(names[:_SHOWN])}{more}." if names else ""


def _inline(document: Document, path: str, known: list[str]) -> str | Refusal | None:
    """Rust keeps tests in the file; None where a folder of tests has others already."""
    if re.search(rb"#\[cfg\(test\)\]", document.data):
        return "has its tests itself, in the module under `#[cfg(test)]`."
    if any(other.endswith(".rs") and "tests" in other.split("/")[:-1] for other in known):
        return None
    return Refusal(
        "Rust keeps the tests of a module in its file: add `#[cfg(test)] mod tests { use super::*; }` with "
        "mutate_entity, or send `to` for a test of the crate from outside, such as `tests/name.rs`.",
        path,
        reason="type",
    )


# ---- finding


def _names(path: str, habit: _Habit) -> list[str]:
    stem, ending = _stem(path)
    endings = [ending, *_ALSO.get(ending, ())]
    return [name.format(stem=stem, ending=other) for other in endings for name in habit.names]


_ALSO = {
    ".ts": (".tsx", ".js"),
    ".tsx": (".ts", ".jsx", ".js"),
    ".js": (".jsx", ".ts", ".mjs", ".cjs"),
    ".jsx": (".js", ".tsx"),
    ".mjs": (".js", ".ts"),
    ".c": (".cpp", ".cc"),
    ".h": (".c", ".cpp", ".cc"),
    ".hpp": (".cpp", ".cc"),
    ".cc": (".cpp",),
    ".java": (".kt", ".groovy"),
    ".kt": (".java",),
}


def _stem(path: str) -> tuple[str, str]:
    """The name that a test bears; that of the folder for a file that stands for it."""
    stem, ending = splitext(path.rpartition("/")[2])
    folder = dirname(path).rpartition("/")[2]
    return (folder if stem in ("__init__", "index", "mod") and folder else stem), ending


def _found(path: str, habit: _Habit, known: list[str]) -> str | None:
    """The file that bears the name of a test of `path` in a folder that could be that of its tests; the most similar
    folder of several."""
    names = frozenset(_names(path, habit))
    own = _parts(path)
    candidates = [
        other
        for other in known
        if other != path and _is_name(other, names, path) and _within(_parts(other), own) and _test(other, path)
    ]
    return min(candidates, key=lambda other: (-len(_parts(other)), -_shared(other, path), other), default=None)


def _is_name(other: str, names: frozenset[str], path: str) -> bool:
    folder, _, name = other.rpartition("/")
    same = name == path.rpartition("/")[2]
    return name in names or (same and folder.rpartition("/")[2] == "__tests__")


def _test(other: str, path: str) -> bool:
    """A Rust test has no name of its own, only a folder; a Go test is beside its file."""
    if path.endswith(".go"):
        return dirname(other) == dirname(path)
    return not path.endswith(".rs") or "tests" in other.split("/")[:-1]


def _parts(path: str) -> list[str]:
    """The folders of a path that say what a file is about: `Shop.Tests` is about `Shop`."""
    folders = (re.sub(r"\.?(Unit|Integration)?Tests?$", "", part) for part in path.split("/")[:-1])
    return [part for part in folders if part and part.lower() not in _PLAIN]


def _within(few: list[str], many: list[str]) -> bool:
    """Whether all of `few` are among `many`, in their order."""
    rest = iter(many)
    return all(part in rest for part in few)


def _shared(one: str, other: str) -> int:
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return next((count for count, (left, right) in enumerate(pairs) if left != right), 100)


# ---- where a new one goes


@dataclass(frozen=True, slots=True)
class _Example:
    """A test that is there: the pattern of its name, the file it tests, where known, and its folder of tests (empty
    if it stands beside the file)."""

    path: str
    pattern: str
    module: str | None
    root: str


def _place(path: str, habit: _Habit, known: list[str]) -> str:
    stem, ending = _stem(path)
    examples = [example for other in known if (example := _example(other, path, habit, known))]
    if path.endswith(".h"):
        ending = next((splitext(example.path)[1] for example in examples), ".c")
    pattern = _most(example.pattern for example in examples) or habit.names[0]
    if habit.folder == "test" and not examples and any(other.startswith("spec/") for other in known):
        pattern, habit = "{stem}_spec{ending}", _Habit(habit.names, "spec", habit.drop)
    name = pattern.format(stem=stem, ending=ending)
    if not habit.folder and not any(example.root for example in examples):
        return join(dirname(path), name)
    if not examples:
        return join(*_unexampled(path, habit), name)
    near = max(examples, key=lambda example: _shared(example.path, path) if example.module else 0)
    beside = sum(not example.root for example in examples) * 2 > len(examples)
    if beside:
        return join(dirname(path), name)
    if near.root.endswith("__tests__"):
        return join(dirname(path), "__tests__", name)
    roots = Counter(example.root for example in examples if example.root)
    root = max(roots, key=lambda folder: (_shared(f"{folder}/", path), roots[folder], folder))
    return join(root, _mirrored(path, root, [example for example in examples if example.root == root], habit), name)


def _most(values: Iterable[str]) -> str | None:
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else None


def _unexampled(path: str, habit: _Habit) -> tuple[str, ...]:
    """The folder of the first test of a repository."""
    folder = dirname(path)
    if habit.drop and f"/{habit.drop}/" in f"/{folder}/":
        head, _, rest = f"/{folder}/".partition(f"/{habit.drop}/")
        return (head.strip("/"), habit.folder, rest.strip("/"))
    return (habit.folder,) if not habit.drop.startswith("src/main") else (folder,)


def _example(other: str, path: str, habit: _Habit, known: list[str]) -> _Example | None:
    ending = splitext(other)[1]
    own = splitext(path)[1]
    if ending != own and ending not in _ALSO.get(own, ()):
        return None
    folder, _, name = other.rpartition("/")
    for pattern in habit.names:
        head, _, tail = pattern.format(stem="\0", ending=ending).partition("\0")
        stem = name.removeprefix(head).removesuffix(tail)
        if not stem or name != head + stem + tail or (not (head or tail != ending) and not _root(folder)):
            continue
        wanted_parts = _parts(other)
        module = next((m for m in known if _stands_for(m, stem, ending) and _within(wanted_parts, _parts(m))), None)
        if head or tail != ending or _root(folder):
            return _Example(other, pattern, module, _root(folder))
    return None


def _stands_for(path: str, stem: str, ending: str) -> bool:
    name = path.rpartition("/")[2]
    return name == stem + ending and role_of(path) != "test"


def _root(folder: str) -> str:
    """The folder of tests that a folder is in, or is; empty if it is in none."""
    parts = folder.split("/")
    for index, part in enumerate(parts):
        if part.lower() in _FOLDERS or re.search(r"\.(Unit|Integration)?Tests?$", part):
            deeper = ("java", "kotlin") if part == "test" else ()
            end = index + 2 if parts[index + 1 : index + 2] and parts[index + 1] in deeper else index + 1
            return "/".join(parts[:end])
    return ""


def _mirrored(path: str, root: str, examples: list[_Example], habit: _Habit) -> str:
    """The folders below a folder of tests that mirror those of a module, as the tests that are there do it."""
    folder = dirname(path)
    for prefix in sorted(_prefixes(root, examples), key=len, reverse=True):
        if folder == prefix or folder.startswith(f"{prefix}/") or not prefix:
            return folder[len(prefix) :].strip("/")
    if any(dirname(example.path) != root for example in examples) and habit.drop:
        rest = f"/{folder}/".partition(f"/{habit.drop}/")[2]
        return rest.strip("/")
    return ""


def _prefixes(root: str, examples: list[_Example]) -> Iterator[str]:
    """What the tests leave out of the folders of their modules, where they mirror the rest."""
    for example in examples:
        below = dirname(example.path)[len(root) :].strip("/")
        if example.module is not None and below and dirname(example.module).endswith(below):
            yield dirname(example.module)[: -len(below)].strip("/")


# ---- beginning one


def _at(snapshot: Snapshot, path: str, to: str, known: list[str]) -> Outcome:
    place = checked(to)
    if isinstance(place, Refusal):
        return Refusal(f"`to`: {place.message}", path, reason="path")
    if place in known:
        return Applied(snapshot, f"{place} is there.{_outline(snapshot, place)}")
    own, other = languages().get(snapshot[path].language), language_of_path(place)
    if own is None or other is None or other.family not in (own.family, "cpp" if own.family == "c" else own.family):
        return Refusal(f"`to` must be a file in the language of {path}.", path)
    return _created(snapshot, path, place, known)


def _created(snapshot: Snapshot, path: str, place: str, known: list[str]) -> Outcome:
    valid = checked(place)
    if isinstance(valid, Refusal):
        return Refusal(f"No test file can be named after {path}; send `to`.", path)
    if met := collides(valid, known):
        return Refusal(f"{valid} would meet {met}; send another path as `to`.", path, reason="exists")
    document = _begun(snapshot, path, valid, known)
    after = snapshot.with_document(valid, document)
    changed = [valid]
    package = join(dirname(valid), "__init__.py")
    if valid.endswith(".py") and package not in known and join(_root(dirname(valid)), "__init__.py") in known:
        after = after.with_document(package, Document(package, "python", b""))
        changed.append(package)
    shown = document.text.strip()
    return Applied(after, f"Created {valid} for the tests of {path}. It has no test yet:\n{shown}", tuple(changed))


def _begun(snapshot: Snapshot, path: str, place: str, known: list[str]) -> Document:
    """The new file: what every file of its kind starts with, and the import of the module."""
    module = snapshot[path]
    language = language_of_path(place)
    document = Document.of(
        skeleton(snapshot, path, place, known), uri=place, language=language.id if language else module.language
    )
    target, name = _imported(path, module, known)
    try:
        ways = spelled(place, target, name, snapshot.with_document(place, document), (*known, place))
        import_ = next((found for way in ways if (found := wanted(document, *way))), None)
    except Unspelled:
        import_ = None
    if import_ is not None:
        document = with_import(document, import_)
    end = line_end(module.data)
    text = document.text if end == "\n" else document.text.replace("\n", end)
    return Document.of(text, uri=place, language=document.language)


def _imported(path: str, module: Document, known: list[str]) -> tuple[str, str]:
    """What a test imports: the header of a C file, a JavaScript module under a name."""
    family = languages()[module.language].family
    if family in ("c", "cpp"):
        stem = splitext(path)[0]
        headers = (stem + ending for ending in (".h", ".hpp", ".hh", ".hxx"))
        return next((header for header in headers if header in known), path), ""
    if family in ("javascript", "typescript"):
        words = [word for word in re.split(r"\W+", _stem(path)[0]) if word]
        name = "".join([word if i == 0 else word[:1].upper() + word[1:] for i, word in enumerate(words)])
        return path, f"* as {name}" if re.match(r"[^\W\d]", name) else ""
    return path, ""
