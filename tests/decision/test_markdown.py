"""The assessment as a person reads it in the editor."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from escalation.analysis.evidence import Evidence
from escalation.decision.assessment import CostRange, Trigger
from escalation.decision.markdown import headline, markdown, range_text, usd
from escalation.decision.reasons import Priority
from tests.decision.notation import judged
from tests.decision.specification import SPECIFICATION

CASES = [case for examples in SPECIFICATION.values() for case in (*examples.fires, *examples.silent)]
TOKENS = SPECIFICATION["critical_security"].fires[0]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_tables_are_whole(case):
    lines = markdown(judged(case.diff, case.task, case.files)).splitlines()
    for n, line in enumerate(lines):
        if re.fullmatch(r"\|(-+\|)+", line):
            columns = line.count("|")
            for row in [lines[n - 1], *lines[n + 1 :]]:
                if not row.startswith("|"):
                    break
                assert len(re.findall(r"(?<!\\)\|", row)) == columns, row


def test_what_it_says():
    text = markdown(judged(TOKENS.diff, task="Accept tokens of the old server"))
    for said in (
        "# Opus recommended",
        "## Reasons",
        "Security-critical change",
        "`shop/auth/tokens.py:4`",
        "## Context",
        "## Cost",
        "## Validation",
        "- `shop/auth/tokens.py` modified, source, +1 −1",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("from Map<K, V> to a | b", r"from Map\<K, V> to a \| b"),
        ("names __init__ and *args", r"names \_\_init\_\_ and \*args"),
        ("`f<T>_x` takes `a | b`", r"`f<T>_x` takes `a \| b`"),
        ("two\nlines [x](y)", r"two lines \[x\](y)"),
        ("a ` alone_", "a ` alone_"),
    ],
)
def test_evidence_is_shown_as_it_stands(what, shown):
    trigger = Trigger("api_design", Priority.HIGH, 0.9, "", (Evidence("a.py", 1, 1, what, 0.9),), "consequence", 0.9)
    text = markdown(replace(judged(TOKENS.diff), triggers=(trigger,)))
    assert f"| `a.py:1` {shown} |" in text


def test_links_lead_to_the_evidence():
    text = markdown(judged(TOKENS.diff), link=lambda e: f"file:///w/{e.path}#L{e.start_line}")
    assert "[shop/auth/tokens.py:4](file:///w/shop/auth/tokens.py#L4)" in text


def test_a_change_without_reasons_has_no_empty_tables():
    text = markdown(judged("--- a.py\n+++ a.py\n-x = 1\n+x = 2\n"))
    assert headline(judged()).startswith("Sonnet will do")
    assert "## Reasons" not in text
    assert "## Validation" not in text


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "unknown"), (0.0, "$0.000"), (0.0123, "$0.012"), (0.1, "$0.10"), (12.345, "$12.35")]
)
def test_usd(amount, text):
    assert usd(amount) == text


def test_ranges():
    assert range_text(CostRange("L3", ("m",), 0.04, 0.1, 0.32)) == "$0.10 ($0.040–$0.32)"
    assert range_text(CostRange("L3", ("m",), None, None, None)) == "unknown"
