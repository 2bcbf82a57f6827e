"""What the client can do, boiled down once to the questions that the features ask."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder, get_capability

from escalation.text.document import Encoding


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The client's capabilities (and the position encoding they lead to)."""

    encoding: Encoding = Encoding.UTF16
    pull_diagnostics: bool = False
    refresh_code_lenses: bool = False
    related_information: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    code_action_literals: bool = False
    markdown_hover: bool = False
    show_document: bool = False
    work_done_progress: bool = False
    change_annotations: bool = False
    creates_files: bool = False
    deletes_files: bool = False
    configuration: bool = False
    register_configuration: bool = False
    register_watchers: bool = False

    @classmethod
    def of(cls, client: types.ClientCapabilities) -> Capabilities:
        def has(path: str) -> bool:
            return bool(get_capability(client, path, False))

        formats = get_capability(client, "text_document.hover.content_format", None) or []
        operations = get_capability(client, "workspace.workspace_edit.resource_operations", None) or []
        diagnostics = "text_document.publish_diagnostics"
        return cls(
            encoding=Encoding(ServerCapabilitiesBuilder.choose_position_encoding(client)),
            # A client that pulls but cannot be told to pull again (Neovim 0.10) would keep what a dismissal took back.
            pull_diagnostics=client.text_document is not None
            and client.text_document.diagnostic is not None
            and has("workspace.diagnostics.refresh_support"),
            refresh_code_lenses=has("workspace.code_lens.refresh_support"),
            related_information=has(f"{diagnostics}.related_information"),
            code_description=has(f"{diagnostics}.code_description_support"),
            diagnostic_data=has(f"{diagnostics}.data_support"),
            code_action_literals=has("text_document.code_action.code_action_literal_support"),
            markdown_hover=types.MarkupKind.Markdown in formats,
            show_document=has("window.show_document.support"),
            work_done_progress=has("window.work_done_progress"),
            change_annotations=get_capability(client, "workspace.workspace_edit.change_annotation_support", None)
            is not None,
            creates_files=types.ResourceOperationKind.Create in operations,
            deletes_files=types.ResourceOperationKind.Delete in operations,
            configuration=has("workspace.configuration"),
            register_configuration=has("workspace.did_change_configuration.dynamic_registration"),
            register_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
        )
