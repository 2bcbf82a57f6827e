"""Spelling: how a file names another file of the workspace in an import, as its language and the file itself do it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import dirname, join, normpath, relpath, splitext

from escalation.analysis.modules import FileIndex, resolve
from escalation.analysis.packages import above
from escalation.flow.entities import tree_of
from escalation.flow.statements import text_of
from escalation.syntax.imports import Import, imports
from escalation.syntax.language import languages
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

Spelled = tuple[str, str]
"""A module and a name taken from it; the name is empty for the module as a whole."""


@dataclass(frozen=True, slots=True)
class Way:
    """From a file to another one. `found` are the imports that the file has, `index` knows the workspace."""

    path: str
    target: str
    name: str
    snapshot: Snapshot
    index: FileIndex
    found: tuple[Import, ...]


class Unspelled(Exception):  # noqa: N818 - the word is meant as it reads
    """There is no way to name the file, or no need to; the message says so as a sentence. `needless` tells which."""

    def __init__(self, message: str, *, needless: bool = False) -> None:
        super().__init__(message)
        self.needless = needless


def spelled(path: str, target: str, name: str, snapshot: Snapshot, known: Iterable[str]) -> tuple[Spelled, ...]:
    """The ways in which the file `path` of the snapshot may import `target`, or `name` from it; the best one first,
    that in which the file does it already before all. Raises Unspelled."""
    index = workspace(snapshot, known)
    tree = tree_of(snapshot[path])
    way = Way(path, target, name, snapshot, index, imports(tree) if tree is not None else ())
    ways = tuple(_SPELLERS[languages()[snapshot[path].language].family](way))
    there = tuple(_existing(way))
    if not ways and not there:
        raise Unspelled(f"There is no import that names {target} in {path}; send the module as the language spells it.")
    return tuple(dict.fromkeys((*there, *ways)))


def workspace(snapshot: Snapshot, known: Iterable[str]) -> FileIndex:
    """The files of the workspace with the names that the manifests in the snapshot give to their folders."""
    names = {name: dirname(path) for path in snapshot if (name := _unit(path, snapshot[path]))}
    return FileIndex(frozenset((*snapshot, *known)), names)


_UNIT = {
    "go.mod": re.compile(r"^module\s+\"?([^\s\"]+)", re.M),
    "Cargo.toml": re.compile(r"^\[package\][^\[]*?^name\s*=\s*[\"']([\w-]+)", re.M | re.S),
    "package.json": re.compile(r"^\s{0,4}\"name\"\s*:\s*\"([^\"]+)\"", re.M),
}


def _unit(path: str, document: Document) -> str | None:
    pattern = _UNIT.get(path.rpartition("/")[2])
    match = pattern.search(document.text) if pattern is not None else None
    return match[1] if match else None


def _existing(way: Way) -> Iterator[Spelled]:
    """How the file imports the target already, if it does."""
    if languages()[way.snapshot[way.path].language].family not in ("python", "javascript", "typescript"):
        return
    for item in way.found:
        if resolve(way.path, replace(item, names=()), way.index) == (way.target,):
            yield "." * item.relative + item.module, way.name


# ---- Python


def _python(way: Way) -> Iterator[Spelled]:
    stem = splitext(way.target)[0]
    parts = stem.removesuffix("/__init__").split("/")
    absolute = [".".join(parts[start:]) for start in _python_starts(parts, way)]
    dotted = _python_relative(parts, way)
    relative = [dotted] if dotted else []
    tops = {item.module.partition(".")[0] for item in way.found if not item.relative}
    absolute.sort(key=lambda module: module.partition(".")[0] not in tops)
    for module in [*relative, *absolute] if any(item.relative for item in way.found) else [*absolute, *relative]:
        parent, _, leaf = module.rpartition(".")
        within = (parent + "." if not parent.strip(".") and module.startswith(".") else parent, leaf)
        if way.name:
            yield module, way.name
        elif module.startswith("."):
            yield within
        else:
            yield module, ""
            if parent:
                yield within


def _python_starts(parts: list[str], way: Way) -> list[int]:
    """Where in the parts of a path its dotted name may start: behind a folder that is no package; usual ones first."""
    starts = []
    for start in range(len(parts)):
        root = "/".join(parts[:start])
        packaged = f"{root}/__init__.py".lstrip("/") in way.index.paths
        module = ".".join(parts[start:])
        named = all(part.isidentifier() for part in parts[start:])
        if not packaged and named and resolve(way.path, Import(module), way.index) == (way.target,):
            starts.append(start)
    beside = dirname(way.path).count("/") + 1 if dirname(way.path) else 0

    def unusual(start: int) -> tuple[bool, bool, int]:
        source = start > 0 and parts[start - 1] in ("src", "lib", "python")
        script = dirname(way.path) == "/".join(parts[:start]) and start == beside
        return (not source, not script, start)

    return sorted(starts, key=unusual)


def _python_relative(parts: list[str], way: Way) -> str | None:
    """The module with leading dots, between files of one package."""
    folders = dirname(way.path).split("/")
    shared = 0
    while shared < min(len(folders), len(parts) - 1) and folders[shared] == parts[shared]:
        shared += 1
    inner = "/".join(folders[:shared])
    if not shared or f"{inner}/__init__.py" not in way.index.paths:
        return None
    dots = len(folders) - shared + 1
    found = Import(".".join(parts[shared:]), relative=dots)
    return "." * dots + found.module if resolve(way.path, found, way.index) == (way.target,) else None


# ---- JavaScript and TypeScript

_JS_PLAIN = re.compile(r"(\.d)?\.(ts|tsx|js|jsx)$")
_JS_COMPILED = {".ts": ".js", ".tsx": ".js", ".mts": ".mjs", ".cts": ".cjs"}


def _ecmascript(way: Way) -> Iterator[Spelled]:
    module = _dotted(relpath(way.target, dirname(way.path) or "."))
    endings = {splitext(item.module)[1] for item in way.found if item.module.startswith(".")}
    if endings & {".ts", ".tsx"}:
        yield module, way.name
    elif ".js" in endings or ".mjs" in endings:
        stem, ending = splitext(module)
        yield stem + _JS_COMPILED.get(ending, ending), way.name
    else:
        stem = _JS_PLAIN.sub("", module)
        shorter = stem.removesuffix("/index")
        yield shorter if shorter not in (".", "..") else stem, way.name


def _dotted(path: str) -> str:
    return path if path.startswith(".") else f"./{path}"


# ---- Java, Kotlin, C#, PHP: what a file declares


def _declared(document: Document | None, types: tuple[str, ...]) -> str | None:
    """The package or namespace of a file."""
    tree = tree_of(document) if document is not None else None
    if tree is None:
        return None
    node = next((child for child in tree.root.named_children if child.type in types), None)
    if node is None:
        return ""
    named = node.child_by_field_name("name") or node.named_children[-1]
    return text_of(named).replace(" ", "")


_SOURCE_ROOT = re.compile(r"^(?:.*/)?(?:src/(?:\w+/)?(?:java|kotlin)|src|app|java|kotlin)/")


def _jvm(way: Way) -> Iterator[Spelled]:
    types = ("package_declaration", "package_header")
    package = _declared(way.snapshot.get(way.target), types)
    if package is None:
        package = dirname(_SOURCE_ROOT.sub("", way.target)).replace("/", ".")
    stem = splitext(way.target.rpartition("/")[2])[0]
    whole = f"{package}.{stem}".lstrip(".")
    kotlin = way.target.endswith((".kt", ".kts"))
    if package == (_declared(way.snapshot[way.path], types) or "") and (kotlin or way.name in ("", stem)):
        raise Unspelled(f"{way.path} is of the same package as {way.target} and needs no import.", needless=True)
    if not package:
        raise Unspelled(f"{way.target} is in no package, so that nothing outside of it can import it.")
    if way.name in ("", stem):
        yield whole, ""
    elif kotlin:
        yield f"{package}.{way.name}", ""
    else:
        yield f"{whole}.{way.name}", ""


def _csharp(way: Way) -> Iterator[Spelled]:
    types = ("namespace_declaration", "file_scoped_namespace_declaration")
    if way.target not in way.snapshot:
        raise Unspelled(f"{way.target} could not be read; send its namespace instead of its path.")
    namespace = _declared(way.snapshot[way.target], types)
    own = _declared(way.snapshot[way.path], types) or ""
    if not namespace or f"{own}.".startswith(f"{namespace}."):
        raise Unspelled(f"{way.path} sees the namespace of {way.target} and needs no import.", needless=True)
    yield namespace, ""


def _php(way: Way) -> Iterator[Spelled]:
    namespace = _declared(way.snapshot.get(way.target), ("namespace_definition",))
    if namespace and namespace == _declared(way.snapshot[way.path], ("namespace_definition",)):
        raise Unspelled(f"{way.path} is of the same namespace as {way.target} and needs no import.", needless=True)
    if namespace:
        yield f"{namespace}\\{way.name or splitext(way.target.rpartition('/')[2])[0]}", ""
    else:
        yield f"require_once __DIR__ . '/{relpath(way.target, dirname(way.path) or '.')}'", ""


# ---- Go, Rust


def _go(way: Way) -> Iterator[Spelled]:
    folder = dirname(way.target)
    if folder == dirname(way.path):
        raise Unspelled(f"{way.path} is of the same package as {way.target} and needs no import.", needless=True)
    for outer in (folder, *above(folder)) if folder else ("",):
        names = [name for name, place in way.index.names.items() if place == outer]
        if names and join(outer, "go.mod") in way.snapshot:
            yield f"{names[0]}/{folder[len(outer) :].strip('/')}".rstrip("/"), ""
            return
    raise Unspelled(f"No go.mod above {way.target} is known; send the import path of the package instead.")


def _rust(way: Way) -> Iterator[Spelled]:
    crate = next((folder for folder in above(way.target) if folder.rpartition("/")[2] == "src"), None)
    if crate is None:
        raise Unspelled(f"{way.target} is in no `src` folder; send the path of the module as Rust spells it.")
    stem = way.target[len(crate) :].strip("/").removesuffix(".rs")
    parts = [part for part in re.sub(r"(^|/)(mod|lib|main)$", "", stem).split("/") if part]
    head = "crate" if f"{way.path}/".startswith(f"{crate}/") else _crate_name(dirname(crate), way)
    whole = "::".join([head, *parts])
    yield f"{whole}::{way.name}" if way.name else whole, ""


def child_module(path: str, target: str) -> str | None:
    """The name by which a Rust file declares `target` as a module of its own (`mod name;`); None if it is none."""
    if not (path.endswith(".rs") and target.endswith(".rs")):
        return None
    stem = target.removesuffix(".rs").removesuffix("/mod")
    folder, _, name = stem.rpartition("/")
    own = path.removesuffix(".rs")
    inside = dirname(path) if own.rpartition("/")[2] in ("mod", "lib", "main") else own
    return name if folder == inside and name not in ("lib", "main", "mod") else None


def _crate_name(folder: str, way: Way) -> str:
    name = next((name for name, place in way.index.names.items() if place == folder), None)
    if name is None or join(folder, "Cargo.toml") not in way.snapshot:
        raise Unspelled(f"The crate of {way.target} is not known; send the path of the module as Rust spells it.")
    return name.replace("-", "_")


# ---- C, C++, Ruby, Bash: paths


def _c(way: Way) -> Iterator[Spelled]:
    beside = relpath(way.target, dirname(way.path) or ".")
    roots = [root for item in way.found for root in _roots(item, way) if way.target.startswith(root)]
    public = re.match(r"(.*/)?include/", way.target)
    if "/" not in beside:
        yield f'"{beside}"', ""
    elif roots:
        yield f'"{way.target[len(roots[0]) :]}"', ""
    elif public:
        yield f'"{way.target[public.end() :]}"', ""
    else:
        yield f'"{beside}"', ""


def _roots(item: Import, way: Way) -> Iterator[str]:
    """The folder that an include with a folder in it starts from."""
    for found in resolve(way.path, item, way.index):
        beside = normpath(join(dirname(way.path), item.module)) == found
        if "/" in item.module and not beside and found.endswith(item.module):
            yield found[: -len(item.module)]


def _ruby(way: Way) -> Iterator[Spelled]:
    yield _dotted(relpath(way.target, dirname(way.path) or ".")).removesuffix(".rb"), ""


def _bash(way: Way) -> Iterator[Spelled]:
    there = relpath(way.target, dirname(way.path) or ".")
    prefix = next(_prefixes(way), None)
    if prefix is None:
        head = way.snapshot[way.path].data.partition(b"\n")[0]
        script = '"$0"' if re.search(rb"\b(sh|dash|ksh|zsh)\s*$", head) else '"${BASH_SOURCE[0]}"'
        prefix = f"$(dirname {script})/"
    whole = prefix + there.removeprefix("./")
    yield f'"{whole}"' if re.search(r"[$\s]", whole) else whole, ""


def _prefixes(way: Way) -> Iterator[str]:
    """What stands before the path from the script's folder where it reads other files."""
    for item in way.found:
        for found in resolve(way.path, item, way.index):
            there = relpath(found, dirname(way.path) or ".")
            if item.module.endswith(there):
                yield item.module[: -len(there)]


_SPELLERS: Mapping[str, Callable[[Way], Iterator[Spelled]]] = {
    "python": _python,
    "javascript": _ecmascript,
    "typescript": _ecmascript,
    "java": _jvm,
    "kotlin": _jvm,
    "csharp": _csharp,
    "go": _go,
    "rust": _rust,
    "c": _c,
    "cpp": _c,
    "ruby": _ruby,
    "php": _php,
    "bash": _bash,
}
