"""The sixteen reasons as a specification: what fires each, and what looks like it and must stay silent."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from escalation.analysis.facts import Surroundings
from escalation.analysis.packages import services
from escalation.decision.assessment import Assessment
from escalation.decision.reasons import Reason
from tests.decision.notation import by_reason, change_of, judged
from tests.decision.specification import ROUTINE, SPECIFICATION, Case


def cases(kind: str) -> list[object]:
    found: list[object] = []
    for reason, examples in SPECIFICATION.items():
        for case in getattr(examples, kind):
            found.append(pytest.param(reason, case, id=f"{reason}: {case.name}"))
    return found


class Graph:
    """An import graph in which so many files import every file."""

    def __init__(self, dependents: int) -> None:
        self.files = tuple(f"user{n}.py" for n in range(dependents))

    def dependents(self, path: str, transitive: bool = False) -> tuple[str, ...]:
        return self.files


def assessed(case: Case) -> Assessment:
    change = change_of(case.diff, case.task, case.files)
    known = frozenset(case.repository) | {f.path for f in change.files if f.base is not None}
    around = Surroundings(
        services=services(known) if case.repository else None,
        graph=Graph(case.dependents) if case.dependents else None,
        files=known if case.repository else frozenset(),
    )
    return judged(case.diff, case.task, case.files, surroundings=around)


@pytest.mark.parametrize(("reason", "case"), cases("fires"))
def test_fires(reason, case):
    triggers = by_reason(assessed(case))
    assert reason in triggers
    evidence = triggers[reason].evidence
    assert all(0 <= e.weight <= 1 and 1 <= e.start_line <= e.end_line for e in evidence)


@pytest.mark.parametrize(("reason", "case"), cases("silent"))
def test_stays_silent(reason, case):
    assert reason not in by_reason(assessed(case))


@pytest.mark.parametrize("case", ROUTINE, ids=[case.name for case in ROUTINE])
def test_routine_work_stays_with_the_default_model(case):
    assessment = assessed(case)
    assert [trigger.reason for trigger in assessment.triggers] == []
    assert not assessment.should_escalate
    assert assessment.recommended_route == "L3"


@pytest.mark.parametrize("reason", Reason)
def test_the_specification_is_complete(reason):
    examples = SPECIFICATION[reason]
    assert len(examples.fires) >= 3
    assert len(examples.silent) >= 2
    assert any(case.task for case in examples.fires)
    shown = {PurePosixPath(file.path).suffix for case in examples.fires for file in change_of(case.diff).files}
    assert shown >= set(examples.languages)


def test_evidence_stands_where_the_change_is():
    case = SPECIFICATION[Reason.REVENUE_CRITICAL].fires[0]
    trigger = by_reason(assessed(case))["revenue_critical"]
    assert (trigger.evidence[0].path, trigger.evidence[0].start_line) == ("shop/invoices.py", 2)
    assert trigger.evidence[0].symbol == "invoice_total"


def test_a_new_file_of_public_functions_is_no_contract():
    """Nobody can rely on what is new; ten of it are no more than one."""
    text = "".join(f"+def area_{n}(w, h):\n+    return w * h\n" for n in range(10))
    assert "api_design" not in by_reason(judged(f"--- /dev/null\n+++ src/shapes.py\n{text}"))
    removed = text.replace("+def", "-def").replace("+    ", "-    ")
    assert "api_design" in by_reason(judged(f"--- src/shapes.py\n+++ /dev/null\n{removed}"))
