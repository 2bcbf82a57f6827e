"""The beginning and the end of a session, and what it is about: folders, settings, the client's process."""

from __future__ import annotations

import asyncio
import gc
import os
import sys

from lsprotocol import types

from escalation.lsp.capabilities import Capabilities
from escalation.lsp.convert import file_path
from escalation.lsp.session import Session, in_thread

_SECONDS_BETWEEN_LOOKS = 3.0


def initialize(session: Session, params: types.InitializeParams) -> None:
    """Effect: the session knows its client."""
    from escalation.lsp.configuration import from_options

    session.capabilities = Capabilities.of(params.capabilities)
    folders = [folder.uri for folder in params.workspace_folders or []]
    root = params.root_uri or (params.root_path and f"file://{params.root_path}")
    paths = [file_path(uri) for uri in folders or ([root] if root else [])]
    session.folders = [path for path in paths if path is not None]
    session.client_settings = from_options(params.initialization_options)
    options = params.initialization_options
    session.events = isinstance(options, dict) and options.get("events") is True


def initialized(session: Session, _: types.InitializedParams) -> None:
    """Effect: starts everything that can wait until the client has its answer."""
    from escalation.lsp import configuration, watching

    session.start(_warm_up())
    session.start(configuration.fetch(session))
    session.start(watching.start(session))
    if pid := session.server.process_id:
        session.start(watch_parent(session, pid))
    if session.capabilities.register_configuration:
        session.start(_register_configuration(session))
    if session.events:
        session.start(_watch(session))


def folders_changed(session: Session, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Effect: the workspace has other folders; what is open stays where it is judged."""
    removed = {file_path(folder.uri) for folder in params.event.removed}
    added = [path for folder in params.event.added if (path := file_path(folder.uri)) is not None]
    session.folders = [folder for folder in session.folders if folder not in removed] + added


def shutdown(session: Session, _: object) -> None:
    """Effect: nothing of ours goes on; runs do, in the host, unless a setting says otherwise."""
    session.leaving = True
    if session.runs:
        from escalation.lsp.runs import end_all

        end_all(session)
    session.stop()


async def _watch(session: Session) -> None:
    from escalation.lsp.overhearing import watch

    await watch(session)


async def watch_parent(session: Session, pid: int, seconds: float = _SECONDS_BETWEEN_LOOKS) -> None:
    """Effect: leaves when the client's process is gone (LSP 3.17, `InitializeParams.processId`): a client
    that was killed closes nothing."""
    while is_alive(pid):
        await asyncio.sleep(seconds)
    session.leave()


def is_alive(pid: int) -> bool:
    """Whether a process exists. Where that cannot be asked without harm, the end of the input must tell."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


async def _warm_up() -> None:
    """Effect: imports what the first judgement needs, and reads its tables, in a thread."""

    def imports() -> None:
        from escalation.analysis.change import Change, FileChange
        from escalation.decision.assess import assess
        from escalation.lsp import code_actions, code_lens, documents, hover, reading  # noqa: F401
        from escalation.text.document import Document

        before = Document.of("def f():\n    return 1\n", language="python")
        after = Document.of("def f():\n    return 2\n", language="python")
        assess(Change((FileChange("f.py", before, after),)), rates={})

    try:
        await in_thread(imports)
    finally:
        # The modules stay until the end: the collector need not walk them at every turn. What a keystroke leaves
        # behind is freed by its reference counts; looking for cycles can wait for a while.
        gc.freeze()
        gc.set_threshold(50_000, 20, 1000)
        gc.enable()


async def _register_configuration(session: Session) -> None:
    method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
    options = types.DidChangeConfigurationRegistrationOptions(section="escalation")
    registration = types.Registration("escalation-settings", method, options)
    await session.server.client_register_capability_async(types.RegistrationParams([registration]))
