"""Checking: the user's check command runs on a result, in a copy of the workspace that is removed afterwards.

The user's own tree is only read. What was fetched rather than written (`node_modules`, virtual environments) is linked
into the copy; what git ignores but a run needs (`.env`, built modules) is copied, and stays on this machine as it was.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import monotonic

import pygit2
from pygit2.enums import FileMode, FileStatus

from escalation.flow.events import CheckResult, Result
from escalation.flow.paths import checked
from escalation.repository.applying import encoded, form_of
from escalation.repository.git import Repository, RepositoryError
from escalation.repository.inside import folder_of, read_inside
from escalation.repository.listing import list_files

MAX_OUTPUT = 6_000
"""Characters of the output that are kept."""
_LINKED = frozenset({"node_modules", "vendor", "bower_components", "Pods", "site-packages"})
_ENVIRONMENT_MARK = "pyvenv.cfg"
_MAX_IGNORED_BYTES = 64 * 1024 * 1024  # of a file that git ignores; larger ones are data or built
_HEAD, _TAIL = 64 * 1024, 256 * 1024  # bytes of the output that are held while it arrives
_LAST_WORDS = 1.0  # seconds that the output may take to arrive when the command is done
_NOT_STARTED = (126, 127)  # exit codes of a shell that cannot run a command
_OF_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")  # they would lead to the user's repository

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")
_FAILURES = re.compile(r"^=+ (?:FAILURES|ERRORS) =+$", re.MULTILINE)


class _Blocked(Exception):  # noqa: N818 - the check is not run
    """The copy cannot be made; the message says why."""


async def run_check(
    root: str | os.PathLike[str], result: Result, command: str, timeout: float, without: Sequence[str] = ()
) -> CheckResult:
    """What `command` (of the shell) says of the result, within `timeout` seconds; the variables `without` are not
    handed to it. Cancelling ends the command and all it started."""
    began = monotonic()
    top = os.path.realpath(root)
    stop = threading.Event()
    copy = os.path.realpath(tempfile.mkdtemp(prefix="escalation-check-"))
    copying = asyncio.create_task(asyncio.to_thread(_copy, top, copy, result, stop))
    try:
        linked = await asyncio.shield(copying)
        left = max(timeout - (monotonic() - began), 0.1)
        code, output = await _run(command, copy, _environment(top, copy, linked, without), left)
    except (_Blocked, OSError) as error:
        reason = str(error) if isinstance(error, _Blocked) else os.strerror(error.errno or 0)
        return CheckResult(command, "not_run", monotonic() - began, output=f"The check could not be run: {reason}.")
    finally:
        stop.set()
        with suppress(BaseException):
            await asyncio.shield(copying)
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, copy, ignore_errors=True))
    seconds = monotonic() - began
    text = shortened(_readable(output, copy))
    if code is None:
        return CheckResult(command, "timeout", seconds, output=text)
    if code in _NOT_STARTED:
        return CheckResult(command, "not_run", seconds, code, text)
    return CheckResult(command, "failed" if code else "passed", seconds, code, text)


# ---- the copy


def _copy(root: str, copy: str, result: Result, stop: threading.Event) -> tuple[str, ...]:
    """Effect: the workspace below `copy`, with the result applied; the folders that are only linked. Raises _Blocked,
    OSError."""
    ignored, listed = tuple(_ignored(root)), tuple(list_files(root))
    fetched = _Fetched(root)
    links = dict.fromkeys(link for path in ignored if (link := fetched.above(f"{path}/.")))
    links |= dict.fromkeys(link for path in listed if (link := fetched.above(path)) and _is_environment(root, link))
    inside = tuple(f"{link}/" for link in links)
    wanted = (*listed, *(path for path in ignored if _is_small_file(root, path)))
    folders: set[str] = set()
    for path in wanted:
        if stop.is_set():
            return ()
        if not (inside and path.startswith(inside)):
            _copy_file(root, copy, path, folders)
    for path in (*links, *_submodules(root)):
        _make_folder(copy, path.rpartition("/")[0], folders)
        os.symlink(os.path.join(root, path), os.path.join(copy, path), target_is_directory=True)
    for path, target in _tracked_links(root):
        with suppress(FileExistsError):
            _make_folder(copy, path.rpartition("/")[0], folders)
            os.symlink(target, os.path.join(copy, path))
    for path in result.changed:
        _put(copy, path, result)
    return tuple(links)


class _Fetched:
    """The folders of a workspace that hold what was fetched, looked at once each."""

    def __init__(self, root: str) -> None:
        self._is_fetched = cache(lambda folder: _is_linked(root, folder))

    def above(self, path: str) -> str | None:
        """The topmost of them that `path` lies in."""
        parts = path.split("/")[:-1]
        folders = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
        return next((folder for folder in folders if self._is_fetched(folder)), None)


def _copy_file(root: str, copy: str, path: str, folders: set[str]) -> None:
    _make_folder(copy, path.rpartition("/")[0], folders)
    with suppress(FileNotFoundError):  # deleted meanwhile
        shutil.copy2(os.path.join(root, path), os.path.join(copy, path), follow_symlinks=False)


def _make_folder(copy: str, folder: str, made: set[str]) -> None:
    if folder not in made:
        os.makedirs(os.path.join(copy, folder), exist_ok=True)
        made.add(folder)


def _put(copy: str, path: str, result: Result) -> None:
    """Effect: one file of the result, in the encoding that it has there. Raises _Blocked."""
    before, after = result.base.get(path), result.snapshot.get(path)
    try:
        if checked(path) != path:
            raise OSError
        with folder_of(copy, path, created=[]) as folder:
            name = path.rpartition("/")[2]
            raw = read_inside(copy, path)
            if after is None:
                if folder.has(name):
                    folder.unlink(name)
                return
            form = form_of(raw, before) if before is not None and isinstance(raw, bytes) else None
            data = (encoded(after, form) if form else None) or after.data
            with open(folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
                file.write(data)
    except OSError as error:
        raise _Blocked(f"{path} cannot be written into a copy of the workspace") from error


def _ignored(root: str) -> Iterator[str]:
    """What git ignores: files, and folders that it ignores as a whole. Outside git, what a listing passes over."""
    repository = _repository_at(root)
    if repository is None:
        yield from _passed_over(root)
        return
    try:
        statuses = repository.handle.status(untracked_files="all", ignored=True)
    except (pygit2.GitError, UnicodeError):
        return
    for path, status in statuses.items():
        if status & FileStatus.IGNORED:
            yield path.rstrip("/")


def _passed_over(root: str) -> Iterator[str]:
    with os.scandir(root) as scan:
        yield from (entry.name for entry in scan if entry.name.startswith(".") or _is_linked(root, entry.name))


def _is_linked(root: str, path: str) -> bool:
    if os.path.basename(path) in _LINKED and os.path.isdir(os.path.join(root, path)):
        return True
    return _is_environment(root, path)


def _is_environment(root: str, path: str) -> bool:
    return os.path.isfile(os.path.join(root, path, _ENVIRONMENT_MARK))


def _is_small_file(root: str, path: str) -> bool:
    absolute = os.path.join(root, path)
    return os.path.isfile(absolute) and not os.path.islink(absolute) and os.path.getsize(absolute) <= _MAX_IGNORED_BYTES


def _entries(root: str, mode: FileMode) -> list[tuple[str, str]]:
    """The tracked paths of one kind, each with the id of its content."""
    repository = _repository_at(root)
    if repository is None:
        return []
    return [(entry.path, str(entry.id)) for entry in repository.handle.index if entry.mode == mode]


def _submodules(root: str) -> list[str]:
    return [path for path, _ in _entries(root, FileMode.COMMIT) if os.path.isdir(os.path.join(root, path))]


def _tracked_links(root: str) -> Iterator[tuple[str, str]]:
    """Links that lead from one place of the workspace to another."""
    for path, _ in _entries(root, FileMode.LINK):
        with suppress(OSError):
            target = os.readlink(os.path.join(root, path))
            inside = os.path.normpath(os.path.join(os.path.dirname(path), target))
            if not os.path.isabs(target) and not inside.startswith(".."):
                yield path, target


def _repository_at(root: str) -> Repository | None:
    try:
        found = Repository.discover(root)
    except RepositoryError:
        return None
    return found if found is not None and found.root == root else None


# ---- the command


def _environment(root: str, copy: str, linked: Sequence[str], without: Sequence[str]) -> dict[str, str]:
    """The user's, in which Python finds the copy's modules before those of the workspace, even where a package is
    installed as a link to its sources."""
    env = {name: value for name, value in os.environ.items() if name not in {*without, *_OF_GIT}}
    own = [os.path.join(copy, inner) for inner in ("", "src")]
    installed = [_moved(path, root, copy) for path in _linked_sources(root, linked, env)]
    given = [_moved(path, root, copy) for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    first = dict.fromkeys(os.path.normpath(path) for path in (*own, *installed, *given))
    return {**env, "PYTHONPATH": os.pathsep.join(first), "PYTHONDONTWRITEBYTECODE": "1", "PWD": copy}


def _linked_sources(root: str, linked: Sequence[str], env: Mapping[str, str]) -> Iterator[str]:
    """The folders of the workspace that `.pth` files of its environments name (editable installs)."""
    environments = [os.path.join(root, path) for path in linked]
    for environment in dict.fromkeys([*environments, env.get("VIRTUAL_ENV") or os.path.join(root, ".venv")]):
        for pattern in ("lib/python*/site-packages/*.pth", "Lib/site-packages/*.pth"):
            for file in sorted(Path(environment).glob(pattern)):
                with suppress(OSError):
                    lines = file.read_text("utf-8", "replace").splitlines()
                    yield from (line for line in lines if _is_below(line, root) and os.path.isdir(line))


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _moved(path: str, root: str, copy: str) -> str:
    return os.path.join(copy, os.path.relpath(path, root)) if _is_below(path, root) else path


@dataclass
class _Output:
    """The beginning and the end of what a command writes."""

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    dropped: bool = False

    def collect(self, descriptor: int) -> None:
        """Reads to the end, on a thread of its own."""
        with open(descriptor, "rb", buffering=0) as stream, suppress(OSError, ValueError):
            while data := stream.read(65_536):
                room = _HEAD - len(self.head)
                self.head += data[: max(room, 0)]
                self.tail += data[max(room, 0) :]
                if len(self.tail) > 2 * _TAIL:
                    del self.tail[:-_TAIL]
                    self.dropped = True

    def text(self) -> str:
        between = b"\n[...]\n" if self.dropped else b""
        return (bytes(self.head) + between + bytes(self.tail)).decode("utf-8", "replace")


async def _run(command: str, folder: str, env: dict[str, str], seconds: float) -> tuple[int | None, str]:
    """The exit code (None: out of time) and the output. Whatever happens, nothing of it runs on. Raises OSError."""
    output = _Output()
    reading, writing = os.pipe()
    reader = threading.Thread(target=output.collect, args=(reading,), daemon=True)
    try:
        process = await _started(command, folder, env, writing)
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    reader.start()
    code: int | None = None
    try:
        code = await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        pass
    finally:
        _end(process)
    # Who left the process group may hold the pipe open.
    await asyncio.to_thread(reader.join, _LAST_WORDS)
    if code is None:
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _LAST_WORDS)
    return code, output.text()


async def _started(command: str, folder: str, env: dict[str, str], out: int) -> asyncio.subprocess.Process:
    """The command in a session of its own, so that all it starts can be ended with it."""
    quiet = asyncio.subprocess.DEVNULL
    if os.name == "nt":
        return await asyncio.create_subprocess_shell(command, cwd=folder, env=env, stdin=quiet, stdout=out, stderr=out)
    return await asyncio.create_subprocess_exec(
        "sh", "-c", command, cwd=folder, env=env, stdin=quiet, stdout=out, stderr=out, start_new_session=True
    )


def _end(process: asyncio.subprocess.Process) -> None:
    """Effect: ends the command and what it started, also what it left running when it was done."""
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


# ---- the output


def _readable(output: str, copy: str) -> str:
    """Without colours, without lines that were written over, with paths as they are in the workspace."""
    text = _ESCAPE.sub("", output).replace("\r\n", "\n")
    text = _OVERWRITTEN.sub("", text)
    return text.replace(copy + os.sep, "").replace(copy, ".").strip()


def shortened(text: str, limit: int = MAX_OUTPUT) -> str:
    """At most about `limit` characters: from the report of the failures on, if there is one, the first part and the
    last, which has the most to say."""
    if len(text) <= limit:
        return text
    if (found := _FAILURES.search(text)) and found.start() > limit // 8:
        text = "[...]\n" + text[found.start() :]
    if len(text) <= limit:
        return text
    head = text[: limit // 3]
    head = head[: head.rfind("\n") + 1] or head
    tail = text[-(limit - limit // 3) :]
    tail = tail[tail.find("\n") + 1 :] or tail
    return f"{head}[... {text.count(chr(10)) - head.count(chr(10)) - tail.count(chr(10))} lines left out ...]\n{tail}"
