"""Which places a dismissal covers."""

from __future__ import annotations

import pytest

from escalation.analysis.evidence import Evidence
from escalation.decision.dismissals import NONE, Dismissal, Dismissals

FUNCTION = Dismissal("api_design", "function", "a.py", "Cart.total")
MODULE = Dismissal("api_design", "function", "a.py", "")
FILE = Dismissal("api_design", "file", "a.py")
PROJECT = Dismissal("api_design", "project")

CASES = [
    (FUNCTION, "a.py", "Cart.total", True),
    (FUNCTION, "a.py", "Cart.tax", False),
    (FUNCTION, "a.py", None, False),
    (FUNCTION, "b.py", "Cart.total", False),
    (MODULE, "a.py", None, True),
    (MODULE, "a.py", "Cart.total", False),
    (FILE, "a.py", "Cart.total", True),
    (FILE, "a.py", None, True),
    (FILE, "b.py", None, False),
    (PROJECT, "b.py", "anything", True),
    (PROJECT, "<task>", None, True),
]


@pytest.mark.parametrize(("dismissal", "path", "symbol", "covered"), CASES)
def test_covers(dismissal, path, symbol, covered):
    assert dismissal.covers("api_design", path, symbol) is covered
    assert not dismissal.covers("critical_security", path, symbol)


def test_lines_do_not_matter():
    dismissals = Dismissals((FUNCTION,))
    for line in (1, 7, 4000):
        assert dismissals.covers("api_design", Evidence("a.py", line, line, "x", 0.5, "Cart.total"))


def test_any_entry_is_enough_and_none_covers_nothing():
    assert Dismissals((FUNCTION, FILE)).dismissed("api_design", "a.py")
    assert not NONE.dismissed("api_design", "a.py")
