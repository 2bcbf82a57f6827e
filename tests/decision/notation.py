"""Changes written as diffs, so that a test or a page of the documentation shows what it is about.

Every file of a diff begins with its two header lines (`/dev/null` for a file that is not there) and shows the whole
text, so a diff says both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from escalation.analysis.change import Change, FileChange, Task
from escalation.analysis.facts import NOTHING, Surroundings
from escalation.decision.assess import assess
from escalation.decision.assessment import Assessment, Trigger
from escalation.settings.schema import Settings
from escalation.syntax.language import language_of_path
from escalation.text.document import Document


def file_change(path: str, before: str | None, after: str | None) -> FileChange:
    language = language_of_path(path)

    def document(text: str | None) -> Document | None:
        return None if text is None else Document.of(text, language=language.id if language else "")

    return FileChange(path, document(before), document(after))


def change_of(diff: str = "", task: str = "", files: tuple[str, ...] = ()) -> Change:
    """The change that a diff shows; with a task, and the files it names that do not exist yet."""
    changes = [*_files(diff), *(FileChange(path, recorded="added", counted=(0, 0)) for path in files)]
    return Change(tuple(sorted(changes, key=lambda f: f.path)), Task(task, files=files) if task else None)


def _files(diff: str) -> list[FileChange]:
    found: list[FileChange] = []
    lines = diff.strip("\n").splitlines(keepends=True)
    starts = [i for i in range(len(lines) - 1) if lines[i].startswith("--- ") and lines[i + 1].startswith("+++ ")]
    for start, end in pairwise([*starts, len(lines)]):
        old, new = lines[start][4:].strip(), lines[start + 1][4:].strip()
        body = [line if line.strip() else " \n" for line in lines[start + 2 : end]]
        before = None if old == "/dev/null" else "".join(line[1:] for line in body if line[0] in " -")
        after = None if new == "/dev/null" else "".join(line[1:] for line in body if line[0] in " +")
        found.append(file_change(old if after is None else new, before, after))
    return found


def judged(
    diff: str = "",
    task: str = "",
    files: tuple[str, ...] = (),
    *,
    settings: Settings | None = None,
    surroundings: Surroundings = NOTHING,
) -> Assessment:
    return assess(change_of(diff, task, files), settings=settings, surroundings=surroundings)


def by_reason(assessment: Assessment) -> Mapping[str, Trigger]:
    return {trigger.reason: trigger for trigger in assessment.triggers}
