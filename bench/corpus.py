"""The code that everything is measured on: three published packages, pinned, and the standard library of this Python.

About 6,800 Python files, 2.8 million lines. The packages are fetched once with pip, as source distributions, which
hold the tests as well; everything is kept in a cache outside the tree (`ESCALATION_BENCH`, else below `~/.cache`).
"""

from __future__ import annotations

import ast
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

PACKAGES = {"django": "5.2.19", "sympy": "1.14.0", "sqlalchemy": "2.1.9"}
SIZES = (2_000, 5_000, 20_000, 60_000)


@dataclass(frozen=True, slots=True)
class Corpus:
    """`root` holds one folder per package and `stdlib`, and nothing else: programs can be pointed at it as a whole."""

    root: Path

    def folder(self, name: str) -> Path:
        return self.root / name

    def files(self, *names: str) -> list[Path]:
        """The Python files of these folders (of all, without names), in a fixed order."""
        folders = [self.root / name for name in names] or [self.root]
        return sorted(path for folder in folders for path in folder.rglob("*.py") if path.is_file())


def cache() -> Path:
    """Where fetched code and the peers' environment are kept."""
    return Path(os.environ.get("ESCALATION_BENCH") or Path.home() / ".cache" / "opus-escalation-bench")


def corpus(cache: Path) -> Corpus:
    """The corpus below `cache`. Effect: fetches what is not there yet. Raises CalledProcessError if pip cannot."""
    root = cache / "corpus"
    root.mkdir(parents=True, exist_ok=True)
    for name, version in PACKAGES.items():
        _once(root / name, version, partial(_fetch, f"{name}=={version}"))
    _once(root / "stdlib", platform.python_version(), _copy_standard_library)
    return Corpus(root)


def text_of(corpus: Corpus, lines: int) -> str:
    """Modules of SymPy, one after the other: valid Python of so many lines, or a few less.

    Left out are tests, generated tables, and what cannot stand in the middle of a file.
    """
    found: list[str] = []
    room = lines
    for text, module in _modules(corpus.folder("sympy") / "sympy"):
        # A module that is too long is cut where a statement ends.
        end = max((end for s in module.body if (end := s.end_lineno or 0) <= room), default=0)
        found.append("".join(text.splitlines(keepends=True)[:end]))
        room -= end
        if room <= lines // 100:
            return "".join(found)
    raise ValueError(f"SymPy has no {lines:,} lines")


def repository(folder: Path, files: dict[str, bytes]) -> Path:
    """A git repository at `folder` with these files committed.

    They are an hour old: git reads files that are as new as its index again, every time.
    """
    old = time.time() - 3600
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (old, old))
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
        git(folder, *arguments)
    return folder


def git(folder: Path, *arguments: str) -> None:
    """Effect: runs git in `folder`, as nobody in particular. Raises CalledProcessError."""
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, stdout=subprocess.DEVNULL)


def _once(folder: Path, version: str, make: Callable[[Path], None]) -> None:
    stamp = folder.with_name(f"{folder.name}.version")
    if stamp.is_file() and stamp.read_text() == version:
        return
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        make(made)
        made.rename(folder)
    stamp.write_text(version)


def _fetch(what: str, folder: Path) -> None:
    """Effect: the source distribution `what` is unpacked as `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, "--dest", scratch, what], check=True)
        [archive] = Path(scratch).glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        archive.unlink()
        [unpacked] = Path(scratch).iterdir()
        shutil.move(unpacked, folder)


def _copy_standard_library(folder: Path) -> None:
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.rglob("*.py")):
        relative = path.relative_to(library)
        if {"site-packages", "dist-packages", "__pycache__"}.isdisjoint(relative.parts):
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / relative)


def _modules(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf-8")
        if not {"tests", "benchmarks", "_antlr"}.isdisjoint(path.parts) or "from __future__" in text:
            continue
        # A module with more than 8,000 lines is a generated table, not code that somebody types in.
        if text.isascii() and "\f" not in text and "\r" not in text and text.count("\n") < 8_000:
            module = ast.parse(text)
            if module.body and text.endswith("\n"):
                yield text, module
