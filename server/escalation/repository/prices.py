"""Prices kept on disk: reading the price list costs more time and memory than the whole judgement of a change."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import msgspec

from escalation.decision import prices
from escalation.decision.prices import Rate, Rates
from escalation.repository import disk
from escalation.settings.schema import Models

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: str = ""
    rates: dict[str, Rate] = field(default_factory=dict)


def load_rates(models: Models, *, apart: bool = False) -> Rates:
    """The rates of the models of the settings, as `decision.prices.rates` has them. With `apart` a price list that must
    be read is read in a process of its own, for a server that lives long and should stay small."""
    stamp = _stamp()
    file = disk.file_of("prices", "\0".join((models.endpoint, models.default, models.escalation, models.fallback)))
    kept = disk.load(file, _Kept)
    if kept is None or kept.stamp != stamp:
        kept = _Kept(stamp, dict((_read_apart(models) if apart else None) or prices.rates(models)))
        disk.save(file, kept)
    return kept.rates


def _read_apart(models: Models) -> Rates | None:
    """None where no process can be started."""
    try:
        command = [sys.executable, "-m", __name__, msgspec.json.encode(models).decode()]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=True)
        return msgspec.json.decode(done.stdout, type=dict[str, Rate])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
        _log.warning("the price list is read here: %s", type(error).__name__)
        return None


def _stamp() -> str:
    """Tells versions of the installed price list apart without importing it."""
    spec = find_spec("genai_prices")
    assert spec is not None  # a dependency
    assert spec.origin is not None
    data = Path(spec.origin).with_name("data.py").stat()
    return f"{data.st_size}:{data.st_mtime_ns}"


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(prices.rates(msgspec.json.decode(sys.argv[1], type=Models))))
