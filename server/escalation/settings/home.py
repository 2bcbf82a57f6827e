"""Home: where the program keeps what it writes, and where it finds what its user wrote."""

from __future__ import annotations

import os
from pathlib import Path

_NAME = "opus-escalation"


def home() -> Path:
    """`ESCALATION_HOME`, else `opus-escalation` in the user's cache directory (XDG). It need not exist yet."""
    if configured := os.environ.get("ESCALATION_HOME"):
        return Path(configured).expanduser()
    return _base("XDG_CACHE_HOME", ".cache") / _NAME


def state() -> Path:
    """Where the host keeps what must last: `ESCALATION_HOME`, else `opus-escalation` in the user's state directory
    (XDG). It need not exist yet."""
    if configured := os.environ.get("ESCALATION_HOME"):
        return Path(configured).expanduser()
    return _base("XDG_STATE_HOME", ".local/state") / _NAME


def configuration() -> Path:
    """The user's own settings: `escalation.toml` in `ESCALATION_HOME`, else in `opus-escalation` in the user's
    configuration directory (XDG). It need not exist."""
    configured = os.environ.get("ESCALATION_HOME")
    folder = Path(configured).expanduser() if configured else _base("XDG_CONFIG_HOME", ".config") / _NAME
    return folder / "escalation.toml"


def _base(variable: str, otherwise: str) -> Path:
    named = os.environ.get(variable)
    # XDG: a relative path is invalid and to be ignored.
    return Path(named) if named and os.path.isabs(named) else Path.home() / otherwise
