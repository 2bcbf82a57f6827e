"""Inside: the folders of a workspace, entered step by step so that no link leads out of it.

Each part of a path is opened from the folder before it and may not be a link: what happens to the path meanwhile
cannot redirect a read or a write. Where the system has no such calls (Windows), the resolved path is compared.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from escalation.repository.files import MAX_BYTES, read_open

_STEPWISE = {os.open, os.stat, os.unlink, os.mkdir, os.rename} <= os.supports_dir_fd
_FOLDER = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC"))
_EXTRA = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


class OutsideError(OSError):
    """The way to a file leads through a link."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder. `descriptor` is None where names are resolved anew each time."""

    absolute: str
    descriptor: int | None

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """A descriptor; a link is not followed. Raises OSError."""
        return os.open(self._path(name), flags | _EXTRA, mode, **self._at("dir_fd"))

    def lstat(self, name: str) -> os.stat_result:
        return os.stat(self._path(name), follow_symlinks=False, **self._at("dir_fd"))

    def names(self) -> Sequence[str]:
        return os.listdir(self.absolute if self.descriptor is None else self.descriptor)

    def has(self, name: str) -> bool:
        """Whether there is something of exactly that name, also where upper and lower case are the same."""
        try:
            self.lstat(name)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return name in self.names()

    def mkdir(self, name: str) -> None:
        os.mkdir(self._path(name), **self._at("dir_fd"))

    def rename(self, old: str, new: str) -> None:
        os.replace(self._path(old), self._path(new), **self._at("src_dir_fd"), **self._at("dst_dir_fd"))

    def unlink(self, name: str) -> None:
        os.unlink(self._path(name), **self._at("dir_fd"))

    def rmdir(self, name: str) -> None:
        os.rmdir(self._path(name), **self._at("dir_fd"))

    def chmod(self, name: str, mode: int) -> None:
        os.chmod(self._path(name), mode, **self._at("dir_fd"))

    def _path(self, name: str) -> str:
        return os.path.join(self.absolute, name) if self.descriptor is None else name

    def _at(self, argument: str) -> dict[str, Any]:
        return {} if self.descriptor is None else {argument: self.descriptor}


@contextmanager
def folder_of(root: str, path: str, created: list[str] | None = None) -> Iterator[Folder]:
    """The folder that holds `path` (checked, POSIX, relative to `root`). With `created` the missing ones are made, and
    noted there. Raises OutsideError behind a link, FileNotFoundError, OSError."""
    parts = path.split("/")[:-1]
    if not _STEPWISE:
        yield _resolved(root, parts, created)
        return
    descriptor = os.open(root, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
    try:
        for depth, part in enumerate(parts):
            if created is not None and _made(Folder("", descriptor), part):
                created.append("/".join(parts[: depth + 1]))
            inner = _entered(descriptor, part)
            os.close(descriptor)
            descriptor = inner
        yield Folder("", descriptor)
    finally:
        os.close(descriptor)


def read_inside(root: str, path: str, limit: int = MAX_BYTES) -> bytes | str:
    """The bytes of the file at `path` (checked), or the problem with it as a sentence that goes on from the path."""
    try:
        with folder_of(root, path) as folder:
            name = path.rpartition("/")[2]
            if not folder.has(name):
                return "does not exist"
            return read_open(folder.open(name, os.O_RDONLY), limit)
    except OutsideError:
        return "lies behind a symbolic link"
    except (FileNotFoundError, NotADirectoryError):
        return "does not exist"
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            return "is a symbolic link"
        return f"cannot be read ({os.strerror(error.errno) if error.errno else type(error).__name__})"


def _made(folder: Folder, name: str) -> bool:
    try:
        folder.mkdir(name)
    except FileExistsError:
        return False
    return True


def _entered(descriptor: int, part: str) -> int:
    folder = Folder("", descriptor)
    try:
        inner = os.open(part, _FOLDER, dir_fd=descriptor)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK) or _is_link(folder, part):
            raise OutsideError(errno.ELOOP, "lies behind a symbolic link", part) from error
        raise
    if part not in folder.names():  # upper and lower case are the same here: it is another name
        os.close(inner)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), part)
    return inner


def _is_link(folder: Folder, name: str) -> bool:
    from stat import S_ISLNK

    try:
        return S_ISLNK(folder.lstat(name).st_mode)
    except OSError:
        return False


def _resolved(root: str, parts: Sequence[str], created: list[str] | None) -> Folder:
    top = os.path.realpath(root)
    for depth in range(len(parts)):
        absolute = os.path.join(top, *parts[: depth + 1])
        if created is not None and not os.path.lexists(absolute):
            os.mkdir(absolute)
            created.append("/".join(parts[: depth + 1]))
        if os.path.realpath(absolute) != absolute:
            raise OutsideError(errno.ELOOP, "lies behind a symbolic link", absolute)
    absolute = os.path.join(top, *parts)
    if not os.path.isdir(absolute):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), absolute)
    return Folder(absolute, None)
