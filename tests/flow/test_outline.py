"""An outline names what a file declares, in every language with a grammar."""

from __future__ import annotations

import pytest

from escalation.flow.outline import outline
from escalation.text.document import Document

PYTHON = """\
import os
from .store import load


@cached
def read(path):
    def inner():
        return 1
    return inner


class Session(Base):
    user: str

    async def renew(
        self,
        seconds: float = 3,
    ) -> None:
        key = lambda x: x
"""


def test_python():
    found = outline(Document.of(PYTHON, language="python"))
    assert [(item.name, item.first, item.last, item.depth) for item in found.declared] == [
        ("read", 6, 9, 0),
        ("read.inner", 7, 8, 1),
        ("Session", 12, 19, 0),
        ("Session.renew", 15, 19, 1),
    ]
    assert found.declared[0].signature == "def read(path):"
    assert found.declared[3].signature == "async def renew(self, seconds: float = 3, ) -> None:"
    assert [(item.relative, item.module) for item in found.imports] == [(0, "os"), (1, "store")]


@pytest.mark.parametrize(
    ("language", "text", "signatures"),
    [
        ("javascript", "export const f = (a) => {\n  return a;\n};\n", ["export const f = (a) => {"]),
        ("typescript", "class A {\n  m(x: number): void {}\n}\n", ["class A {", "m(x: number): void {}"]),
        (
            "go",
            "package a\n\nfunc (s *Server) Run(n int) error {\n\treturn nil\n}\n",
            ["func (s *Server) Run(n int) error {"],
        ),
        ("java", "class A {\r\n  int f() { return 1; }\r\n}\r\n", ["class A {", "int f() { return 1; }"]),
        ("rust", "impl A {\n    fn f(&self) -> u8 { 1 }\n}\n", ["fn f(&self) -> u8 { 1 }"]),
        ("markdown", "# Title\n", []),
        ("", "anything", []),
        ("python", "", []),
    ],
)
def test_signatures(language, text, signatures):
    assert [item.signature for item in outline(Document.of(text, language=language)).declared] == signatures


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("python", "class A:\n    def f(self): ...\n", []),
        ("go", "package a\n\nfunc (s *Server) Run() {}\nfunc Stop() {}\n", ["Server.Run"]),
        ("rust", "impl A {\n    fn f(&self) -> u8 { 1 }\n}\n", ["A.f"]),
        ("cpp", "int Stack::size() { return 1; }\n", ["Stack.size"]),
    ],
)
def test_names_that_the_text_does_not_show(language, text, said):
    found = outline(Document.of(text, language=language)).declared
    assert [item.name for item in found if not item.obvious] == said


def test_a_signature_of_a_minified_file_is_short():
    text = "".join(f"function f{number}(){{return {'1+' * 50}1}}" for number in range(200))
    found = outline(Document.of(text, language="javascript")).declared
    assert len(found) == 200
    assert found[150].signature.startswith("function f150(){")
    assert all(len(item.signature) <= 161 for item in found)


def test_the_outline_of_broken_code_is_what_can_be_read():
    assert "f" in {
        item.name for item in outline(Document.of("def f():\n  return (\n\nclass", language="python")).declared
    }
