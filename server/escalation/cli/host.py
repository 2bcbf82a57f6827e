"""`escalation host`: the one host of this user: does it run, end it, what has it logged."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from escalation.cli.failure import Failure

_LEAVE_SECONDS = 20.0

_EPILOG = """exit status:
  0  done; status: a host runs
  1  status: no host runs
  2  bad usage, or it cannot be done, with one line on standard error"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "host",
        help="the one host of this user",
        description="The host is one process per user, started by who needs it first: does it run, end it, its log.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    status = actions.add_parser("status", help="whether it runs, where, since when")
    status.add_argument("--json", action="store_true", help="the same for programs")
    status.set_defaults(run=_status)
    stop = actions.add_parser("stop", help="end it; what is under way goes on at the next start")
    stop.set_defaults(run=_stop)
    logs = actions.add_parser("logs", help="the end of its log")
    logs.add_argument("--lines", type=int, default=50, metavar="N", help="default: %(default)s")
    logs.set_defaults(run=_logs)


def _status(options: argparse.Namespace) -> int:
    from escalation.host.lock import held
    from escalation.host.log import NAME
    from escalation.host.running import running

    folder = _folder()
    here = running(folder)
    if options.json:
        found = {
            "running": here is not None,
            "url": here.client.base if here else None,
            "pid": here.pid if here else None,
            "version": here.version if here else None,
            "started": here.started if here else None,
            "busy": here.busy if here else None,
            "folder": str(folder),
            "log": str(folder / NAME),
        }
        print(json.dumps(found, indent=2))
    elif here is not None:
        since = datetime.fromtimestamp(here.started / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        print(f"The host runs at {here.client.base}: process {here.pid}, version {here.version}, since {since}.")
        print("A run is under way." if here.busy else "No run is under way.")
        print(f"Its state and its log are in {folder}.")
    elif held(folder):
        print("A host holds the lock, but does not answer: it begins, ends or hangs. `escalation host logs` says more.")
    else:
        print("No host runs. Who needs one starts it; `escalation serve` does so by hand.")
    return int(here is None)


def _stop(_: argparse.Namespace) -> int:
    from escalation.host import port_file
    from escalation.host.client import HostError
    from escalation.host.lock import held
    from escalation.host.running import asked_to_leave, gone, running

    folder = _folder()
    here = running(folder)
    told = port_file.read(folder)
    if not held(folder):
        print("No host runs.")
        return 0
    try:
        if here is not None:
            asked_to_leave(here)
        elif told is not None:  # it holds the lock, so the process that it names is it
            os.kill(told.pid, signal.SIGTERM)
    except (HostError, OSError) as error:
        raise Failure(f"the host cannot be asked to end: {error}") from None
    if not gone(folder, _LEAVE_SECONDS):
        who = f"process {told.pid}" if told else "a process `escalation serve`"
        raise Failure(f"the host does not end: {who} holds {folder}; kill it: what it has under way goes on later")
    print("The host has ended; what was under way goes on at the next start." if here and here.busy else _ENDED)
    return 0


_ENDED = "The host has ended."


def _logs(options: argparse.Namespace) -> int:
    from escalation.cli.visible import visible
    from escalation.host.log import last_lines

    if options.lines < 1:
        raise Failure("--lines must be 1 or more")
    lines = last_lines(_folder(), options.lines)
    if not lines:
        print(f"There is no log in {_folder()}.", file=sys.stderr)
    for line in lines:
        print(visible(line))
    return 0


def _folder() -> Path:
    from escalation.settings.home import state

    return state()
