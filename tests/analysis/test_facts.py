"""The facts of one file, and of a change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.analysis.change import Change, FileChange, Task
from escalation.analysis.facts import ChangeFacts, FileFacts, Surroundings, examine, gather
from escalation.analysis.packages import services
from tests.decision.notation import change_of, file_change


def facts_of(diff: str) -> FileFacts:
    (file,) = change_of(diff).files
    return examine(file)


def touched(facts: FileFacts) -> dict[str, bool]:
    """The touched functions: whether their code changed."""
    return {function.metrics.name: function.changed for function in facts.touched}


TOUCHED = {
    "a line in it": (" def f(x):\n-    return x\n+    return 2 * x\n \n def g(x):\n     return x\n", {"f": True}),
    "its signature": ("-def f(x):\n+def f(x, y):\n     return x\n", {"f": True}),
    "a comment in it": (" def f(x):\n-    # one\n+    # two\n     return x\n", {"f": False}),
    "a new one": (" def f(x):\n     return x\n+\n+\n+def g(x):\n+    return x\n", {"g": True}),
    "a line that goes": (" def f(x):\n-    check(x)\n     return x\n", {"f": True}),
    "its last line, which goes": (" def f(x):\n     a(x)\n-    check(x)\n \n def g(x):\n     return x\n", {"f": True}),
    "its decorator, which goes": ("-@login_required\n def f(x):\n     return x\n", {"f": True}),
    "its decorator, which comes": ("+@login_required\n def f(x):\n     return x\n", {"f": True}),
    "another decorator": ("-@check\n+@check(1)\n def f(x):\n     return x\n", {"f": True}),
    "a method": (" class A:\n     def f(self):\n-        return 1\n+        return 2\n", {"A.f": True}),
    "a decorator of a method": (" class A:\n-    @check\n     def f(self):\n         return 1\n", {"A.f": True}),
    "two of them": (
        " def f(x):\n-    a\n-\n-def g(x):\n-    b\n+    c\n+\n+def g(x):\n+    d\n",
        {"f": True, "g": True},
    ),
    "none": ("-x = 1\n+x = 2\n def f(x):\n     return x\n", {}),
    "a line between": (" def f(x):\n     return x\n-A = 1\n+A = 2\n def g(x):\n     return x\n", {}),
}


@pytest.mark.parametrize(("body", "expected"), TOUCHED.values(), ids=TOUCHED)
def test_touched_functions(body, expected):
    assert touched(facts_of(f"--- a.py\n+++ a.py\n{body}")) == expected


def test_a_touched_function_has_its_figures_before():
    facts = facts_of("--- a.py\n+++ a.py\n def f(x):\n+    if x:\n+        return 1\n     return 2\n")
    (function,) = facts.touched
    assert function.base is not None
    assert (function.base.cyclomatic, function.metrics.cyclomatic) == (1, 2)
    facts = facts_of("--- a.py\n+++ a.py\n x = 1\n+def f(x):\n+    return 2\n")
    assert facts.touched[0].base is None


def test_of_two_functions_of_one_name_each_has_its_own_figures_before():
    one = " def f(x):\n     if x:\n         return 1\n     return 2\n"
    facts = facts_of(f"--- a.py\n+++ a.py\n{one} x = 1\n def f(x):\n-    return 2\n+    return 3\n")
    (function,) = facts.touched
    assert function.base is not None
    assert (function.metrics.line, function.base.cyclomatic) == (6, 1)


def test_lines_outside_functions():
    facts = facts_of("--- a.py\n+++ a.py\n x = 0\n-y = 1\n+y = 2\n+z = 3\n def f():\n     return 1\n")
    assert [(start, end) for start, end, _ in facts.outside] == [(2, 3)]
    facts = facts_of("--- a.py\n+++ a.py\n def f():\n-    return 1\n+    return 2\n")
    assert facts.outside == ()


def test_what_was_there_counts_where_it_goes():
    secure = "def check(user, password):\n    return hmac.compare_digest(user.password_hash, hash_password(password))\n"
    rows = "".join(f"-{line}\n" for line in secure.splitlines())
    gone = facts_of(f"--- auth.py\n+++ auth.py\n import hmac\n \n{rows} x = 1\n")
    assert gone.touched == ()
    assert max(sensitivity.score for _, _, sensitivity in gone.outside) > 0.8


SUBSTANTIVE = [
    ("a.py", "x = 1\n", "x = 2\n", True),
    ("a.py", "x = 1  # a\n", "x = 1  # b\n", False),
    ("a.py", "f(a, b)\n", "f(\n    a, b\n)\n", False),
    ("a.py", "x = 1\n", None, True),
    ("a.py", None, "x = 1\n", True),
    ("a.md", "x\n", "y\n", True),
    ("a.css", "a { top: 0 }\n", "a { top: 1 }\n", True),
]


@pytest.mark.parametrize(("path", "before", "after", "substantive"), SUBSTANTIVE)
def test_substantive(path, before, after, substantive):
    assert examine(file_change(path, before, after)).substantive is substantive


STATUSES = [
    (None, "x = 1\n", "added", 1, 0),
    ("x = 1\n", None, "deleted", 0, 1),
    ("x = 1\ny = 1\n", "x = 2\ny = 1\nz = 1\n", "modified", 2, 1),
    ("x = 1\n", "x = 1\n", "modified", 0, 0),
    (None, "", "added", 0, 0),
]


@pytest.mark.parametrize(("before", "after", "status", "added", "deleted"), STATUSES)
def test_status_and_lines(before, after, status, added, deleted):
    facts = examine(file_change("a.py", before, after))
    assert (facts.status, facts.lines_added, facts.lines_deleted) == (status, added, deleted)
    assert (facts.language, facts.role) == ("python", "source")
    assert 1 <= facts.first_line <= facts.last_line


def test_a_renamed_file_keeps_its_functions():
    before = file_change("a.py", "def f(x):\n    return x\n", "def f(x):\n    return 2 * x\n")
    facts = examine(FileChange("b.py", before.base, before.current, base_path="a.py"))
    assert (facts.status, facts.base_path, touched(facts)) == ("renamed", "a.py", {"f": True})
    assert facts.touched[0].base is not None


def test_a_file_that_cannot_be_read_speaks_by_its_path():
    facts = examine(FileChange("billing/a.bin", problem="is a binary file", recorded="modified", counted=(3, 1)))
    assert (facts.problem, facts.lines_changed, facts.touched) == ("is a binary file", 4, ())
    assert set(facts.domains) == {"revenue_critical"}


@pytest.mark.parametrize("path", ["vendor/a.py", "a_pb2.py", "uv.lock"])
def test_what_nobody_writes_is_not_looked_into(path):
    facts = examine(file_change(path, "def f(password):\n    return 1\n", "def f(password):\n    return 2\n"))
    assert (facts.touched, facts.outside, facts.domains, facts.surface) == ((), (), {}, ())
    assert facts.lines_changed == 2


def test_changed_text_and_its_lines():
    facts = facts_of("--- a.txt\n+++ a.txt\n+one\n 2\n 3\n-four\n+FOUR\n+five\n 6\n-7\n")
    assert facts.changed_text == "one\nFOUR\nfive\n"
    assert [facts.line_in_file(n) for n in (1, 2, 3, 4)] == [1, 4, 5, facts.last_line]


@given(st.lists(st.sampled_from([" a", "-b", "+c"]), min_size=1, max_size=12))
def test_every_line_of_the_changed_text_stands_at_its_line(rows):
    body = "".join(f"{row}{n}\n" for n, row in enumerate(rows))
    (file,) = change_of(f"--- a.txt\n+++ a.txt\n{body}").files
    facts = examine(file)
    assert file.current is not None
    lines = file.current.text.split("\n")
    for number, line in enumerate(facts.changed_text.splitlines(), 1):
        assert lines[facts.line_in_file(number) - 1] == line


def test_a_very_large_change_is_cut():
    facts = examine(file_change("a.txt", "", "word\n" * 50_000))
    assert len(facts.changed_text) <= 20_000
    assert facts.lines_added == 50_000


def test_a_change_of_many_functions_reads_the_words_of_the_first_ones():
    text = "".join(f"def f{n}(x):\n    return x\n\n\n" for n in range(200))
    facts = examine(file_change("a.py", None, text))
    assert 0 < len(facts.touched) <= 60


# A change


def test_source_files_and_what_they_add_up_to():
    parts = [("shop/a.py", 3), ("shop/sub/b.py", 2), ("tests/test_a.py", 9), ("README.md", 9), ("uv.lock", 9)]
    files = tuple(file_change(path, "", "x = 1\n" * lines) for path, lines in parts)
    facts = gather(Change(files, Task("do it")))
    assert [file.path for file in facts.source_files] == ["shop/a.py", "shop/sub/b.py"]
    assert (facts.lines_changed, facts.packages) == (5, ("shop", "shop/sub"))
    assert facts.task == Task("do it")


def test_services_and_packages_of_the_surroundings():
    paths = ["a/pyproject.toml", "a/x/__init__.py", "a/x/y.py", "b/go.mod", "b/main.go"]
    files = tuple(file_change(path, "", "x\n") for path in ("a/x/y.py", "b/main.go"))
    facts = gather(Change(files), Surroundings(services=services(paths)))
    assert (facts.services, facts.packages) == (("a", "b"), ("a/x", "b"))
    assert facts.dependents("a/x/y.py") == 0


def test_known_facts_are_taken_as_they_are():
    file = file_change("a.py", "x = 1\n", "x = 2\n")
    known = FileFacts("a.py", "docs", "modified")
    assert gather(Change((file,)), known={"a.py": known}).files == (known,)
    assert isinstance(gather(Change((file,))), ChangeFacts)
