"""The place in a list of workflows, as an opaque word."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

Place = tuple[int, str]
"""When a workflow was created, and its id: what pages are ordered by."""
LARGEST = 2**63 - 1
"""The largest number that a column takes."""


def encoded(place: Place) -> str:
    created, name = place
    return urlsafe_b64encode(f"{created} {name}".encode()).decode("ascii").rstrip("=")


def decoded(cursor: str) -> Place:
    """Raises ValueError where `cursor` is none of ours."""
    try:
        created, name = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ", 1)
        at = int(created)
    except ValueError:
        at, name = -1, ""
    if not 0 <= at <= LARGEST:
        raise ValueError("There is no such cursor: take it from the page before, or leave it out to begin again.")
    return at, name
