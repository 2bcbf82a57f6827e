"""`escalation check`: judge the pending change, a commit, or a task."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from escalation.cli.failure import Failure

if TYPE_CHECKING:
    from escalation.analysis.change import Change
    from escalation.decision.assessment import Assessment
    from escalation.repository.git import Repository
    from escalation.repository.workspace import Workspace

LEVELS = ("critical", "high", "medium", "low", "never")

_EPILOG = """exit status:
  0  no reason at or above the level of --fail-on
  1  at least one
  2  bad usage or broken input, with one line on standard error"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "check",
        help="judge a change: is the strong model worth its price?",
        description="Judges the working tree against HEAD, or what the options say.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="only these files and folders; with --task, the files it is about",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--base", metavar="REV", help="the working tree against REV; `REV...` is where HEAD left REV")
    what.add_argument("--staged", action="store_true", help="the index against HEAD: what `git commit` would take")
    what.add_argument("--commit", metavar="SHA", help="one commit against its first parent")
    parser.add_argument("--task", metavar="TEXT", help="what is to be done, in words")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text")
    parser.add_argument(
        "--fail-on",
        choices=LEVELS,
        default="high",
        metavar="LEVEL",
        help="critical, high (default), medium, low or never",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    assessment = check(options)
    _write(assessment, options.format)
    return int(failed(assessment, options.fail_on))


def check(options: argparse.Namespace) -> Assessment:
    """The assessment of what the options name. Raises Failure."""
    from escalation.repository.git import RepositoryError
    from escalation.repository.workspace import Workspace

    try:
        workspace = Workspace.open(_anchor(options.paths))
        if workspace.repository is None:
            workspace = Workspace.open(os.curdir)
        change = _change(workspace, options)
        for problem in workspace.problems:
            print(f"escalation: {problem.message}", file=sys.stderr)
        return workspace.assess(change)
    except RepositoryError as error:
        raise Failure(str(error)) from None


def _anchor(paths: list[str]) -> str:
    """Where to look for the repository: at the first path, else here."""
    return paths[0] if paths else os.curdir


def _change(workspace: Workspace, options: argparse.Namespace) -> Change:
    from escalation.analysis.change import Change, Task
    from escalation.repository.workspace import expanded

    repository, task = workspace.repository, (options.task or "").strip()
    if options.task is not None and not task:
        raise Failure("--task is empty: say in a few words what is to be done")
    if repository is None and not task:
        raise Failure(
            f"{_anchor(options.paths)} is not in a git repository, so there is no change to judge;"
            " --task TEXT judges a task"
        )
    change = Change()
    if repository is not None:
        change = _pending(repository, options, lenient=bool(task))
    if task:
        change = workspace.with_task(change, Task(task, files=expanded(workspace, options.paths)))
    return change


def _pending(repository: Repository, options: argparse.Namespace, *, lenient: bool) -> Change:
    """The change the options name. A task may name files that do not exist yet, so with one (`lenient`) unknown paths
    are no error."""
    paths = [repository.relative(path) for path in options.paths]
    if lenient:
        paths = [path for path in paths if _is_there(repository, path)]
        if options.paths and not paths:
            from escalation.analysis.change import Change

            return Change()
    if options.commit is not None:
        return repository.commit_change(options.commit, paths)
    if options.base is not None:
        return repository.base_change(options.base, paths)
    return repository.staged_change(paths) if options.staged else repository.working_change(paths)


def _is_there(repository: Repository, path: str) -> bool:
    """Whether there is or was something at `path`."""
    return os.path.lexists(os.path.join(repository.root, path)) or repository.head_document(path) is not None


def failed(assessment: Assessment, level: str) -> bool:
    """Whether a reason reaches the level."""
    if level == "never":
        return False
    from escalation.decision.reasons import Priority

    return any(trigger.priority.rank >= Priority(level).rank for trigger in assessment.triggers)


def _write(assessment: Assessment, format: str) -> None:
    if format == "text":
        from escalation.cli.report import show

        show(assessment)
        return
    import json

    from escalation.cli.sarif import sarif
    from escalation.decision.record import record

    document = record(assessment) if format == "json" else sarif(assessment)
    print(json.dumps(document, indent=2))  # in ASCII: any terminal and any name of a file can take it
