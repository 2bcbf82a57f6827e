"""`escalation run`: have a task done by the models, and look at the result before anything is written."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from secrets import token_bytes
from typing import TYPE_CHECKING, Literal, Protocol

from escalation.cli.failure import Failure
from escalation.cli.visible import one_line

if TYPE_CHECKING:
    from escalation.cli.recording import Recording
    from escalation.flow.context import Focus
    from escalation.flow.events import Event, Result, StreamEnd
    from escalation.repository.jobs import Prepared
    from escalation.repository.workspace import Workspace
    from escalation.settings.schema import Settings

ROUTES = ("auto", "L3", "L4", "two-pass")
_TARGET = re.compile(r"(?P<path>.+):(?P<first>\d+)(?:-(?P<last>\d+))?", re.DOTALL)

_EPILOG = """routes:
  auto      what the task and the assessment of the change say (default)
  L3, L4    the default model, or the strong model, alone
  two-pass  the default model drafts, the strong model builds, the default model finishes

exit status:
  0    done: there is a result that passed its verification, or there was nothing to change
  1    there is a result, but it failed its verification, is not complete, or could not be written
  2    no result: bad usage, no key, a model that could not be asked; with one line on standard error
  130  cancelled by Ctrl-C (143: by SIGTERM); nothing is written"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "run",
        help="have it done: streamed, within a budget, and asked before anything is written",
        description="Has a task done by the models the settings name. Nothing is written before you agree.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "targets", nargs="*", metavar="PATH[:LINE[-LINE]]", help="what it is about: files, folders, lines of a file"
    )
    parser.add_argument("--task", metavar="TEXT", help="what is to be done, in words")
    parser.add_argument("--route", choices=ROUTES, default="auto", help="which models work, and in which order")
    parser.add_argument("--check", metavar="CMD", help="a command that the result must pass; runs on a copy")
    parser.add_argument("--budget", metavar="USD", type=float, help="what the run may cost at most")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--apply", action="store_true", help="write a result that passed its verification without asking")
    end.add_argument("--diff", action="store_true", help="print the result as a patch, and nothing else, for git apply")
    parser.add_argument("--json", action="store_true", help="print the events, one JSON object a line")
    parser.add_argument("--demo", action="store_true", help="a scripted run: no key, no network, nothing billed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    wanted = _wanted(options)
    if options.demo:
        from escalation.cli.scripted_run import scripted_run

        return scripted_run(wanted)
    if not wanted.task:
        raise Failure("say what is to be done: --task TEXT, in a few words")
    return carry_out(_workspace(options), wanted, options.targets, os.environ)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for. `check` None leaves it to the settings; the empty text means none."""

    task: str = ""
    route: Literal["auto", "L3", "L4", "two-pass"] = "auto"
    check: str | None = None
    end: Literal["ask", "apply", "diff"] = "ask"
    json: bool = False


def _wanted(options: argparse.Namespace) -> Wanted:
    """Raises Failure for what the parser cannot see."""
    if options.json and options.diff:
        raise Failure("--json and --diff both want standard output: give one of them")
    if options.budget is not None and not 0 < options.budget < 1e6:
        raise Failure("--budget must be more than 0 USD")
    if options.demo and (options.task or options.targets or options.apply):
        raise Failure("--demo has its own task on a repository of its own: give no PATH, no --task and no --apply")
    end: Literal["ask", "apply", "diff"] = "apply" if options.apply else "diff" if options.diff else "ask"
    return Wanted((options.task or "").strip(), options.route, options.check, end, options.json)


def _workspace(options: argparse.Namespace) -> Workspace:
    """The workspace of the first target, with the budget of the command line. Raises Failure."""
    from escalation.repository.git import RepositoryError
    from escalation.repository.workspace import Workspace

    places = [split(target) for target in options.targets]
    try:
        workspace = Workspace.open(places[0][0] if places else os.curdir)
    except RepositoryError as error:
        raise Failure(str(error)) from None
    for problem in workspace.problems:
        print(f"escalation: {one_line(problem.message)}", file=sys.stderr)
    if options.budget is not None:
        flow = replace(workspace.settings.flow, budget=options.budget)
        workspace = replace(workspace, settings=replace(workspace.settings, flow=flow))
    return workspace


def split(target: str) -> tuple[str, int | None, int | None]:
    """A target's path and lines. A file whose name looks like a target is meant itself. Raises Failure."""
    if os.path.lexists(target):
        return target, None, None
    named = _TARGET.fullmatch(target)
    path = named["path"] if named else target
    if not os.path.lexists(path):
        raise Failure(f"{one_line(path)} does not exist; name what is there, and say in --task what is to be new")
    if named is None:
        return path, None, None
    first, last = int(named["first"]), int(named["last"] or named["first"])
    if os.path.isdir(path):
        raise Failure(f"{one_line(path)} is a folder, which has no lines")
    if not 1 <= first <= last:
        raise Failure(f"{one_line(target)}: lines count from 1, the first before the last")
    return path, first, last if named["last"] else None


def focus_of(workspace: Workspace, targets: Sequence[str]) -> tuple[Focus, ...]:
    """The targets, relative to the root of the workspace. Raises Failure, RepositoryError."""
    from escalation.flow.context import Focus

    return tuple(Focus(workspace.relative(path), first, last) for path, first, last in map(split, targets))


def carry_out(workspace: Workspace, wanted: Wanted, targets: Sequence[str], env: Mapping[str, str]) -> int:
    """Effect: runs the flow and does with its result what is wanted. Returns the exit status. Raises Failure."""
    from escalation.cli.recording import Recording

    recording = Recording()
    try:
        run = followed(workspace, wanted, targets, env, view=view_for(wanted), recording=recording)
        return _concluded(workspace, wanted, run, recording)
    finally:
        recording.close()


def followed(
    workspace: Workspace,
    wanted: Wanted,
    targets: Sequence[str],
    env: Mapping[str, str],
    *,
    view: View,
    label: str = "",
    recording: Recording | None = None,
) -> Followed:
    """Effect: runs the flow, shows its events and has them kept. `label` is said where a run is not what it seems.
    Raises Failure."""
    from escalation.flow.messages import ModelFailure
    from escalation.repository.git import RepositoryError
    from escalation.repository.jobs import Clients, prepare
    from escalation.settings.endpoints import EndpointError

    try:
        _need_keys(workspace.settings, env)
        check = _check(workspace, wanted)
        prepared = _seeded(prepare(workspace, wanted.task, focus_of(workspace, targets), wanted.route))
        if recording is not None:
            recording.begin(workspace, prepared.job, Clients(env).keys(workspace.settings))
        try:
            view.begin(prepared.left_out, label)
            return asyncio.run(_follow(workspace, prepared, env, check, view=view, recording=recording))
        finally:
            view.close()
            if recording is not None:
                recording.end()
    except (RepositoryError, EndpointError, ModelFailure) as error:
        raise Failure(one_line(str(error))) from None


def _need_keys(settings: Settings, env: Mapping[str, str]) -> None:
    """Raises Failure where an endpoint that a tier names has no key, EndpointError."""
    from escalation.settings.endpoints import key, resolve, without_key

    for tier, spec in (("L3", settings.models.default), ("L4", settings.models.escalation)):
        named = resolve(settings, spec)
        if not key(named.endpoint, env):
            how = without_key(named.name, named.endpoint.key_variable)
            raise Failure(
                f"there is no key for {one_line(named.model)} ({tier}, endpoint {named.name}): {how};"
                " `escalation doctor` says what else is missing, `escalation run --demo` needs no key"
            )


def _seeded(prepared: Prepared) -> Prepared:
    """What is kept of the run names its secrets by the placeholders that the run uses."""
    return replace(prepared, job=replace(prepared.job, seed=token_bytes(16)))


def _check(workspace: Workspace, wanted: Wanted) -> str:
    """The check command that may be run: the user's own, or the repository's if its user agrees."""
    from escalation.repository import consents

    own, proposed = workspace.settings.flow.check, workspace.settings.flow.proposed_check
    if wanted.check is not None:
        return wanted.check.strip()
    if own or not proposed or consents.allowed(workspace.root, proposed):
        return own or proposed
    if not wanted.json and _asks():
        if _answer(f"This repository wants to run `{one_line(proposed)}` after each pass. Run it here? [y/N] ") == "y":
            with kept_on_disk("your consent"):
                consents.allow(workspace.root, proposed)
            return proposed
        return ""
    print(
        f"escalation: the check that this repository proposes was not run: `{one_line(proposed)}`;"
        " --check CMD runs a command",
        file=sys.stderr,
    )
    return ""


# ---- following the run


class View(Protocol):
    """Who shows a run."""

    def begin(self, left_out: Sequence[tuple[str, str]], label: str) -> None: ...
    def tell(self, event: Event) -> None: ...
    def close(self) -> None: ...


class _Lines:
    """Effect: prints each event as a line of JSON."""

    def begin(self, left_out: Sequence[tuple[str, str]], label: str) -> None:
        for path, why in left_out:
            print(f"escalation: not sent: {one_line(f'{path} {why}')}", file=sys.stderr)

    def tell(self, event: Event) -> None:
        from escalation.flow.events import record

        _print_json(record(event))

    def close(self) -> None: ...


def _print_json(value: object) -> None:
    print(json.dumps(value), flush=True)


def view_for(wanted: Wanted) -> View:
    """Who shows a run: lines of JSON, or text for a person."""
    if wanted.json:
        return _Lines()
    from rich.console import Console

    from escalation.cli.progress import Progress

    file = sys.stderr if wanted.end == "diff" else sys.stdout
    console = Console(file=file, highlight=False)
    return Progress(console, live=file.isatty() and not console.is_dumb_terminal)


@dataclass(slots=True)
class Followed:
    """What came of following a run: its last event, the secrets masked, and the signal that ended it."""

    end: StreamEnd | None = None
    placeholders: list[str] = field(default_factory=list)
    stopped_by: int | None = None


async def _follow(
    workspace: Workspace,
    prepared: Prepared,
    env: Mapping[str, str],
    check: str,
    *,
    view: View,
    recording: Recording | None,
) -> Followed:
    from escalation.flow.events import Redaction, StreamEnd
    from escalation.flow.process import process_message
    from escalation.repository.jobs import opened

    run, cancelling = Followed(), asyncio.Event()

    def stop(number: int) -> None:
        run.stopped_by = number
        view.close()
        cancelling.set()

    with _signals(stop):
        async with (
            opened(workspace, prepared.sources, env, check) as engine,
            aclosing(process_message(prepared.job, engine, cancelling)) as events,
        ):
            async for event in events:
                view.tell(event)
                if recording is not None:
                    recording.tell(event)
                if isinstance(event, Redaction):
                    run.placeholders += (masked.placeholder for masked in event.masked)
                elif isinstance(event, StreamEnd):
                    run.end = event
    return run


class _Stop(Protocol):
    def __call__(self, number: int) -> None: ...


@contextmanager
def _signals(stop: _Stop) -> Iterator[None]:
    """Within it the first Ctrl-C or SIGTERM calls `stop`; the next one ends the process at once. Where a loop takes
    no signals (Windows) Ctrl-C cancels the task, which closes the stream as well."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)

    def release() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)

    def received(number: int) -> None:
        release()
        stop(number)

    try:
        for number in numbers:
            loop.add_signal_handler(number, received, number)
    except (NotImplementedError, RuntimeError, ValueError):  # RuntimeError, ValueError: not in the main thread
        yield
        return
    try:
        yield
    finally:
        release()


# ---- what becomes of the result


def _concluded(workspace: Workspace, wanted: Wanted, run: Followed, recording: Recording) -> int:
    """Effect: applies, prints or keeps the result. Returns the exit status."""
    end = run.end
    if run.stopped_by is not None or end is None:
        return cancelled(wanted, run)
    is_good = good(end)
    if not end.result.changed:
        if not is_good:
            raise Failure(f"no result: {one_line(end.reason)}")
        return 0
    if wanted.end == "diff":
        print_patch(workspace, end.result)
    elif wanted.end == "apply" and is_good:
        return _applied(workspace, wanted, end.result)
    elif wanted.json or not _asks():
        _kept(workspace, end.result)
    else:
        return _offered(workspace, wanted, end, run.placeholders, recording, is_good=is_good)
    return int(not is_good)


def cancelled(wanted: Wanted, run: Followed) -> int:
    """The exit status of a run that a signal ended. Effect: says so, where its last event does not."""
    if wanted.json or run.end is None:
        print("escalation: cancelled; nothing is written", file=sys.stderr)
    return 128 + (run.stopped_by or signal.SIGINT)


def good(end: StreamEnd) -> bool:
    """Whether a result is what was asked for. A check that could not be run has not been passed."""
    check = end.verdict.check if end.verdict is not None else None
    return end.outcome in ("success", "fallback_success") and (check is None or check.status == "passed")


def print_patch(workspace: Workspace, result: Result) -> None:
    from escalation.repository.applying import as_patch

    sys.stdout.flush()
    sys.stdout.buffer.write(as_patch(result, workspace.root))  # bytes: line ends and encodings are the files' own
    sys.stdout.flush()


def _offered(
    workspace: Workspace,
    wanted: Wanted,
    end: StreamEnd,
    placeholders: Sequence[str],
    recording: Recording,
    *,
    is_good: bool,
) -> int:
    """Effect: shows the diff and asks."""
    show_diff(end.diff, placeholders)
    count = len(end.result.changed)
    mark = "" if is_good else "NOT verified: "
    try:
        answer = _answer(f"{mark}Apply to {count} file{'' if count == 1 else 's'}? [y/N/p(atch)] ")
    except (KeyboardInterrupt, EOFError):  # no answer is no “no”: what was paid for is not thrown away
        print()
        _kept(workspace, end.result)
        return 130
    if answer == "y":
        recording.judged("accepted")
        return _applied(workspace, wanted, end.result) or int(not is_good)
    if answer == "p":
        _kept(workspace, end.result)
    else:
        recording.judged("discarded")
        print("Nothing is written.")
    return int(not is_good)


def show_diff(diff: str, placeholders: Sequence[str] = ()) -> None:
    """Effect: prints a diff in colours, on a terminal."""
    from rich.console import Console

    from escalation.cli.preview import preview

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print()
    for line in preview(diff, placeholders):
        console.print(line)
    if shown := [name for name in dict.fromkeys(placeholders) if name in diff]:
        console.print(
            f"\n{', '.join(shown)}: your own secrets, masked here; the files get them as they are.", markup=False
        )
    console.print()


def _applied(workspace: Workspace, wanted: Wanted, result: Result) -> int:
    """Effect: writes the result, or keeps it where the files have changed meanwhile."""
    from escalation.repository.applying import Written, apply_result

    with kept_on_disk("the result"):
        done = apply_result(workspace.root, result)
    if isinstance(done, Written):
        if wanted.json:
            _print_json({"type": "applied", "paths": list(done.paths), "patch": None, "reasons": {}})
        else:
            print(f"Applied: {', '.join(map(one_line, done.paths))}")
        return 0
    if wanted.json:
        _print_json({"type": "applied", "paths": [], "patch": str(done.patch), "reasons": dict(done.reasons)})
    for path, why in done.reasons.items():
        print(f"escalation: not applied: {one_line(f'{path} {why}')}", file=sys.stderr)
    _say_kept(done.patch)
    return 1


def _kept(workspace: Workspace, result: Result) -> None:
    """Effect: keeps the result as a patch file."""
    from escalation.repository.applying import keep_result

    with kept_on_disk("the result"):
        _say_kept(keep_result(workspace.root, result))


@contextmanager
def kept_on_disk(what: str) -> Iterator[None]:
    """Raises Failure where the disk does not take it."""
    try:
        yield
    except OSError as error:
        raise Failure(f"{what} cannot be kept: {os.strerror(error.errno or 0)}") from None


def _say_kept(patch: object) -> None:
    print(f"escalation: nothing is written; the result is kept: git apply {one_line(str(patch))}", file=sys.stderr)


def _asks() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _answer(question: str) -> str:
    """The first letter of what the user types, small. Raises EOFError."""
    return input(question).strip()[:1].lower()
