"""Paths: what a model may name. A path is checked as text alone, so that it means the same file on every system.

What a file system would make of it (links, mounts) is for the shells to see, when they read and when they write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from escalation.flow.outcome import Refusal

_LONGEST = 1024
_LONGEST_PART = 255
_SHOWN = 120
_WANTED = "Send the path relative to the workspace root, with `/` between the parts, such as `src/app.py`."

# Windows opens a device for these whatever the ending (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)
# `GIT~1` is `.git` where Windows keeps short names.
_SHORT_NAME = re.compile(r"[^.]{1,7}~[0-9]{1,6}(\.[^.]{0,3})?")
_FORBIDDEN = re.compile(r'[<>"|?*:]')
# Control and format characters (bidi, zero-width: macOS ignores some of them in names), lone surrogates, line and
# paragraph separators, what is not assigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def checked(path: object) -> str | Refusal:
    """The path in its normal form (`./a//b` is `a/b`), or a refusal that tells what to send.

    A path that passes stays below the root it is joined to, is nobody's `.git`, and is one and the same file on
    Linux, macOS and Windows.
    """
    if not isinstance(path, str) or not path.strip():
        return _refused("A path is missing", "")
    if len(path) > _LONGEST:
        return _refused(f"The path has more than {_LONGEST} characters", path)
    if any(unicodedata.category(character) in _UNSEEN for character in path):
        return _refused("The path holds control or invisible characters", path)
    if problem := _rooted(path):
        return _refused(problem, path)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    problem = next((found for part in parts for found in _problems(part)), None)
    if problem or not parts:
        return _refused(problem or "That is the workspace itself, not a file in it", path)
    return "/".join(parts)


def _refused(problem: str, path: str) -> Refusal:
    """A refusal that can be shown: what cannot be printed is escaped, what is long is cut."""
    shown = path if path.isprintable() else ascii(path)[1:-1]
    return Refusal(f"{problem}. {_WANTED}", path=shown[:_SHOWN], reason="path")


def _rooted(path: str) -> str | None:
    """Why a path as a whole does not start at the root of the workspace."""
    if "\\" in path:
        return "The path has a backslash"
    if path.startswith("/"):
        return "The path is absolute"
    if path.startswith("~"):
        return "The path starts with `~`"
    if re.match(r"[A-Za-z]:", path):
        return "The path names a drive, or is no path"
    return None


def _problems(part: str) -> Iterator[str]:
    """What is wrong with a part of a path."""
    if part == "..":
        yield "The path has `..`, and may not leave the workspace"
    if _is_git(part):
        yield "Nothing in `.git` can be read or changed"
    if found := _FORBIDDEN.search(part):
        yield f"The path has `{found[0]}`; name one file, without patterns and without `::name`"
    if part.endswith(".") or part != part.strip():
        yield "A part of the path begins or ends with a space, or ends with a dot"
    if _DEVICE.match(part):
        yield "The path has the name of a Windows device"
    if _SHORT_NAME.fullmatch(part):
        yield "The path has the form of a Windows short name"
    if len(part.encode()) > _LONGEST_PART:
        yield f"A part of the path has more than {_LONGEST_PART} bytes"


def _is_git(part: str) -> bool:
    """Whether a file system might take a name for `.git`: by case, compatible characters, trailing dots and spaces,
    an NTFS stream."""
    plain = unicodedata.normalize("NFKC", part)
    stem = re.split(r"[:\s]", plain.strip(), maxsplit=1)[0].rstrip(".")
    return ".GIT" in (stem.upper(), stem.casefold().upper()) or re.fullmatch(r"git~[0-9]+", stem, re.I) is not None


def collides(path: str, known: Iterable[str]) -> str | None:
    """The known file or folder that a new file at `path` would meet on some system: one that differs only by case or
    Unicode normalisation, a file where the path needs a folder, or a folder of its name. None for a known path."""
    wanted = path.split("/")
    keys = [_key(part) for part in wanted]
    for other in known:
        if other != path and (found := _meeting(wanted, keys, other.split("/"))):
            return found
    return None


def _meeting(wanted: list[str], keys: list[str], parts: list[str]) -> str | None:
    for depth, (mine, key, other) in enumerate(zip_longest(wanted, keys, parts)):
        if mine is None or other is None:  # a file where the other has a folder
            return "/".join(parts[:depth])
        if mine != other:
            return "/".join(parts[: depth + 1]) if key == _key(other) else None
    return None


def _key(part: str) -> str:
    """What two names have in common that some file system takes for one (Unicode 16, 3.13, D145)."""
    if part.isascii():
        return part.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", part).casefold())
