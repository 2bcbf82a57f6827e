"""What a run tells on a terminal and in a log, and how its diff is shown."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from escalation.cli.preview import counted, preview
from escalation.cli.progress import Progress, Seen, left_out, told
from escalation.cli.visible import one_line, visible
from escalation.flow.diff import unified
from escalation.flow.events import (
    CheckResult,
    Classification,
    Escalation,
    Event,
    Fallback,
    Masked,
    Redaction,
    Result,
    Retry,
    StreamEnd,
    SyntaxProblem,
    TextDelta,
    TierEnd,
    TierStart,
    ToolCalled,
    ToolRefused,
    Verdict,
    Verification,
)
from escalation.flow.messages import Usage
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

USAGE = Usage(input_tokens=400, output_tokens=100, cache_read=4000, cache_creation=190)
BASE, AFTER = Snapshot({"a.py": Document.of("x\n")}), Snapshot({"a.py": Document.of("y\nz\n")})
NOTHING, CHANGED = Result(BASE, BASE, ()), Result(BASE, AFTER, ("a.py",))
DIFF = unified(BASE, AFTER).decode()


def end(outcome="success", *, reason="", result=CHANGED, verdict=None, cost=0.0421) -> StreamEnd:
    diff = DIFF if result.changed else ""
    return StreamEnd("L3->L4->L3", outcome, reason, USAGE, cost, 410.0, 9100.0, (), (), diff, verdict, result)


def shown(*events: Event) -> list[str]:
    """The lines of some events."""
    seen, rows = Seen(), []
    for event in events:
        seen, lines = told(seen, event)
        rows += [line.mark + line.text.plain for line in lines]
    return rows


def failed(status="failed", output="E assert\n1 failed") -> Verdict:
    return Verdict(check=CheckResult("make test", status, 3.21, 1, output))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            Classification("L3", "nothing asks for more", {"L3": "sonnet", "L4": "opus"}),
            ["Route L3 · nothing asks for more", "L3 sonnet · L4 opus"],
        ),
        (
            Redaction((Masked("app/s.py", 12, "AWS access key", "ESC_1"),)),
            ["1 secret masked: app/s.py:12 (AWS access key)"],
        ),
        (TierStart("L4", 2, "claude-opus-5-5", "anthropic"), ["L4 claude-opus-5-5 · anthropic"]),
        (
            ToolCalled("L3", "mutate_entity", "update app/auth.py::login", ("app/auth.py",)),
            ["✓ update app/auth.py::login"],
        ),
        (
            ToolRefused("L3", "mutate_entity", "There is no logni.", ("login",)),
            ["refused (mutate_entity): There is no logni. Nearest: login."],
        ),
        (Retry("L3", 1, 2.1, "529 overloaded"), ["529 overloaded, again in 2.1 s"]),
        (Retry("L3", 1, 2.1, "529 overloaded", 7), ["again in 2.1 s; what it last said is void"]),
        (Fallback("L4", "opus", "sonnet", "it declined"), ["sonnet takes over from opus: it declined"]),
        (Escalation("L3", "L4", "structure", "it created structure"), ["↑ L3 → L4: it created structure"]),
        (Verification("L3", "running"), ["the check command runs on a copy"]),
        (Verification("L3", "passed", Verdict()), ["✓ verified: no new syntax errors"]),
        (
            Verification("L3", "passed", Verdict(check=CheckResult("make test", "passed", 3.21, 0))),
            ["✓ verified: check `make test` passed (3.2 s)"],
        ),
        (
            Verification("L3", "passed", Verdict(check=CheckResult("make test", "not_run", 0, None, "no disk"))),
            ["✓ verified: no new syntax errors", "! check `make test` was NOT run: no disk"],
        ),
        (
            Verification("L3", "failed", failed()),
            ["✗ check `make test` failed, exit code 1 (3.2 s)", "E assert", "1 failed"],
        ),
        (Verification("L3", "failed", failed("timeout")), ["ran out of time (3.2 s)"]),
        (
            Verification("L3", "failed", Verdict((SyntaxProblem("a.py", 3, "expected `:`"),))),
            ["new syntax error: a.py:3 expected `:`"],
        ),
        (
            TierEnd("L3", 1, "sonnet", USAGE, 0.0123, 0.0123, 410.0, 3100.0, 2),
            [
                "L3 · 2 requests · 4,590 tokens in (4,000 from the cache), 100 out · $0.012 · 3.1 s",
                "first after 410 ms",
            ],
        ),
        (TierEnd("L3", 1, "sonnet", Usage(), None, None, None, 1.0, 1), ["1 request · 0 tokens in, 0 out · unknown"]),
        (end(), ["L3->L4->L3 done · 4,590 tokens in", "$0.042", "1 file, +2 −1"]),
        (end(result=NOTHING), ["no file changes"]),
        (end("cancelled", reason="it was cancelled", result=NOTHING), ["cancelled", "nothing is written", "$0.042"]),
        (
            end("partial_success", reason="the check failed", verdict=failed()),
            ["done in part", "the check failed", "did NOT pass its verification"],
        ),
        (end("partial_success", reason="overloaded"), ["is NOT complete"]),
        (end("timeout", reason="it took too long", result=NOTHING), ["out of time"]),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_each_event_says_what_happened(event, said):
    rows = "\n".join(shown(event))
    assert [words for words in said if words not in rows] == []


def test_what_is_voiced_is_told_once():
    assert shown(TextDelta("L3", "Done.\n"), ToolCalled("L3", "voice", "say")) == ["  Done."]


def test_text_is_told_in_lines():
    assert shown(TextDelta("L3", "One li"), TextDelta("L3", "ne\nAn"), TextDelta("L3", "other")) == ["  One line"]
    assert shown(TextDelta("L3", "Half"), ToolCalled("L3", "read_entity", "read a")) == ["  Half", "  ✓ read a"]


def test_void_text_is_not_shown_if_it_can_be_helped():
    rows = shown(TextDelta("L3", "Half a sen"), Retry("L3", 1, 0.5, "cut", 10), TextDelta("L3", "Whole.\n"))
    assert rows == ["  ↻ cut, again in 0.5 s; what it last said is void", "  Whole."]


def test_long_lists_are_cut():
    masked = tuple(Masked("a.py", line, "key", f"ESC_{line}") for line in range(1, 10))
    assert shown(Redaction(masked))[0].endswith("a.py:5 (key) and 4 more")
    files = [(f"{number}.env", "is private") for number in range(7)]
    assert next(line.text.plain for line in left_out(files)).endswith("4.env is private and 2 more")
    assert list(left_out([])) == []


def test_of_a_check_the_end_is_shown():
    output = "\n".join(f"line {number}" for number in range(100))
    rows = shown(Verification("L3", "failed", failed(output=output)))
    assert rows[-1].strip() == "line 99"
    assert len(rows) == 21


HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202eevil\u200b\x9b1m"


@pytest.mark.parametrize(
    "event",
    [
        TextDelta("L3", HOSTILE + "\n"),
        ToolCalled("L3", "mutate_entity", HOSTILE),
        ToolRefused("L3", HOSTILE, HOSTILE, (HOSTILE,)),
        Retry("L3", 1, 1.0, HOSTILE),
        Fallback("L4", HOSTILE, HOSTILE, HOSTILE),
        Redaction((Masked(HOSTILE, 1, "key", "ESC_1"),)),
        Classification("L3", HOSTILE, {"L3": HOSTILE}),
        TierStart("L3", 1, HOSTILE, "anthropic"),
        Escalation("L3", "L4", "phrase", HOSTILE),
        Verification("L3", "failed", failed(output=HOSTILE)),
        Verification("L3", "failed", Verdict((SyntaxProblem(HOSTILE, 3, HOSTILE),))),
        end("failed", reason=HOSTILE),
    ],
    ids=lambda event: event.type,
)
def test_nothing_that_is_said_steers_the_terminal(event):
    text = "".join(shown(event))
    assert text
    assert not set(text) & set(HOSTILE) - set("[2J]0;ownedevil1m")


# ---- printing

STORY = (
    Classification("L3", "nothing asks for the strong model beforehand", {"L3": "sonnet", "L4": "opus"}),
    TierStart("L3", 1, "sonnet", "anthropic"),
    *(TextDelta("L3", f"{word} ") for word in ("a sentence of many words " * 12).split()),
    ToolCalled("L3", "mutate_entity", "update app/auth.py::login", ("app/auth.py",)),
    TierEnd("L3", 1, "sonnet", USAGE, 0.0123, 0.0123, 410.0, 3100.0, 2),
    end(),
)


def printed(*, live: bool, width: int = 80) -> str:
    out = StringIO()
    console = Console(file=out, width=width, force_terminal=live, no_color=True, highlight=False)
    progress = Progress(console, live=live)
    progress.begin([(".env", "is private")], "scripted")
    for event in STORY:
        progress.tell(event)
    progress.close()
    return out.getvalue()


def test_without_a_terminal_there_are_lines_and_no_control_codes():
    text = printed(live=False)
    assert "\x1b" not in text
    assert "\r" not in text
    assert ("  " + "a sentence of many words " * 12).rstrip() in text.splitlines()
    assert text.startswith("scripted\n  not sent  .env is private\n")


@pytest.mark.parametrize("width", [1, 8, 20, 80, 200])
def test_on_a_terminal_nothing_is_lost_however_narrow_it_is(width):
    words = printed(live=True, width=width).split()
    assert sum(word.startswith("sentence") for word in words) >= 12
    assert any("sonnet" in word for word in words)


@given(st.lists(st.text("ab \n\u4e2d", max_size=12), max_size=30))
def test_streamed_text_keeps_its_words(pieces):
    said = [row.strip() for row in shown(*(TextDelta("L3", piece) for piece in [*pieces, "\n"]))]
    assert said == [line.strip() for line in "".join([*pieces, "\n"]).split("\n")[:-1]]


# ---- the diff


def rows(diff: str, *placeholders: str) -> list[str]:
    return [line.plain for line in preview(diff, placeholders)]


def styles(diff: str) -> list[str]:
    return [str(line.style) for line in preview(diff)]


def test_the_preview_is_the_diff_in_colours():
    assert rows(DIFF) == DIFF.splitlines()
    assert styles(DIFF)[-3:] == ["red", "green", "green"]
    assert rows("") == []


def test_lines_that_look_like_a_head_are_lines_of_the_file():
    base, after = Snapshot({"a.sql": Document.of("-- x\n++ y\n")}), Snapshot({"a.sql": Document.of("q\n")})
    diff = unified(base, after).decode()
    assert styles(diff)[-3:] == ["red", "red", "green"]
    assert counted(diff) == (1, 2)


def test_masked_secrets_are_marked():
    diff = DIFF.replace("+y", "+KEY = 'ESC_1'")
    [line] = [line for line in preview(diff, ["ESC_1"]) if "ESC_1" in line.plain]
    assert [line.plain[span.start : span.end] for span in line.spans] == ["ESC_1"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [("a\u202eb", "a\\u202eb"), ("\x1b[31m", "\\x1b[31m"), ("a\tb", "a\tb"), ("\U000e0041", "\\U000e0041")],
)
def test_nothing_in_the_diff_is_hidden(text, seen):
    assert rows(DIFF.replace("+y", f"+{text}"))[-2] == f"+{seen}"


def test_line_ends_of_windows_are_shown():
    assert rows(DIFF.replace("+y\n", "+y\r\n"))[-2] == "+y␍"


documents = st.lists(st.sampled_from(["a", "-- b", "++ c", "", "@@ -1 +1 @@", "\\ d"]), max_size=8).map("\n".join)


@given(documents, documents)
def test_added_and_removed_lines_are_counted_as_git_does(old, new):
    base, after = Snapshot({"a": Document.of(old)}), Snapshot({"a": Document.of(new)})
    diff = unified(base, after).decode()
    added, removed = counted(diff)
    assert added - removed == _count(new) - _count(old)


def _count(text: str) -> int:
    return text.count("\n") + (bool(text) and not text.endswith("\n"))


def test_what_cannot_be_seen_is_written_out():
    assert visible("a\x00b\u200bc\n\t") == "a\\x00b\\u200bc\n\t"
    assert one_line(" a\n b\x1b ") == "a b\\x1b"
    assert visible("family: 👨‍👩‍👧 中文 é") == "family: 👨‍👩‍👧 中文 é"
