"""The programs we are measured against, in a virtual environment of their own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    "ruff==0.17.6",
    "radon==6.0.1",
    "lizard==1.24.3",
    "complexipy==8.3.0",
)


@dataclass(frozen=True, slots=True)
class Peers:
    """`folder` is the environment's `bin`."""

    folder: Path

    def program(self, name: str) -> str:
        """The path of an installed program, `python` among them."""
        return str(self.folder / name)


def peers(cache: Path) -> Peers:
    """The peers below `cache`. Effect: installs them if they are not there. Raises CalledProcessError."""
    environment, stamp = cache / "peers", cache / "peers" / "installed"
    wanted = "\n".join((sys.version, *PACKAGES))
    if not stamp.is_file() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *PACKAGES], check=True)
        stamp.write_text(wanted)
    return Peers(environment / "bin")
