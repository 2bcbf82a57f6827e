"""Tool calls applied to a snapshot: exact where they apply, and harmless where they do not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.flow import tools
from escalation.flow.entities import find, named, text_of
from escalation.flow.messages import ToolCall
from escalation.flow.outcome import Applied, Refusal
from escalation.syntax.language import language_of_path
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

SAMPLES = Path(__file__).parents[1] / "syntax" / "samples"
APP = "import os\n\n\nclass Session:\n    def renew(self):\n        return 1\n\n\ndef login(user):\n    return user\n"


def document(path: str, text: str | bytes) -> Document:
    language = language_of_path(path)
    data = text.encode() if isinstance(text, str) else text
    return Document("", language.id if language else "", data)


def snapshot(**files: str) -> Snapshot:
    return Snapshot({path: document(path, text) for path, text in files.items()})


def mutate(files: Snapshot, **given: object) -> Applied | Refusal:
    return tools.apply(files, ToolCall("1", "mutate_entity", given))


def relate(files: Snapshot, **given: object) -> Applied | Refusal:
    return tools.apply(files, ToolCall("1", "set_relationship", given))


def text(outcome: Applied | Refusal, path: str) -> str:
    assert isinstance(outcome, Applied), outcome
    return outcome.snapshot[path].text


ASYNCIO = sorted(Path(asyncio.__file__).parent.glob("*.py"))
OTHERS = sorted(path for path in SAMPLES.rglob("*.*") if path.is_file() and language_of_path(path.name))


@pytest.mark.parametrize("file", [*ASYNCIO, *OTHERS], ids=lambda file: file.name)
def test_an_entity_updated_with_its_own_text_is_as_it_was(file):
    held = document(file.name, file.read_bytes())
    files = Snapshot({file.name: held})
    for name in named(held):
        entity = find(held, name)
        outcome = mutate(files, action="update", entity=f"{file.name}::{name}", text=text_of(held, entity))
        assert isinstance(outcome, Applied), (name, outcome)
        assert outcome.snapshot[file.name].data == held.data, name


NEW = {
    ".py": "def added(value):\n    return value\n",
    ".js": "function added(value) {\n  return value;\n}\n",
    ".ts": "function added(value: number): number {\n  return value;\n}\n",
    ".go": "func added(value int) int {\n\treturn value\n}\n",
    ".rs": "fn added(value: i32) -> i32 {\n    value\n}\n",
    ".rb": "def added(value)\n  value\nend\n",
    ".sh": "added() {\n  echo 1\n}\n",
    ".c": "int added(int value) {\n    return value;\n}\n",
}


@pytest.mark.parametrize("file", [f for f in [*ASYNCIO, *OTHERS] if f.suffix in NEW], ids=lambda file: file.name)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_what_is_created_and_removed_leaves_no_trace(file, ending):
    held = document(file.name, file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", ending))
    files = Snapshot({file.name: held})
    created = mutate(files, action="create", entity=f"{file.name}::added", text=NEW[file.suffix])
    if isinstance(created, Refusal):
        pytest.skip("the sample is broken on purpose" if b"broken" in held.data else created.message)
    assert "added" in named(created.snapshot[file.name])
    removed = mutate(created.snapshot, action="remove", entity=f"{file.name}::added")
    assert isinstance(removed, Applied)
    assert removed.snapshot[file.name].data == held.data


@given(body=st.text("ab \n", max_size=20), final=st.booleans())
def test_the_final_newline_stays_as_it_was(body, final):
    source = f"x = 1\n{''.join('# ' + line + chr(10) for line in body.split())}y = 2" + ("\n" if final else "")
    files = snapshot(**{"a.py": source})
    created = mutate(files, action="create", entity="a.py::added", text=NEW[".py"])
    assert text(created, "a.py").endswith("\n") is final
    assert text(mutate(created.snapshot, action="remove", entity="a.py::added"), "a.py") == source


def test_a_method_is_fitted_to_its_class():
    outcome = mutate(
        snapshot(**{"app.py": APP}),
        action="create",
        entity="app.py::Session.close",
        text="def close(self):\n    pass\n",
    )
    assert "        return 1\n\n    def close(self):\n        pass\n\n\ndef login" in text(outcome, "app.py")


def test_a_block_is_replaced_where_it_stands_once():
    files = snapshot(**{"app.py": APP})
    assert "return 2\n" in text(
        mutate(files, action="update", entity="app.py", find="return 1", text="return 2"), "app.py"
    )
    refused = mutate(files, action="update", entity="app.py", find="return", text="x")
    assert isinstance(refused, Refusal)
    assert refused.reason == "ambiguous"


def test_a_name_that_is_not_there_is_answered_with_the_nearest():
    refused = mutate(snapshot(**{"app.py": APP}), action="update", entity="app.py::logn", text="x")
    assert isinstance(refused, Refusal)
    assert "login" in refused.answer


def test_a_move_takes_the_entity_along():
    outcome = mutate(
        snapshot(**{"app.py": APP, "b.py": "y = 2\n"}), action="move", entity="app.py::login", to="b.py::login"
    )
    assert "login" not in text(outcome, "app.py")
    assert "def login(user):\n    return user\n" in text(outcome, "b.py")


@pytest.mark.parametrize(
    ("path", "body", "kinds"),
    [
        ("limits.py", "x = 1\n", ["module"]),
        ("limits/__init__.py", "", ["package"]),
        ("shop/migrations/0002_more.py", "x = 1\n", ["schema"]),
        ("tests/test_limits.py", "def test_a():\n    pass\n", []),
        ("docs/limits.md", "# Limits\n", []),
    ],
)
def test_what_counts_as_structure(path, body, kinds):
    outcome = mutate(snapshot(**{"app.py": APP}), action="create", entity=path, text=body)
    assert isinstance(outcome, Applied)
    assert [found.kind for found in outcome.created] == kinds


def test_a_class_is_structure_and_a_renamed_one_is_not():
    files = snapshot(**{"app.py": APP})
    added = mutate(files, action="create", entity="app.py::Limit", text="class Limit:\n    pass\n")
    assert [found.kind for found in added.created] == ["class"]
    renamed = mutate(files, action="update", entity="app.py", find="class Session", text="class Visit")
    assert isinstance(renamed, Applied)
    assert renamed.created == ()


@pytest.mark.parametrize(
    "path", ["../a.py", "/etc/passwd", "a/../../b", "C:\\a", "a\0b", ".git/config", ".GIT/hooks/x", "~/a", "con", ""]
)
@pytest.mark.parametrize("action", ["create", "update", "remove"])
def test_no_path_leaves_the_workspace(path, action):
    files = snapshot(**{"app.py": APP})
    assert isinstance(mutate(files, action=action, entity=path, text="x"), Refusal)
    assert tools.paths_of(ToolCall("1", "mutate_entity", {"action": action, "entity": path, "text": "x"})) == ()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["app.py", "app.py::login", "create", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["action", "entity", "text", "find", "after", "to", "type", "names", "lines", "else"])


@given(
    name=st.sampled_from(["mutate_entity", "set_relationship", "read_entity", "voice", "?"]),
    given_=st.dictionaries(FIELDS, JSON),
)
def test_no_input_raises_and_a_refusal_changes_nothing(name, given_):
    files = snapshot(**{"app.py": APP})
    before = {path: held.data for path, held in files.items()}
    call = ToolCall("1", name, given_)
    outcome = tools.apply(files, call)
    assert isinstance(outcome, Applied | Refusal)
    assert isinstance(outcome.answer, str)
    assert {path: held.data for path, held in files.items()} == before
    tools.paths_of(call)
    tools.summary(call)
    tools.voice(call)


# ---- relationships


IMPORTS = [
    ("app.py", APP, "json", [], "import json\n"),
    ("app.py", APP, "collections", ["Counter"], "from collections import Counter\n"),
    ("doc.py", '"""What it is."""\n\nx = 1\n', "json", [], '"""What it is."""\n\nimport json\n'),
    ("a.js", "import b from './b';\n\nb();\n", "./c", ["d"], "import { d } from './c';\n"),
    ("a.ts", "export const x = 1;\n", "./c", ["d"], "import { d } from './c';\n"),
    ("a.go", 'package a\n\nimport (\n\t"fmt"\n)\n\nfunc x() { fmt.Println() }\n', "os", [], '\t"os"\n'),
    ("A.java", "package a;\n\nclass A {}\n", "java.util.List", [], "import java.util.List;\n"),
    ("a.rs", "fn main() {}\n", "std::fs", [], "use std::fs;\n"),
    ("a.c", "#include <stdio.h>\n\nint main(void) { return 0; }\n", "<string.h>", [], "#include <string.h>\n"),
    ("a.rb", "puts 1\n", "json", [], "require 'json'\n"),
    ("a.cs", "using System;\n\nclass A {}\n", "System.IO", [], "using System.IO;\n"),
    ("a.kt", "package a\n\nfun main() {}\n", "java.io.File", [], "import java.io.File\n"),
    ("a.php", "<?php\n\nfunction a() {}\n", "App\\Limit", [], "use App\\Limit;\n"),
]


@pytest.mark.parametrize(("path", "source", "module", "names", "line"), IMPORTS)
def test_an_import_is_set_once_and_taken_out(path, source, module, names, line):
    files = snapshot(**{path: source})
    given_ = {"type": "imports", tools_entity(): path, "to": module, **({"names": names} if names else {})}
    once = relate(files, action="set", **given_)
    assert line in text(once, path)
    twice = relate(once.snapshot, action="set", **given_)
    assert text(twice, path) == text(once, path)
    gone = relate(once.snapshot, action="remove", **given_)
    assert text(gone, path) == source


def tools_entity() -> str:
    """What the tool calls the file that imports."""
    from escalation.flow import relationships

    return "from" if "from" in relationships.TOOL.input_schema["properties"] else "entity"


def test_the_tests_of_a_module_are_found_or_created():
    files = snapshot(**{"shop/auth.py": APP, "tests/test_auth.py": "def test_a():\n    pass\n"})
    found = relate(files, action="set", type="tests", **{tools_entity(): "shop/auth.py"})
    assert isinstance(found, Applied)
    assert "tests/test_auth.py" in found.answer
    created = relate(snapshot(**{"shop/auth.py": APP}), action="set", type="tests", **{tools_entity(): "shop/auth.py"})
    assert isinstance(created, Applied)
    assert len(created.changed) == 1
    assert created.created == ()


@pytest.mark.parametrize("kind", ["inherits", "", None, 3])
def test_an_unknown_relationship_is_refused(kind):
    refused = relate(snapshot(**{"app.py": APP}), action="set", type=kind, **{tools_entity(): "app.py"}, to="os")
    assert isinstance(refused, Refusal)
    assert "imports" in refused.answer
