"""Submission: what a client asks of the host, and what is wrong with it before anything is read."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from escalation.flow.engine import Requested
from escalation.flow.outcome import Refusal
from escalation.flow.paths import checked
from escalation.repository.files import MAX_BYTES, shown
from escalation.settings.schema import PriorityName

MAX_FILES = 1_000
"""Paths of one submission."""
MAX_TEXT = 16 * 1024 * 1024
"""Characters of all texts of one submission."""
MAX_TASK = 100_000
"""Characters of a task."""
_MAX_NAME = 1_000
"""Characters of what is only kept: the requester, the name of a repository."""
_MAX_CHECK = 10_000

_Text = TypeVar("_Text", str, str | None)
Roots = Sequence[Path] | None
"""The folders that workspaces may lie in; None where any folder of the host's machine may be one."""


class BadSubmission(ValueError):  # noqa: N818 - reads as it is meant
    """A submission that cannot be taken. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is to be judged, and done if `execute`. Paths are POSIX, relative to the root."""

    task: str
    files: tuple[str, ...] = ()
    """What it is about: files that exist, or are to."""
    contents: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The texts as they are now, by path."""
    base: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    """The texts before the pending change, where it differs; None: the file is new."""
    root: str = ""
    """The workspace on the host's machine, an absolute path; without one the texts are all there is."""
    task_type: str = ""
    priority: str = "medium"
    requester: str = ""
    repository: str = ""
    """What statistics are kept by; the root, if empty."""
    requested: Requested = "auto"
    execute: bool = False
    check: str = ""
    """The command that a result must pass; the user's own setting, if empty."""
    budget: float | None = None
    """USD; the setting, if None. The same goes for `timeout`, in seconds of work."""
    timeout: float | None = None
    request_id: str = ""
    """Chosen by the client, so that what is sent twice is done once."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """A few plain values of the client's own, kept with the workflow."""


def normal(submission: Submission, roots: Roots) -> Submission:
    """The submission with its paths in their normal form. Raises BadSubmission."""
    _check_words(submission)
    _check_numbers(submission)
    files = _paths(submission.files)
    contents = _texts(submission.contents)
    base = _texts(submission.base)
    if unknown := sorted(set(base) - set(contents)):
        raise BadSubmission(f"base names {shown(unknown[0])}, which contents does not: send the text as it is now, too")
    if len({*files, *contents}) > MAX_FILES:
        raise BadSubmission(f"more than {MAX_FILES} files: send those that the task is about")
    if sum(len(text or "") for texts in (contents, base) for text in texts.values()) > MAX_TEXT:
        raise BadSubmission(f"more than {MAX_TEXT // 1024 // 1024} MB of text: send the files that the task is about")
    root = _root(submission.root, roots) if submission.root else ""
    return replace(submission, files=files, contents=contents, base=base, root=root)


def _check_words(submission: Submission) -> None:
    if submission.execute and not submission.task.strip():
        raise BadSubmission("say what is to be done: the task is empty")
    for name, value, most in (
        ("task", submission.task, MAX_TASK),
        ("check", submission.check, _MAX_CHECK),
        ("task_type", submission.task_type, _MAX_NAME),
        ("requester", submission.requester, _MAX_NAME),
        ("repository", submission.repository, _MAX_NAME),
        ("request_id", submission.request_id, _MAX_NAME),
    ):
        if len(value) > most:
            raise BadSubmission(f"{name} has more than {most} characters: shorten it")
        _check_text(name, value)
    if submission.priority not in get_args(PriorityName):
        raise BadSubmission(f"priority must be one of {', '.join(get_args(PriorityName))}")
    if submission.requested not in get_args(Requested):
        raise BadSubmission(f"requested must be one of {', '.join(get_args(Requested))}")
    if submission.check and not submission.root:
        raise BadSubmission("check needs a root: the command runs in a copy of the workspace")


def _check_numbers(submission: Submission) -> None:
    for name, value, most in (("budget", submission.budget, 1e6), ("timeout", submission.timeout, 86_400)):
        if value is not None and not (math.isfinite(value) and 0 < value <= most):
            raise BadSubmission(f"{name} must be more than 0 and at most {most:.0f}")


def _check_text(name: str, value: str) -> None:
    """Raises BadSubmission for what no file of text holds and no database takes."""
    if "\0" in value:
        raise BadSubmission(f"{name} holds a NUL character: send text only")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadSubmission(f"{name} holds a half of a surrogate pair: send valid Unicode") from None


def _paths(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_path(path) for path in paths))


def _path(path: str) -> str:
    found = checked(path)
    if isinstance(found, Refusal):
        raise BadSubmission(f"{found.path or 'a path'}: {found.message}")
    return found


def _texts(texts: Mapping[str, _Text]) -> dict[str, _Text]:
    found: dict[str, _Text] = {}
    for given, text in texts.items():
        path = _path(given)
        if path in found:
            raise BadSubmission(f"{path} is there twice: send each file once")
        if text is not None:
            _check_text(path, text)
            if len(text) > MAX_BYTES:
                raise BadSubmission(f"{path} is larger than {MAX_BYTES // 1024 // 1024} MB: leave it out")
        found[path] = text
    return found


def _root(root: str, roots: Roots) -> str:
    """The folder itself, without links."""
    if "\0" in root or len(root) > 4_096:
        raise BadSubmission("root is no path")
    _check_text("root", root)
    if not os.path.isabs(root):
        raise BadSubmission("root must be an absolute path on the host's machine")
    real = os.path.realpath(root)
    if roots is not None and not any(Path(real).is_relative_to(os.path.realpath(each)) for each in roots):
        raise BadSubmission("root lies outside the folders that this host may read (serve --root)")
    if not os.path.isdir(real):
        raise BadSubmission("root is no folder on the host's machine")
    return real
