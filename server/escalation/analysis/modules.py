"""Modules: the file or files of a workspace that an import names. One small resolver per language; what they
cannot find (a library, the standard one, generated code) is outside of the workspace and no edge."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import dirname, join, normpath

from escalation.analysis.packages import above
from escalation.syntax.imports import Import
from escalation.syntax.language import language_of_path


@dataclass(frozen=True)
class FileIndex:
    """The files of a workspace, found by the end of their path. `names` are the units that manifests declare:
    the name another unit imports them by (Go module, npm package, crate) and their folder."""

    paths: frozenset[str]
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.paths):
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def _by_folder(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.paths):
            found.setdefault(path.rpartition("/")[0], []).append(path)
        return {folder: tuple(paths) for folder, paths in found.items()}

    @cached_property
    def _folders_by_name(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for folder in sorted(self._by_folder):
            found.setdefault(folder.rpartition("/")[2], []).append(folder)
        return {name: tuple(folders) for name, folders in found.items()}

    def ending(self, suffix: str) -> tuple[str, ...]:
        """The files whose path is `suffix` or ends with ``/suffix``, sorted."""
        found = self._by_name.get(suffix.rpartition("/")[2], ())
        return tuple(path for path in found if path == suffix or path.endswith(f"/{suffix}"))

    def folders_ending(self, suffix: str) -> tuple[str, ...]:
        """The folders with files whose path is `suffix` or ends with ``/suffix``, sorted."""
        found = self._folders_by_name.get(suffix.rpartition("/")[2], ())
        return tuple(folder for folder in found if folder == suffix or folder.endswith(f"/{suffix}"))

    def inside(self, folder: str, suffixes: tuple[str, ...]) -> tuple[str, ...]:
        """The files directly in a folder that end with one of `suffixes`, sorted."""
        return tuple(path for path in self._by_folder.get(folder, ()) if path.endswith(suffixes))

    def first(self, candidates: Iterable[str]) -> tuple[str, ...]:
        """The first candidate that is a file, or none."""
        return next(((path,) for path in candidates if path in self.paths), ())


Resolver = Callable[[str, Import, FileIndex], tuple[str, ...]]


def resolve(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    """The files of the workspace that an import in the file `path` names, sorted, without `path` itself.

    More than one where the language imports a package of files (Go, a Java or Kotlin wildcard, a C#
    namespace) or where names are modules of their own (``from package import module``). Empty for what lies
    outside of the workspace.
    """
    language = language_of_path(path)
    resolver = _RESOLVERS.get(language.family) if language else None
    found = resolver(path, import_, known) if resolver else ()
    return tuple(sorted(set(found) - {path}))


def _nearest(path: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidate that shares most folders with `path`; of equals the one least deep, then the first by
    name."""
    best = min(candidates, key=lambda other: (-_shared(path, other), other.count("/"), other), default=None)
    return () if best is None else (best,)


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count


# ---- Python


def _python(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    parts = import_.module.split(".") if import_.module else []
    if import_.relative:
        folder = dirname(path)
        for _ in range(import_.relative - 1):
            folder = dirname(folder)
        return _python_module("/".join(filter(None, [folder, *parts])), import_.names, known)
    roots = _python_roots(path, parts, known)
    return _python_module("/".join(filter(None, [roots, *parts])), import_.names, known) if roots is not None else ()


def _python_module(target: str, names: tuple[str, ...], known: FileIndex) -> tuple[str, ...]:
    """A module, or those submodules of a package that are taken from it by name."""
    own = known.first((f"{target}.py", f"{target}/__init__.py", f"{target}.pyi", f"{target}/__init__.pyi"))
    submodules = [known.first((f"{target}/{name}.py", f"{target}/{name}/__init__.py")) for name in names if name != "*"]
    found = tuple(path for paths in submodules for path in paths)
    return found if found and len(found) == len(names) else (*own, *found)


def _python_roots(path: str, parts: list[str], known: FileIndex) -> str | None:
    """The folder that holds the top package `parts[0]`: one above `path`, or anywhere for a package of its
    own.

    A folder that is a package itself is no root: its modules have longer names."""
    top = parts[0]
    for folder in above(path):
        if f"{folder}/__init__.py".lstrip("/") not in known.paths and _python_top(folder, top, known):
            return folder
        for source in ("src", "lib", "python"):
            inner = f"{folder}/{source}".lstrip("/")
            if _python_top(inner, top, known):
                return inner
    elsewhere = [dirname(dirname(found)) for found in known.ending(f"{top}/__init__.py")]
    roots = [root for root in elsewhere if f"{root}/__init__.py".lstrip("/") not in known.paths]
    return min(roots, key=lambda root: (-_shared(path, f"{root}/{top}"), root.count("/"), root), default=None)


def _python_top(folder: str, top: str, known: FileIndex) -> bool:
    base = f"{folder}/{top}" if folder else top
    return f"{base}.py" in known.paths or f"{base}/__init__.py" in known.paths or bool(known.inside(base, (".py",)))


# ---- JavaScript and TypeScript

_JS_ENDINGS = (
    ".ts",
    ".tsx",
    ".d.ts",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".vue",
    ".svelte",
    ".json",
)
_JS_COMPILED = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}


def _javascript(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    module = import_.module.partition("?")[0]
    if module.startswith("."):
        return known.first(_js_files(normpath(join(dirname(path), module))))
    for name in _prefixes(module):
        if name in known.names:
            folder, rest = known.names[name], module[len(name) :].strip("/")
            places = [join(folder, rest)] if rest else [folder, join(folder, "src"), join(folder, "lib")]
            return known.first(file for place in (*places, join(folder, "src", rest)) for file in _js_files(place))
    if module.startswith(("@/", "~/", "#/")):  # the usual alias of the source folder
        rest = module[2:]
        places = [
            place
            for folder in above(path)
            for place in (join(folder, "src", rest), join(folder, "app", rest), join(folder, rest))
        ]
        return known.first(file for place in places for file in _js_files(place))
    if "/" in module and not module.startswith("@"):  # a path from the base folder
        return known.first(file for folder in above(path) for file in _js_files(join(folder, module)))
    return ()


def _js_files(target: str) -> Iterator[str]:
    target = target.lstrip("/")
    stem, ending = os.path.splitext(target)
    yield target
    yield from (stem + other for other in _JS_COMPILED.get(ending, ()))
    yield from (target + other for other in _JS_ENDINGS)
    yield from (f"{target}/index{other}".lstrip("/") for other in _JS_ENDINGS)


def _prefixes(module: str) -> Iterator[str]:
    """`a/b/c`, `a/b`, `a`."""
    while module:
        yield module
        module = module.rpartition("/")[0]


# ---- Java, Kotlin, C#

_JVM_ENDINGS = (".java", ".kt")


def _jvm(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    parts = import_.module.split(".")
    if "*" in import_.names:
        folders = known.folders_ending("/".join(parts)) if len(parts) > 1 else ()
        if files := [file for folder in folders for file in known.inside(folder, _JVM_ENDINGS)]:
            return tuple(files)
    for count in range(len(parts), max(1, len(parts) - 3), -1):  # a nested class or a static member has parts too many
        target = "/".join(parts[:count])
        if found := [file for ending in _JVM_ENDINGS for file in known.ending(target + ending)]:
            return _nearest(path, found)
    return ()


def _csharp(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    """The folder whose path ends like the namespace: the longest end that some folder has, and by itself one
    part only if it is the whole namespace."""
    parts = import_.module.split(".")
    for start in range(len(parts)):
        suffix = "/".join(parts[start:])
        if start and len(parts) - start < 2:
            break
        for folder in (*known.folders_ending(suffix), *known.folders_ending(".".join(parts[start:]))):
            if files := known.inside(folder, (".cs",)):
                return files
    head, _, last = import_.module.rpartition(".")  # `Company.Product/Folder`, the usual layout of a project
    return next(
        (files for folder in known.folders_ending(f"{head}/{last}") if (files := known.inside(folder, (".cs",)))),
        (),
    )


# ---- Go, Rust


def _go(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    for name in _prefixes(import_.module):
        if name in known.names:
            folder = join(known.names[name], import_.module[len(name) :].strip("/")).strip("/")
            return tuple(file for file in known.inside(folder, (".go",)) if not file.endswith("_test.go"))
    return ()


def _rust(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    head, *rest = import_.module.split("::")
    if head == "crate":
        folder = _crate_folder(path)
    elif head in ("self", "super"):
        folder = _rust_folder(path)
        while head == "super":
            folder = dirname(folder)
            head, *rest = rest or ["self"]
        if head != "self":
            rest = [head, *rest]
    elif head.replace("_", "-") in known.names or head in known.names:
        folder = join(known.names.get(head.replace("_", "-")) or known.names[head], "src")
        if not rest:
            return known.first((f"{folder}/lib.rs",))
    else:  # a module beside this one (2015 edition, or a declared child)
        folder, rest = _rust_folder(path), [head, *rest]
    for count in range(len(rest), 0, -1):
        target = join(folder, *rest[:count])
        if found := known.first((f"{target}.rs", f"{target}/mod.rs")):
            return found
    return known.first((f"{folder}/lib.rs", f"{folder}.rs", f"{folder}/mod.rs")) if head != "self" else ()


def _rust_folder(path: str) -> str:
    """Where the child modules of a file are."""
    stem = path.removesuffix(".rs")
    return dirname(path) if stem.rpartition("/")[2] in ("mod", "lib", "main") else stem


def _crate_folder(path: str) -> str:
    return next((folder for folder in above(path) if folder.rpartition("/")[2] == "src"), dirname(path))


# ---- C, C++, Ruby, PHP, Bash


def _c(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    beside = normpath(join(dirname(path), import_.module))
    return known.first((beside,)) or _nearest(path, known.ending(import_.module.lstrip("./")))


def _ruby(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    target = import_.module.removesuffix(".rb") + ".rb"
    if import_.relative:
        return known.first((normpath(join(dirname(path), target)),))
    beside = (normpath(join(dirname(path), target)),) if target.startswith(".") else ()
    places = [join(folder, place, target) for folder in above(path) for place in ("", "lib", "app")]
    return known.first((*beside, *places)) or _nearest(path, known.ending(target) if "/" in target else ())


def _php(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    if import_.module.endswith((".php", ".inc")):
        return known.first((normpath(join(dirname(path), import_.module)),)) or _nearest(
            path, known.ending(import_.module)
        )
    names = [f"{import_.module}\\{name}" for name in import_.names] or [import_.module]
    return tuple(file for name in names for file in _php_class(path, name.strip("\\").split("\\"), known))


def _php_class(path: str, parts: list[str], known: FileIndex) -> tuple[str, ...]:
    """PSR-4: the namespace's beginning stands for some folder, the rest is the path below it."""
    for start in range(max(1, len(parts) - 1)):
        if found := known.ending("/".join(parts[start:]) + ".php"):
            return _nearest(path, found)
    return ()


def _bash(path: str, import_: Import, known: FileIndex) -> tuple[str, ...]:
    target = re.sub(r"^.*(\$\{[^}]*\}|\$\([^)]*\)|\$\w+|\))\"?/", "", import_.module)
    beside = normpath(join(dirname(path), target))
    return known.first((beside, normpath(target))) or _nearest(
        path, known.ending(target.lstrip("./")) if "/" in target else ()
    )


_RESOLVERS: Mapping[str, Resolver] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
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
