"""`escalation serve`: the host, in this process."""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from escalation.cli.failure import Failure

if TYPE_CHECKING:
    from escalation.api.serve import Serving
    from escalation.host.port_file import PortFile

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")
"""What can stand in a header and in a cookie as it is, and is not tried out in a hurry."""

_EPILOG = """environment variables:
  ESCALATION_TOKEN     the bearer token, 16 characters or more; without it one is made for each start
  ESCALATION_DATABASE  the same as --database, where a password should not be seen in the list of processes

exit status:
  0  it was told to end, or nobody needed it any more
  1  you have a host already
  2  bad usage, or it cannot begin, with one line on standard error"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "serve",
        help="the host: runs, their history, the REST API and the dashboard",
        description="Serves runs, their history, the REST API and the dashboard, until it is told to end (Ctrl-C).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on (default: %(default)s, this machine only). Another one needs ESCALATION_TOKEN",
    )
    parser.add_argument("--port", type=_port, default=0, help="default: any that is free")
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="postgresql+psycopg://… to share one with other hosts (default: SQLite in the state folder)",
    )
    parser.add_argument(
        "--idle-exit",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="end after so long without a request and without a run (default: never)",
    )
    parser.add_argument(
        "--root",
        type=Path,
        action="append",
        dest="roots",
        metavar="DIR",
        help="a folder whose workspaces may be read; can be given several times"
        " (default: all that you may read; none, if --host lets others in)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from escalation.api.serve import serve
    from escalation.host.client import HostError
    from escalation.host.lock import Taken

    try:
        serving = _serving(options)
        serve(serving, lambda told: _say(serving, told))
    except Taken:
        print(f"escalation: {_who_runs(serving.folder)}", file=sys.stderr)
        return 1
    except HostError as error:
        raise Failure(str(error)) from None
    return 0


def _serving(options: argparse.Namespace) -> Serving:
    """What the arguments and the environment ask for. Raises Failure, HostError."""
    from escalation.api.serve import Serving, is_loopback
    from escalation.settings.home import state
    from escalation.settings.load import load

    settings, problems = load(None, env=os.environ)
    for problem in problems:
        print(f"escalation: {problem.message}", file=sys.stderr)
    alone = is_loopback(options.host)
    return Serving(
        folder=state(),
        env=dict(os.environ),
        host=options.host,
        port=options.port,
        token=_token(options.host, alone=alone),
        database=options.database or os.environ.get("ESCALATION_DATABASE", "").strip(),
        roots=_roots(options.roots, alone=alone),
        max_concurrent=settings.host.max_concurrent,
        idle_exit=options.idle_exit,
        keep_days=settings.host.keep_days,
    )


def _token(host: str, *, alone: bool) -> str:
    """The token of the environment, or a new one where only this machine's user can use it. Raises Failure."""
    given = os.environ.get("ESCALATION_TOKEN", "").strip()
    how = "`python3 -c 'import secrets; print(secrets.token_urlsafe(32))'` makes one"
    if given:
        if not _TOKEN.fullmatch(given):
            raise Failure(f"ESCALATION_TOKEN must be 16 to 512 letters, digits and . _ ~ + / = -: {how}")
        return given
    if not alone:
        raise Failure(f"{host} lets others in, so you must say by which token: set ESCALATION_TOKEN; {how}")
    return secrets.token_urlsafe(32)


def _roots(given: list[Path] | None, *, alone: bool) -> tuple[Path, ...] | None:
    """The folders whose workspaces may be read; None for all. Raises Failure."""
    if given is None:
        return None if alone else ()
    for root in given:
        if not root.is_dir():
            raise Failure(f"--root {root}: there is no such folder")
    return tuple(root.resolve() for root in given)


def _say(serving: Serving, told: PortFile) -> None:
    """Effect: prints where the host is. The token is shown to a person only: other output is kept somewhere."""
    login = f"/?token={told.token}" if sys.stdout.isatty() else "/"
    print(f"escalation: the host answers; its dashboard is {told.base}{login}", flush=True)
    from escalation.api.serve import is_loopback

    if not is_loopback(serving.host):
        folders = ", ".join(map(str, serving.roots or ())) or "no folder (--root names some)"
        print(
            f"escalation: it listens on {serving.host}, port {told.port}: whoever reaches it and has ESCALATION_TOKEN "
            f"can read the history, read {folders}, and spend at your endpoints. Nothing on the way is encrypted: "
            "put a proxy with TLS in front of it.",
            file=sys.stderr,
            flush=True,
        )


def _who_runs(folder: Path) -> str:
    from escalation.host.running import running

    here = running(folder)
    if here is None:
        return f"another host holds the lock in {folder}, but does not answer: `escalation host stop` ends it"
    return f"you have a host already: {here.client.base}, process {here.pid}; `escalation host stop` ends it"


def _port(word: str) -> int:
    if not word.isascii() or not word.isdecimal() or int(word) > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(word)


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 1e7:
        raise argparse.ArgumentTypeError("seconds are a number from 0 (never) to 10000000")
    return seconds
