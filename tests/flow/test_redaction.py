"""Secrets are masked on their way out, and back in their place afterwards."""

from __future__ import annotations

import pickle
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.flow.events import Masked, Redaction, record
from escalation.flow.redaction import Redactor
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot
from tests.flow.made import KINDS_OF_KEY, SHAPES, cases, made, pem

CASES = list(cases(7))
PLACEHOLDER = re.compile(r"REDACTED_[A-Z_]+_\d+_[a-z0-9]{6}")


def secret(kind: str = "GitHub classic", seed: int = 1) -> str:
    return made(SHAPES[kind], random.Random(seed))


# ---- exact


def parts() -> st.SearchStrategy[str]:
    texts = st.text(st.characters(codec=None), max_size=20)  # lone surrogates, too: JSON can carry them
    known = st.sampled_from([case.text for case in CASES] + [case.secret for case in CASES])
    glue = st.sampled_from(
        ["REDACTED_", "REDACTED_SECRET_1_", "_1_bcdfgh", '"', "password = ", "key: ", "\r\n", "@", "x9"]
    )
    return st.lists(st.one_of(texts, known, glue), max_size=8).map("".join)


@given(parts())
def test_masking_and_restoring_is_the_identity(text):
    redactor = Redactor()
    assert redactor.restore(redactor.mask(text)) == text


@given(parts())
def test_masking_twice_is_masking_once(text):
    redactor = Redactor(["known-value-of-the-run"])
    masked = redactor.mask(text)
    assert redactor.mask(masked) == masked


@given(st.lists(parts(), max_size=4))
def test_many_texts_of_one_run_are_restored(texts):
    redactor = Redactor()
    assert [redactor.restore(masked) for masked in [redactor.mask(text) for text in texts]] == texts


# ---- placeholders


def test_a_placeholder_is_one_plain_word_that_says_what_it_is():
    masked = Redactor().mask(f"A = '{secret()}'")
    assert re.fullmatch(r"A = 'REDACTED_GITHUB_TOKEN_1_[a-z0-9]{6}'", masked)


@pytest.mark.parametrize("kind", KINDS_OF_KEY)
def test_a_key_of_many_lines_becomes_one_word(kind):
    block = pem(kind, random.Random(3))
    redactor = Redactor()
    masked = redactor.mask(f"before\n{block}\nafter\n")
    before, word, after = masked.splitlines()
    assert (before, after) == ("before", "after")
    assert PLACEHOLDER.fullmatch(word)
    assert redactor.restore(masked) == f"before\n{block}\nafter\n"


def test_the_same_secret_has_the_same_placeholder_in_all_texts():
    redactor = Redactor()
    first, second = redactor.mask(f"A = '{secret()}'", "a.py"), redactor.mask(f"B: {secret()}", "b.yaml")
    assert PLACEHOLDER.findall(first) == PLACEHOLDER.findall(second)


def test_different_secrets_have_different_placeholders():
    masked = Redactor().mask(f"{secret(seed=1)} {secret(seed=2)}")
    assert len(set(PLACEHOLDER.findall(masked))) == 2


def test_a_text_cannot_name_a_secret_that_it_does_not_hold():
    other = Redactor().mask(secret())
    redactor = Redactor()
    redactor.mask(secret())
    for forged in (other, "REDACTED_GITHUB_TOKEN_1_bcdfgh", "REDACTED_GITHUB_TOKEN_1"):
        assert redactor.restore(forged) == forged


def test_a_moved_placeholder_is_restored_where_it_stands_now():
    redactor = Redactor()
    word = PLACEHOLDER.findall(redactor.mask(f"A = '{secret()}'"))[0]
    assert redactor.restore(f"curl https://u:{word}@h/ \\{word}x") == f"curl https://u:{secret()}@h/ \\{secret()}x"


# ---- what a model has mangled


@pytest.mark.parametrize(
    "change",
    [lambda word: word[:-1], str.lower, lambda word: word.replace("_1_", "_2_"), lambda word: word.rpartition("_")[0]],
    ids=["cut", "lower case", "other number", "without its end"],
)
def test_a_mangled_placeholder_is_told(change):
    redactor = Redactor()
    word = redactor.mask(secret())
    assert redactor.foreign(f"x = '{change(word)}'") == (change(word),)
    assert redactor.restore(change(word)) == change(word)


def test_a_true_placeholder_is_none_of_these():
    redactor = Redactor()
    assert redactor.foreign(f"x = '{redactor.mask(secret())}'") == ()


def test_what_a_file_held_from_the_start_is_none_either():
    redactor = Redactor()
    redactor.mask(secret())
    text = "x = 'REDACTED_GITHUB_TOKEN_9_zzzzzz'"
    redactor.mask_document("a.py", Document.of(text))
    assert redactor.foreign(text) == ()


def test_other_words_are_none():
    redactor = Redactor()
    redactor.mask(secret())
    assert redactor.foreign("REDACTED_FIELDS = ['redacted_at']") == ()


# ---- documents


def test_a_document_without_secrets_stays_the_same_object():
    document = Document.of("x = 1\n", uri="file:///a.py", language="python", version=3)
    redactor = Redactor()
    assert redactor.mask_document("a.py", document) is document
    assert redactor.restore_document(document) is document


def test_a_document_keeps_all_but_its_text():
    document = Document.of(f"x = '{secret()}'\n", uri="file:///a.py", language="python", version=3)
    redactor = Redactor()
    masked = redactor.mask_document("a.py", document)
    assert secret() not in masked.text
    assert (masked.uri, masked.language, masked.version) == ("file:///a.py", "python", 3)
    assert redactor.restore_document(masked) == document
    assert redactor.mask_document("a.py", document) is masked


def test_bytes_that_are_no_utf8_come_back_as_they_were():
    document = Document("", "", b"\xff\xfe x = '" + secret().encode() + b"' \x80\r\n")
    redactor = Redactor()
    masked = redactor.mask_document("a", document)
    assert secret().encode() not in masked.data
    assert redactor.restore_document(masked).data == document.data


def test_what_one_file_names_a_secret_is_masked_in_all():
    token = made("<A:32>", random.Random(4))
    snapshot = Snapshot(
        {"a.py": Document.of(f"call({token!r})"), "b.env": Document.of(f"API_TOKEN={token}"), "c.py": Document.of("1")}
    )
    masked = Redactor().mask_snapshot(snapshot)
    assert [token in document.text for document in masked.values()] == [False, False, False]
    assert masked["c.py"] is snapshot["c.py"]


# ---- what is told


def test_each_secret_is_told_once_for_each_path_with_the_line_where_it_stands_first():
    redactor = Redactor()
    redactor.mask(f"\r\n\n\rA = '{secret()}'\n{secret()}", "a.py")
    redactor.mask(f"A = '{secret()}'\n", "a.py")
    redactor.mask(f"\nA = '{secret()}'\n", "b.py")
    told = [(masked.path, masked.line, masked.kind) for masked in redactor.masked]
    assert told == [("a.py", 4, "GitHub token"), ("b.py", 2, "GitHub token")]


def test_lines_are_those_of_the_original():
    redactor = Redactor()
    redactor.mask(f"{pem('PRIVATE KEY', random.Random(5), 96)}\nA = '{secret()}'\n", "a.py")
    assert [masked.line for masked in redactor.masked] == [1, 5]


# ---- keys in use


def test_keys_in_use_are_secret_wherever_they_stand():
    masked = Redactor(["hunter2-hunter2"]).mask("I say xhunter2-hunter2! aloud")
    assert re.fullmatch(r"I say xREDACTED_KEY_1_\w{6}! aloud", masked)


def test_what_is_too_short_to_be_a_key_is_no_secret():
    assert Redactor(["", " ", "the"]).mask("the end") == "the end"


# ---- nothing shows a secret


@pytest.mark.parametrize("case", random.Random(1).sample(CASES, 40), ids=lambda case: f"{case.kind}, {case.place}")
def test_nothing_that_shows_a_redactor_shows_a_secret(case):
    redactor = Redactor([case.secret])
    redactor.mask(case.text, "a")
    shown = f"{redactor!r} {redactor.masked} {record(Redaction(redactor.masked))} {redactor}"
    assert case.secret not in shown
    assert all(isinstance(masked, Masked) for masked in redactor.masked)


def test_a_redactor_is_never_stored():
    redactor = Redactor([secret()])
    redactor.mask(secret())
    with pytest.raises(TypeError) as raised:
        pickle.dumps(redactor)
    assert secret() not in str(raised.value)
