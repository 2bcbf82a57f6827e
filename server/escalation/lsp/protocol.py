"""JSON-RPC as the specification has it, where pygls 2.1 departs from it.

Every request gets exactly one answer, a malformed one too; cancelling `workspace/executeCommand` cancels the
command; `shutdown` with commands under way is clean; errors are logged, never shown as popups, and no log
line holds a message's content. Texts are ours (`documents`), not pygls' `TextDocument`, which breaks lines
where the protocol does not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import attrs
from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcInternalError, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import RPCMessage

from escalation.lsp.transport import decode

log = logging.getLogger("escalation.lsp")

_OWN = (types.TEXT_DOCUMENT_DID_OPEN, types.TEXT_DOCUMENT_DID_CHANGE, types.TEXT_DOCUMENT_DID_CLOSE)


@attrs.define
class OwnRequest:
    """A request that the specification does not know; its parameters stay as JSON has them."""

    id: int | str
    method: str
    jsonrpc: str
    params: Any = None


class Server(LanguageServer):
    """A pygls server that reports its own errors to the log only."""

    protocol: Protocol

    def report_server_error(self, error: Exception, source: type[Exception]) -> None:
        """Effect: one log line. A popup would interrupt the user, and, when the client is gone, fail in
        turn."""
        log.warning("%s: %s", source.__name__, type(error).__name__)


class Protocol(LanguageServerProtocol):
    """The protocol of one client."""

    def __init__(self, server: Server, converter: Converter) -> None:
        super().__init__(server, converter)
        for method in _OWN:
            del self.fm.builtin_features[method]
        self._initialized = False
        self.own: frozenset[str] = frozenset()
        # What can be cancelled by a progress token: the tasks of commands.
        self.tasks: dict[types.ProgressToken, asyncio.Task[Any]] = {}

    # Messages in

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override] # pygls caches its own
        """pygls would make named tuples of what it does not know, and lose keys that are no names."""
        return OwnRequest if method in self.own else super().get_message_type(method)

    def handle_body(self, body: bytes) -> None:
        """Effect: handles one message; a body that is none is answered as JSON-RPC 2.0 asks."""
        try:
            data = decode(body)
        except ValueError:
            self._refuse(None, types.ErrorCodes.ParseError, "the message is not JSON")
            return
        messages = data if isinstance(data, list) and data else [data]
        for message in messages:
            self.handle_data(message)

    def handle_data(self, data: object) -> None:
        """Effect: handles one decoded message."""
        if not isinstance(data, dict) or not _is_message(data):
            id = data.get("id") if isinstance(data, dict) else None
            self._refuse(id, types.ErrorCodes.InvalidRequest, "the message is not a JSON-RPC 2.0 message")
            return
        method, id = data.get("method"), data.get("id")
        if refusal := self._refusal(method):
            if id is not None:
                self._refuse(id, *refusal)
            return
        try:
            message = self.structure_message(data)
        except (JsonRpcInvalidParams, JsonRpcInternalError):
            self._malformed(method, id)
            return
        self.handle_message(message)
        self._initialized = self._initialized or method == types.INITIALIZE

    def _malformed(self, method: str | None, id: str | int | None) -> None:
        log.warning("malformed %s", method or "response")
        if method is None:
            error = types.ResponseError(types.ErrorCodes.InvalidRequest, "the answer is malformed")
            self._handle_response(id or 0, error=error)
        elif id is not None:
            self._refuse(id, types.ErrorCodes.InvalidParams, f"the parameters of {method} are malformed")

    def _refusal(self, method: object) -> tuple[types.ErrorCodes, str] | None:
        if method is None or method == types.EXIT:
            return None
        if self._shutdown:
            return types.ErrorCodes.InvalidRequest, "the server is shutting down"
        if self._initialized == (method == types.INITIALIZE):
            if self._initialized:
                return types.ErrorCodes.InvalidRequest, "the server is initialized already"
            return types.ErrorCodes.ServerNotInitialized, "the first request must be initialize"
        return None

    def _refuse(self, id: object, code: types.ErrorCodes, message: str) -> None:
        if id is not None and not isinstance(id, int | str):
            id = None
        self._send_data({"jsonrpc": "2.0", "id": id, "error": {"code": int(code), "message": message}})

    def structure_message(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - one of many message classes
        """The typed message. Raises JsonRpcInvalidParams; unlike pygls' it does not log what it cannot
        read."""
        if "method" in data:
            data = {"params": None} | data  # pygls' class for methods it does not know wants them
        disabled = logging.getLogger("pygls.protocol.json_rpc")
        level = disabled.level
        disabled.setLevel(logging.CRITICAL)
        try:
            return super().structure_message(data)
        finally:
            disabled.setLevel(level)

    def handle_message(self, message: RPCMessage) -> None:
        if self._shutdown and not hasattr(message, "method"):
            result, error = getattr(message, "result", None), getattr(message, "error", None)
            self._handle_response(message.id, result, error)
            return
        super().handle_message(message)

    def _handle_response(
        self, msg_id: str | int, result: object = None, error: types.ResponseError | None = None
    ) -> None:
        """Effect: settles our request; an answer to one that was cancelled meanwhile is dropped."""
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():
            del self._request_futures[msg_id]
            return
        super()._handle_response(msg_id, result, error)

    # Messages out

    def _send_data(self, data: Any) -> None:  # noqa: ANN401 - pygls' signature
        if self.writer is None or not data:
            return
        body = json.dumps(data, default=self._serialize_message).encode()
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    # What pygls handles differently

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override] # pygls runs any kind of handler
        self, params: types.ExecuteCommandParams
    ) -> Any:  # noqa: ANN401
        """Run a command in the task that answers the request, so that cancelling the one cancels the
        other."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r}")
        token, task = params.work_done_token, asyncio.current_task()
        if token is None or task is None:
            return await command(params.arguments or [])
        self.tasks[token] = task
        try:
            return await command(params.arguments or [])
        finally:
            del self.tasks[token]

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        """Effect: cancels the command that reports under this token."""
        if task := self.tasks.get(params.token):
            task.cancel()

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_: object) -> None:  # type: ignore[override]
        """Effect: cancels what is under way (each gets its answer) and takes no further requests."""
        own = self.msg_id
        for id, future in list(self._request_futures.items()):
            if id != own:
                future.cancel()
        self._shutdown = True
        if handler := self.fm.features.get(types.SHUTDOWN):
            handler(None)

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # type: ignore[override]
        """Effect: ends the process; 0 after a shutdown, else 1 (LSP 3.17, "Exit Notification")."""
        if self.writer is not None:
            self.writer.close()
        sys.exit(0 if self._shutdown else 1)


def _is_message(data: Mapping[str, object]) -> bool:
    if data.get("jsonrpc") != "2.0" or not isinstance(data.get("id", 0), int | str | None):
        return False
    if "method" in data:
        return isinstance(data["method"], str) and isinstance(data.get("params", {}), dict | list | None)
    return "id" in data and ("result" in data or "error" in data)
