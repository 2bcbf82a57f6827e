"""What was examined before is known again, and is the same as if it were examined now."""

from __future__ import annotations

from escalation.analysis.change import Change, FileChange
from escalation.analysis.facts import facts_of
from escalation.text.document import Document
from escalation.workflow.examined import Bounded, examined

BEFORE = "def total(items):\n    return sum(items)\n"
AFTER = "def total(items):\n    if not items:\n        return 0\n    return sum(items)\n"


def document(text: str, language: str = "python") -> Document:
    return Document.of(text, language=language)


def pending(path: str = "a.py", after: str = AFTER) -> FileChange:
    return FileChange(path, base=document(BEFORE), current=document(after))


def test_the_facts_are_those_of_the_files():
    changes = (
        pending(),
        FileChange("b.py", base=document(BEFORE), current=document(BEFORE)),
        FileChange("c.py", current=document(AFTER)),
        FileChange("d.py", base=document(BEFORE)),
        FileChange("e.py", problem="is a binary file", recorded="modified", counted=(0, 0)),
        FileChange("f.py", base_path="old.py", base=document(BEFORE), current=document(AFTER)),
        FileChange("g.yaml", base=document("a: 1\n", "yaml"), current=document("a: 2\n", "yaml")),
    )
    for _ in range(2):  # the second time from memory
        assert examined(Change(changes)) == {change.path: facts_of(change) for change in changes}


def test_a_file_that_was_examined_is_not_examined_again():
    assert examined(Change((pending(),)))["a.py"] is examined(Change((pending(),)))["a.py"]


def test_the_same_text_elsewhere_or_another_text_here_is_another_file():
    first = examined(Change((pending(), pending("tests/test_a.py"))))
    assert first["a.py"].role == "source"
    assert first["tests/test_a.py"].role == "test"
    assert examined(Change((pending(after=AFTER + "\n\nx = 1\n"),)))["a.py"] != first["a.py"]


def test_what_is_kept_is_bounded_and_the_least_recently_used_goes_first():
    made: list[str] = []

    def get(key: str, weight: int = 1) -> str:
        def make() -> str:
            made.append(key)
            return key

        return kept.get(key, make, weight)

    kept: Bounded[str, str] = Bounded(8)
    for key in "abcdefgh":
        get(key)
    get("a")
    get("i")  # b has to go
    assert made == [*"abcdefghi"]
    get("a")
    get("b")
    assert made == [*"abcdefghi", "b"]
    get("large", weight=3)
    get("large", weight=3)
    assert made.count("large") == 2, "it would have pushed out the others"
