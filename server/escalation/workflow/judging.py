"""Judging: a submission becomes a change, and the change an assessment. Reads the workspace; writes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from escalation.analysis.change import Change, FileChange, Task
from escalation.decision.assess import assess
from escalation.decision.assessment import Assessment
from escalation.decision.history import NO_HISTORY
from escalation.decision.policies import without_excluded
from escalation.repository import calibration
from escalation.repository.git import RepositoryError
from escalation.repository.prices import load_rates
from escalation.repository.sources import WorkspaceSources
from escalation.repository.workspace import Workspace
from escalation.settings.load import load
from escalation.settings.schema import Settings
from escalation.syntax.language import language_of_path
from escalation.text.document import Document
from escalation.workflow.examined import examined
from escalation.workflow.submission import BadSubmission, Roots, Submission, normal


@dataclass(frozen=True)
class Judged:
    """A submission and what was made of it. `pending` is the change itself, `change` also has the files that the task
    names; `left_out` are texts that were sent though they are private: the path and why, in words that go on from
    it."""

    submission: Submission
    settings: Settings
    workspace: Workspace | None
    pending: Change
    change: Change
    assessment: Assessment
    left_out: tuple[tuple[str, str], ...] = ()


def judge(submission: Submission, *, roots: Roots, env: Mapping[str, str] | None = None) -> Judged:
    """Raises BadSubmission. Takes its time: for a thread."""
    submission = normal(submission, roots)
    env = os.environ if env is None else env
    task = _task(submission)
    if not submission.root:
        settings, _ = load(None, env=env)
        pending = _sent(submission)
        change = _with_task(pending, task) if task else pending
        judgement = assess(
            change,
            settings=settings,
            facts=examined(without_excluded(change, settings)),
            rates=load_rates(settings),
            history=calibration.read(submission.repository)[0] if submission.repository else NO_HISTORY,
        )
        return Judged(submission, settings, None, pending, change, judgement)
    workspace = _opened(submission.root, env)
    submission, left_out = _without_private(submission, workspace)
    try:
        pending = _pending(submission, workspace)
        change = workspace.with_task(pending, task) if task else pending
    except RepositoryError as error:
        raise BadSubmission(f"the workspace cannot be read: {error}") from None
    judgement = workspace.assess(change, examined(without_excluded(change, workspace.settings)))
    return Judged(submission, workspace.settings, workspace, pending, change, judgement, left_out)


def _task(submission: Submission) -> Task | None:
    """None where a change was sent and nothing was said of it."""
    if not submission.task and not submission.files:
        return None
    return Task(
        submission.task,
        type=submission.task_type,
        priority=submission.priority,
        requester=submission.requester,
        files=submission.files,
    )


def document(path: str, text: str) -> Document:
    """A text that was sent, as the document that a file of this name would be."""
    language = language_of_path(path, text[:200].encode("utf-8", "replace"))
    return Document.of(text, language=language.id if language else "")


def _opened(root: str, env: Mapping[str, str]) -> Workspace:
    """The workspace of a root. A repository that begins above it is not the one that was named, or allowed."""
    try:
        workspace = Workspace.open(root, env)
    except RepositoryError as error:
        raise BadSubmission(f"the workspace cannot be read: {error}") from None
    if str(workspace.root) != root:
        raise BadSubmission(f"root lies inside the repository {workspace.root}: name that folder")
    return workspace


def _without_private(submission: Submission, workspace: Workspace) -> tuple[Submission, tuple[tuple[str, str], ...]]:
    if not submission.contents:
        return submission, ()
    sources = WorkspaceSources(workspace.root, workspace.settings)
    left_out = {path: why for path in submission.contents if (why := sources.reason_private(path))}
    if not left_out:
        return submission, ()
    contents = {path: text for path, text in submission.contents.items() if path not in left_out}
    base = {path: text for path, text in submission.base.items() if path not in left_out}
    return replace(submission, contents=contents, base=base), tuple(sorted(left_out.items()))


def _pending(submission: Submission, workspace: Workspace) -> Change:
    """What the client has changed; without texts of the client's, what git says."""
    if submission.contents:
        return _sent(submission)
    return workspace.repository.working_change() if workspace.repository is not None else Change()


def _sent(submission: Submission) -> Change:
    """The files that came with the submission. One without a text from before has not changed."""
    files = []
    for path, text in sorted(submission.contents.items()):
        current = document(path, text)
        before = submission.base.get(path, text)
        base = current if before == text else None if before is None else document(path, before)
        files.append(FileChange(path, base=base, current=current))
    return Change(tuple(files))


def _with_task(change: Change, task: Task) -> Change:
    """A change with its task, and with the files that the task names and nobody sent."""
    known = {file.path for file in change.files}
    named = (FileChange(path, recorded="modified", counted=(0, 0)) for path in task.files if path not in known)
    return Change(tuple(sorted((*change.files, *named), key=lambda file: file.path)), task)
