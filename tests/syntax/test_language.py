"""The table of languages: how a file finds its row, and that every row with a grammar can be measured."""

from __future__ import annotations

import pytest

from escalation.syntax.language import grammar, language_of_id, language_of_path, languages, query, query_text
from escalation.syntax.symbols import OUTLINE


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("a/b.py", b"", "python"),
        ("A.TSX", b"", "tsx"),
        ("Rakefile", b"", "ruby"),
        ("Dockerfile.dev", b"", "dockerfile"),
        ("run", b"#!/usr/bin/env python3\n", "python"),
        ("run", b"#!/bin/bash -e\n", "bash"),
        ("run", b"#!/usr/bin/env -S node --x\n", "javascript"),
        ("run", b"#!", None),
        ("a.unknown", b"", None),
    ],
)
def test_a_file_finds_its_language(path: str, head: bytes, expected: str | None) -> None:
    found = language_of_path(path, head)
    assert (found.id if found else None) == expected


def test_an_editor_names_a_language_its_own_way() -> None:
    assert [row.id if (row := language_of_id(id)) else None for id in ("typescriptreact", "shellscript", "cobol")] == [
        "tsx",
        "bash",
        None,
    ]


@pytest.mark.parametrize("language", [row.id for row in languages().values() if row.grammar])
def test_a_grammar_has_an_outline_and_counting_rules(language: str) -> None:
    assert grammar(language)
    outline = query(language, "outline")
    assert outline is not None
    assert query(language, "complexity") is not None
    names = {outline.capture_name(n) for n in range(outline.capture_count)}
    assert {name for name in names if not name.startswith("_")} <= set(OUTLINE)


def test_what_languages_share_is_read_before_their_own() -> None:
    shared, own = query_text("c", "words"), query_text("cpp", "words")
    assert own.startswith(shared)
    assert "namespace_identifier" in own.removeprefix(shared)
    assert query_text("c", "members") == ""  # only C++ has classes
    assert query_text("tsx", "outline") == query_text("typescript", "outline") != query_text("javascript", "outline")


def test_a_dialect_goes_by_the_rules_of_its_family() -> None:
    assert [languages()[id].family for id in ("tsx", "typescript", "javascript", "cpp", "json")] == [
        "typescript",
        "typescript",
        "javascript",
        "cpp",
        "json",
    ]


def test_a_language_without_a_grammar_says_so() -> None:
    with pytest.raises(KeyError, match="JSON has no grammar"):
        grammar("json")
