from __future__ import annotations

import asyncio
import os

import pytest

from escalation.lsp.transport import Framing, Inbox, Writer, decode, serve

STREAM = b'Content-Length: 2\r\n\r\n{}content-length:4\r\nContent-Type: x\r\n\r\n"\xc3\xa4"Content-Length: 0\r\n\r\n'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_bodies_are_cut_wherever_the_chunks_end(size: int) -> None:
    framing = Framing()
    chunks = (STREAM[at : at + size] for at in range(0, len(STREAM), size))
    assert [body for chunk in chunks for body in framing.feed(chunk)] == [b"{}", '"ä"'.encode(), b""]


def test_a_header_block_without_a_length_is_skipped() -> None:
    assert list(Framing().feed(b"Nonsense: 1\r\n\r\n" + STREAM)) == [b"{}", '"ä"'.encode(), b""]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 200_000])
def test_what_is_not_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        decode(body)


def test_a_client_that_is_gone_ends_the_writing_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as stream:
        writer = Writer(stream)
        writer.write(b"x")
        assert writer.closed
        writer.write(b"y")


async def test_messages_are_handled_in_order_and_the_loop_knows_which_wait() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"".join(b"Content-Length: 1\r\n\r\n%d" % number for number in range(5)))
    os.close(writing)
    seen: list[tuple[bytes, bool]] = []
    inboxes: list[Inbox] = []
    with os.fdopen(reading, "rb", buffering=0) as stream:
        async with asyncio.timeout(10):
            await serve(stream, lambda body: seen.append((body, inboxes[0].waiting)), inboxes.append)
    assert seen == [(b"0", True), (b"1", True), (b"2", True), (b"3", True), (b"4", False)]
