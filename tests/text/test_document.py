"""Documents: line ends, positions in three encodings, and edits against a trivial reference."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.text.document import ByteEdit, Document, Edit, Encoding, Position

# Line ends of the protocol, line ends of str.splitlines that are none, and characters of every width.
PIECES = [
    "\n",
    "\r\n",
    "\r",
    "\f",
    "\v",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "a",
    "xy",
    "é",
    "€",
    "𝄞",
    "👩‍👩",
    " ",
    "\t",
]
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
# Long enough for several blocks of `text.lines`.
long_texts = st.tuples(texts, st.integers(0, 900), texts).map(lambda t: (t[0] or "pad\r\n") * (t[1] // 4) + t[2])
encodings = st.sampled_from(list(Encoding))
places = st.tuples(st.integers(0, 60), st.integers(0, 30))


def lines_of(text: str) -> list[str]:
    """The reference: lines with their ends."""
    parts = re.split(r"(\r\n|\n|\r)", text)
    return [a + b for a, b in zip(parts[::2], [*parts[1::2], ""], strict=True)]


def units(text: str, encoding: Encoding) -> int:
    width = {Encoding.UTF8: 1, Encoding.UTF16: 2, Encoding.UTF32: 4}[encoding]
    codec = {Encoding.UTF8: "utf-8", Encoding.UTF16: "utf-16-le", Encoding.UTF32: "utf-32-le"}[encoding]
    return len(text.encode(codec, "surrogatepass")) // width


def index_of(text: str, position: Position, encoding: Encoding) -> int:
    """The reference: index into `text` of a position, clamped."""
    lines = lines_of(text)
    if position.line >= len(lines):
        return len(text)
    content = lines[position.line].rstrip("\r\n")
    column = 0
    while column < len(content) and units(content[: column + 1], encoding) <= position.character:
        column += 1
    return sum(map(len, lines[: position.line])) + column


@st.composite
def edits(draw: st.DrawFn, source: st.SearchStrategy[str]) -> tuple[str, Encoding, list[Edit]]:
    text = draw(source)
    count = len(lines_of(text))
    place = st.builds(Position, st.one_of(st.integers(0, 6), st.integers(0, count + 1)), st.integers(0, 12))

    def edit(a: Position, b: Position, new: str) -> Edit:
        return Edit(min(a, b), max(a, b), new)

    return text, draw(encodings), draw(st.lists(st.builds(edit, place, place, texts), max_size=8))


def check_edits(text: str, encoding: Encoding, changes: list[Edit]) -> None:
    document = Document.of(text, uri="u", language="python", version=1)
    data = document.data
    edited, applied = document.edit(changes, 2, encoding)
    for change, byte_edit in zip(changes, applied, strict=True):
        assert change.start is not None
        assert change.end is not None
        start, end = index_of(text, change.start, encoding), index_of(text, change.end, encoding)
        text = text[:start] + change.text + text[end:]
        before, data = (
            data,
            data[: byte_edit.start_byte] + change.text.encode() + data[byte_edit.old_end_byte :],
        )
        assert data == text.encode()
        assert byte_edit.start_point == point(before, byte_edit.start_byte)
        assert byte_edit.old_end_point == point(before, byte_edit.old_end_byte)
        assert byte_edit.new_end_point == point(data, byte_edit.new_end_byte)
    assert edited.text == text
    assert edited.data == text.encode()
    assert edited == Document.of(text, uri="u", language="python", version=2)
    check_index(edited, text)


def point(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset].split(b"\n")
    return len(before) - 1, len(before[-1])


def check_index(document: Document, text: str) -> None:
    lines = [line.encode() for line in lines_of(text)]
    starts = [sum(map(len, lines[:n])) for n in range(len(lines))] if len(lines) < 300 else None
    assert document.line_count == len(lines)
    assert starts is None or list(document.line_starts) == starts
    for number, start in enumerate(document.line_starts):
        assert document.line_span(number) == (start, start + len(lines[number].rstrip(b"\r\n")))
        assert document.line_at(start) == number
        assert document.line_at(start + max(len(lines[number]) - 1, 0)) == number


@given(edits(texts))
def test_edits_equal_the_reference(case: tuple[str, Encoding, list[Edit]]) -> None:
    check_edits(*case)


@settings(max_examples=60)
@given(edits(long_texts))
def test_edits_of_long_texts_equal_the_reference(case: tuple[str, Encoding, list[Edit]]) -> None:
    check_edits(*case)


@given(texts, encodings, places)
def test_every_position_and_offset_agree(text: str, encoding: Encoding, place: tuple[int, int]) -> None:
    document = Document.of(text)
    for index in range(len(text) + 1):
        if text[index - 1 : index + 1] == "\r\n":
            continue  # between the two there is no position
        offset = len(text[:index].encode())
        assert document.offset(document.position(offset, encoding), encoding) == offset
    position = Position(*place)
    assert document.offset(position, encoding) == len(text[: index_of(text, position, encoding)].encode())


@pytest.mark.parametrize(
    ("text", "place", "encoding", "offset"),
    [
        ("a𝄞b", (0, 1), Encoding.UTF16, 1),
        ("a𝄞b", (0, 2), Encoding.UTF16, 1),  # inside the surrogate pair: before it
        ("a𝄞b", (0, 3), Encoding.UTF16, 5),
        ("a𝄞b", (0, 3), Encoding.UTF8, 1),  # inside the sequence: before it
        ("a𝄞b", (0, 2), Encoding.UTF32, 5),
        ("ab\ncd", (0, 99), Encoding.UTF16, 2),
        ("ab\r\ncd", (0, 99), Encoding.UTF16, 2),
        ("ab\ncd", (99, 0), Encoding.UTF16, 5),
        ("ab", (-1, -1), Encoding.UTF16, 0),
        ("", (0, 0), Encoding.UTF16, 0),
    ],
)
def test_offset_is_clamped(text: str, place: tuple[int, int], encoding: Encoding, offset: int) -> None:
    assert Document.of(text).offset(Position(*place), encoding) == offset


@pytest.mark.parametrize(
    ("text", "edit", "result"),
    [
        ("a\nb", Edit(Position(0, 1), Position(0, 1), "\r"), "a\r\nb"),  # two line ends become one
        ("a\r\nb", Edit(Position(0, 1), Position(1, 0), "\r"), "a\rb"),
        ("a\fb\nc", Edit(Position(1, 0), Position(1, 1), "d"), "a\fb\nd"),  # a form feed ends no line
        ("a\u2028b\nc", Edit(Position(1, 0), Position(1, 1), "d"), "a\u2028b\nd"),
        ("abc", Edit(Position(0, 2), Position(0, 1), "x"), "axc"),  # a range the wrong way round
        ("abc", Edit(None, None, "whole"), "whole"),
        ("abc", Edit(Position(0, 0), Position(9, 9), ""), ""),
    ],
)
def test_edit(text: str, edit: Edit, result: str) -> None:
    edited, _ = Document.of(text).edit([edit], 1, Encoding.UTF16)
    assert edited.text == result
    check_index(edited, result)


def test_lone_surrogates_survive() -> None:
    halves = [json.loads('"\\ud834"'), json.loads('"\\udd1e"')]
    document = Document.of("ab")
    edits = [Edit(Position(0, 1), Position(0, 1), halves[0]), Edit(Position(0, 2), Position(0, 2), halves[1])]
    edited, _ = document.edit(edits, 2, Encoding.UTF16)
    assert edited.text == "a" + halves[0] + halves[1] + "b"
    assert edited.position(edited.offset(Position(0, 3), Encoding.UTF16), Encoding.UTF16) == Position(0, 3)


def test_bytes_that_are_not_utf8_have_a_text() -> None:
    document = Document("u", "", b"a\xff\xfeb\nc")
    assert document.text == "a\ufffd\ufffdb\nc"
    assert document.position(4, Encoding.UTF16) == Position(0, 4)
    assert document.offset(Position(0, 4), Encoding.UTF32) >= 4


def test_the_old_document_is_untouched() -> None:
    text = "line\n" * 5000
    document = Document.of(text)
    edited, applied = document.edit([Edit(Position(2500, 0), Position(2501, 0), "x")], 7, Encoding.UTF16)
    assert document.text == text
    assert edited.version == 7
    assert applied == [ByteEdit(12500, 12505, 12501, (2500, 0), (2501, 0), (2500, 1))]
