"""The client's settings: the section `escalation`, asked for, pushed, or given at the start."""

from __future__ import annotations

from collections.abc import Mapping

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from escalation.lsp.session import Session

SECTION = "escalation"


def from_options(options: object) -> dict[str, object]:
    """Settings out of `initializationOptions` or of a pushed configuration: our section, or the section
    itself, beside which a client may say that it has views of its own (`events`)."""
    if not isinstance(options, Mapping):
        return {}
    section = options.get(SECTION, {name: value for name, value in options.items() if name != "events"})
    return dict(section) if isinstance(section, Mapping) else {}


async def fetch(session: Session) -> None:
    """Effect: asks the client for its settings and applies them."""
    if not session.capabilities.configuration:
        return
    asked = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    try:
        answer = await session.server.workspace_configuration_async(asked)
    except JsonRpcException:
        return  # a client that refuses its own offer has no settings for us
    section = answer[0] if answer else None
    if isinstance(section, Mapping):
        apply(session, section)


def changed(session: Session, params: types.DidChangeConfigurationParams) -> None:
    """Effect: applies changed settings; most clients only say that something changed."""
    if session.capabilities.configuration:
        session.start(fetch(session))
    else:
        apply(session, from_options(params.settings))


def apply(session: Session, settings: Mapping[str, object]) -> None:
    """Effect: these are the client's settings from now on. Null means “not set”."""
    new = {key: value for key, value in settings.items() if value is not None}
    if new != session.client_settings:
        session.client_settings = new
        session.refresh_all()
