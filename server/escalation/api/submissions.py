"""From what is asked to what the workflow takes."""

from __future__ import annotations

from dataclasses import replace

from escalation.api.schemas import AskedChange, AskedSubmission
from escalation.workflow.submission import Submission


def submission_of(asked: AskedChange) -> Submission:
    """A change to judge; with the rest of it where it is a submission."""
    before = asked.current_files if isinstance(asked.current_files, dict) else {}
    also = asked.current_files if isinstance(asked.current_files, list) else []
    contents = {**before, **asked.file_contents}
    changed = {path: text for path, text in before.items() if contents[path] != text}
    change = Submission(
        task=asked.task_description,
        files=tuple(dict.fromkeys((*asked.files_to_modify, *also))),
        contents=contents,
        base={**changed, **asked.base_contents},
        root=asked.workspace_root,
        task_type=asked.task_type,
        priority=asked.priority,
        requester=asked.requester,
        repository=asked.repository,
    )
    return _executed(change, asked) if isinstance(asked, AskedSubmission) else change


def _executed(change: Submission, asked: AskedSubmission) -> Submission:
    return replace(
        change,
        requested=asked.route,
        execute=asked.execute,
        check=asked.check,
        budget=asked.budget,
        timeout=asked.timeout_seconds,
        request_id=asked.request_id,
        metadata=asked.metadata,
    )
