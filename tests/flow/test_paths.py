"""Which paths a model may name."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.flow.outcome import Refusal
from escalation.flow.paths import checked, collides


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("a.py", "a.py"),
        ("./a//b", "a/b"),
        ("a/./b/", "a/b"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        (".gitignore", ".gitignore"),
        (".env.example", ".env.example"),
        ("src/[id]/page (1).tsx", "src/[id]/page (1).tsx"),
        ("src/größe/日本.py", "src/größe/日本.py"),
        ("a/b~", "a/b~"),
        ("a/..b/c..d", "a/..b/c..d"),
        ("console/context.py", "console/context.py"),
        ("lib/nullable.c", "lib/nullable.c"),
        ("src/@types/a+b.d.ts", "src/@types/a+b.d.ts"),
    ],
)
def test_a_path_is_brought_to_its_normal_form(path: str, normal: str) -> None:
    assert checked(path) == normal


ESCAPES = ["..", "../a", "a/../b", "a/..", "a/../../b", "./../a", "a//..//b"]
ROOTED = ["/", "/etc/passwd", "//server/share", "~", "~/a", "~root/a", "C:/a", "C:a", "c:\\a", "\\\\server\\share\\a"]
BACKSLASHES = ["a\\b", "..\\a", "a\\..\\..\\b"]
GIT = [
    *(".git", ".git/config", "a/.git/hooks/pre-commit", ".GIT/config", ".Git", ".git.", ".git ", ".git . .", ".git/"),
    *(
        "git~1",
        "GIT~1/config",
        "a/git~2",
        ".git::$INDEX_ALLOCATION",
        ".git:x/config",
        ".g\u200cit/config",
        ".git\ufeff",
    ),
    *(".\u200dgit", "\uff0egit/config", ".gıt", ".ｇｉｔ", " .git"),
]
UNSEEN = ["a\0", "a\0.py", "a\nb", "a\tb", "\x7f", "a\u202eb", "a\u200bb", "a\u2066b", "a\u2028b", "\ud800", "a\ufeff"]
WINDOWS = [
    *("CON", "nul", "a/NUL.txt", "aux.c", "com1", "COM¹", "LPT9.log", "CONIN$", "a.", "a ", " a", "a./b", "a /b"),
    *("a:b", "a.txt:stream", "a.py::f", "a*.py", "a?", "a|b", "a<b", 'a"b', "PROGRA~1/a", "SECRET~1.ENV", "..."),
]
NOTHING = ["", " ", ".", "./", "././.", None, 1, True, [], ["a"], {"path": "a"}, b"a"]
LONG = ["a" * 256, "ä" * 128, "a/" * 600]


@pytest.mark.parametrize("path", [*ESCAPES, *ROOTED, *BACKSLASHES, *GIT, *UNSEEN, *WINDOWS, *NOTHING, *LONG])
def test_what_is_no_plain_path_inside_the_workspace_is_refused(path: object) -> None:
    refusal = checked(path)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "path"
    assert "relative to the workspace root" in refusal.message
    assert (refusal.message + refusal.path).isprintable()
    assert len(refusal.path) <= 120


@given(st.one_of(st.text(), st.text(alphabet="./~\\:agGiItT \0\u200c\uff0e1"), st.from_regex(r"[a./ ]{0,20}")))
def test_no_path_that_passes_leaves_the_workspace_or_enters_git(path: str) -> None:
    passed = checked(path)
    if isinstance(passed, str):
        whole = posixpath.normpath(posixpath.join("/root", passed))
        assert whole == f"/root/{passed}"
        assert ".git" not in passed.lower().split("/")
        assert checked(passed) == passed


@pytest.mark.parametrize(
    ("path", "known", "met"),
    [
        ("src/App.py", ["src/app.py"], "src/app.py"),
        ("Src/new.py", ["src/app.py"], "src"),
        ("a/é.py", ["a/e\u0301.py"], "a/e\u0301.py"),
        ("straße.py", ["STRASSE.py"], "STRASSE.py"),
        ("a/b.py", ["a"], "a"),
        ("a", ["a/b.py"], "a"),
        ("A", ["a/b.py"], "a"),
        ("src/app.py", ["src/app.py"], None),
        ("src/new.py", ["src/app.py", "lib/new.py", "src/news.py"], None),
        ("b.py", [], None),
    ],
)
def test_a_new_file_meets_what_another_system_takes_for_the_same(path: str, known: list[str], met: str | None) -> None:
    assert collides(path, known) == met


@given(st.text(min_size=1, max_size=8), st.lists(st.text(max_size=8), max_size=4))
def test_a_known_path_meets_itself_nowhere(path: str, known: list[str]) -> None:
    assert collides(path, [path]) is None
    collides(path, known)
