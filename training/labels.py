"""The labelled files: which package they are in, and whether they are sensitive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

LABELS = Path(__file__).with_name("labels")
FRESH = Path(__file__).with_name("fresh")
"""Files that were labelled, unseen by any fit, when the model was finished; only judged, never fitted."""
HELD_OUT_PERCENT = 22


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A published archive. `ecosystem`: pypi-wheel, pypi-sdist, npm, debian (binary) or debian-source (upstream)."""

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Label:
    """One judged file; `path` is relative to the root of the unpacked package."""

    package: Package
    path: str
    language: str
    sensitive: bool
    category: str

    @property
    def held_out(self) -> bool:
        """Whether its package is judged only by the finished model. Drawn by the name alone, so labels may grow."""
        digest = blake2b(self.package.name.encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big") % 100 < HELD_OUT_PERCENT


def labels(folder: Path = LABELS) -> Iterator[Label]:
    """Every label of a folder's `*.jsonl`, in the order of the files."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            yield _label(json.loads(line))


def _label(row: dict[str, str]) -> Label:
    package = Package(row["ecosystem"], row["package"], row["version"])
    return Label(package, row["path"], row["language"], row["label"] == "sensitive", row["category"])
