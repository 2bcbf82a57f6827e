"""Prompts: what a model is told, apart from the workspace. The texts are `prompts/*.md`.

`instructions` is the first system block, the same for every tier, pass and run, so that it is cached; what differs from
pass to pass is part of `task_message`, the first turn of the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Literal

from escalation.flow.events import CheckResult, Verdict
from escalation.flow.fence import fenced

Role = Literal["draft", "structure", "finish", "whole"]
"""Of a pass: the default model's first one, the escalation model's after it, the default model's on the result of that,
or the only one."""

_MOST_PROBLEMS = 20


@cache
def instructions() -> str:
    """The first system block. Never differs."""
    return _text("instructions")


def task_message(
    task: str, *, role: Role, signal: str = "", said: Sequence[str] = (), verdict: Verdict | None = None
) -> str:
    """The turn that a pass begins with. `signal` says in words why the escalation model takes over; `said` is what the
    model of the pass before told the person, `verdict` what the verification of its result found."""
    return Template(_text(role)).substitute(
        task=task.strip(),
        signal=signal.strip() or "it takes decisions on structure.",
        said=_said(said),
        verdict=_verdict(verdict),
    )


@cache
def _text(name: str) -> str:
    return files("escalation.flow").joinpath("prompts", f"{name}.md").read_text("utf-8")


def _said(said: Sequence[str]) -> str:
    text = "\n\n".join(part.strip() for part in said if part.strip())
    return f"\nWhat the other model said:\n{fenced('said', text)}" if text else ""


def _verdict(verdict: Verdict | None) -> str:
    return "".join(f"\n{part}" for part in _findings(verdict)) if verdict is not None else ""


def _findings(verdict: Verdict) -> Iterator[str]:
    if verdict.passed:
        passed = verdict.check is not None and verdict.check.status == "passed"
        what = f"`{verdict.check.command}` passed" if verdict.check and passed else "it has no new syntax errors"
        yield f"The other model's result was verified: {what}.\n"
        return
    if problems := verdict.problems:
        lines = [f"{problem.path}:{problem.line}: {problem.message}" for problem in problems[:_MOST_PROBLEMS]]
        if left := len(problems) - len(lines):
            lines.append(f"… {left} more")
        yield f"The other model's result has new syntax errors:\n{fenced('errors', chr(10).join(lines))}"
    if verdict.check is not None and verdict.check.status in ("failed", "timeout"):
        yield _failed(verdict.check)


def _failed(check: CheckResult) -> str:
    how = (
        f"ran out of time after {check.seconds:.0f} s"
        if check.status == "timeout"
        else f"failed with exit code {check.exit_code}"
    )
    output = f":\n{fenced('output', check.output)}" if check.output.strip() else ".\n"
    return f"The person's check, `{check.command}`, {how} on the other model's result{output}"
