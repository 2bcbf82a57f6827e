from __future__ import annotations

import pytest

from escalation.analysis import maintainability as module
from escalation.analysis.maintainability import maintainability

TEXT = '"""Doc."""\n\n\ndef f(a, b):\n    # why\n    if a and b:\n        return a * b + 1\n    return [x for x in a]\n'


@pytest.mark.parametrize(
    "text",
    ["", "x = 1\n", TEXT, "# only\n# comments\n", "if x:\n    y = 1\nelse:\n    y = 2\n" * 300],
)
def test_as_radon_has_it(text: str):
    radon = pytest.importorskip("radon.metrics")
    found = maintainability(text)
    assert found is not None
    assert found.maintainability_index == pytest.approx(radon.mi_visit(text, multi=True), abs=0.005)
    assert found.halstead_volume == pytest.approx(radon.h_visit(text).total.volume, abs=0.005)


@pytest.mark.parametrize(
    "text", ["def f(:\n", "x = '''", "a\0b", "(" * 10_000, "-" * 100_000 + "1", "x = 1\\", "\ud800 = 1"]
)
def test_what_python_does_not_parse_has_none(text: str):
    assert maintainability(text) is None


@pytest.mark.filterwarnings("error")
def test_the_compiler_warns_nobody():
    maintainability('x = "\\d" is 1\n')


def test_none_without_radon(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "radon_version", lambda: None)
    assert maintainability(TEXT) is None
