"""The port file: what it holds, who may read it, and what is not taken for one."""

from __future__ import annotations

import json
import stat

import pytest

from escalation.host import port_file
from escalation.host.port_file import PortFile

TOLD = PortFile(pid=1, host="127.0.0.1", port=8420, token="the-token", version="0.1.0", started=1_790_000_000_000)


def test_it_is_read_as_it_was_written(tmp_path):
    port_file.write(tmp_path, TOLD)
    assert port_file.read(tmp_path) == TOLD


def test_only_its_user_may_read_it(tmp_path):
    port_file.write(tmp_path, TOLD)
    assert stat.S_IMODE((tmp_path / "host.json").stat().st_mode) == 0o600


def test_it_is_replaced_whole_and_leaves_nothing_behind(tmp_path):
    for port in (1, 2, 3):
        port_file.write(
            tmp_path,
            PortFile(**{**json.loads((tmp_path / "host.json").read_text()), "port": port}) if port > 1 else TOLD,
        )
    assert [file.name for file in tmp_path.iterdir()] == ["host.json"]
    assert port_file.read(tmp_path).port == 3


def test_a_removed_one_is_gone_and_may_be_removed_again(tmp_path):
    port_file.write(tmp_path, TOLD)
    port_file.remove(tmp_path)
    port_file.remove(tmp_path)
    assert port_file.read(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"pid": 1}',
        b'{"pid": "1", "host": "", "port": 1, "token": "", "version": "", "started": 1}',
    ],
)
def test_a_damaged_one_is_none(tmp_path, text):
    (tmp_path / "host.json").write_bytes(text)
    assert port_file.read(tmp_path) is None


def test_the_token_shows_in_no_message():
    assert "the-token" not in repr(TOLD)


@pytest.mark.parametrize(("host", "base"), [("127.0.0.1", "http://127.0.0.1:8420"), ("::1", "http://[::1]:8420")])
def test_the_address_as_a_url(host, base):
    told = PortFile(pid=1, host=host, port=8420, token="", version="", started=1)
    assert told.base == base
