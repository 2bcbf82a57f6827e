"""Applying: a result becomes files, all of it or nothing, and only where the files are still what the run saw."""

from __future__ import annotations

import os
import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from escalation.flow import diff
from escalation.flow.events import Result
from escalation.flow.paths import checked
from escalation.repository.files import decode
from escalation.repository.inside import Folder, OutsideError, folder_of, read_inside
from escalation.settings.home import home
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

# How a text can stand on the disk: its mark, and how it is encoded.
_ENCODINGS = (
    (b"", "utf-8"),
    (BOM_UTF8, "utf-8"),
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
    (b"", "latin-1"),
)
Form = tuple[bytes, str]


@dataclass(frozen=True, slots=True)
class Written:
    """The result is on the disk. `paths` are those that changed, came or went."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Nothing was written: `patch` holds the result. `reasons` says why not, by path, in words that go on from it."""

    patch: Path
    reasons: Mapping[str, str]

    @property
    def differing(self) -> tuple[str, ...]:
        return tuple(self.reasons)


@dataclass(frozen=True, slots=True)
class _Write:
    """What is to become of one file: None stands for no file."""

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None
    """Permission bits; None for those of a new file."""


class _Conflict(Exception):  # noqa: N818 - not an error: there is a patch
    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path, self.why = path, why


def apply_result(root: str | os.PathLike[str], result: Result) -> Written | Kept:
    """Effect: writes the result below `root`, in the encodings that the files have. If a file is not what the run saw,
    or cannot be written, nothing is changed and a patch is kept. Raises OSError if not even that can be kept."""
    top = os.path.realpath(root)
    writes, reasons = [], dict[str, str]()
    for path in result.changed:
        try:
            writes.append(_planned(top, path, result))
        except _Conflict as conflict:
            reasons[path] = conflict.why
    if not reasons:
        try:
            _perform(top, writes)
            return Written(tuple(result.changed))
        except _Conflict as conflict:
            reasons[conflict.path] = conflict.why
    return Kept(keep_result(top, result), reasons)


def as_patch(result: Result, root: str | os.PathLike[str] | None = None) -> bytes:
    """The result as `git apply` takes it. With `root` its lines are encoded as those of the files there. A path that is
    none inside a workspace is left out."""
    base, snapshot = result.base, result.snapshot
    paths = tuple(path for path in result.changed if checked(path) == path)
    for path in paths if root is not None else ():
        mark, encoding = _form_on_disk(os.fspath(root or ""), path, result.base.get(path))
        if encoding == "latin-1" or mark == BOM_UTF8:
            base = _encoded_in(base, path, (mark, encoding))
            snapshot = _encoded_in(snapshot, path, (mark, encoding))
    return diff.unified(base, snapshot, paths)


def keep_result(root: str | os.PathLike[str], result: Result) -> Path:
    """Effect: the result as a patch file that only the user can read. Raises OSError."""
    return _keep(as_patch(result, root))


def encoded(document: Document, form: Form) -> bytes | None:
    """The bytes of a text in that form; None if they would not be read as this text again."""
    mark, encoding = form
    try:
        data = mark + (document.data if encoding == "utf-8" else document.data.decode().encode(encoding))
    except UnicodeError:
        return None
    read = decode(data, "").document
    return data if read is not None and read.data == document.data else None


def form_of(raw: bytes, document: Document) -> Form | None:
    """The form in which `raw` is exactly the text of `document`; None if it is another text, or damaged."""
    return next((form for form in _ENCODINGS if encoded(document, form) == raw), None)


# ---- what to write


def _planned(root: str, path: str, result: Result) -> _Write:
    """Raises _Conflict."""
    if checked(path) != path:
        raise _Conflict(path, "is no path inside the workspace")
    before, after = result.base.get(path), result.snapshot.get(path)
    if before is None:
        _must_be_free(root, path)
        assert after is not None  # it is in `changed`
        return _Write(path, None, _must_encode(path, after, _ENCODINGS[0]), _mode_of_moved(root, after, result))
    raw = read_inside(root, path)
    if isinstance(raw, str):
        raise _Conflict(path, raw)
    form = form_of(raw, before)
    if form is None:
        raise _Conflict(path, _why_not(raw, path, before))
    data = _must_encode(path, after, form) if after is not None else None
    return _Write(path, raw, data, _mode(root, path))


def _why_not(raw: bytes, path: str, document: Document) -> str:
    found = decode(raw, path).document
    if found is not None and found.data == document.data:
        return "has bytes that are not text, which writing it would destroy"
    return "has changed since the run began"


def _must_encode(path: str, document: Document, form: Form) -> bytes:
    data = encoded(document, form)
    if data is None:
        raise _Conflict(path, f"would have characters that {form[1].upper()} has not, in which it is written")
    return data


def _must_be_free(root: str, path: str) -> None:
    """Nothing may stand where a new file is to be, and no link on the way there."""
    try:
        with folder_of(root, path) as folder:
            folder.lstat(path.rpartition("/")[2])
    except FileNotFoundError:
        return
    except OutsideError:
        raise _Conflict(path, "lies behind a symbolic link") from None
    except NotADirectoryError:
        raise _Conflict(path, "cannot be there: a file has the name of its folder") from None
    except OSError as error:
        raise _Conflict(path, f"cannot be looked up ({os.strerror(error.errno or 0)})") from None
    raise _Conflict(path, "exists already")


def _mode(root: str, path: str) -> int | None:
    with suppress(OSError), folder_of(root, path) as folder:
        return stat.S_IMODE(folder.lstat(path.rpartition("/")[2]).st_mode)
    return None


def _mode_of_moved(root: str, document: Document, result: Result) -> int | None:
    """A file that was moved stays executable."""
    gone = (path for path in result.changed if path not in result.snapshot)
    source = next((path for path in gone if result.base[path].data == document.data), None)
    return _mode(root, source) if source else None


# ---- writing


def _perform(root: str, writes: list[_Write]) -> None:
    """Effect: all writes or none. Raises _Conflict."""
    created: list[str] = []
    temporary: dict[str, str] = {}
    done: list[_Write] = []
    path = ""
    try:
        for write in writes:
            path = write.path
            if write.after is not None:
                temporary[path] = _write_aside(root, write, created)
        for write in writes:
            path = write.path
            _must_be_as_before(root, write)
            with folder_of(root, path) as folder:
                name = path.rpartition("/")[2]
                if write.after is None:
                    folder.unlink(name)
                else:
                    folder.rename(temporary[path], name)
                    del temporary[path]
            done.append(write)
    except BaseException as error:
        _undo(root, done, temporary, created)
        if isinstance(error, OSError):
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            raise _Conflict(path, f"cannot be written ({reason})") from error
        raise


def _write_aside(root: str, write: _Write, created: list[str] | None) -> str:
    """The name of a file beside the one that is to be, with its bytes. Raises OSError."""
    assert write.after is not None
    with folder_of(root, write.path, created) as folder:
        return _write_in(folder, write.after, write.mode)


def _write_in(folder: Folder, data: bytes, mode: int | None) -> str:
    name = f".escalation-{uuid4().hex}.tmp"
    descriptor = folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if mode is not None:
            folder.chmod(name, mode)
    except BaseException:
        folder.unlink(name)
        raise
    return name


def _must_be_as_before(root: str, write: _Write) -> None:
    """A last look: an editor may have saved meanwhile. Raises _Conflict."""
    if write.before is None:
        _must_be_free(root, write.path)
        return
    raw = read_inside(root, write.path)
    if raw != write.before:
        raise _Conflict(write.path, raw if isinstance(raw, str) else "has changed since the run began")


def _undo(root: str, done: list[_Write], temporary: Mapping[str, str], created: list[str]) -> None:
    """Effect: brings back what was there, as far as the disk allows."""
    for write in reversed(done):
        with suppress(OSError), folder_of(root, write.path) as folder:
            name = write.path.rpartition("/")[2]
            if write.before is None:
                folder.unlink(name)
            else:
                folder.rename(_write_in(folder, write.before, write.mode), name)
    for path, name in temporary.items():
        with suppress(OSError), folder_of(root, path) as folder:
            folder.unlink(name)
    for path in reversed(created):
        with suppress(OSError), folder_of(root, path) as folder:
            folder.rmdir(path.rpartition("/")[2])


# ---- keeping


def _form_on_disk(root: str, path: str, document: Document | None) -> Form:
    raw = read_inside(root, path) if document is not None else ""
    if isinstance(raw, str):
        return _ENCODINGS[0]
    if raw.startswith(BOM_UTF8):
        return BOM_UTF8, "utf-8"
    assert document is not None
    return form_of(raw, document) or _ENCODINGS[0]


def _encoded_in(snapshot: Snapshot, path: str, form: Form) -> Snapshot:
    document = snapshot.get(path)
    data = encoded(document, form) if document is not None else None
    return snapshot if document is None or data is None else snapshot.with_document(path, Document("", "", data))


def _keep(patch: bytes) -> Path:
    """Effect: a file that only the user can read. Raises OSError."""
    folder = home() / "results"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in _names(folder):
        with suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with open(descriptor, "wb") as stream:
                stream.write(patch)
            return file
    raise AssertionError("the names do not end")


def _names(folder: Path) -> Iterator[Path]:
    stamp, number = datetime.now().strftime("%Y%m%d-%H%M%S"), 0
    while True:
        number += 1
        yield folder / f"{stamp}-{number}.patch"
