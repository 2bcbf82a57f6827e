"""The cache on a real disk: it keeps, it forgets the oldest, and no state of its file is an error."""

from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import time
from pathlib import Path

import pytest

from escalation.repository.cache import Cache


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "results.sqlite"


def numbered(first: int, last: int, size: int = 20) -> dict[bytes, bytes]:
    return {b"key %d" % number: (b"%d " % number) * size for number in range(first, last)}


def test_what_was_put_is_there_for_the_next(file: Path):
    values = numbered(0, 1_234) | {b"": b"", b"\0\xff": b"\0"}
    with Cache(file) as cache:
        assert cache.get(list(values)) == {}
        cache.put(values)
        assert cache.get(list(values)) == values
    with Cache(file) as cache:
        assert cache.get([*values, b"absent"]) == values
        cache.put({b"key 1": b"replaced"})
        assert cache.get([b"key 1", b"key 2"]) == {b"key 1": b"replaced", b"key 2": values[b"key 2"]}
        assert cache.get([]) == {}


def _empty(data: bytes) -> bytes:
    return b""


def _garbage(data: bytes) -> bytes:
    return random.Random(1).randbytes(20_000)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2 + 100]


def _headless(data: bytes) -> bytes:
    return b"\xff" * 100 + data[100:]


def _scrambled(data: bytes) -> bytes:
    return data[:4096] + random.Random(2).randbytes(len(data) - 4096)


@pytest.mark.parametrize("damage", [_empty, _garbage, _half, _headless, _scrambled])
def test_a_damaged_file_is_begun_anew(file: Path, damage):
    values = numbered(0, 2_000)
    with Cache(file) as cache:
        cache.put(values)
    file.write_bytes(damage(file.read_bytes()))
    with Cache(file) as cache:
        assert cache.get(list(values)).items() <= values.items()
        cache.put(values)
    with Cache(file) as cache:  # at the latest the second run has a sound file
        cache.put(values)
        assert cache.get(list(values)) == values


def test_a_damaged_value_is_not_there(file: Path):
    values = numbered(0, 100, 1000)
    with Cache(file) as cache:
        cache.put(values)
    data = file.read_bytes()
    assert data.count(b"77 77 77 77") > 0
    file.write_bytes(data.replace(b"77 77 77 77", b"77 77 78 77", 1))
    with Cache(file) as cache:
        found = cache.get(list(values))
    assert found == {key: value for key, value in values.items() if key != b"key 77"}


def test_every_flipped_byte_is_survived(file: Path):
    values = numbered(0, 300)
    with Cache(file) as cache:
        cache.put(values)
    sound = file.read_bytes()
    chance = random.Random(3)
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(3):
            damaged[chance.randrange(len(sound))] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        with Cache(file) as cache:
            assert cache.get(list(values)).items() <= values.items()
            cache.put({b"new": b"1"})


def test_another_format_is_replaced(file: Path):
    file.parent.mkdir()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE results (something INTEGER)")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with Cache(file) as cache:
        cache.put({b"a": b"1"})
        assert cache.get([b"a"]) == {b"a": b"1"}


def test_the_oldest_leave_first(file: Path, monkeypatch: pytest.MonkeyPatch):
    now = time.time()
    limit = 350_000
    with Cache(file, limit) as cache:
        cache.put(numbered(0, 100, 500))
        monkeypatch.setattr("escalation.repository.cache.time.time", lambda: now + 30 * 86_400)
        assert len(cache.get([b"key 5"])) == 1  # is in use again
        for first in range(100, 200, 50):
            cache.put(numbered(first, first + 50, 500))
        kept = cache.get(list(numbered(0, 300)))
    assert b"key 5" in kept
    assert b"key 4" not in kept
    assert b"key 199" in kept
    assert file.stat().st_size < 2 * limit


@pytest.mark.parametrize("there", ["a file", "a folder"])
def test_without_a_place_it_keeps_nothing(tmp_path: Path, there: str):
    if there == "a file":
        (tmp_path / "home").write_text("")
    else:
        (tmp_path / "home" / "results.sqlite").mkdir(parents=True)
    with Cache(tmp_path / "home" / "results.sqlite") as cache:
        cache.put({b"a": b"1"})
        assert cache.get([b"a"]) == {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_home_is_read(file: Path):
    with Cache(file) as cache:
        cache.put({b"a": b"1"})
    file.chmod(0o400)
    file.parent.chmod(0o500)
    with Cache(file) as cache:
        assert cache.get([b"a"]) == {b"a": b"1"}
        cache.put({b"b": b"2"})
    file.parent.chmod(0o700)


def test_a_file_that_is_removed_while_open(file: Path):
    with Cache(file) as cache:
        cache.put({b"a": b"1"})
        file.unlink()
        cache.put({b"b": b"2"})
        cache.get([b"a", b"b"])


def test_another_one_writes_for_long(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("escalation.repository.cache._PATIENCE", 0.05)
    with Cache(file) as cache:
        cache.put({b"a": b"1"})
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        cache.put({b"b": b"2"})
        other.execute("ROLLBACK")
        other.close()
    with Cache(file) as cache:
        assert cache.get([b"a", b"b"]) == {b"a": b"1"}


def _write_much(file: Path, number: int) -> None:
    for turn in range(10):
        with Cache(file) as cache:
            first = number * 1_000 + turn * 100
            cache.put(numbered(first, first + 100))
            cache.get(list(numbered(0, 4_000)))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_four_processes_at_once_lose_nothing(file: Path, method: str):
    context = multiprocessing.get_context(method)
    processes = [context.Process(target=_write_much, args=(file, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with Cache(file) as cache:
        assert cache.get(list(numbered(0, 4_000))) == numbered(0, 4_000)


def test_four_processes_on_a_damaged_file(file: Path):
    file.parent.mkdir()
    file.write_bytes(_garbage(b""))
    test_four_processes_do_not_fail(file)


def test_four_processes_do_not_fail(file: Path):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write_much, args=(file, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
