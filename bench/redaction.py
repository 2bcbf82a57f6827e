"""Masking secrets: what it costs, and how much of published code is taken for a secret.

A package is published, so what is found in it is a false find or the key of a test. Both count here; `--list` of this
module shows each one, for somebody to tell them apart: `python -m bench.redaction --list`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.corpus import PACKAGES, Corpus, cache, corpus, text_of
from bench.peers import Peers
from bench.table import Row
from escalation.flow.redaction import Redactor
from escalation.flow.secrets import find
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

PART = "redaction"
FILES, LINES = 20, 2_000


def rows(corpus: Corpus, peers: Peers, quick: bool) -> Iterator[Row]:
    lines = text_of(corpus, FILES * LINES).splitlines(keepends=True)
    yield _time(["".join(lines[n * LINES : (n + 1) * LINES]) for n in range(FILES)], 3 if quick else 20)
    for name in ("django",) if quick else (*PACKAGES, "stdlib"):
        yield _finds(name, corpus)


def _time(texts: list[str], turns: int) -> Row:
    """A whole snapshot, each time by a new Redactor."""
    snapshot = Snapshot({f"bench/m{n}.py": Document.of(text) for n, text in enumerate(texts)})
    took = []
    for _ in range(turns):
        start = perf_counter()
        Redactor().mask_snapshot(snapshot)
        took.append((perf_counter() - start) * 1000 / (FILES * LINES / 1000))
    return Row(PART, f"masking 1,000 lines, of a snapshot of {FILES} files of {LINES:,}", tuple(took), at_most=25)


def _finds(name: str, corpus: Corpus) -> Row:
    lines = finds = 0
    for path in corpus.files(name):
        data = path.read_bytes()
        lines += data.count(b"\n")
        finds += len(find(data))
    share = finds / lines * 10_000
    return Row(PART, f"{name}: finds in 10,000 lines ({finds} in {lines:,})", (share,), unit="", at_most=1)


def _listed(path: Path) -> Iterator[str]:
    data = path.read_bytes()
    for found in find(data):
        line = data.count(b"\n", 0, found.start) + 1
        yield f"{path}:{line}: {found.rule.name}: {data[found.first : found.last].decode('utf-8', 'replace')!r}"


if __name__ == "__main__" and "--list" in sys.argv:
    for file in corpus(cache()).files():
        for text in _listed(file):
            print(text)
