from __future__ import annotations

import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.repository import files
from escalation.repository.files import decode, file_uri, may_read, read_bytes, read_document, shown


@given(st.binary() | st.text().map(str.encode) | st.text().map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_any_bytes_become_a_document_or_a_reason(data):
    document, problem, note = decode(data, "a.py")
    assert (document is None) == (problem is not None)
    if document is not None:
        document.data.decode()
        assert document.language == "python"
    else:
        assert note is None


@given(st.text().filter(lambda text: "\0" not in text))
def test_utf8_is_kept_as_it_is(text):
    data = text.removeprefix("\ufeff").encode()
    document, problem, note = decode(data, "a.py")
    assert (document.data, problem, note) == (data, None, None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8"])
def test_the_mark_is_not_part_of_the_text(encoding):
    assert decode("\ufeffdef f(): ...\r\n".encode(encoding), "a.py").document.text == "def f(): ...\r\n"


def test_the_language_of_a_script_is_told_by_its_first_line():
    assert decode(b"#!/usr/bin/env python3\n", "tool").document.language == "python"
    assert decode(b"nothing\n", "NOTES").document.language == ""


def test_the_limit_holds_for_the_bytes(monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    assert decode(b"0123456789", "a.py").problem is None
    assert decode(b"0123456789+", "a.py").problem is not None


def test_reading(tmp_path):
    (tmp_path / "a b.py").write_bytes(b"x = 1\r\n")
    document, problem, note = read_document(str(tmp_path), "a b.py")
    assert (document.text, document.uri, problem, note) == ("x = 1\r\n", (tmp_path / "a b.py").as_uri(), None, None)
    assert read_bytes(str(tmp_path), "a b.py", 7) == b"x = 1\r\n"
    assert read_bytes(str(tmp_path), "a b.py", 6) is None
    assert read_bytes(str(tmp_path), "nowhere", 6) is None


def test_reading_leaves_nothing_open(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x")
    before = os.dup(0)
    os.close(before)
    for path in ("a.py", ".", "nowhere"):
        for _ in range(20):
            read_document(str(tmp_path), path)
    after = os.dup(0)
    os.close(after)
    assert after == before


def test_what_may_be_read(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert may_read(str(tmp_path / "a.py"))
    assert may_read(str(tmp_path / "nowhere"))
    assert may_read(str(tmp_path / "dangling"))


@pytest.mark.parametrize("name", ["a b", "ü", "a#b", "100%", "q?", "[x]", "new\nline", "a+b&c=d"])
def test_uris_are_those_of_pathlib(name):
    assert file_uri(f"/w/{name}") == PurePosixPath(f"/w/{name}").as_uri()


def test_any_name_can_be_shown():
    assert shown("grün/a.py") == "grün/a.py"
    assert shown(os.fsdecode(b"caf\xe9.py")) == "caf\\xe9.py"
