"""Commission: all that a durable run is given, as one text of JSON, in which every secret has its placeholder.

What the run does with it is the same in each of its lives: the files that it begins with, the paths and imports of the
workspace and the settings are those of the moment of the submission.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import msgspec

from escalation.analysis.change import Change, FileChange, Status
from escalation.analysis.coupling import ImportGraph
from escalation.decision.assessment import Assessment
from escalation.flow.context import Focus
from escalation.flow.engine import Job, Requested
from escalation.flow.events import Masked
from escalation.flow.redaction import Redactor
from escalation.settings.schema import Settings
from escalation.store.records import Decision, Request, Told
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot
from escalation.workflow.judging import document

_TASK = "the task"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of the pending change: its texts as places in `Commission.texts`, None where it has none."""

    path: str
    base: int | None
    current: int | None
    base_path: str | None
    problem: str | None
    note: str | None
    recorded: Status | None
    counted: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """`told` are the events of the workflow until it was queued. `digests` are those of the true texts of `files`."""

    request: Request
    decision: Decision
    told: tuple[Told, ...]
    texts: tuple[str, ...]
    files: Mapping[str, int]
    digests: Mapping[str, str]
    pending: tuple[SentFile, ...]
    focus: tuple[tuple[str, int | None, int | None], ...]
    edges: Mapping[str, tuple[str, ...]]
    paths: str
    """Those of the workspace, packed."""
    settings: Settings
    requested: Requested
    check: str
    seed: str
    masked: tuple[Masked, ...]

    @property
    def id(self) -> str:
        return self.request.id

    def dumps(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def loads(cls, text: str) -> Commission:
        """Raises ValueError for what no version of ours wrote."""
        return msgspec.json.decode(text, type=cls)

    def snapshot(self) -> Snapshot:
        return Snapshot({path: document(path, self.texts[place]) for path, place in self.files.items()})

    def workspace_paths(self) -> tuple[str, ...]:
        return tuple(_unpacked(self.paths))

    def job(self) -> Job:
        """What is to be done, with the secrets masked."""
        snapshot = self.snapshot()
        return Job(
            task=self.request.task,
            snapshot=snapshot,
            requested=self.requested,
            focus=tuple(Focus(*place) for place in self.focus),
            change=Change(tuple(self._change(sent, snapshot) for sent in self.pending)),
            assessment=_assessment(self.decision),
            graph=ImportGraph(self.edges) if self.edges else None,
            seed=derived(self.seed, "run"),
        )

    def _change(self, sent: SentFile, snapshot: Snapshot) -> FileChange:
        def text(place: int | None) -> Document | None:
            if place is not None and place == self.files.get(sent.path):
                return snapshot[sent.path]  # the very document, which is masked and parsed once
            return document(sent.path, self.texts[place]) if place is not None else None

        return FileChange(
            path=sent.path,
            base=text(sent.base),
            current=text(sent.current),
            base_path=sent.base_path,
            problem=sent.problem,
            note=sent.note,
            recorded=sent.recorded,
            counted=sent.counted,
        )


def commissioned(
    job: Job,
    redactor: Redactor,
    *,
    request: Request,
    decision: Decision,
    told: Sequence[Told],
    settings: Settings,
    paths: Sequence[str],
    check: str,
    seed: str,
) -> Commission:
    """A job as it is kept. Effect: the redactor, which has this seed, learns its secrets."""
    snapshot = masked_files(redactor, job.snapshot)
    texts: dict[str, int] = {}

    def place(found: Document | None) -> int | None:
        return None if found is None else texts.setdefault(found.text, len(texts))

    files = {path: texts.setdefault(found.text, len(texts)) for path, found in snapshot.items()}
    pending = tuple(
        SentFile(
            path=file.path,
            base=place(file.base and redactor.mask_document(file.path, file.base)),
            current=place(file.current and redactor.mask_document(file.path, file.current)),
            base_path=file.base_path,
            problem=file.problem,
            note=file.note,
            recorded=file.recorded,
            counted=file.counted,
        )
        for file in job.change.files
    )
    request = replace(request, task=redactor.mask(job.task, _TASK))
    return Commission(
        request=request,
        decision=decision,
        told=tuple(told),
        texts=tuple(texts),
        files=files,
        digests={path: digest(found.text) for path, found in job.snapshot.items()},
        pending=pending,
        focus=tuple((place.path, place.first_line, place.last_line) for place in job.focus),
        edges=_around(job) if job.graph is not None else {},
        paths=_packed(paths),
        settings=settings,
        requested=job.requested,
        check=redactor.mask(check),
        seed=seed,
        masked=redactor.masked,
    )


def masked_files(redactor: Redactor, snapshot: Mapping[str, Document]) -> Snapshot:
    """The files of a commission, masked in the one order that makes the same placeholders each time."""
    return redactor.mask_snapshot(Snapshot(dict(sorted(snapshot.items()))))


def derived(seed: str, purpose: str) -> bytes:
    """A seed for placeholders that are none of those at the door: each purpose has its own."""
    return blake2b(f"{seed}/{purpose}".encode(), digest_size=16).digest()


def digest(text: str) -> str:
    """What a text is recognised by."""
    return Document.of(text).digest


def _assessment(decision: Decision) -> Assessment:
    return msgspec.convert(decision.assessment, Assessment)


def _around(job: Job) -> dict[str, tuple[str, ...]]:
    """The imports of the files that the run begins with, and of those that import them."""
    assert job.graph is not None
    near = {*job.snapshot, *(place.path for place in job.focus), *(file.path for file in job.change.files)}
    kept: dict[str, Any] = {}
    for path, targets in job.graph.edges.items():
        if path in near:
            kept[path] = tuple(targets)
        elif inside := tuple(target for target in targets if target in near):
            kept[path] = inside
    return kept


def _packed(paths: Sequence[str]) -> str:
    return base64.b85encode(zlib.compress("\n".join(paths).encode("utf-8", "surrogatepass"))).decode() if paths else ""


def _unpacked(packed: str) -> list[str]:
    if not packed:
        return []
    return zlib.decompress(base64.b85decode(packed)).decode("utf-8", "surrogatepass").split("\n")
