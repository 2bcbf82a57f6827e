"""What a run tells while it works, as lines for a terminal or a log.

`told` is pure: an event becomes lines. `Progress` prints them; on a terminal, the line that is still being said and
what the run has cost so far stand below them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from escalation.cli.preview import counted
from escalation.cli.visible import one_line, visible
from escalation.decision.markdown import usd
from escalation.flow.events import (
    Classification,
    Escalation,
    Event,
    Fallback,
    Redaction,
    Retry,
    StreamEnd,
    TextDelta,
    TierEnd,
    TierStart,
    ToolCalled,
    ToolRefused,
    Verdict,
    Verification,
)

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live
    from rich.text import Text

    from escalation.flow.messages import Usage

_SHOWN = 5
_OUTPUT_LINES = 20
"""Of a failed check, from its end, where the summary stands."""
_NARROWEST = 20
_GOOD = ("success", "fallback_success")
_OUTCOMES = {
    "success": ("done", "bold green"),
    "fallback_success": ("done, by the fallback model", "bold green"),
    "partial_success": ("done in part", "bold yellow"),
    "failed": ("failed", "bold red"),
    "cancelled": ("cancelled", "bold yellow"),
    "timeout": ("out of time", "bold red"),
}


class Line(NamedTuple):
    """A line: `mark` in front of its first row, blanks of that width in front of the others."""

    mark: str
    text: Text


@dataclass(frozen=True, slots=True)
class Seen:
    """What has to be remembered from one event to the next."""

    saying: str = ""
    """What the model said since the last line was complete."""
    working: str = ""
    """The tier and model at work; empty between passes."""
    spent: float | None = 0.0


def told(seen: Seen, event: Event) -> tuple[Seen, tuple[Line, ...]]:
    """The lines that an event completes."""
    if isinstance(event, TextDelta):
        *complete, rest = (seen.saying + event.text).split("\n")
        return replace(seen, saying=rest), tuple(_said(line) for line in complete)
    lines: tuple[Line, ...] = ()
    if isinstance(event, Retry) and event.discarded >= len(seen.saying):
        seen = replace(seen, saying="")  # void, and not shown yet as a line
    if seen.saying:
        seen, lines = replace(seen, saying=""), (_said(seen.saying),)
    if isinstance(event, TierStart):
        seen = replace(seen, working=f"{event.tier} {one_line(event.model)}")
    elif isinstance(event, TierEnd):
        seen = replace(seen, working="", spent=event.spent)
    elif isinstance(event, StreamEnd):
        seen = replace(seen, working="", spent=event.cost)
    return seen, (*lines, *_lines(event))


def _said(text: str) -> Line:
    return _line("  ", visible(text.replace("\r", "")).rstrip())


def _line(mark: str, *parts: str | tuple[str, str]) -> Line:
    from rich.text import Text

    return Line(mark, Text.assemble(*parts))


def _lines(event: Event) -> Iterator[Line]:
    match event:
        case Classification():
            yield from _classification(event)
        case Redaction():
            yield from _masked(event)
        case TierStart():
            yield _line("")
            yield _line("", (event.tier, "bold"), f" {one_line(event.model)}", (f" · {event.endpoint}", "dim"))
        case ToolCalled(name="voice"):
            pass  # its text has been told
        case ToolCalled():
            yield _line("  ✓ ", (one_line(event.summary), "" if event.changed else "dim"))
        case ToolRefused():
            nearest = f" Nearest: {', '.join(event.nearest)}." if event.nearest else ""
            yield _line("  ✗ ", (one_line(f"refused ({event.name}): {event.message}{nearest}"), "dim"))
        case Retry():
            void = "; what it last said is void" if event.discarded else ""
            said = f"{one_line(event.reason).rstrip('.')}, again in {event.seconds:.1f} s{void}"
            yield _line("  ↻ ", (said, "yellow"))
        case Fallback():
            said = f"{event.to_model} takes over from {event.from_model}: {event.reason}"
            yield _line("  ⇄ ", (one_line(said), "bold yellow"))
        case Verification():
            yield from _verification(event)
        case TierEnd():
            yield _line("  ─ ", (_summary(event), "dim"))
        case Escalation():
            yield _line("")
            arrow = "↑" if event.to_tier == "L4" else "↓"
            head = f"{event.from_tier} → {event.to_tier}"
            yield _line(f"{arrow} ", (head, "bold magenta"), f": {one_line(event.reason)}")
        case StreamEnd():
            yield from _end(event)


def _classification(event: Classification) -> Iterator[Line]:
    yield _line("", ("Route ", "bold"), (event.route, "bold"), f" · {one_line(event.reason)}")
    models = " · ".join(f"{tier} {one_line(model)}" for tier, model in event.models.items())
    yield _line("  models    ", models)


def _masked(event: Redaction) -> Iterator[Line]:
    places = [one_line(f"{one.path}:{one.line} ({one.kind})") for one in event.masked]
    noun = "secret" if len(places) == 1 else "secrets"
    yield _line("  masked    ", (f"{len(places)} {noun} masked: ", "yellow"), _first(places))


def left_out(files: Sequence[tuple[str, str]]) -> Iterator[Line]:
    """Lines on the files that are not sent."""
    if files:
        yield _line("  not sent  ", _first([one_line(f"{path} {why}") for path, why in files]))


def _first(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more


def _verification(event: Verification) -> Iterator[Line]:
    if event.state == "running":
        yield _line("  … ", ("the check command runs on a copy with the result", "dim"))
    elif event.verdict is not None:
        yield from verdict_lines(event.verdict)


def verdict_lines(verdict: Verdict) -> Iterator[Line]:
    """What the verification of a result said."""
    check = verdict.check
    for problem in verdict.problems[:_SHOWN]:
        said = f"new syntax error: {problem.path}:{problem.line} {problem.message}"
        yield _line("  ✗ ", (one_line(said), "red"))
    if len(verdict.problems) > _SHOWN:
        yield _line("    ", (f"and {len(verdict.problems) - _SHOWN} more", "red"))
    if check is None or check.status == "not_run":
        if verdict.passed:
            yield _line("  ✓ ", ("verified: no new syntax errors", "green"))
        if check is not None:
            why = one_line(check.output) or f"exit code {check.exit_code}"
            yield _line("  ! ", (f"check `{one_line(check.command)}` was NOT run: {why}", "bold yellow"))
        return
    how = {"passed": "passed", "failed": f"failed, exit code {check.exit_code}", "timeout": "ran out of time"}
    said = f"check `{one_line(check.command)}` {how[check.status]} ({check.seconds:.1f} s)"
    if check.status == "passed":
        yield _line("  ✓ ", (f"verified: {said}", "green"))
        return
    yield _line("  ✗ ", (said, "red"))
    for line in visible(check.output.replace("\r", "")).rstrip().split("\n")[-_OUTPUT_LINES:]:
        yield _line("      ", (line, "dim"))


def _summary(event: TierEnd) -> str:
    requests = "1 request" if event.requests == 1 else f"{event.requests} requests"
    first = f", first after {_time(event.ttfc_ms)}" if event.ttfc_ms is not None else ""
    return f"{event.tier} · {requests} · {tokens(event.usage)} · {usd(event.cost)} · {_time(event.ttc_ms)}{first}"


def _time(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def tokens(usage: Usage) -> str:
    """Usage in words."""
    read = usage.input_tokens + usage.cache_read + usage.cache_creation
    cached = f" ({usage.cache_read:,} from the cache)" if usage.cache_read else ""
    return f"{read:,} tokens in{cached}, {usage.output_tokens:,} out"


def _end(event: StreamEnd) -> Iterator[Line]:
    said, style = _OUTCOMES[event.outcome]
    route = f"{event.tier} " if event.tier else ""
    yield _line("")
    yield _line("", (f"{route}{said}", style), f" · {tokens(event.usage)} · {usd(event.cost)}")
    if event.outcome == "cancelled":
        yield _line("  ", "nothing is written")
    elif event.reason:
        yield _line("  ", one_line(event.reason))
    if event.result.changed and event.outcome not in (*_GOOD, "cancelled"):
        failed = event.verdict is not None and not event.verdict.passed
        what = "did NOT pass its verification" if failed else "is NOT complete"
        yield _line("  ", (f"The result {what}: look at it before you use it.", "bold red"))
    if event.result.changed:
        added, removed = counted(event.diff)
        files = "1 file" if len(event.result.changed) == 1 else f"{len(event.result.changed)} files"
        yield _line("  ", f"{files}, +{added} −{removed}")
    elif event.outcome in _GOOD:
        yield _line("  ", "no file changes")


class Progress:
    """Effect: prints what a run tells. With `live`, to a terminal; else line after line, without control codes."""

    def __init__(self, console: Console, *, live: bool) -> None:
        self._console, self._seen, self._started = console, Seen(), monotonic()
        self._live = _live(console, self) if live else None

    def begin(self, files: Sequence[tuple[str, str]], label: str) -> None:
        """Effect: says what kind of run it is, and which files are not sent."""
        self._started = monotonic()
        if self._live is not None:
            self._live.start()
        if label:
            self.show([_line("", (label, "bold yellow"))])
        self.show(left_out(files))

    def tell(self, event: Event) -> None:
        """Effect: shows an event."""
        self._seen, lines = told(self._seen, event)
        self.show(lines)
        if self._live is not None and self._seen.saying:
            *rows, rest = self._rows(_said(self._seen.saying))  # rows that are full will not change any more
            for row in rows:
                self._console.print(row, soft_wrap=True)
            if rows:
                blank = self._seen.saying[len(self._seen.saying.rstrip(" ")) :]  # wrapping may drop it
                self._seen = replace(self._seen, saying=rest.plain.strip(" ") + blank)

    def show(self, lines: Iterable[Line]) -> None:
        """Effect: prints lines, wrapped to the width of a terminal."""
        for line in lines:
            for row in self._rows(line):
                self._console.print(row, soft_wrap=True)

    def _rows(self, line: Line) -> Sequence[Text]:
        from rich.cells import cell_len
        from rich.text import Text

        if not self._console.is_terminal:
            return [Text.assemble(line.mark, line.text)]
        width = max(self._console.width - cell_len(line.mark), _NARROWEST)
        rows = line.text.wrap(self._console, width, tab_size=4) if line.text.plain else [line.text]
        return [
            Text.assemble(line.mark if number == 0 else " " * cell_len(line.mark), row)
            for number, row in enumerate(rows)
        ] or [Text(line.mark)]

    def close(self) -> None:
        """Effect: takes the status line away; what follows is printed plainly."""
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The line that is being said, and the status below it."""
        from rich.text import Text

        if self._seen.saying:
            yield self._rows(_said(self._seen.saying))[-1]
        working = self._seen.working or "…"
        status = f"{working} · {monotonic() - self._started:.0f} s · {usd(self._seen.spent)} so far · Ctrl-C cancels"
        yield Text(status, "reverse", no_wrap=True, overflow="ellipsis", end="")


def _live(console: Console, progress: Progress) -> Live:
    from rich.live import Live

    return Live(progress, console=console, refresh_per_second=8, transient=True, redirect_stdout=False)
