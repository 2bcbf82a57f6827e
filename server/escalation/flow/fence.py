"""Fences: tags around text of others that this text cannot close, for their names end in what it does not contain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import count

NONCE_LENGTH = 8


def nonce(texts: Iterable[str]) -> str:
    """Eight hexadecimal digits that occur in none of the texts; the same for the same texts."""
    joined = "\0".join(texts)
    digest = hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
    tried = (hashlib.sha256(f"{digest}{number}".encode()).hexdigest()[:NONCE_LENGTH] for number in count())
    return next(found for found in tried if found not in joined)


def fenced(tag: str, text: str) -> str:
    """`text` between tags of its own."""
    name = f"{tag}-{nonce([text])}"
    return f"<{name}>\n{text.rstrip()}\n</{name}>\n"
