"""The labels: sound rows, enough of them, and nothing of the packages reserved for an independent check."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

LABELS = Path(__file__).parents[2] / "training" / "labels"
FILES = sorted(LABELS.glob("*.jsonl"))
FIELDS = {"ecosystem", "package", "version", "path", "language", "label", "category", "why"}


def rows(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def reserved() -> set[str]:
    text = (LABELS / "README.md").read_text("utf-8")
    found = re.search(r"neither read nor fetched nor fitted:\n(.*?)\.\n\n", text, re.DOTALL)
    assert found
    return {name.strip() for name in found[1].split(",")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_rows_are_sound(file: Path):
    found = rows(file)
    for row in found:
        assert set(row) == FIELDS
        assert all(row.values())
        assert row["label"] in ("sensitive", "not")
        assert not row["path"].startswith("/")
        assert ".." not in row["path"].split("/")
    places = [(row["ecosystem"], row["package"], row["path"]) for row in found]
    assert len(places) == len(set(places))
    assert sum(row["label"] == "sensitive" for row in found) >= 60
    assert sum(row["label"] == "not" for row in found) >= 60


def test_every_file_of_labels_is_there():
    assert [file.stem for file in FILES] == ["go", "java", "javascript", "python"]


def test_reserved_packages_are_not_labelled():
    assert len(reserved()) == 34
    assert not reserved() & {row["package"].lower() for file in FILES for row in rows(file)}


def test_one_version_of_each_package():
    versions = {(row["ecosystem"], row["package"], row["version"]) for file in FILES for row in rows(file)}
    assert len(versions) == len({(ecosystem, package) for ecosystem, package, _ in versions})
