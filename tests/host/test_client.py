"""The client: one request, one answer; a stream of events; and what is said when the host is not as it should be."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from escalation.host.client import Answer, Client, HostError

STREAM = (
    b'id: 1\nevent: state\ndata: {"state": "detecting"}\n\n'
    b": ping\n\n"
    b'id: 1.1\nevent: text\ndata: {"text":\ndata: "two lines"}\n\n'
    b'id: 2\r\nevent: state\r\ndata: {"state": "completed"}\r\n\r\n'
    b'id: 3\nevent: state\ndata: {"cut o'
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append((self.command, self.path, dict(self.headers)))  # type: ignore[attr-defined]
        if self.headers["Authorization"] != "Bearer the-token":
            self.answer(401, b'{"error": {"code": "unauthorized", "message": "no token"}}')
        elif self.path.startswith("/v1/escalation/events/"):
            if self.path.endswith("/unknown"):
                self.answer(404, b'{"error": {"code": "not_found", "message": "There is no such workflow."}}')
            else:
                self.chunked(STREAM)
        elif self.path == "/html":
            self.answer(200, b"<html>")
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.close_connection = True
        elif self.path == "/empty":
            self.answer(204, b"")
        else:
            size = int(self.headers["Content-Length"] or 0)
            self.answer(200, json.dumps({"sent": json.loads(self.rfile.read(size)) if size else None}).encode())

    do_POST = do_DELETE = do_GET

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def chunked(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 7):  # pieces that know nothing of lines
            piece = body[start : start + 7]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(server) -> Client:
    return Client(f"http://127.0.0.1:{server.server_port}", "the-token")


def test_a_request_and_its_answer(client):
    assert client.request("POST", "/x", {"a": ["ä"]}) == Answer(200, {"sent": {"a": ["ä"]}})
    assert client.request("GET", "/x") == Answer(200, {"sent": None})
    assert client.request("DELETE", "/empty") == Answer(204, None)


def test_events_as_they_come_and_none_that_is_cut_off(client):
    assert list(client.events("a/b")) == [
        ("1", "state", {"state": "detecting"}),
        ("1.1", "text", {"text": "two lines"}),
        ("2", "state", {"state": "completed"}),
    ]


def test_events_after_the_last_one_that_was_seen(client, server):
    list(client.events("a/b", after="1.1"))
    _, path, headers = server.seen[-1]
    assert path == "/v1/escalation/events/a%2Fb"
    assert headers["Last-Event-ID"] == "1.1"


def test_a_workflow_that_nobody_knows(client):
    with pytest.raises(HostError, match="There is no such workflow"):
        list(client.events("unknown"))


@pytest.mark.parametrize(
    ("path", "said"), [("/html", "no host of opus-escalation"), ("/cut", "cannot be reached, or went away")]
)
def test_what_answers_something_else(client, path, said):
    with pytest.raises(HostError, match=said):
        client.request("GET", path)


def test_a_token_that_is_not_taken(server):
    with pytest.raises(HostError, match="does not take this token"):
        Client(f"http://127.0.0.1:{server.server_port}", "another").request("GET", "/x")


def test_nobody_there():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        base = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(HostError, match=r"cannot be reached.*try again"):
            Client(base, "the-token").request("GET", "/x")


def test_somebody_who_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(f"http://127.0.0.1:{silent.getsockname()[1]}", "the-token")
        with pytest.raises(HostError, match="does not answer in time"):
            client.request("GET", "/x", timeout=0.05)


def test_the_token_shows_in_no_message(client, server):
    server.shutdown()
    server.server_close()
    with pytest.raises(HostError) as raised:
        client.request("GET", "/x")
    assert "the-token" not in f"{raised.value} {client!r}"


@pytest.mark.parametrize(
    ("body", "message"),
    [({"error": {"code": "x", "message": "do this"}}, "do this"), (None, "status 418"), ({"error": 1}, "status 418")],
)
def test_what_an_error_says_of_itself(body, message):
    assert message in Answer(418, body).message
