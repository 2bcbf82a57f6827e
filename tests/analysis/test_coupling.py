"""The import graph: its figures, and that exchanging a file equals building it anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.analysis.coupling import Coupling, ImportGraph
from escalation.analysis.modules import FileIndex
from escalation.syntax.imports import Import

# a and b stand on c, c on d; e is alone.
GRAPH = ImportGraph({"p/a.py": ("p/c.py",), "q/b.py": ("p/c.py",), "p/c.py": ("q/d.py",)})


@pytest.mark.parametrize(
    ("path", "afferent", "efferent", "instability"),
    [("p/a.py", 0, 1, 1.0), ("p/c.py", 2, 1, 1 / 3), ("q/d.py", 1, 0, 0.0), ("e.py", 0, 0, 0.0)],
)
def test_coupling_of_a_file(path: str, afferent: int, efferent: int, instability: float) -> None:
    assert GRAPH.coupling(path) == Coupling(afferent, efferent)
    assert (GRAPH.afferent(path), GRAPH.efferent(path)) == (afferent, efferent)
    assert GRAPH.instability(path) == pytest.approx(instability)


def test_coupling_of_packages_counts_files_across_their_border() -> None:
    packages = GRAPH.packages(lambda path: path.rpartition("/")[0])
    assert packages == {"p": Coupling(1, 1), "q": Coupling(1, 1)}


def test_dependents_and_dependencies() -> None:
    assert GRAPH.dependents("p/c.py") == ("p/a.py", "q/b.py")
    assert GRAPH.dependents("q/d.py", transitive=True) == ("p/a.py", "p/c.py", "q/b.py")
    assert GRAPH.dependencies("p/a.py") == ("p/c.py",)
    assert GRAPH.dependencies("p/a.py", transitive=True) == ("p/c.py", "q/d.py")


def test_a_cycle_ends() -> None:
    graph = ImportGraph({"a": ("b",), "b": ("a",)})
    assert graph.dependents("a", transitive=True) == ("b",)


NAMES = ("a", "b", "c", "d")
PATHS = st.sampled_from([f"{folder}{name}.py" for folder in ("", "p/", "p/q/") for name in (*NAMES, "__init__")])
IMPORTS = st.lists(
    st.builds(
        Import,
        st.sampled_from(["a", "b", "p", "p.a", "p.q", "p.q.c", ""]),
        st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
        st.integers(0, 2),
    ).filter(lambda item: bool(item.module) or item.relative > 0),
    max_size=3,
).map(tuple)
STEPS = st.lists(st.tuples(PATHS, st.none() | IMPORTS), max_size=12)


@given(STEPS)
def test_exchanging_files_equals_building_anew(steps: list[tuple[str, tuple[Import, ...] | None]]) -> None:
    graph, imports = ImportGraph(), dict[str, tuple[Import, ...]]()
    for path, found in steps:
        if found is None:
            imports.pop(path, None)
            graph = graph.without(path)
        else:
            imports[path] = found
            graph = graph.with_file(path, found)
    anew = ImportGraph.of(FileIndex(frozenset(imports)), imports)
    assert graph.edges == anew.edges
    assert all(graph.dependents(path) == anew.dependents(path) for path in imports)
