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
from escalation.settings.schema import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: str = ""
    rates: dict[str, Rate] = field(default_factory=dict)


def load_rates(settings: Settings, *, apart: bool = False) -> Rates:
    """The rates of the models of the settings, as `decision.prices.rates` has them. With `apart` a price list that must
    be read is read in a process of its own, for a server that lives long and should stay small."""
    stamp = _stamp()
    file = disk.file_of("prices", _question(settings))
    kept = disk.load(file, _Kept)
    if kept is None or kept.stamp != stamp:
        kept = _Kept(stamp, dict((_read_apart(settings) if apart else None) or prices.rates(settings)))
        disk.save(file, kept)
    return kept.rates


def _question(settings: Settings) -> str:
    """All that the rates depend on but the price list."""
    asked = {
        spec: (named.model, named.endpoint.price_provider, named.endpoint.prices.get(named.model))
        for spec, named in prices.priced(settings).items()
    }
    return msgspec.json.encode(asked).decode()


def _read_apart(settings: Settings) -> Rates | None:
    """None where no process can be started."""
    needed = msgspec.json.encode(Settings(models=settings.models, endpoints=settings.endpoints))
    try:
        command = [sys.executable, "-m", __name__]
        done = subprocess.run(command, input=needed, capture_output=True, timeout=20, check=True)
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
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings)
    sys.stdout.buffer.write(msgspec.json.encode(prices.rates(asked)))
