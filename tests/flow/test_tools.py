"""The tools as a model calls them: what is sent, what is refused, what is told."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.flow import relationships, tools
from escalation.flow.messages import ToolCall
from escalation.flow.outcome import Applied, Refusal
from escalation.text.snapshot import Snapshot
from tests.flow.editing import of

FILES = of(
    {"app/auth.py": "class A:\n    def f(self):\n        return 1\n\n\ndef g(): ...\n", "notes.md": "One.\r\nTwo."}
)


def call(name: Any, **input: Any) -> ToolCall:
    return ToolCall("t", name, input)


def test_the_tools_in_their_order():
    assert [tool.name for tool in tools.TOOLS] == ["mutate_entity", "set_relationship", "read_entity", "voice"]


def test_the_schemas_are_schemas():
    for tool in tools.TOOLS:
        jsonschema.Draft202012Validator.check_schema(dict(tool.input_schema))


def test_an_unknown_tool_is_refused_with_those_there_are():
    refusal = tools.apply(FILES, call("bash", command="ls"))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "unknown"
    assert "mutate_entity, set_relationship, read_entity, voice" in refusal.message


MALFORMED: list[tuple[str, Any, str]] = [
    ("mutate_entity", [], "must be an object"),
    ("mutate_entity", {}, "`action` must be one of create, update, remove, move"),
    ("mutate_entity", {"action": "delete", "entity": "a"}, "`action` must be one of"),
    ("mutate_entity", {"action": ["create"], "entity": "a"}, "`action` must be one of"),
    ("mutate_entity", {"action": "create", "entity": "a.py"}, "`text` is missing for `create`"),
    ("mutate_entity", {"action": "update", "text": "x"}, "`entity` is missing"),
    ("mutate_entity", {"action": "update", "entity": "a.py", "text": 1}, "`text` must be a string"),
    ("mutate_entity", {"action": "remove", "entity": "a.py", "to": "b.py"}, "`to` has no meaning here for `remove`"),
    ("mutate_entity", {"action": "move", "entity": "a.py", "to": ""}, "`to` is missing for `move`"),
    ("mutate_entity", {"action": "create", "entity": "a.py", "text": "\0"}, "`text` holds NUL"),
    (
        "mutate_entity",
        {"action": "create", "entity": "a.py", "text": "\ud800"},
        "`text` holds NUL or half of a surrogate",
    ),
    ("mutate_entity", {"action": "create", "entity": "a.py::", "text": ""}, "A name is missing behind `::`"),
    ("mutate_entity", {"action": "remove", "entity": "a" * 3000}, "more than 2000 characters"),
    ("read_entity", {}, "`entity` is missing"),
    ("read_entity", {"entity": "a.py", "line": "1"}, "`line` has no meaning here"),
    ("read_entity", {"entity": None}, "`entity` is missing"),
    ("voice", {"text": " "}, "`text` is empty"),
    ("voice", {"text": "a", "to": "b"}, "`to` has no meaning"),
    ("voice", None, "must be an object"),
]


@pytest.mark.parametrize(("name", "input", "said"), MALFORMED)
def test_a_malformed_call_is_told_what_to_send(name, input, said):
    refusal = tools.apply(FILES, ToolCall("t", name, input))
    assert isinstance(refusal, Refusal)
    assert said in refusal.message


@pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", "a/../../b", ".git/config", "C:\\a", "a\0b", ""])
def test_a_path_out_of_the_workspace_is_refused(path):
    for made in (
        call("mutate_entity", action="create", entity=path, text="x"),
        call("mutate_entity", action="move", entity="notes.md", to=path),
        call("read_entity", entity=path),
    ):
        refusal = tools.apply(FILES, made)
        assert isinstance(refusal, Refusal)
        assert not [other for other in tools.paths_of(made) if other != "notes.md"]


def test_null_and_empty_fields_count_as_left_out():
    given_ = {
        "action": "update",
        "entity": "app/auth.py::g",
        "text": "def g(): pass",
        "find": "",
        "after": None,
        "to": "",
    }
    outcome = tools.apply(FILES, ToolCall("t", "mutate_entity", given_))
    assert isinstance(outcome, Applied)
    assert outcome.snapshot["app/auth.py"].text.endswith("def g(): pass\n")


def test_what_is_in_the_workspace_but_not_loaded_could_not_be_read():
    for made in (
        call("read_entity", entity="b.py"),
        call("mutate_entity", action="remove", entity="b.py"),
        call("mutate_entity", action="move", entity="app/auth.py::g", to="b.py"),
    ):
        refusal = tools.apply(FILES, made, ["b.py"])
        assert isinstance(refusal, Refusal)
        assert "could not be read" in refusal.message


def test_a_file_that_is_not_there_brings_what_comes_closest():
    refusal = tools.apply(FILES, call("read_entity", entity="ap/auth.py"), ["lib/auth.py"])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.path) == ("not_found", "ap/auth.py")
    assert refusal.nearest == ("app/auth.py", "lib/auth.py")


@pytest.mark.parametrize(
    ("made", "paths", "summary"),
    [
        (
            call("mutate_entity", action="update", entity="./app//auth.py::A.f", text="x"),
            ("app/auth.py",),
            "update ./app//auth.py::A.f",
        ),
        (
            call("mutate_entity", action="move", entity="a.py::f", to="b.py::C.f"),
            ("a.py", "b.py"),
            "move a.py::f to b.py::C.f",
        ),
        (call("mutate_entity", action="move", entity="a.py", to="../b"), ("a.py",), "move a.py to ../b"),
        (call("read_entity", entity="a.py", lines="1-2"), ("a.py",), "read a.py lines 1-2"),
        (call("read_entity", entity=7), (), "read"),
        (call("voice", text="a.py"), (), "voice"),
        (call("mutate_entity", action="create", entity="a\n" * 100, text=""), (), "create " + "a " * 56 + "…"),
        (ToolCall("t", "mutate_entity", []), (), ""),  # type: ignore[arg-type]
    ],
)
def test_the_paths_and_the_summary_of_a_call(made, paths, summary):
    assert tools.paths_of(made) == paths
    assert tools.summary(made) == summary


def test_the_paths_of_a_relationship_are_those_it_is_about():
    made = call("set_relationship", **{"action": "set", "type": "imports", "from": "a.py", "to": "os"})
    assert tools.paths_of(made) == relationships.related_paths(made.input)


def test_voice_is_shown_and_changes_nothing():
    made = call("voice", text="I make it polite.")
    outcome = tools.apply(FILES, made)
    assert isinstance(outcome, Applied)
    assert (outcome.snapshot, outcome.answer, outcome.changed) == (FILES, "Shown to the user.", ())
    assert tools.voice(made) == "I make it polite."
    assert [tools.voice(call("voice", text=3)), tools.voice(call("read_entity", text="a"))] == [None, None]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PATHS = st.sampled_from(["app/auth.py", "notes.md", "new.py", "..", "app", "b.py", ""])
NAMES = st.sampled_from(["", "::A", "::A.f", "::A.f#1", "::A.f#2", "::g", "::A.h", "::B.f", "::", "::A::f", "::g.h"])
TEXTS = st.sampled_from(
    ["", "def g(): pass", "class A: ...", "  def f(self):\n      pass\n", "\r", "}", "def h(self): 1", "'''"]
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["create", "update", "remove", "move", "set"]) | JSON,
        "entity": st.builds("{}{}".format, PATHS, NAMES) | JSON,
        "text": TEXTS | st.text(max_size=30) | JSON,
        "find": st.sampled_from(["return 1", "\n", "One.\nTwo", "def", "nothing"]) | JSON,
        "after": st.sampled_from(["g", "A", "f", "A.f", "x"]) | JSON,
        "to": st.builds("{}{}".format, PATHS, NAMES) | JSON,
        "from": st.builds("{}{}".format, PATHS, NAMES) | JSON,
        "lines": st.sampled_from(["1-2", "9-1", "0", "5-", "99999999999"]) | JSON,
        "type": st.sampled_from(["imports", "tests"]) | JSON,
        "names": st.just(["a", "b"]) | JSON,
    },
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([tool.name for tool in tools.TOOLS]) | JSON, FIELDS | JSON, st.lists(PATHS, max_size=2))
def test_no_input_raises_and_no_refusal_changes_anything(name, input, paths):
    before = {path: document.data for path, document in FILES.items()}
    made = ToolCall("t", name, input)
    outcome = tools.apply(FILES, made, paths)
    assert {path: document.data for path, document in FILES.items()} == before
    if isinstance(outcome, Refusal):
        assert outcome.message
        outcome.answer.encode()
    else:
        assert isinstance(outcome.snapshot, Snapshot)
        assert all(document.data.decode() is not None for document in outcome.snapshot.values())
    tools.paths_of(made)
    tools.summary(made).encode("utf-8", "replace")
    tools.voice(made)
