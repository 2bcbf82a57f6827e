"""The scripted server as a process, for the tests of editors: `python -m escalation.scripted FILE MODULE:SCRIPT`.

FILE receives the address when the server is ready. SCRIPT is a script, or a function without arguments that makes one,
such as `escalation.cli.scripted_run:script`. It serves until it is ended.
"""

from __future__ import annotations

import asyncio
import os
import pkgutil
import sys
from inspect import signature
from pathlib import Path
from typing import Any

from escalation.scripted.script import Script
from escalation.scripted.server import ScriptedServer


def named(name: str) -> Script:
    """The script of a name. Raises ValueError, ImportError or AttributeError if there is none."""
    found: Any = pkgutil.resolve_name(name)
    makes = callable(found) and all(given.default is not given.empty for given in signature(found).parameters.values())
    script: Script = found() if makes else found
    return script


async def serve(file: Path, script: Script) -> None:
    """Effect: writes the address to the file, whole or not at all, and serves until cancelled."""
    async with ScriptedServer(script) as server:
        ready = file.with_name(f"{file.name}.{os.getpid()}")
        ready.write_text(server.url, "utf-8")
        ready.replace(file)
        await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m escalation.scripted FILE MODULE:SCRIPT")
    try:
        asyncio.run(serve(Path(sys.argv[1]), named(sys.argv[2])))
    except KeyboardInterrupt:
        sys.exit(130)
