"""Home: the one directory for what the program keeps on disk."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """`ESCALATION_HOME`, else `opus-escalation` in the user's cache directory (XDG). It need not exist yet."""
    if configured := os.environ.get("ESCALATION_HOME"):
        return Path(configured).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    # XDG: a relative path is invalid and to be ignored.
    base = Path(cache) if cache and os.path.isabs(cache) else Path.home() / ".cache"
    return base / "opus-escalation"
