"""Rows of measurements, and the one table they are shown in: ratio first."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, ours beside a peer's, and the bar it has to pass.

    All values are costs (time, memory): less is better. `at_most` bounds our own figure, `ratio_at_most` the ratio to
    the peer's.
    """

    part: str
    what: str
    ours: tuple[float, ...]
    peer: tuple[float, ...] = ()
    peer_name: str = ""
    unit: str = "ms"
    percent: int = 50
    at_most: float | None = None
    ratio_at_most: float | None = None

    @property
    def figure(self) -> float:
        """Our value at the row's percentile."""
        return percentile(self.ours, self.percent)

    @property
    def ratio(self) -> float | None:
        return self.figure / percentile(self.peer, self.percent) if self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether every bar is passed; None if there is no bar."""
        bars = [(self.figure, self.at_most), (self.ratio, self.ratio_at_most)]
        judged = [value <= bar for value, bar in bars if value is not None and bar is not None]
        return all(judged) if judged else None

    @property
    def bar(self) -> str:
        absolute = f"≤ {self.at_most:g} {self.unit}" if self.at_most is not None else ""
        relative = f"≤ {self.ratio_at_most:.3g} × {self.peer_name}" if self.ratio_at_most is not None else ""
        return " and ".join(filter(None, (relative, absolute)))


def percentile(values: tuple[float, ...], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


HEADER = ("ratio", "what", "escalation", "peer", "peer's", "bar", "met")


def table(rows: list[Row]) -> str:
    """The rows as aligned text, which is Markdown as well."""
    cells = [HEADER, *map(_cells, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def record(row: Row) -> dict[str, object]:
    """The row as JSON, with what follows from it."""
    return asdict(row) | {"ratio": row.ratio, "bar": row.bar, "met": row.met}


def _cells(row: Row) -> tuple[str, ...]:
    what = row.what if row.percent == 50 else f"{row.what}, p{row.percent}"
    ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
    theirs = f"{percentile(row.peer, row.percent):,.4g} {row.unit}" if row.peer else ""
    met = {True: "yes", False: "NO", None: ""}[row.met]
    return ratio, what, f"{row.figure:,.4g} {row.unit}", row.peer_name, theirs, row.bar, met
