"""Judges pending changes: where is the strong model worth its price, and why."""

__version__ = "0.1.0"
