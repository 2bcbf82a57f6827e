from escalation.text.document import Document
from escalation.text.snapshot import Snapshot


def test_snapshots_are_derived_not_changed() -> None:
    empty = Snapshot()
    one = empty.with_document("a.py", Document.of("a"))
    two = one.with_document("b.py", Document.of("b")).with_document("a.py", Document.of("c"))
    assert [dict(empty), sorted(one), sorted(two)] == [{}, ["a.py"], ["a.py", "b.py"]]
    assert (one["a.py"].text, two["a.py"].text) == ("a", "c")
    assert sorted(two.without("a.py").without("none")) == ["b.py"]
