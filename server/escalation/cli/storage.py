"""Storage: the history of this user, or of the team whose database is named, as the commands open it."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from typing import TYPE_CHECKING

from escalation.cli.failure import Failure
from escalation.cli.visible import one_line

if TYPE_CHECKING:
    from escalation.store.store import Store

_DAY = 86_400_000


def add_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database", metavar="URL", default="", help="a team's database (default: ESCALATION_DATABASE, else your own)"
    )


def days(text: str) -> int:
    """`90d` as a number. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(\d{1,5})d", text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days, such as 90d")
    return int(found[1])


def ago(days: int) -> int:
    """The time so many days ago, in milliseconds since the epoch."""
    return int(time() * 1000) - days * _DAY


@contextmanager
def opened(database: str = "") -> Iterator[Store]:
    """The store that is named, here or in the environment, else the user's own; closed at the end. Raises Failure, also
    for what fails within."""
    from escalation.settings.home import state
    from escalation.store.errors import StoreError
    from escalation.store.opening import open_store, sqlite_url

    try:
        store = open_store(database or os.environ.get("ESCALATION_DATABASE", "").strip() or sqlite_url(state()))
        try:
            yield store
        finally:
            store.close()
    except StoreError as error:
        raise Failure(one_line(str(error))) from None
