"""Results: what a run of the host made of the files, written where they are still what it saw."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from escalation.cli.failure import Failure
from escalation.cli.visible import one_line

if TYPE_CHECKING:
    from escalation.flow.events import Result
    from escalation.host.client import Client

GOOD = ("success", "fallback_success")
Status = Mapping[str, Any]
"""What `GET /status/{id}` answers (docs/api.md)."""


def needed(status: Status) -> Mapping[str, Any]:
    """The result. Raises Failure where there is none."""
    result: Mapping[str, Any] | None = status["result"]
    if result is None or not result["diff"]:
        if status["finished_at"] is None:
            raise Failure(f"it has not ended yet: it is {status['state']}")
        raise Failure("no file changes" if status["outcome"] in GOOD else "it has no result")
    return result


def apply(client: Client, status: Status) -> int:
    """Effect: writes the result into the workspace, if the files are still what the run saw."""
    from escalation.cli.feedback import tell
    from escalation.cli.run import kept_on_disk
    from escalation.repository.applying import Written, apply_result

    id = status["workflow_id"]
    needed(status)
    root = status["workspace_root"]
    if not root:
        raise Failure(f"its files came with the request, from no folder: `escalation runs {id} --diff` prints the diff")
    if status["files"] is None:
        raise Failure(f"the host does not have its files: `escalation runs {id} --diff` prints the diff")
    if not status["files_complete"]:
        raise Failure(
            "the host was started anew since, and no longer knows the secrets that were masked in the result:"
            f" `escalation runs {id} --diff` prints it as it is"
        )
    result, reasons = as_result(root, status["files"], status["base_digests"])
    if not reasons:
        with kept_on_disk("the result"):
            done = apply_result(root, result)
        if isinstance(done, Written):
            print(f"Applied: {', '.join(map(one_line, done.paths))}")
            tell(client, id, "accepted")
            return 0
        reasons = dict(done.reasons)
        print(f"escalation: the result is kept: git apply {one_line(str(done.patch))}", file=sys.stderr)
    for path, why in reasons.items():
        print(f"escalation: not applied: {one_line(f'{path} {why}')}", file=sys.stderr)
    print("escalation: nothing is written", file=sys.stderr)
    return 1


def as_result(
    root: str, files: Mapping[str, str | None], digests: Mapping[str, str | None]
) -> tuple[Result, dict[str, str]]:
    """The result as it can be applied below `root`, and the files that are not what the run saw, with what is wrong in
    words that go on from the path."""
    from escalation.flow.events import Result
    from escalation.flow.paths import checked
    from escalation.repository.files import read_document
    from escalation.text.snapshot import Snapshot
    from escalation.workflow.commission import digest
    from escalation.workflow.judging import document

    base, reasons = {}, dict[str, str]()
    for path, expected in ((path, digests.get(path)) for path in files):
        if checked(path) != path:
            reasons[path] = "is no path inside the workspace"
        elif expected:
            reading = read_document(root, path)
            if reading.document is None:
                reasons[path] = reading.problem or "cannot be read"
            elif digest(reading.document.text) != expected:
                reasons[path] = "has changed since the run began"
            else:
                base[path] = reading.document
    after = {path: document(path, text) for path, text in files.items() if text is not None}
    return Result(Snapshot(base), Snapshot(after), tuple(sorted(files))), reasons
