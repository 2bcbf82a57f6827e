"""Files: bytes from a disk or from git become documents, or a plain reason why not.

Paths are taken as the system has them: names that are not UTF-8 are carried through `str` by Python's
`surrogateescape`; `shown` makes any of them printable.
"""

from __future__ import annotations

import os
import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from typing import NamedTuple
from urllib.parse import quote

from escalation.syntax.language import language_of_path
from escalation.text.document import Document

# Above it a file is hardly written by hand; it counts with its lines, not with its content.
MAX_BYTES = 5 * 1024 * 1024
# git's own rule (buffer_is_binary): a NUL among the first bytes.
_HEAD_BYTES = 8000
# The order matters: the mark of UTF-32 begins with the one of UTF-16.
_MARKS = (
    (BOM_UTF32_LE, "utf-32"),
    (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
)
_ASCII = bytes(range(128))
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
# Absent on some systems; there nothing like it is needed.
_OPEN_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


class Reading(NamedTuple):
    """What came of reading a file: a document, perhaps with a reservation (`note`), or a `problem`; both in
    plain words that go on from the file's name ("is a binary file")."""

    document: Document | None
    problem: str | None = None
    note: str | None = None


def decode(data: bytes, path: str, uri: str = "") -> Reading:
    """The document that `data` holds: UTF-8, else UTF-16 or UTF-32 by their marks, else the likeliest guess.

    The mark is not part of the document, as in an editor.
    """
    if len(data) > MAX_BYTES:
        return Reading(None, too_large())
    if data.startswith(_LFS_POINTER):
        return Reading(None, "is kept in Git LFS")
    text, note = data, None
    if data.startswith(BOM_UTF8):
        text = data[len(BOM_UTF8) :]
    elif encoding := next((name for mark, name in _MARKS if data.startswith(mark)), None):
        try:
            text = data.decode(encoding).encode()
        except UnicodeError:
            return Reading(None, f"is not valid {encoding.upper()}, though its first bytes say so")
    elif b"\0" in data[:_HEAD_BYTES]:
        return Reading(None, "is a binary file")
    if not _is_utf8(text):
        text, note = _repaired(text)
    language = language_of_path(path, text[:200])
    return Reading(Document(uri, language.id if language else "", text), note=note)


def read_document(root: str, path: str) -> Reading:
    """The file at `path` below `root`. Waits for no pipe, follows no link."""
    absolute = os.path.join(root, path)
    data = read_data(absolute)
    return Reading(None, data) if isinstance(data, str) else decode(data, path, file_uri(absolute))


def read_data(absolute: str) -> bytes | str:
    """The bytes of a file, or the problem with it in the words of a `Reading`."""
    try:
        return _read(absolute, MAX_BYTES)
    except OSError as error:
        return _failure(absolute, error)


def read_bytes(root: str, path: str, limit: int) -> bytes | None:
    """The bytes of a file of at most `limit` bytes; None for a larger or an unreadable one."""
    try:
        data = _read(os.path.join(root, path), limit)
    except OSError:
        return None
    return data if isinstance(data, bytes) else None


def may_read(absolute: str) -> bool:
    """False for what is there and may not be read; True for what is not there at all."""
    if os.access(absolute, os.R_OK):
        return True
    try:
        os.lstat(absolute)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return os.path.islink(absolute)


def file_uri(absolute: str) -> str:
    """The `file:` URI of an absolute path; any byte a name can have is escaped."""
    path = absolute.replace(os.sep, "/")
    return "file://" + quote(os.fsencode(path if path.startswith("/") else "/" + path))


def shown(path: str) -> str:
    """`path` as it can be printed or put into JSON: bytes that are not UTF-8 become ``\\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def too_large() -> str:
    return f"is larger than {MAX_BYTES // (1024 * 1024)} MB"


def _read(absolute: str, limit: int) -> bytes | str:
    """The bytes of a regular file, or the problem with it. Raises OSError."""
    return read_open(os.open(absolute, _OPEN_FLAGS), limit)


def read_open(descriptor: int, limit: int) -> bytes | str:
    """As `read_data`, of what is open already; closes it. Raises OSError."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return _kind(status.st_mode)
        if status.st_size > limit:
            return too_large()
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(limit + 1)
    finally:
        os.close(descriptor)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _repaired(data: bytes) -> tuple[bytes, str]:
    """UTF-8 with a few broken bytes stays UTF-8; with more broken than whole characters it never was."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    ascii_bytes = len(data) - len(data.translate(None, _ASCII))
    whole = len(text) - broken - ascii_bytes
    if whole > broken:
        return text.encode(), "has bytes that are not UTF-8; they were replaced"
    return data.decode("latin-1").encode(), "is not UTF-8; it was read as Latin-1"


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "directory"), (stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
    return f"is a {next((name for test, name in kinds if test(mode)), 'device')}, not a file"


def _failure(absolute: str, error: OSError) -> str:
    if os.path.islink(absolute):
        return "is a symbolic link"
    return f"cannot be read ({os.strerror(error.errno) if error.errno else error.__class__.__name__})"
