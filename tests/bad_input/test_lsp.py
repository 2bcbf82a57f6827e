"""`escalation lsp` as a black box on bad input: every request gets its one answer, and the other file is judged on.

After each abuse the same server must still find an edit in `auth.py`; it writes no traceback, and no text of a file.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bad_input.test_check import AUTH, CODE, EDITED, FILES, NAMES
from tests.lsp.harness import FULL, Message, OverPipes, encode
from tests.repository.checkout import Checkout

MARKER = "qwprvtxz"  # stands in every text that is sent; must not reach a log
LANGUAGES = {"js": "javascript", "java": "java"}
REQUESTS = ("textDocument/hover", "textDocument/codeAction", "textDocument/codeLens", "textDocument/diagnostic")


@dataclass
class Session:
    """A server that judges `auth.py` of a repository."""

    server: OverPipes
    checkout: Checkout
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    version: int = 1
    refused: int = 0

    @property
    def uri(self) -> str:
        return (self.checkout.root / "auth.py").as_uri()

    def open(self, uri: str, text: str, version: int = 1) -> None:
        language = LANGUAGES.get(uri.rpartition(".")[2].lower(), "python")
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.server.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Message) -> None:
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
        self.server.notify("textDocument/didChange", params)

    def close(self, uri: str) -> None:
        self.server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def request(self, method: str, params: object = None) -> Message:
        return self.server.request(next(self.ids), method, params)

    def ask_everything(self, uri: str) -> list[Message]:
        """The answers to all requests about a text."""
        place = {"line": 0, "character": 0}
        params = {
            "textDocument": {"uri": uri},
            "position": place,
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        }
        return [self.request(method, params) for method in REQUESTS]

    def published(self, uri: str, version: int) -> list[Message]:
        """The diagnostics of one version of a text."""
        message = self.server.wait(
            lambda m: (
                m.get("method") == "textDocument/publishDiagnostics"
                and (m["params"]["uri"], m["params"].get("version")) == (uri, version)
            )
        )
        return message["params"]["diagnostics"]

    def refusal(self) -> int:
        """The error code of the next answer that can name no request."""
        nth = itertools.count(-self.refused)
        self.refused += 1
        answer = self.server.wait(lambda m: "method" not in m and m.get("id") is None and next(nth) == 0)
        return answer["error"]["code"]

    def still_judges(self) -> None:
        """The text of `auth.py` goes back and forth, and so must the diagnostics."""
        for text, reasons in ((AUTH, set()), (EDITED, {"critical_security"})):
            self.version += 1
            self.change(self.uri, self.version, {"text": text})
            found = {diagnostic["code"] for diagnostic in self.published(self.uri, self.version)}
            assert reasons <= found
            assert reasons or not found


def begin(checkout: Checkout, **more: Any) -> Session:
    session = Session(OverPipes(), checkout)
    folders = [{"uri": checkout.root.as_uri(), "name": "root"}]
    session.server.start(workspaceFolders=folders, **more)
    session.open(session.uri, AUTH)
    session.published(session.uri, 1)
    return session


def end(session: Session) -> None:
    assert session.server.stop() == 0
    errors = session.server.errors
    assert "Traceback" not in errors, errors
    assert MARKER not in errors, errors


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout.create(tmp_path / "work tree")
    made.commit({"auth.py": AUTH, "plain.py": CODE})
    return made


@pytest.fixture
def session(checkout: Checkout) -> Iterator[Session]:
    """A server of the test's own, for what changes its workspace."""
    begun = begin(checkout)
    with begun.server:
        yield begun


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One server that all abuses of texts and messages are committed on, one after the other."""
    made = Checkout.create(tmp_path_factory.mktemp("shared") / "work tree")
    made.commit({"auth.py": AUTH, "plain.py": CODE})
    begun = begin(made)
    with begun.server:
        yield begun
        end(begun)


# Texts

TEXTS = {what: (name, data.decode("utf-8", "replace")) for what, (name, data, _) in FILES.items()}
TEXTS["lone surrogates"] = ("surrogate.py", "x = '\ud800'  # \udfff\n" + CODE)
TEXTS["line ends that are none"] = ("ends.py", "a = 1\x0c\x0b\x1c\x85\u2028\u2029b = 2\r\rc = 3\r\n" + CODE)


@pytest.mark.parametrize(("name", "text"), TEXTS.values(), ids=TEXTS)
def test_a_text(shared: Session, name: str, text: str) -> None:
    uri = (shared.checkout.root / name).as_uri()
    shared.open(uri, text)
    assert isinstance(shared.published(uri, 1), list)
    start = {"line": 0, "character": 0}
    shared.change(uri, 2, {"range": {"start": start, "end": start}, "text": f"# {MARKER}\n"})
    assert isinstance(shared.published(uri, 2), list)
    assert all("result" in answer for answer in shared.ask_everything(uri))
    shared.close(uri)
    shared.still_judges()


@pytest.mark.parametrize("name", NAMES)
def test_a_name(shared: Session, name: str) -> None:
    """The same text under an awkward name is judged as it is under `auth.py`."""
    uri = (shared.checkout.root / name).as_uri()
    shared.open(uri, EDITED)
    assert isinstance(shared.published(uri, 1), list)
    lenses = shared.request("textDocument/codeLens", {"textDocument": {"uri": uri}})["result"]
    assert [lens["range"]["start"]["line"] for lens in lenses] == [3]
    shared.close(uri)
    shared.still_judges()


URIS = (
    "untitled:Untitled-1",
    "vscode-notebook-cell:/project/analysis.ipynb#W0sZmlsZQ%3D%3D",
    "git:/project/a.py?%7B%22ref%22%3A%22~%22%7D",
    "output:extension-output-escalation",
    "https://example.org/a.py",
    "file:///nowhere/at/all/a.py",
    "file://server/share/a.py",
    "file:///C%3A/Users/a.py",
    "file:///a%00b.py",
    "file:///%zz/%",
    "file:///" + "d/" * 3_000 + "a.py",
    "file:///",
    "file://",
    "a.py",
    ":",
    "[",
    "",
)


@pytest.mark.parametrize("uri", URIS, ids=lambda uri: uri[:40] or "empty")
def test_a_uri(shared: Session, uri: str) -> None:
    shared.open(uri, f"{CODE}# {MARKER}\n")
    shared.change(uri, 2, {"text": f"{EDITED}# {MARKER}\n"})
    assert all("result" in answer for answer in shared.ask_everything(uri))
    shared.server.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    shared.close(uri)
    shared.still_judges()


# Edits that do not fit their text: the protocol says how a position beyond a line's or a text's end counts.

BEYOND = 2**31 - 1
EDITS: dict[str, tuple[Message, ...]] = {
    "beyond the end": (
        {"range": {"start": {"line": BEYOND, "character": 0}, "end": {"line": BEYOND, "character": 9}}},
    ),
    "beyond the line": ({"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": BEYOND}}},),
    "end before start": ({"range": {"start": {"line": 2, "character": 0}, "end": {"line": 0, "character": 0}}},),
    "inside a surrogate pair": ({"range": {"start": {"line": 0, "character": 1}, "end": {"line": 0, "character": 1}}},),
    "no edit at all": (),
}


@pytest.mark.parametrize("changes", EDITS.values(), ids=EDITS)
def test_an_edit(shared: Session, changes: tuple[Message, ...]) -> None:
    uri = (shared.checkout.root / "edited.py").as_uri()
    shared.open(uri, "\U0001f600 = 1\n" + CODE)
    shared.change(uri, 2, *({"text": MARKER} | change for change in changes))
    assert isinstance(shared.published(uri, 2), list)
    shared.close(uri)
    shared.still_judges()


def test_notifications_out_of_order(shared: Session) -> None:
    uri = (shared.checkout.root / "order.py").as_uri()
    shared.close(uri)
    shared.change(uri, 2, {"text": MARKER})
    shared.server.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    shared.open(uri, CODE)
    shared.open(uri, EDITED, version=7)
    assert isinstance(shared.published(uri, 7), list)
    shared.change(uri, 3, {"text": CODE})  # an older version than the one it has
    assert isinstance(shared.published(uri, 3), list)
    shared.close(uri)
    shared.close(uri)
    shared.still_judges()


# Messages. Each gets the one answer that JSON-RPC 2.0 and LSP 3.17 ask for.

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602

BODIES: dict[str, tuple[bytes, int]] = {
    "not JSON": (b"{", PARSE_ERROR),
    "empty": (b"", PARSE_ERROR),
    "not UTF-8": (b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}', PARSE_ERROR),
    "nested too deeply": (b"[" * 200_000 + b"]" * 200_000, PARSE_ERROR),
    "null": (b"null", INVALID_REQUEST),
    "a number": (b"1e999", INVALID_REQUEST),
    "a string": (b'"initialize"', INVALID_REQUEST),
    "an empty batch": (b"[]", INVALID_REQUEST),
    "an empty object": (b"{}", INVALID_REQUEST),
    "no version": (b'{"method": "x"}', INVALID_REQUEST),
    "another version": (b'{"jsonrpc": "1.0", "method": "x"}', INVALID_REQUEST),
    "an object as id": (b'{"jsonrpc": "2.0", "id": {}, "method": "x"}', INVALID_REQUEST),
    "a number as method": (b'{"jsonrpc": "2.0", "method": 7}', INVALID_REQUEST),
    "a string as params": (b'{"jsonrpc": "2.0", "method": "x", "params": "y"}', INVALID_REQUEST),
}


@pytest.mark.parametrize(("body", "code"), BODIES.values(), ids=BODIES)
def test_a_body(shared: Session, body: bytes, code: int) -> None:
    shared.server.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    assert shared.refusal() == code
    shared.still_judges()


COMMAND = "workspace/executeCommand"
CALLS: dict[str, tuple[str, object, int]] = {
    "unknown method": ("textDocument/telepathy", {}, NO_METHOD),
    "unknown method, no params": ("telepathy", None, NO_METHOD),
    "unknown optional method": ("$/telepathy", {}, NO_METHOD),
    "empty method": ("", {}, NO_METHOD),
    "hover without params": ("textDocument/hover", None, INVALID_PARAMS),
    "hover with a list": ("textDocument/hover", [1, 2], INVALID_PARAMS),
    "hover at a word": (
        "textDocument/hover",
        {"textDocument": {"uri": "file:///a"}, "position": "top"},
        INVALID_PARAMS,
    ),
    "actions without a range": ("textDocument/codeAction", {"textDocument": {"uri": "file:///a"}}, INVALID_PARAMS),
    "a second initialize": ("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, INVALID_REQUEST),
    "unknown command": (COMMAND, {"command": "escalation.fly"}, INVALID_PARAMS),
    "command of no name": (COMMAND, {"command": None}, INVALID_PARAMS),
    "command without arguments": (COMMAND, {"command": "escalation.dismiss"}, INVALID_PARAMS),
    "argument that is no object": (COMMAND, {"command": "escalation.dismiss", "arguments": [[7]]}, INVALID_PARAMS),
    "argument that is null": (COMMAND, {"command": "escalation.showAssessment", "arguments": [None]}, INVALID_PARAMS),
    "wrong type in an argument": (
        COMMAND,
        {"command": "escalation.run", "arguments": [{"uri": 7, "route": []}]},
        INVALID_PARAMS,
    ),
    "text that is not open": (
        COMMAND,
        {"command": "escalation.showAssessment", "arguments": [{"uri": "file:///not/open.py"}]},
        INVALID_PARAMS,
    ),
}


@pytest.mark.parametrize(("method", "params", "code"), CALLS.values(), ids=CALLS)
def test_a_request(shared: Session, method: str, params: object, code: int) -> None:
    assert shared.request(method, params)["error"]["code"] == code
    shared.still_judges()


NOTIFICATIONS: dict[str, tuple[str, object]] = {
    "unknown": ("telepathy/thought", {"a": 1}),
    "unknown, optional": ("$/thought", {"class": 1, "": 2}),
    "cancel of nothing": ("$/cancelRequest", {"id": 123456}),
    "cancel without an id": ("$/cancelRequest", {}),
    "cancel of a progress that is none": ("window/workDoneProgress/cancel", {"token": "x"}),
    "open without a text": ("textDocument/didOpen", {"textDocument": {"uri": "file:///a.py"}}),
    "open without params": ("textDocument/didOpen", None),
    "change without a version": ("textDocument/didChange", {"textDocument": {}, "contentChanges": [{"text": MARKER}]}),
    "change of a wrong type": ("textDocument/didChange", {"textDocument": [], "contentChanges": {}}),
    "folders that are none": ("workspace/didChangeWorkspaceFolders", {"event": {"added": [{}], "removed": 7}}),
    "folder that is not there": (
        "workspace/didChangeWorkspaceFolders",
        {"event": {"added": [{"uri": "file:///nowhere", "name": "n"}], "removed": []}},
    ),
    "watched file of an odd kind": ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "::", "type": 3}]}),
    "configuration that is a word": ("workspace/didChangeConfiguration", {"settings": "fast"}),
    "answer to no question": ("$/progress", {"token": 1, "value": None}),
}


@pytest.mark.parametrize(("method", "params"), NOTIFICATIONS.values(), ids=NOTIFICATIONS)
def test_a_notification(shared: Session, method: str, params: object) -> None:
    shared.server.notify(method, params)
    shared.still_judges()


def test_answers_that_nobody_asked_for(shared: Session) -> None:
    shared.server.write(encode({"id": "no such request", "result": MARKER}))
    shared.server.write(encode({"id": 31_337, "error": {"code": "x"}}))
    shared.still_judges()


def test_a_batch_is_answered_one_by_one(shared: Session) -> None:
    calls = [{"jsonrpc": "2.0", "id": f"batch {n}", "method": "telepathy"} for n in range(3)]
    body = json.dumps([*calls, 7]).encode()
    shared.server.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    answers = [shared.server.answer(f"batch {n}") for n in range(3)]
    assert [answer["error"]["code"] for answer in answers] == [NO_METHOD] * 3
    assert shared.refusal() == INVALID_REQUEST
    shared.still_judges()


def test_odd_headers(shared: Session) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": "headers", "method": "telepathy"}).encode()
    headers = b"content-type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:%d\r\n\r\n" % len(body)
    shared.server.write(b"Nonsense\r\n\r\n" + b"Content-Length: many\r\n\r\n" + headers + body)
    assert shared.server.answer("headers")["error"]["code"] == NO_METHOD
    shared.still_judges()


def test_bytes_that_are_no_messages(shared: Session) -> None:
    for _ in range(64):
        shared.server.write(MARKER.encode() * 16_384)
    shared.server.write(b"\r\n\r\n")
    shared.still_judges()


# Workspaces


def test_a_deleted_file_that_is_still_open(session: Session) -> None:
    (session.checkout.root / "auth.py").unlink()
    changed = {"changes": [{"uri": session.uri, "type": 3}]}
    session.server.notify("workspace/didChangeWatchedFiles", changed)
    session.still_judges()
    end(session)


def test_a_folder_that_vanishes(session: Session) -> None:
    shutil.rmtree(session.checkout.root)
    session.server.notify("textDocument/didSave", {"textDocument": {"uri": session.uri}})
    session.version += 1
    session.change(session.uri, session.version, {"text": EDITED})
    assert isinstance(session.published(session.uri, session.version), list)
    assert all("result" in answer for answer in session.ask_everything(session.uri))
    end(session)


def damaged_index(checkout: Checkout) -> None:
    (checkout.root / ".git" / "index").write_bytes(b"DIRCnonsense")


def no_git_any_more(checkout: Checkout) -> None:
    shutil.rmtree(checkout.root / ".git")


def merge_conflict(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "-b", "other")
    checkout.commit({"plain.py": CODE.replace("width *", "width +")})
    checkout.git("checkout", "-q", "main")
    checkout.commit({"plain.py": CODE.replace("width *", "width -")})
    checkout.git("merge", "--quiet", "other", check=False)


def symlink_loop(checkout: Checkout) -> None:
    (checkout.root / "loop").symlink_to("loop")
    (checkout.root / "up").symlink_to("..", target_is_directory=True)


def broken_settings(checkout: Checkout) -> None:
    checkout.write("escalation.toml", "[[[")
    checkout.write(".escalation/dismissed.toml", b"\xff")


def wrong_settings(checkout: Checkout) -> None:
    checkout.write("escalation.toml", "min_confidence = 'high'\ncolour = 'red'\n[lsp]\nquiet_ms = -5\n")


STATES: tuple[Callable[[Checkout], None], ...] = (
    damaged_index,
    no_git_any_more,
    merge_conflict,
    symlink_loop,
    broken_settings,
    wrong_settings,
)


@pytest.mark.parametrize("make", STATES, ids=lambda state: state.__name__.replace("_", " "))
def test_a_state_that_comes_while_the_server_runs(session: Session, make: Callable[[Checkout], None]) -> None:
    make(session.checkout)
    session.server.notify("textDocument/didSave", {"textDocument": {"uri": session.uri}})
    session.still_judges()
    end(session)


def test_broken_settings_are_shown_where_they_are_written(session: Session) -> None:
    file = session.checkout.write("escalation.toml", "colour = 'red'\n")
    session.server.notify("textDocument/didSave", {"textDocument": {"uri": session.uri}})
    shown = session.server.wait(
        lambda m: m.get("method") == "textDocument/publishDiagnostics" and m["params"]["uri"] == file.as_uri()
    )
    assert "colour" in shown["params"]["diagnostics"][0]["message"]
    end(session)


def test_no_commit_yet(tmp_path: Path) -> None:
    checkout = Checkout.create(tmp_path / "new")
    checkout.write("auth.py", AUTH)
    session = Session(OverPipes(), checkout)
    with session.server:
        session.server.start(workspaceFolders=[{"uri": checkout.root.as_uri(), "name": "new"}])
        session.open(session.uri, EDITED)
        assert "critical_security" in {found["code"] for found in session.published(session.uri, 1)}
        end(session)


SETTINGS: tuple[object, ...] = ("fast", 7, [], {"min_confidence": "high"}, {"lsp": []}, {"": {"": None}})


@pytest.mark.parametrize("settings", SETTINGS, ids=json.dumps)
def test_settings_of_the_client(checkout: Checkout, settings: object) -> None:
    workspace = FULL["workspace"] | {"configuration": False}
    capabilities = FULL | {"workspace": workspace}
    session = begin(checkout, initializationOptions=settings, capabilities=capabilities)
    with session.server:
        session.server.notify("workspace/didChangeConfiguration", {"settings": {"escalation": settings}})
        session.still_judges()
        end(session)


def test_a_request_before_initialize() -> None:
    with OverPipes() as server:
        assert server.request(1, "textDocument/hover", {})["error"]["code"] == -32002
        server.notify("textDocument/didOpen", {})
        server.start()
        assert server.request(2, "shutdown")["result"] is None
        assert server.request(3, "textDocument/hover", {})["error"]["code"] == INVALID_REQUEST
        server.notify("exit")
        assert server.process.wait(20) == 0
