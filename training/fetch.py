"""Fetches published packages with their registries' ordinary clients and unpacks the source files."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from training.labels import Package


def fetch(package: Package, paths: Iterable[str], cache: Path) -> Path:
    """A folder that holds `paths` of the package; fetched when one is missing. Raises RuntimeError if that fails."""
    folder = cache / package.ecosystem / f"{package.name.replace('/', '+')}={package.version.replace(':', '%3a')}"
    wanted = set(paths)
    if all((folder / path).is_file() for path in wanted):
        return folder
    with tempfile.TemporaryDirectory() as scratch:
        _UNPACK[package.ecosystem](package, wanted, folder, Path(scratch), cache)
    if missing := sorted(path for path in wanted if not (folder / path).is_file()):
        raise RuntimeError(f"{package.name} {package.version} has no {', '.join(missing)}")
    return folder


def _run(command: Sequence[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(path for path in folder.glob(pattern) if path.suffix != ".asc")
    if not found:
        raise RuntimeError(f"no {pattern} was fetched")
    return found[0]


def _wheel(package: Package, wanted: set[str], folder: Path, scratch: Path, cache: Path) -> None:
    _pip(package, scratch, "--only-binary")
    with zipfile.ZipFile(_only(scratch, "*.whl")) as archive:
        for path in wanted & set(archive.namelist()):
            _write(folder / path, archive.read(path))


def _sdist(package: Package, wanted: set[str], folder: Path, scratch: Path, cache: Path) -> None:
    _pip(package, scratch, "--no-binary")
    _untar(_only(scratch, "*.tar.gz"), wanted, folder)


def _pip(package: Package, scratch: Path, kind: str) -> None:
    what = f"{package.name}=={package.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(scratch), kind, ":all:"]
    _run([*command, what], scratch)


def _npm(package: Package, wanted: set[str], folder: Path, scratch: Path, cache: Path) -> None:
    _run(["npm", "pack", "--silent", f"{package.name}@{package.version}"], scratch)
    _untar(_only(scratch, "*.tgz"), wanted, folder)


def _debian(package: Package, wanted: set[str], folder: Path, scratch: Path, cache: Path) -> None:
    _run(["apt-get", "download", f"{package.name}={package.version}"], scratch)
    _run(["dpkg-deb", "-x", str(_only(scratch, "*.deb")), "x"], scratch)
    for path in wanted:
        if (scratch / "x" / path).is_file():
            _write(folder / path, (scratch / "x" / path).read_bytes())


def _debian_source(package: Package, wanted: set[str], folder: Path, scratch: Path, cache: Path) -> None:
    """The upstream tarball, without Debian's patches."""
    what = f"{package.name}={package.version}"
    _run([*_source_apt(cache), "source", "--download-only", "--tar-only", what], scratch)
    _untar(_only(scratch, "*.orig.tar.*"), wanted, folder)


def _source_apt(cache: Path) -> list[str]:
    """apt-get with source indexes in a state folder of our own, made from the machine's Debian sources."""
    state = (cache / "apt").resolve()
    parts, lists = state / "parts", state / "lists"
    config = ["Dir::Etc::sourcelist=/dev/null", f"Dir::Etc::sourceparts={parts}", f"Dir::State::lists={lists}"]
    command = ["apt-get", *(arg for row in config for arg in ("-o", row))]
    command += ["-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
    if not lists.is_dir():
        parts.mkdir(parents=True, exist_ok=True)
        (lists / "partial").mkdir(parents=True)
        for file in sorted(Path("/etc/apt").glob("sources.list*/debian*.sources")):
            (parts / file.name).write_text(re.sub(r"(?m)^Types:.*", "Types: deb-src", file.read_text()))
        for file in sorted(Path("/etc/apt").glob("sources.list")):
            lines = re.findall(r"(?m)^deb( .*)", file.read_text())
            (parts / "main.list").write_text("".join(f"deb-src{line}\n" for line in lines))
        _run([*command, "update"], state)
    return command


def _untar(archive: Path, wanted: set[str], folder: Path) -> None:
    """Unpack the wanted files, whose paths are relative to the one folder on top of the archive."""
    with tarfile.open(archive) as tar:
        for member in tar:
            path = str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))
            if path in wanted and (content := tar.extractfile(member)):
                _write(folder / path, content.read())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    shutil.move(part, path)


_UNPACK = {
    "pypi-wheel": _wheel,
    "pypi-sdist": _sdist,
    "npm": _npm,
    "debian": _debian,
    "debian-source": _debian_source,
}
