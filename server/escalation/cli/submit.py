"""`escalation submit`: hand the pending change to the host: to be decided on, and done where that is asked for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from escalation.cli.failure import Failure
from escalation.cli.visible import one_line

if TYPE_CHECKING:
    from escalation.repository.workspace import Workspace

_EPILOG = """exit status:
  0    taken; with --execute --follow: there is a result that passed its verification, or there was nothing to change
  1    with --execute --follow: it ended otherwise
  2    not taken, with one line on standard error
  130  with --follow: cancelled by Ctrl-C"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from escalation.cli.run import ROUTES

    parser = subparsers.add_parser(
        "submit",
        help="hand the pending change to the host, which decides, and has it done if you say so",
        description="Hands the pending change and a task to the host, which is started if none runs. It decides whether"
        " the strong model is worth its price; with --execute it has the task done, even if this terminal is closed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", nargs="*", metavar="PATH[:LINE[-LINE]]", help="what it is about: files, lines")
    parser.add_argument("--task", metavar="TEXT", required=True, help="what is to be done, in words")
    parser.add_argument("--execute", action="store_true", help="have it done by models; nothing is written")
    parser.add_argument("--route", choices=ROUTES, default="auto", help="which models work, and in which order")
    parser.add_argument("--check", metavar="CMD", default="", help="a command that the result must pass, on a copy")
    parser.add_argument("--budget", metavar="USD", type=float, help="what the run may cost at most")
    parser.add_argument("--follow", action="store_true", help="show how it goes, until it has ended; Ctrl-C cancels it")
    parser.add_argument("--json", action="store_true", help="the same for programs, one JSON object a line")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from escalation.cli.hosted import asked, host

    if options.budget is not None and not 0 < options.budget < 1e6:
        raise Failure("--budget must be more than 0 USD")
    if not options.execute and (options.check or options.budget is not None or options.route != "auto"):
        raise Failure("--route, --check and --budget are for what is executed: add --execute, or leave them out")
    body = submission(options)
    submitted = asked(host(), "POST", "/submit", body)
    if options.json:
        _line({"type": "submitted", **submitted})
    else:
        _say(submitted, follows=options.follow)
    return follow(submitted["workflow_id"], as_json=options.json) if options.follow else 0


def submission(options: argparse.Namespace) -> dict[str, Any]:
    """The body of `POST /submit`. The host reads the workspace itself: nothing of its texts is sent. Raises Failure."""
    from escalation.cli.run import split
    from escalation.repository.git import RepositoryError

    if not options.task.strip():
        raise Failure("say what is to be done: --task TEXT, in a few words")
    places = [split(target) for target in options.targets]
    workspace = _workspace(places[0][0] if places else ".")
    try:
        named = [(workspace.relative(path), first, last) for path, first, last in places]
    except RepositoryError as error:
        raise Failure(str(error)) from None
    if folder := next((path for path, _, _ in named if (workspace.root / path).is_dir()), None):
        raise Failure(f"{one_line(folder)} is a folder: name the files that the task is about")
    body = {
        "task_description": options.task.strip() + _lines(named),
        "files_to_modify": list(dict.fromkeys(path for path, _, _ in named)),
        "workspace_root": str(workspace.root),
        "execute": options.execute,
        "route": options.route,
        "check": options.check.strip(),
        "budget": options.budget,
    }
    return {name: value for name, value in body.items() if value is not None}


def _workspace(path: str) -> Workspace:
    """Raises Failure."""
    from escalation.repository.git import RepositoryError
    from escalation.repository.workspace import Workspace

    try:
        return Workspace.open(path)
    except RepositoryError as error:
        raise Failure(str(error)) from None


def _lines(named: Sequence[tuple[str, int | None, int | None]]) -> str:
    """The lines that targets name, as words of the task."""
    places = [
        f"{path}, line {first}" if last is None else f"{path}, lines {first} to {last}"
        for path, first, last in named
        if first is not None
    ]
    return f"\n\nIt is about {'; '.join(places)}." if places else ""


def _line(value: Mapping[str, Any]) -> None:
    print(json.dumps(value), flush=True)


def _say(submitted: Mapping[str, Any], *, follows: bool) -> None:
    """Effect: prints the decision and the id."""
    advice = "escalate to" if submitted["should_escalate"] else "stay with"
    if submitted["status"] == "completed":
        print(one_line(submitted["message"]))
    print(one_line(f"Decision: {advice} {submitted['recommended_model']}, confidence {submitted['confidence']:.2f}"))
    id = submitted["workflow_id"]
    print(f"id: {id}" if follows else f"id: {id}  (`escalation runs {id}` shows how it stands)", flush=True)


# ---- following


def follow(id: str, *, as_json: bool) -> int:
    """Effect: shows a workflow until it has ended, then how it stands. Ctrl-C cancels it. Returns the exit status."""
    from escalation.cli.hosted import asked, host, quoted
    from escalation.cli.runs import show, succeeded

    interrupted = _followed(id, _print) if as_json else _watched(id)
    status = asked(host(), "GET", f"/status/{quoted(id)}")
    if as_json:
        _line({"type": "status", **status})
    else:
        print()
        show(status)
    return 130 if interrupted else int(not succeeded(status))


def _print(type: str, body: Mapping[str, Any]) -> None:
    _line({"type": type, **body})


def _watched(id: str) -> bool:
    """Effect: shows what happens as `escalation run` does. Whether Ctrl-C ended it."""
    from escalation.cli.hosted import event_of
    from escalation.cli.run import Wanted, view_for

    view = view_for(Wanted())

    def tell(type: str, body: Mapping[str, Any]) -> None:
        if (event := event_of(type, body)) is not None:
            view.tell(event)

    view.begin((), "")
    try:
        return _followed(id, tell)
    finally:
        view.close()


def _followed(id: str, tell: Callable[[str, Mapping[str, Any]], None]) -> bool:
    """Effect: tells what happens until the workflow has ended. Whether Ctrl-C ended it."""
    from escalation.cli.hosted import happening, host

    after, interrupted = "", False
    while True:
        try:
            for last, type, body in happening(id, host, after):
                after = last
                tell(type, body)
            return interrupted
        except KeyboardInterrupt:
            if interrupted:
                raise  # twice: whoever is in such a hurry does not wait for its end
            interrupted = True
            _cancel(id)


def _cancel(id: str) -> None:
    """Effect: asks for the end of a workflow. If that is not taken, it has ended, which is told next."""
    from escalation.cli.hosted import asked, host, quoted

    with suppress(Failure):
        asked(host(), "DELETE", f"/workflow/{quoted(id)}")
