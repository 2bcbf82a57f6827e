"""Who is let in, and what a browser may do with the answers. Real sockets, real headers; nothing is judged here."""

from __future__ import annotations

import json
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from escalation.api.app import create_app
from escalation.api.schemas import MAX_BODY
from escalation.api.security import Door
from tests.api.live import PREFIX, TOKEN, Live, raw, served

NOBODY = object()


@pytest.fixture(scope="module")
def door():
    """A host whose service is not there: what gets through the door fails, or needs none."""

    @asynccontextmanager
    async def make():
        yield create_app(NOBODY, token=TOKEN), None

    with served(make) as (port, _):
        yield Live(port, NOBODY, Path(), Path())


PATHS = [
    ("GET", "status/x"), ("GET", "events/x"), ("GET", "workflows"), ("GET", "statistics"), ("DELETE", "workflow/x"),
    ("POST", "submit"), ("POST", "analyze"), ("POST", "detect"), ("POST", "validate"), ("POST", "feedback"),
    ("GET", "openapi.json"), ("GET", "nothing/of/the/kind"), ("PUT", "submit"),
]  # fmt: skip


class TestTheToken:
    @pytest.mark.parametrize(("method", "path"), PATHS)
    def test_without_it_nothing_is_told_not_even_what_there_is(self, door, method, path):
        answer = door.ask(method, path, {} if method == "POST" else None, Authorization="")
        assert answer.error == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "wrong", ["Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer é"]
    )
    def test_a_wrong_one_is_none(self, door, wrong):
        assert door.get("workflows", Authorization=wrong).error == (401, "unauthorized")

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_the_scheme_is_written_as_one_likes(self, door, scheme):
        assert door.get("openapi.json", Authorization=f"{scheme} {TOKEN}").status == 200

    def test_health_needs_none_and_says_nothing_else(self, door):
        answer = door.get("health", Authorization="")
        assert answer.status == 200
        assert set(answer.json) == {"status", "version"}

    def test_an_empty_one_opens_nothing(self):
        with pytest.raises(ValueError, match="token is empty"):
            Door(lambda *_: None, token="")

    def test_a_token_in_the_address_of_the_api_is_none(self, door):
        assert door.get(f"workflows?token={TOKEN}", Authorization="").error == (401, "unauthorized")


class TestTheNameItIsCalledBy:
    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "0.0.0.0:{port}"]
    )
    @pytest.mark.parametrize("path", ["/", f"{PREFIX}/health", f"{PREFIX}/workflows", "/static/x.js"])
    def test_a_name_that_is_not_ours_is_refused_whatever_it_asks(self, door, host, path):
        assert door.get(path, Host=host.format(port=door.port)).error == (403, "host_refused")

    @pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST", "[::1]:{port}", "[::1]"])
    def test_our_own_names_are_taken(self, door, host):
        assert door.get("health", Host=host.format(port=door.port)).status == 200

    def test_no_name_or_two_are_refused(self, door):
        assert raw(door.port, f"GET {PREFIX}/health HTTP/1.0")[0] == 403
        two = ("Host: 127.0.0.1", "Host: evil.example")
        assert raw(door.port, f"GET {PREFIX}/health HTTP/1.1", *two)[0] in (400, 403)

    def test_any_name_where_the_host_cannot_know_its_own(self):
        @asynccontextmanager
        async def make():
            yield create_app(NOBODY, token=TOKEN, hosts=("*",)), None

        with served(make) as (port, _):
            team = Live(port, NOBODY, Path(), Path())
            assert team.get("health", Host="escalation.example").status == 200
            assert team.get("workflows", Host="escalation.example", Authorization="").error == (401, "unauthorized")
            assert team.get("health", Host="a.example", Origin="https://b.example").error == (403, "origin_refused")


class TestThePageItComesFrom:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},  # another program's page on this machine
            {"Origin": "http://localhost:{port}"},  # the same host by another name: still another origin
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site"},
        ],
    )
    def test_another_page_is_refused_also_with_the_token(self, door, headers):
        sent = {name: value.format(port=door.port) for name, value in headers.items()}
        assert door.post("analyze", {}, **sent).error == (403, "origin_refused")

    @pytest.mark.parametrize(
        "headers",
        [{}, {"Origin": "http://127.0.0.1:{port}"}, {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "none"}],
    )
    def test_our_own_page_and_programs_are_taken(self, door, headers):
        sent = {name: value.format(port=door.port) for name, value in headers.items()}
        assert door.get("openapi.json", **sent).status == 200


class TestTheDashboardsCookie:
    def opened(self, door) -> str:
        answer = door.get(f"/?token={TOKEN}", Authorization="")
        assert (answer.status, answer.headers["location"]) == (303, "/")
        return answer.headers["set-cookie"]

    def test_the_token_becomes_a_cookie_and_leaves_the_address(self, door):
        cookie = self.opened(door).lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert TOKEN not in cookie, "another program of this machine can be sent it"

    def test_the_cookie_opens_the_api(self, door):
        cookie = self.opened(door).partition(";")[0]
        assert door.get("openapi.json", Authorization="", Cookie=cookie).status == 200
        assert door.get("openapi.json", Authorization="", Cookie=f"a=b c; {cookie}; x").status == 200

    def test_another_page_cannot_use_it(self, door):
        cookie = self.opened(door).partition(";")[0]
        sent = {"Authorization": "", "Cookie": cookie}
        assert door.post("submit", {}, **sent, Origin="http://127.0.0.1:1").error == (403, "origin_refused")
        assert door.get("workflows", **sent, Sec_Fetch_Site="same-site").error == (403, "origin_refused")

    def test_a_wrong_token_gives_none(self, door):
        answer = door.get("/?token=wrong", Authorization="")
        assert answer.error == (401, "unauthorized")
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize("cookie", ["escalation", "escalation=", f"escalation={TOKEN}", "\\"])
    def test_a_wrong_cookie_opens_nothing(self, door, cookie):
        name = f"escalation-{door.port}"
        assert door.get("workflows", Authorization="", Cookie=cookie.replace("escalation", name)).status == 401


class TestTheBody:
    def test_one_that_says_it_is_too_large_is_not_read(self, door):
        head = (f"POST {PREFIX}/analyze HTTP/1.1", f"Host: 127.0.0.1:{door.port}", f"Authorization: Bearer {TOKEN}")
        status, came = raw(door.port, *head, "Content-Type: application/json", f"Content-Length: {MAX_BODY + 1}")
        assert status == 413
        assert b'"too_large"' in came

    def test_one_in_chunks_is_read_up_to_the_limit(self, door):
        with socket.create_connection(("127.0.0.1", door.port), timeout=10) as connection:
            head = (
                f"POST {PREFIX}/analyze HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
                "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            connection.sendall(head.encode())
            chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
            sent = 0
            try:
                while sent < 10 * MAX_BODY:
                    connection.sendall(chunk)
                    sent += len(chunk)
            except OSError:
                pass  # the host has closed it
            assert sent < 3 * MAX_BODY, "it goes on reading"

    def test_who_has_no_token_has_nothing_read(self, door):
        head = (f"POST {PREFIX}/analyze HTTP/1.1", f"Host: 127.0.0.1:{door.port}", "Content-Length: 1000000")
        assert raw(door.port, *head)[0] == 401

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
    def test_what_a_form_can_send_is_not_taken(self, door, kind):
        assert door.post("analyze", b"{}", Content_Type=kind).error == (415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"\xff", b'{"task_description": "\xff"}', b"[" * 100_000, b"{}}", b"nul"]
    )
    def test_what_is_no_json_is_said_to_be_none(self, door, body):
        answer = door.post("analyze", body)
        assert answer.status in (400, 422)
        assert answer.error

    @pytest.mark.parametrize(
        "body",
        [
            {"task_description": ["CANARY"]},
            {"file_contents": {"CANARY.py": 7}},
            {"file_contents": {"a.py": ["CANARY"]}},
            {"current_files": {"CANARY": 3}},
            {"metadata": {"CANARY": {"deep": "CANARY"}}},
            {"priority": "CANARY"},
            {"requester": "CANARY" * 100},
            {"task_description": "CANARY", "workspace_root": "CANARY\0"},
            "CANARY",
            ["CANARY"],
            b'{"task_description": "CANARY',
        ],
    )
    @pytest.mark.parametrize("path", ["analyze", "submit", "validate", "feedback"])
    def test_an_error_repeats_nothing_of_it(self, door, path, body):
        answer = door.post(path, body)
        assert answer.status in (400, 422)
        assert answer.error
        assert b"CANARY" not in answer.body
        assert answer.message.endswith(".")


class TestHeaders:
    @pytest.mark.parametrize("path", [f"{PREFIX}/health", f"{PREFIX}/workflows", "/", "/nothing", "/?token=wrong"])
    def test_they_are_on_every_answer(self, door, path):
        headers = door.get(path, Authorization="").headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"

    def test_answers_of_the_api_are_kept_by_nobody(self, door):
        assert door.get("health").headers["cache-control"] == "no-store"

    def test_no_page_that_loads_programs_from_elsewhere(self, door):
        for path in ("/docs", "/redoc", f"{PREFIX}/docs", "/openapi.json"):
            assert door.get(path).error == (404, "not_found")


class TestMethods:
    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("GET", "submit", "POST"),
            ("POST", "workflows", "GET"),
            ("GET", "workflow/x", "DELETE"),
            ("HEAD", "health", "GET"),
        ],
    )
    def test_another_one_is_told_which_is_right(self, door, method, path, allowed):
        answer = door.ask(method, path)
        assert answer.status == 405
        assert answer.headers["allow"] == allowed
        if method != "HEAD":
            assert answer.error == (405, "method_not_allowed")

    def test_web_sockets_are_not_served(self, door):
        head = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAA")
        status, _ = raw(door.port, f"GET {PREFIX}/health HTTP/1.1", f"Host: 127.0.0.1:{door.port}", *head)
        assert status != 101


def test_nothing_of_bodies_or_tokens_is_logged(door, caplog):
    with caplog.at_level("DEBUG"):
        door.post("analyze", {"task_description": "CANARY", "file_contents": {"a.py": "CANARY = 1\n"}})
        door.post("analyze", b'{"CANARY')
        door.get(f"/?token={TOKEN}", Authorization="")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("escalation")]
    assert ours, "the service that is not there was not met"
    assert "CANARY" not in json.dumps(ours)
    assert TOKEN not in json.dumps(ours)
