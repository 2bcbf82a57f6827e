"""What `mutate_entity` does to files, and what it leaves as it was."""

from __future__ import annotations

import asyncio
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.flow.edits import MAX_BYTES
from escalation.flow.entities import Entity, find, named, plain, text_of
from escalation.flow.outcome import Applied
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot
from tests.flow.editing import applied, changed, document, mutate, of, refused

HERE = Path(__file__).parent
ASYNCIO = sorted(Path(asyncio.__file__).parent.glob("*.py"))
SAMPLES = sorted(path for path in (HERE / "samples").glob("*/*") if path.is_file())
SAMPLES += sorted(path for path in (HERE.parent / "syntax" / "samples").iterdir() if path.is_file())


def ids(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


# ---- whole files


def test_a_new_file_ends_with_one_newline_and_has_the_language_of_its_path():
    for text in ("x = 1", "x = 1\n", "x = 1\r\n\n\n"):
        outcome = applied(of({}), "create", "a/b.py", text=text)
        assert outcome.snapshot["a/b.py"] == Document("", "python", b"x = 1\n")
        assert outcome.changed == ("a/b.py",)


def test_a_new_file_may_be_empty():
    assert changed(of({}), "create", "a/__init__.py", text="") == ""


@pytest.mark.parametrize("path", ["a/b.py", "A/b.py", "a/b.py/c.py", "a", "a/B.py"])
def test_no_file_is_created_where_another_one_stands(path):
    assert refused(of({"a/b.py": ""}), "create", path, text="x").reason == "exists"


def test_a_file_is_updated_with_its_line_ends_and_its_final_newline():
    for old, text, new in [
        (b"a\r\nb\r\n", "c\nd", b"c\r\nd\r\n"),
        (b"a\nb", "c\nd\n", b"c\nd"),
        (b"a\rb\r", "c\nd\n", b"c\rd\r"),
        (b"", "a", b"a\n"),
        (b"a\n", "", b""),
        (b"a\nb\r\n", "a\nb\n", b"a\nb\r\n"),  # reads as before
    ]:
        assert changed(of({"a.txt": old}), "update", "a.txt", text=text).encode() == new


def test_what_reads_as_before_leaves_the_snapshot():
    files = of({"a.txt": "a\n"})
    outcome = applied(files, "update", "a.txt", text="a\n")
    assert outcome.snapshot is files
    assert outcome.changed == ("a.txt",)


def test_a_file_is_removed():
    outcome = applied(of({"a.txt": "a", "b.txt": "b"}), "remove", "a.txt")
    assert list(outcome.snapshot) == ["b.txt"]


def test_a_file_is_moved_as_it_is():
    files = Snapshot({"a/b.py": Document("file:///r/a/b.py", "python", b"x\r\ny", 3)})
    outcome = applied(files, "move", "a/b.py", to="c/d.ts")
    assert outcome.snapshot["c/d.ts"] == Document("file:///r/c/d.ts", "typescript", b"x\r\ny")
    assert (list(outcome.snapshot), outcome.changed, outcome.created) == (["c/d.ts"], ("a/b.py", "c/d.ts"), ())


def test_a_file_may_be_moved_to_another_case_of_its_name_but_not_onto_another_file():
    files = of({"a.py": "x", "b.py": "y"})
    assert "A.py" in applied(files, "move", "a.py", to="A.py").snapshot
    assert refused(files, "move", "a.py", to="b.py").reason == "exists"
    assert refused(files, "move", "a.py", to="a.py").reason == "exists"
    assert refused(files, "move", "a.py", to="b.py/c.py").reason == "exists"
    assert "without `::`" in refused(files, "move", "a.py", to="c.py::f").message


def test_texts_and_files_beyond_the_limit_are_refused():
    assert "larger than 5 MB" in refused(of({}), "create", "a.txt", text="é" * (MAX_BYTES // 2 + 1)).message
    large = of({"a.txt": "a" * (MAX_BYTES + 1), "b.txt": "b" * MAX_BYTES + "\n"})
    assert "larger than 5 MB" in refused(large, "update", "a.txt", text="a").message
    assert "larger than 5 MB" in refused(large, "update", "b.txt", find="b\n", text="bc\n").message


# ---- entities: create

CLASS = """
class A:
    \"\"\"A.\"\"\"

    def f(self):
        return 1


def g():
    return 2
"""
PYTHON = {"a.py": CLASS.lstrip()}
METHOD = "def h(self):\n    return 3\n"


def test_a_method_goes_to_the_end_of_its_class():
    outcome = applied(of(PYTHON), "create", "a.py::A.h", text=METHOD)
    assert outcome.snapshot["a.py"].text == PYTHON["a.py"].replace(
        "return 1\n", "return 1\n\n    def h(self):\n        return 3\n"
    )
    assert outcome.answer == "Created `a.py::A.h` (lines 7-8)."


def test_or_behind_its_sibling():
    text = "class A:\n    def f(self): ...\n    def g(self): ...\n"
    for after in ("f", "A.f", "a.py::A.f", "f#1"):
        assert changed(of({"a.py": text}), "create", "a.py::A.h", text="def h(self): ...", after=after) == (
            "class A:\n    def f(self): ...\n\n    def h(self): ...\n    def g(self): ...\n"
        )


def test_a_function_goes_behind_the_last_one_of_the_file_not_behind_what_runs():
    text = 'def f(): ...\n\n\nif __name__ == "__main__":\n    f()\n'
    assert changed(of({"a.py": text}), "create", "a.py::g", text="def g(): ...") == (
        'def f(): ...\n\n\ndef g(): ...\n\n\nif __name__ == "__main__":\n    f()\n'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "def g(): ...\n"),
        ("\n\n", "\n\ndef g(): ...\n"),
        ("x = 1", "x = 1\n\n\ndef g(): ..."),
        ("x = 1\n\n\n", "x = 1\n\n\ndef g(): ...\n\n\n"),
        ("# only this\n", "# only this\n\n\ndef g(): ...\n"),
    ],
)
def test_the_first_function_of_a_file(before, after):
    assert changed(of({"a.py": before}), "create", "a.py::g", text="def g(): ...\n") == after


PLACES = {
    "empty braces": ("a.ts", "class A {}\n", "A.f", "f() {}", "class A {\n  f() {}\n}\n"),
    "braces on two lines": ("a.ts", "class A {\n}\n", "A.f", "f() {}", "class A {\n\n  f() {}\n}\n"),
    "fields": (
        "a.ts",
        "class A {\n\tx = 1;\n}\n",
        "A.f",
        "f() {\n  a\n}",
        "class A {\n\tx = 1;\n\n\tf() {\n\t  a\n\t}\n}\n",
    ),
    "nested": (
        "A.java",
        "class A {\n    class B {\n        int x;\n    }\n}\n",
        "A.B.f",
        "void f() {\n}",
        "class A {\n    class B {\n        int x;\n\n        void f() {\n        }\n    }\n}\n",
    ),
    "windows": (
        "a.ts",
        "class A {\r\n  x = 1;\r\n}",
        "A.f",
        "f() {\n}",
        "class A {\r\n  x = 1;\r\n\r\n  f() {\r\n  }\r\n}",
    ),
    "go method": (
        "a.go",
        "package a\n\ntype A struct{}\n\nfunc g() {}\n",
        "A.F",
        "// F.\nfunc (a *A) F() {\n}",
        "package a\n\ntype A struct{}\n\n// F.\nfunc (a *A) F() {\n}\n\nfunc g() {}\n",
    ),
    "go method of another file": (
        "a.go",
        "package a\n",
        "A.F",
        "func (a A) F() {}",
        "package a\n\nfunc (a A) F() {}\n",
    ),
    "rust impl": (
        "a.rs",
        "struct A;\n\nimpl Copy for A {\n    fn f(&self) {}\n}\n\nimpl A {\n    fn f() {}\n}\n",
        "A.g",
        "fn g() {}",
        "struct A;\n\nimpl Copy for A {\n    fn f(&self) {}\n}\n\nimpl A {\n    fn f() {}\n\n    fn g() {}\n}\n",
    ),
    "cpp in its class": (
        "a.cpp",
        "class A {\n public:\n  int x;\n};\n",
        "A.f",
        "int f() {}",
        "class A {\n public:\n  int x;\n\n  int f() {}\n};\n",
    ),
    "cpp out of its class": (
        "a.cpp",
        "class A {\n  int f();\n};\n",
        "A::f",
        "int A::f() {}",
        "class A {\n  int f();\n};\n\nint A::f() {}\n",
    ),
    "ruby": ("a.rb", "class A\nend\n", "A.f", "def f\nend", "class A\n  def f\n  end\nend\n"),
    "namespace": (
        "a.cs",
        "namespace N\n{\n    class A\n    {\n    }\n}\n",
        "B",
        "class B\n{\n}",
        "namespace N\n{\n    class A\n    {\n    }\n\n    class B\n    {\n    }\n}\n",
    ),
    "not beside the tests": (
        "a.rs",
        "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n",
        "g",
        "fn g() {}",
        "fn f() {}\n\nfn g() {}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n",
    ),
    "one line each": (
        "a.sh",
        "f() { :; }\n\ng() { :; }\n",
        "h",
        "h() { :; }",
        "f() { :; }\n\ng() { :; }\n\nh() { :; }\n",
    ),
    "a comment at the end": (
        "a.py",
        "class A:\n    x = 1\n    # The end.\n",
        "A.f",
        "def f(self): ...",
        "class A:\n    x = 1\n    # The end.\n\n    def f(self): ...\n",
    ),
}


@pytest.mark.parametrize("case", PLACES)
def test_where_an_entity_goes_and_that_its_removal_restores_the_file(case):
    path, before, name, text, after = PLACES[case]
    files = of({path: before})
    created = applied(files, "create", f"{path}::{name}", text=text)
    assert created.snapshot[path].data == after.encode()
    removed = applied(created.snapshot, "remove", f"{path}::{name}")
    assert removed.snapshot[path].data == before.encode()


def test_a_rust_method_may_come_in_the_first_impl_of_its_type():
    new = changed(of({"a.rs": "struct A;\n"}), "create", "a.rs::A.g", text="impl A {\n    fn g() {}\n}")
    assert new == "struct A;\n\nimpl A {\n    fn g() {}\n}\n"


@pytest.mark.parametrize(
    ("entity", "text", "said"),
    [
        ("a.py::A.f", METHOD, "`a.py::A.f` exists (line 4). Use `update`"),
        ("a.py::A.h", "def k(self): ...", "does not define `A.h`: it defines `A.k`"),
        ("a.py::A.h", "x = 1", "does not define `A.h`: it defines no class or function"),
        ("a.py::A.h", "class A:\n    def h(self): ...", "nothing around it"),
        ("a.py::B.h", METHOD, "has no class `B` to put `B.h` into"),
        ("a.py::g.h", METHOD, "`g` is a function: use `update`"),
        ("a.py::A.h", " \n", "is empty"),
        ("b.py::h", METHOD, "There is no file `b.py`"),
        ("c.md::h", "# h", "no entities that can be named"),
        ("d.py::D.f", "def f(self): ...", "on a line with other code"),
    ],
)
def test_what_cannot_be_created_says_why(entity, text, said):
    refusal = refused(of({**PYTHON, "c.md": "# c\n", "d.py": "class D: pass\n"}), "create", entity, text=text)
    assert said in refusal.message
    assert refusal.path == entity.split("::")[0]


def test_a_missing_class_brings_the_nearest():
    files = of({"a.py": "class Session:\n    pass\n"})
    assert refused(files, "create", "a.py::Sesion.f", text="def f(self): ...").nearest == ("Session",)


def test_a_missing_sibling_is_refused():
    assert refused(of(PYTHON), "create", "a.py::A.h", text=METHOD, after="x").reason == "not_found"
    assert "a file has none" in refused(of({}), "create", "a.py", text="", after="x").message


def test_overloads_stand_side_by_side():
    files = of({"A.java": "class A {\n    void f() {\n    }\n}\n"})
    outcome = applied(files, "create", "A.java::A.f", text="void f(int x) {\n}")
    assert "A.java::A.f#2" in outcome.answer
    assert applied(outcome.snapshot, "remove", "A.java::A.f#2").snapshot["A.java"] == files["A.java"]


def test_a_member_of_one_of_two_classes_of_a_name():
    files = of({"a.py": "class A:\n    x = 1\n\n\nclass A:\n    x = 2\n"})
    assert refused(files, "create", "a.py::A.h", text=METHOD).reason == "ambiguous"
    assert changed(files, "create", "a.py::A#2.h", text=METHOD).endswith(
        "x = 2\n\n    def h(self):\n        return 3\n"
    )


# ---- entities: update


@pytest.mark.parametrize("path", [*ASYNCIO, *SAMPLES], ids=ids)
def test_every_entity_updated_with_its_own_text_is_the_same(path):
    files = of({path.name: path.read_bytes()})
    found = files[path.name]
    for name in named(found):
        entity = find(found, name)
        assert isinstance(entity, Entity)
        own = text_of(found, entity)
        for text in (own, own.strip(), f"\n{own}\n\n"):
            outcome = applied(files, "update", f"{path.name}::{name}", text=text)
            assert outcome.snapshot[path.name].data == found.data, name


@pytest.mark.parametrize("path", ASYNCIO, ids=ids)
def test_every_entity_updated_with_its_own_text_at_another_margin_is_the_same(path):
    files = of({path.name: path.read_bytes()})
    found = files[path.name]
    for name in named(found):
        entity = find(found, name)
        assert isinstance(entity, Entity)
        margin = entity.indent.decode()
        lines = text_of(found, entity).split("\n")
        for text in (
            "\n".join(line.removeprefix(margin) for line in lines),
            "\n".join(f"      {line}" if line.strip() else line for line in lines),
        ):
            outcome = applied(files, "update", f"{path.name}::{name}", text=text)
            assert outcome.snapshot[path.name].data == found.data, name


def test_an_update_is_laid_out_as_the_file_is():
    files = of({"a.ts": "class A {\r\n\tf(): void {\r\n\t\told();\r\n\t}\r\n}"})
    new = changed(files, "update", "a.ts::A.f", text="f(): void {\n\tnew();\n}\n")
    assert new == "class A {\r\n\tf(): void {\r\n\t\tnew();\r\n\t}\r\n}"


def test_a_comment_above_stays_unless_the_text_brings_one():
    files = of({"a.py": "# About f.\n@old\ndef f(): ...\n"})
    assert changed(files, "update", "a.py::f", text="@new\ndef f(): pass") == "# About f.\n@new\ndef f(): pass\n"
    assert changed(files, "update", "a.py::f", text="# New.\ndef f(): pass") == "# New.\ndef f(): pass\n"


@pytest.mark.parametrize(
    ("path", "text", "name", "new", "expected"),
    [
        (
            "a.js",
            "const a = {\n  f: () => 1,\n  g: 2,\n};\n",
            "f",
            "f: () => 3",
            "const a = {\n  f: () => 3,\n  g: 2,\n};\n",
        ),
        (
            "a.js",
            "const a = {\n  f: () => 1,\n  g: 2,\n};\n",
            "f",
            "f: () => 3,",
            "const a = {\n  f: () => 3,\n  g: 2,\n};\n",
        ),
        ("a.cpp", "struct A {\n  int x;\n};\n", "A", "struct A {\n  int y;\n}", "struct A {\n  int y;\n};\n"),
        ("a.ts", "class A {\n  f = () => 1;\n}\n", "A.f", "f = () => 2", "class A {\n  f = () => 2;\n}\n"),
    ],
)
def test_what_separates_an_entity_from_the_next_stays(path, text, name, new, expected):
    assert changed(of({path: text}), "update", f"{path}::{name}", text=new) == expected


def test_an_entity_within_a_line_is_updated_there():
    files = of({"a.js": "run(() => 1, () => 2);\n"})
    assert changed(files, "update", "a.js::<anonymous>#2", text="() => {\n  x\n}") == "run(() => 1, () => {\n  x\n});\n"


def test_an_update_may_rename_and_may_bring_more():
    new = changed(of(PYTHON), "update", "a.py::g", text="def h():\n    return 3\n\n\ndef i(): ...\n")
    assert new.endswith("\n\ndef h():\n    return 3\n\n\ndef i(): ...\n")


@pytest.mark.parametrize(("text", "said"), [("return 3", "defines no class or function"), ("\n", "Use `remove`")])
def test_an_update_that_defines_nothing_is_refused(text, said):
    assert said in refused(of(PYTHON), "update", "a.py::A.f", text=text).message


def test_an_edit_that_no_longer_parses_says_so():
    outcome = applied(of(PYTHON), "update", "a.py::g", text="def g():\n    return (2\n")
    assert "does not read as Python any more" in outcome.answer


# ---- entities: remove


def test_a_body_that_would_be_empty_gets_a_pass():
    files = of({"a.py": "class A:\n    # About f.\n    @d\n    def f(self): ...\n\n\nx = 1\n"})
    assert changed(files, "remove", "a.py::A.f") == "class A:\n    pass\n\n\nx = 1\n"
    assert changed(of(PYTHON), "remove", "a.py::A.f").startswith('class A:\n    """A."""\n\n\ndef g')


@pytest.mark.parametrize(
    ("text", "name", "left"),
    [
        ("def f(): ...\n\n\ndef g(): ...\n", "f", "def g(): ...\n"),
        ("def f(): ...\n\n\ndef g(): ...\n", "g", "def f(): ...\n"),
        ("import a\n\n\ndef f(): ...\n\n\ndef g(): ...\n", "f", "import a\n\n\ndef g(): ...\n"),
        ("class A:\n    def f(self): ...\n\n    def g(self): ...\n", "A.f", "class A:\n    def g(self): ...\n"),
        ("x = 1\n\n\ndef f(): ...", "f", "x = 1"),
        ("def f(): ...\n", "f", ""),
        ("def f(): ...", "f", ""),
    ],
)
def test_what_is_removed_takes_its_empty_lines(text, name, left):
    assert changed(of({"a.py": text}), "remove", f"a.py::{name}") == left


def test_what_shares_its_lines_is_not_removed():
    assert (
        "shares its lines" in refused(of({"a.js": "run(() => 1, () => 2);\n"}), "remove", "a.js::<anonymous>#1").message
    )


@pytest.mark.parametrize("path", [*ASYNCIO, *SAMPLES], ids=ids)
def test_what_was_removed_can_be_created_and_removed_again(path):
    files = of({path.name: path.read_bytes()})
    found = files[path.name]
    for name, symbol in named(found).items():
        entity = find(found, name)
        assert isinstance(entity, Entity)
        if name != plain(name) or symbol.kind in ("closure", "lambda") or not entity.whole:
            continue
        address = f"{path.name}::{name}"
        less = applied(files, "remove", address).snapshot
        made = mutate(less, "create", address, text=text_of(found, entity))
        if isinstance(made, Applied):
            assert applied(made.snapshot, "remove", address).snapshot[path.name].data == less[path.name].data, name


LINES = st.sampled_from(
    ["", "x = 1", "# c", "def a(): ...", "class B:\n    y = 2", "class C:\n    def m(self): ...", "  ", "\t"]
)
CREATED = st.sampled_from(
    [
        "def new():\n    return 'é'",
        "# About.\n@d(\n  1\n)\ndef new(): ...",
        "class new:\n\n    def f(self):\n        '''\n        🎈\n        '''",
    ]
)


PYTHON_FILES = st.builds(
    lambda lines, end, final: end.join("\n".join(lines).split("\n")) + (end if final else ""),
    st.lists(LINES, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(PYTHON_FILES, CREATED, st.sampled_from(["", "B.", "C."]), st.booleans())
def test_create_then_remove_restores_the_bytes(old, text, parent, after):
    files = of({"a.py": old})
    siblings = [plain(name) for name in named(files["a.py"]) if "." not in name] if after and not parent else []
    fields = {"after": siblings[0]} if siblings else {}
    made = mutate(files, "create", f"a.py::{parent}new", text=text, **fields)
    if isinstance(made, Applied):
        assert applied(made.snapshot, "remove", f"a.py::{parent}new").snapshot["a.py"].data == old.encode()


# ---- entities: move


def test_a_method_moves_to_another_class():
    files = of(
        {
            "a.py": "class A:\n    def f(self):\n        return 1\n\n    def g(self): ...\n",
            "b.py": "class B:\n  x = 1\n",
        }
    )
    outcome = applied(files, "move", "a.py::A.f", to="b.py::B.f")
    assert outcome.snapshot["a.py"].text == "class A:\n    def g(self): ...\n"
    assert outcome.snapshot["b.py"].text == "class B:\n  x = 1\n\n  def f(self):\n      return 1\n"
    assert (outcome.changed, outcome.created) == (("a.py", "b.py"), ())


def test_a_class_moves_to_a_new_file():
    files = of({"a.py": "import b\n\n\nclass A:\n    x = 1\n"})
    outcome = applied(files, "move", "a.py::A", to="c/d.py")
    assert {path: found.text for path, found in outcome.snapshot.items()} == {
        "a.py": "import b\n",
        "c/d.py": "class A:\n    x = 1\n",
    }
    assert outcome.created == ()


def test_an_entity_moves_within_its_file_and_may_get_another_name():
    files = of({"a.py": "def f(): ...\n\n\nclass A:\n    x = 1\n"})
    assert changed(files, "move", "a.py::f", to="a.py::A.g") == "class A:\n    x = 1\n\n    def g(): ...\n"


@pytest.mark.parametrize(
    ("entity", "to", "said"),
    [
        ("a.py::g", "a.py", "is there already"),
        ("a.py::g", "a.py::g", "is there already"),
        ("a.py::g", "a.py::A.f", "exists"),
        ("a.py::g", "a.py::X.g", "has no class `X`"),
        ("a.py::x", "b.py", "has no entity `x`"),
        ("a.py::g", "a.py/b.py", "cannot stand beside"),
        ("a.py::g", "b.md", "no entities"),
    ],
)
def test_what_cannot_be_moved_says_why(entity, to, said):
    assert said in refused(of(PYTHON), "move", entity, to=to).message


# ---- many languages


@pytest.mark.parametrize("path", SAMPLES, ids=ids)
def test_windows_line_ends_change_nothing_but_the_line_ends(path):
    text = path.read_bytes().replace(b"\r\n", b"\n")
    unix, windows = of({path.name: text}), of({path.name: text.replace(b"\n", b"\r\n")})
    assert list(named(unix[path.name])) == list(named(windows[path.name]))
    for name in list(named(unix[path.name]))[:8]:
        made, same = (mutate(files, "remove", f"{path.name}::{name}") for files in (unix, windows))
        if isinstance(made, Applied):
            assert isinstance(same, Applied)
            assert same.snapshot[path.name].data == made.snapshot[path.name].data.replace(b"\n", b"\r\n")


def test_a_broken_file_can_be_mended():
    files = of({"a.py": dedent("def f(:\n    return\n\n\ndef g():\n    return 1\n")})
    assert "return 2" in changed(files, "update", "a.py::g", text="def g():\n    return 2\n")
    assert changed(files, "update", "a.py", find="def f(:", text="def f():").startswith("def f():\n")
    assert document("a.py", "").language == "python"
