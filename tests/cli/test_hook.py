"""The pre-commit hook, and what the documentation says about the command."""

from __future__ import annotations

import dataclasses
import re
import shlex
import sys
import typing
from pathlib import Path

import pytest

from escalation.analysis.evidence import Evidence
from escalation.cli.check import LEVELS
from escalation.decision import assessment
from tests.cli.conftest import BROKEN_TOKENS, CART

ROOT = Path(__file__).parents[2]
HOOK = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
DOCS = (ROOT / "docs" / "check.md").read_text("utf-8")


def entry() -> list[str]:
    """The command of the hook, as the interpreter of the tests runs it."""
    words = shlex.split(re.findall(r"(?m)^  entry: (.*)$", HOOK)[0])
    assert words[0] == "escalation"
    return [sys.executable, "-m", *words]


def install(checkout) -> None:
    """What pre-commit does: git calls the entry before it commits."""
    hook = checkout.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {shlex.join(entry())}\n", "utf-8")
    hook.chmod(0o755)


def commits(checkout) -> int:
    return int(checkout.git("rev-list", "--count", "HEAD"))


def test_its_definition():
    assert "- id: escalation-check" in HOOK
    assert "language: python" in HOOK
    assert "pass_filenames: false" in HOOK
    assert entry()[2:] == ["escalation", "check", "--staged", "--fail-on", "critical"]


@pytest.mark.parametrize("arguments", [("commit", "-qm", "x"), ("commit", "-qam", "x"), ("commit", "-qm", "x", ".")])
def test_it_stops_a_critical_commit(shop, arguments):
    install(shop)
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    shop.git("add", "-A") if "-qm" in arguments else None
    shop.git(*arguments, check=False)
    assert commits(shop) == 1


@pytest.mark.parametrize("arguments", [("commit", "-qm", "x"), ("commit", "-qm", "x", "shop/cart.py")])
def test_it_lets_others_pass(shop, arguments):
    install(shop)
    shop.write("shop/cart.py", CART + "\n\ndef empty(items):\n    return not items\n")
    shop.git("add", "shop/cart.py")
    shop.write("shop/tokens.py", BROKEN_TOKENS)  # not staged
    shop.git(*arguments)
    assert commits(shop) == 2


def test_no_verify_passes_once(shop):
    install(shop)
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    shop.git("commit", "-qam", "x", "--no-verify")
    assert commits(shop) == 2


@pytest.mark.parametrize(
    "kind",
    [Evidence, *(kind for kind in vars(assessment).values() if dataclasses.is_dataclass(kind))],
    ids=lambda kind: kind.__name__,
)
def test_every_field_of_the_json_is_documented(kind):
    names = [field.name for field in dataclasses.fields(kind)]
    assert [name for name in names if f"`{name}`" not in DOCS] == []


def test_every_value_of_the_json_is_documented():
    kinds = (assessment.Route, assessment.Level, assessment.Complexity, assessment.Verdict)
    values = [value for kind in kinds for value in typing.get_args(kind)]
    assert [value for value in values if f"`{value}`" not in DOCS] == []


def test_the_usage_is_the_one_of_the_help(capsys):
    from escalation.cli.main import main

    with pytest.raises(SystemExit):
        main(["check", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert [option for option in options if option not in DOCS] == []
    assert "|".join(LEVELS) in DOCS
