"""The language server: the table of what it answers, and its start on standard input and output."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import default_converter

from escalation import __version__
from escalation.lsp.protocol import Protocol, Server
from escalation.lsp.session import Session
from escalation.lsp.transport import Inbox, Writer, serve

if TYPE_CHECKING:
    from escalation.lsp.project import Project

# What the client asks is named, not imported: the answer to `initialize` does not wait for the analyses.
# Handled at once, in the order of arrival.
AT_ONCE: tuple[tuple[str, str, object], ...] = (
    (types.INITIALIZE, "lifecycle:initialize", None),
    (types.INITIALIZED, "lifecycle:initialized", None),
    (types.SHUTDOWN, "lifecycle:shutdown", None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, "lifecycle:folders_changed", None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, "configuration:changed", None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, "watching:changed", None),
    (types.TEXT_DOCUMENT_DID_OPEN, "documents:opened", None),
    (types.TEXT_DOCUMENT_DID_CHANGE, "documents:changed", None),
    (types.TEXT_DOCUMENT_DID_SAVE, "documents:saved", types.SaveOptions(include_text=False)),
    (types.TEXT_DOCUMENT_DID_CLOSE, "documents:closed", None),
)
# Handled in a task each, which `$/cancelRequest` cancels.
IN_TASKS: tuple[tuple[str, str, object], ...] = (
    (
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        "diagnostics:pull",
        types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier="escalation"),
    ),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        "code_actions:code_actions",
        types.CodeActionOptions([types.CodeActionKind.QuickFix]),
    ),
    (types.TEXT_DOCUMENT_CODE_LENS, "code_lens:code_lenses", types.CodeLensOptions(resolve_provider=False)),
    (types.TEXT_DOCUMENT_HOVER, "hover:hover", None),
)
# Ours, for our own clients.
OWN: tuple[tuple[str, str], ...] = (
    ("escalation/run", "run_requests:run"),
    ("escalation/runs", "run_requests:listed"),
    ("escalation/preview", "results:preview"),
    ("escalation/apply", "results:apply"),
    ("escalation/discard", "results:discard"),
    ("escalation/cancel", "run_requests:cancel"),
    ("escalation/status", "run_requests:status"),
)
COMMANDS = (
    ("escalation.run", "run_requests:command"),
    ("escalation.cancel", "run_requests:cancel_command"),
    ("escalation.decide", "results:command"),
    ("escalation.showAssessment", "commands:show_assessment"),
    ("escalation.dismiss", "commands:dismiss"),
    ("escalation.restore", "commands:restore"),
    ("escalation.feedback", "commands:feedback"),
)


def build() -> tuple[Server, Session]:
    """A server with all its routes, and its session; not yet connected to anything."""
    server = Server("escalation", __version__, protocol_cls=Protocol, converter_factory=default_converter)
    session = Session(server, _publish, _look_for_waiting)
    for method, name, options in AT_ONCE:
        server.feature(method, options)(partial(_call, name, session))
    for method, name, options in IN_TASKS:
        server.feature(method, options)(partial(_task, name, session))
    server.protocol.own = frozenset(method for method, _ in OWN)
    for method, name in OWN:
        server.feature(method)(partial(_task, name, session))
    for command, name in COMMANDS:
        server.command(command)(partial(_task, name, session))
    return server, session


def _publish(session: Session, project: Project) -> None:
    _call("diagnostics:publish", session, project)
    if session.events:
        _call("overhearing:recommend", session, project)


async def _look_for_waiting(session: Session, project: Project) -> None:
    await _task("overhearing:look_for_waiting", session, project)


def _call(name: str, *arguments: object) -> object:
    module, function = name.split(":")
    return getattr(import_module(f"escalation.lsp.{module}"), function)(*arguments)


async def _task(name: str, *arguments: object) -> object:
    return await cast("Awaitable[object]", _call(name, *arguments))


def start_io() -> NoReturn:
    """Serve one client on standard input and output until it is gone, then end the process.

    Threads that read a disk may still run: they must neither be waited for nor see the interpreter taken down
    around them, which is a crash inside a native module.
    """
    try:
        status = _serve()
    except OSError:  # the client is gone, and what was written last could not be flushed
        status = 1
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)


def _serve() -> int:
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    # Below WARNING pygls logs whole messages: source text, and whatever a client puts into its settings.
    logging.getLogger("pygls").setLevel(logging.WARNING)
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_unexpected)
    # A thread that analyses what it read must not make a keystroke wait for its turn (the default is 5 ms).
    sys.setswitchinterval(0.001)
    with open(os.dup(0), "rb", buffering=0) as reader, open(os.dup(1), "wb") as stream:
        sys.stdout = sys.stderr  # whatever prints must not print into the protocol
        server, session = build()
        server.protocol.set_writer(Writer(stream))
        try:
            asyncio.run(serve(reader, server.protocol.handle_body, partial(_connected, session)))
        except SystemExit as exit:
            return int(exit.code or 0)
        except KeyboardInterrupt:
            return 130
    return 1  # the client went away without a word


def _unexpected(record: logging.LogRecord) -> bool:
    """A request that was refused has its answer; only an error of ours deserves a traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], JsonRpcException))


def _connected(session: Session, inbox: Inbox) -> None:
    session.waiting = lambda: inbox.waiting
    session.leave = inbox.end
