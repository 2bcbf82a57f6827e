"""Which structure an edit brings into being."""

from __future__ import annotations

import pytest

from escalation.flow import tools
from escalation.flow.messages import ToolCall
from escalation.flow.outcome import Applied
from tests.flow.editing import applied, of


@pytest.mark.parametrize(
    ("path", "text", "kinds"),
    [
        ("app/auth.py", "def f(): ...", ["module app/auth.py"]),
        (
            "app/auth.py",
            "class A:\n    class B: ...\n",
            ["module app/auth.py", "class app/auth.py::A", "class app/auth.py::A.B"],
        ),
        ("app/__init__.py", "", ["package app/__init__.py"]),
        ("pkg/a.go", "package pkg\n", ["package pkg/a.go"]),
        ("lib/a.go", "package lib\n", ["module lib/a.go"]),
        ("src/A.java", "class A {}", ["module src/A.java", "class src/A.java::A"]),
        ("app/migrations/0002_user.py", "class Migration: ...", ["schema app/migrations/0002_user.py"]),
        ("db/schema.sql", "CREATE TABLE a (b int);\n", ["schema db/schema.sql"]),
        ("api/user.proto", 'syntax = "proto3";\n', ["schema api/user.proto"]),
        ("api/user.graphql", "type User { id: ID! }\n", ["schema api/user.graphql"]),
        ("api/openapi.yaml", "openapi: 3.1.0\npaths:\n  /a:\n    get: {}\n", ["schema api/openapi.yaml"]),
        ("tests/test_auth.py", "class TestA: ...", []),
        ("docs/a.md", "# A\n", []),
        ("pyproject.toml", "[project]\n", []),
        ("data/a.json", "{}", []),
        ("style.css", "a {}", []),
    ],
)
def test_a_new_file(path, text, kinds):
    made = ToolCall("t", "mutate_entity", {"action": "create", "entity": path, "text": text})
    outcome = tools.apply(of({"b.py": ""}), made, ["lib/b.go"])
    assert isinstance(outcome, Applied)
    assert [f"{item.kind} {item.entity}" for item in outcome.created] == kinds


OLD = "class A:\n    x = 1\n\n\ndef f(): ...\n"


@pytest.mark.parametrize(
    ("action", "entity", "fields", "classes"),
    [
        ("create", "a.py::B", {"text": "class B: ..."}, ["a.py::B"]),
        ("create", "a.py::A.B", {"text": "class B: ..."}, ["a.py::A.B"]),
        ("create", "a.py::g", {"text": "def g(): ..."}, []),
        ("update", "a.py::A", {"text": "class B: ..."}, []),
        ("update", "a.py::A", {"text": "class B: ...\n\n\nclass C: ..."}, ["a.py::C"]),
        ("update", "a.py", {"text": OLD + "class D: ..."}, ["a.py::D"]),
        ("update", "a.py", {"find": "x = 1", "text": "class D: ..."}, ["a.py::A.D"]),
        ("remove", "a.py::A", {}, []),
        ("move", "a.py::A", {"to": "b.py"}, []),
        ("move", "a.py", {"to": "b.py"}, []),
    ],
)
def test_a_class_is_new_unless_it_takes_the_place_of_another_one(action, entity, fields, classes):
    outcome = applied(of({"a.py": OLD}), action, entity, **fields)
    assert [(item.kind, item.entity) for item in outcome.created] == [("class", name) for name in classes]


def test_a_class_among_tests_is_none():
    assert applied(of({"tests/test_a.py": OLD}), "create", "tests/test_a.py::B", text="class B: ...").created == ()
