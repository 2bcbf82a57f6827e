"""What applying a result makes of the texts in the editor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.lsp.proposal import Proposal, digest, outlook, text_edits, workspace_edit
from escalation.text.document import Document, Edit, Encoding, Position

BASE = Document.of("one\ntwo\nthree\nfour\n", version=3)
AFTER = "one\ntwo\nthree\nFOUR\n"


def proposal(**more):
    return Proposal({"a.py": AFTER}, {"a.py": digest(BASE)}, complete=True, **({"base": {"a.py": BASE}} | more))


def test_a_text_that_has_not_changed_becomes_the_result():
    found = outlook(proposal(base={}), "a.py", BASE)
    assert (found.after, found.rebased, found.conflict) == (AFTER.encode(), False, "")


def test_what_was_typed_elsewhere_stays():
    found = outlook(proposal(), "a.py", Document.of("ONE\ntwo\nthree\nfour\n"))
    assert (found.after, found.rebased, found.conflict) == (b"ONE\ntwo\nthree\nFOUR\n", True, "")


@pytest.mark.parametrize(
    ("current", "base"),
    [
        (Document.of("one\ntwo\nthree\nvier\n"), {"a.py": BASE}),
        (Document.of("ONE\ntwo\nthree\nfour\n"), {}),
        (None, {"a.py": BASE}),
    ],
    ids=["typed in the same place", "typed, and nobody knows what the run saw", "gone"],
)
def test_nothing_is_overwritten(current, base):
    found = outlook(proposal(base=base), "a.py", current)
    assert "has changed" in found.conflict
    assert found.after == AFTER.encode()


def test_a_file_that_somebody_made_meanwhile_stays():
    new = Proposal({"b.py": "x = 1\n"}, {"b.py": ""}, complete=True)
    assert new.kind("b.py") == "created"
    assert outlook(new, "b.py", Document.of("y = 2\n")).conflict
    assert not outlook(new, "b.py", None).conflict
    assert not outlook(new, "b.py", Document.of("x = 1\n")).conflict  # it is there already


def test_a_secret_that_is_lost_is_not_written_as_a_word():
    lost = Proposal({"a.py": 'KEY = "REDACTED_STRIPE_KEY_1_k7f3x2"\n'}, {"a.py": digest(BASE)}, complete=False)
    assert "placeholders" in outlook(lost, "a.py", BASE).conflict


def test_one_edit_names_the_versions_it_was_made_for():
    result = Proposal(
        {"a.py": AFTER, "new.py": "x\n", "old.py": None}, {"a.py": digest(BASE), "old.py": digest(BASE)}, complete=True
    )
    current = {"a.py": BASE, "new.py": None, "old.py": BASE}
    outlooks = [outlook(result, path, current[path]) for path in result.files]
    edit = workspace_edit(outlooks, "file:///w/{}".format, Encoding.UTF16, annotated=False, creates=True)
    changed, created, filled, deleted = edit.document_changes
    assert (changed.text_document.uri, changed.text_document.version) == ("file:///w/a.py", 3)
    assert [(e.range.start.line, e.range.end.line, e.new_text) for e in changed.edits] == [(3, 4, "FOUR\n")]
    assert (created.kind, created.uri) == ("create", "file:///w/new.py")
    assert filled.edits[0].new_text == "x\n"
    assert (deleted.kind, deleted.uri) == ("delete", "file:///w/old.py")
    plain = workspace_edit(outlooks, "file:///w/{}".format, Encoding.UTF16, annotated=False, creates=False)
    assert [type(change).__name__ for change in plain.document_changes] == [
        "TextDocumentEdit",
        "TextDocumentEdit",
        "DeleteFile",
    ]


TEXTS = st.text(st.sampled_from("ab😀\r\n\u2028"), max_size=30)


@given(before=TEXTS, after=TEXTS, encoding=st.sampled_from(Encoding))
def test_the_edits_make_the_result_in_every_encoding(before, after, encoding):
    document = Document.of(before)
    edits = text_edits(document, after.encode(), encoding)
    for edit in reversed(edits):
        start, end = (Position(place.line, place.character) for place in (edit.range.start, edit.range.end))
        document, _ = document.edit([Edit(start, end, edit.new_text)], 1, encoding)
    assert document.text == after
