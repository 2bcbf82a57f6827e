"""Maintainability index and Halstead volume of a Python file, as radon computes them (the extra `radon`)."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple


class Maintainability(NamedTuple):
    """`maintainability_index` runs from 0 (worst) to 100, `halstead_volume` is in bits."""

    maintainability_index: float
    halstead_volume: float


@cache
def radon_version() -> str | None:
    """The version of radon, None where it is not installed."""
    try:
        return version("radon")
    except PackageNotFoundError:
        return None


def maintainability(text: str) -> Maintainability | None:
    """The figures of a Python text, with docstrings counted as comments, which is radon's default. None without radon,
    and for a text that Python does not parse."""
    if radon_version() is None:
        return None
    from radon.metrics import mi_compute, mi_parameters

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, about the code that is measured
            volume, complexity, lines, comments = mi_parameters(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # what ast.parse raises, and radon on odd tokens
        return None
    return Maintainability(round(mi_compute(volume, complexity, lines, comments), 2), round(volume, 2))
