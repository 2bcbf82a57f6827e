"""The capabilities of real editors, through pytest-lsp's client: one server per editor."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from tests.lsp.conftest import AUTH
from tests.lsp.test_judging import BODY, FUNCTION

EDITORS = ["visual-studio-code", "neovim", "emacs"]


@pytest_lsp.fixture(
    params=EDITORS, config=ClientServerConfig(server_command=[sys.executable, "-m", "escalation", "lsp"])
)
async def editor(request: pytest.FixtureRequest, lsp_client: LanguageClient, repository: Path) -> AsyncIterator[None]:
    folder = types.WorkspaceFolder(repository.as_uri(), "repository")
    parameters = types.InitializeParams(
        capabilities=client_capabilities(request.param), workspace_folders=[folder], root_uri=repository.as_uri()
    )

    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(_: types.RegistrationParams) -> None:
        """What a client with dynamic registration answers."""

    await lsp_client.initialize_session(parameters)
    yield
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_an_edit_its_diagnostic_its_actions_and_the_dismissal(editor: LanguageClient, repository: Path) -> None:
    uri = (repository / "auth.py").as_uri()
    document = types.TextDocumentIdentifier(uri)
    editor.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, AUTH)))
    place = types.Position(BODY, 0)
    change = types.TextDocumentContentChangePartial(types.Range(place, place), "    if not salt:\n        return 1\n")
    editor.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, uri), [change])
    )
    [found] = await _diagnostics(editor, uri, wanted=1)
    assert (found.code, found.range.start) == ("critical_security", types.Position(FUNCTION, 4))

    actions = await editor.text_document_code_action_async(
        types.CodeActionParams(document, found.range, types.CodeActionContext([found]))
    )
    assert actions
    titles = [action.title for action in actions]
    assert titles[0] == "Run with Opus escalation"
    assert any("in this function" in title for title in titles)
    assert await editor.text_document_code_lens_async(types.CodeLensParams(document))
    assert await editor.text_document_hover_async(types.HoverParams(document, types.Position(FUNCTION, 5)))

    # lsprotocol's client takes every action that has a command for a command, so its argument is spelled out here.
    argument = {"uri": uri, "reason": "critical_security", "scope": "function", "symbol": "verify_password"}
    await editor.workspace_execute_command_async(types.ExecuteCommandParams("escalation.dismiss", [argument]))
    await _diagnostics(editor, uri, wanted=0)


async def _diagnostics(editor: LanguageClient, uri: str, wanted: int) -> list[types.Diagnostic]:
    """The diagnostics as this client shows them: those that were pushed, and those that it pulled if it says that it
    can."""
    capabilities = editor.capabilities.text_document if hasattr(editor, "capabilities") else None
    async with asyncio.timeout(30):
        while True:
            found = list(editor.diagnostics.get(uri, []))
            if capabilities is not None and capabilities.diagnostic is not None:
                report = await editor.text_document_diagnostic_async(
                    types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
                )
                found += getattr(report, "items", [])
            if len(found) == wanted:
                return found
            await asyncio.sleep(0.02)
