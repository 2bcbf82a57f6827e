"""Schemas: what the API takes and gives, as pydantic models. Names of fields are the original system's.

Requests are strict: a number is no string, and a field that nobody knows is refused, so that a misspelt one is not
taken for an absent one. Times are milliseconds since the epoch, money is USD, scores and confidences lie in 0..1.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from escalation.decision.assessment import Complexity, Level, Route
from escalation.decision.assessment import Verdict as Validity
from escalation.decision.reasons import Question
from escalation.flow.engine import Requested
from escalation.settings.schema import PriorityName
from escalation.store.records import Outcome, State, Verdict

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request."""
MAX_TEXT = 1_000_000
"""Characters of one file."""
MAX_TEXTS = 8_000_000
"""Characters of all files of a request."""
MAX_FILES = 200
"""Files of a request that come with their text."""
MAX_PATHS = 1_000
MAX_METADATA = 4_000
"""Characters of the metadata, names and values."""

# NUL: no path has one, and PostgreSQL keeps no text with one.
_NO_NUL = r"^[^\u0000]*$"
Name = Annotated[str, Field(max_length=200, pattern=_NO_NUL)]
Words = Annotated[str, Field(max_length=20_000, pattern=_NO_NUL)]
Path = Annotated[str, Field(min_length=1, max_length=1_024, pattern=_NO_NUL)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Millis = Annotated[int, Field(ge=0, le=9_007_199_254_740_991)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


# Requests

_LOGIN = "def login(name, password):\n    return check(name, password)\n"
_LOCKED = (
    "def login(name, password):\n    if locked(name):\n        raise Locked(name)\n    return check(name, password)\n"
)
CHANGE: dict[str, Any] = {
    "task_description": "Lock an account after five failed logins",
    "files_to_modify": ["src/auth/login.py"],
    "current_files": {"src/auth/login.py": _LOGIN},
    "file_contents": {"src/auth/login.py": _LOCKED},
    "priority": "high",
}


class AskedChange(_Asked):
    """A task, a pending change, or both. The texts come with the request, or lie in a workspace of the host."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHANGE]})

    task_description: Words = Field("", description="What is to be done, in words.")
    files_to_modify: list[Path] = Field(
        [],
        max_length=MAX_PATHS,
        description="The files that the task is about, relative to the root, with `/`; they need not exist yet.",
    )
    current_files: list[Path] | dict[Path, Text] = Field(
        [],
        description="The files as they were before the pending change: path → text. Or a list of paths, which are then "
        "files that the task is about, like those of `files_to_modify`.",
    )
    file_contents: dict[Path, Text] = Field(
        {},
        description="The files as they are now: path → text. One that `current_files` or `base_contents` has with "
        "another text is a pending change; one that they have not is taken as unchanged.",
    )
    base_contents: dict[Path, Text | None] = Field(
        {}, description="Like a map in `current_files`; null says that the file is new. Wins over it."
    )
    workspace_root: Annotated[str, Field(max_length=4_096, pattern=_NO_NUL)] = Field(
        "",
        description="Absolute path of the workspace on the host's machine; it must lie in one of the host's roots. Its "
        "git repository, settings and history are then known, and texts need not be sent.",
    )
    task_type: Name = Field("", description="A word of your own for the kind of task.")
    priority: PriorityName = Field("medium", description="How urgent the task is.")
    requester: Name = Field("", description="Who asks; kept with the workflow.")
    repository: Name = Field(
        "", description="What statistics are kept by, and whose history is used; the workspace's root if it is empty."
    )

    @model_validator(mode="after")
    def _bounded(self) -> AskedChange:
        before = self.current_files if isinstance(self.current_files, dict) else {}
        texts = (self.file_contents, before, self.base_contents)
        if max(len(files) for files in texts) > MAX_FILES or len(self.current_files) > MAX_PATHS:
            raise ValueError(f"at most {MAX_FILES} files may come with their text; name the others by path")
        if not self.base_contents.keys() <= {*before, *self.file_contents}:
            raise ValueError("`base_contents` has a file whose text now is not in `file_contents`; send both")
        if sum(len(text or "") for files in texts for text in files.values()) > MAX_TEXTS:
            raise ValueError(f"the texts have more than {MAX_TEXTS:,} characters together; send fewer files")
        return self


class AskedSubmission(AskedChange):
    """A change to decide on and, with `execute`, to have done by models."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**CHANGE, "requester": "jane", "execute": False}]})

    task_description: Annotated[str, Field(min_length=1, max_length=20_000, pattern=_NO_NUL)] = Field(
        description="What is to be done, in words."
    )
    request_id: Name = Field("", description="Yours. The same one again gives the same workflow, not a second one.")
    execute: bool = Field(False, description="Have it done by models. False: decide only, which costs nothing.")
    route: Requested = Field("auto", description="Which models work; `auto` follows the recommendation.")
    check: Annotated[str, Field(max_length=2_000, pattern=_NO_NUL)] = Field(
        "", description="A command that the result must pass, run on a copy of the workspace, without keys."
    )
    budget: Annotated[float, Field(gt=0, le=1e6)] | None = Field(None, description="USD that the run may cost at most.")
    timeout_seconds: Annotated[float, Field(ge=1, le=86_400)] | None = Field(
        None, description="Seconds of work that the run may take; `flow.timeout` of the settings if it is null."
    )
    metadata: dict[Name, str | int | float | bool | None] = Field(
        {}, max_length=32, description="A few plain values of your own; neither read nor kept."
    )

    @model_validator(mode="after")
    def _small(self) -> AskedSubmission:
        if sum(len(name) + len(str(value)) for name, value in self.metadata.items()) > MAX_METADATA:
            raise ValueError(f"metadata has more than {MAX_METADATA:,} characters; keep it small")
        if any(isinstance(value, str) and "\0" in value for value in self.metadata.values()):
            raise ValueError("metadata has a NUL character; take it out")
        return self


class Evidence(BaseModel):
    """A place and what was found there. Lines count from 1, inclusive."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    path: Annotated[str, Field(max_length=1_024)] = Field(description="`<task>` for the words of the task.")
    start_line: Count = 1
    end_line: Count = 1
    what: Annotated[str, Field(max_length=2_000)] = ""
    weight: Share = 0.5
    symbol: Annotated[str, Field(max_length=1_000)] | None = None


class TriggerData(_Asked):
    """A trigger, as `POST /detect` gives it. Only `trigger_type` is needed."""

    trigger_type: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="One of the sixteen reasons, or the name of a pattern of your own."
    )
    priority: PriorityName = "medium"
    confidence: Share = Field(0.5, description="Before validation.")
    strength: Share | None = Field(None, description="How much the evidence says together; `confidence` if it is null.")
    description: Annotated[str, Field(max_length=2_000)] = ""
    question: Question | None = Field(None, description="The reason's own if it is null.")
    title: Annotated[str, Field(max_length=500)] = ""
    evidence: list[Evidence] = Field([], max_length=100)


class ContextData(_Asked):
    """What kind of change a trigger belongs to, as far as it is known. What is left out counts as low, or as 0."""

    complexity_level: Complexity = "simple"
    business_impact: Level = "low"
    risk_level: Level = "low"
    security_risk: Level = "low"
    compliance_risk: Level = "low"
    files: Count = 0
    source_files: Count = 0
    packages: Count = 0
    services: Count = 0
    lines_added: Count = 0
    lines_deleted: Count = 0
    functions: Count = 0
    cyclomatic: Count = 0
    cognitive: Count = 0
    nesting: Count = 0
    dependents: Count = 0


TRIGGER: dict[str, Any] = {"trigger_type": "critical_security", "priority": "high", "confidence": 0.9}


class AskedValidation(AskedChange):
    """A trigger with its context; or a change, whose triggers are found first. With both, the trigger is validated in
    the context of the change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "trigger_data": TRIGGER,
                    "context": {"risk_level": "high", "security_risk": "high", "source_files": 2, "lines_added": 40},
                    "task_description": "Lock an account after five failed logins",
                },
                CHANGE,
            ]
        }
    )

    trigger_data: TriggerData | None = Field(None, description="The trigger to validate; all of the change if null.")
    context: ContextData | None = Field(None, description="Instead of a change with files.")

    @model_validator(mode="after")
    def _either(self) -> AskedValidation:
        if self.context is not None and (self.file_contents or self.files_to_modify or self.workspace_root):
            raise ValueError("send `context`, or a change with its files, not both")
        if self.context is not None and self.trigger_data is None:
            raise ValueError("`context` goes with `trigger_data`; send both, or a change")
        return self


class AskedFeedback(_Asked):
    """What somebody says of a result (`workflow_id`), or of a judgement in the editor (without)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"verdict": "dismissed", "reason": "critical_security", "path": "src/lexer.py"}]
        }
    )

    verdict: Verdict = Field(
        description="`accepted`: took the result; `discarded`: threw it away; `dismissed`: the recommendation was not "
        "needed; `needed_opus`: the strong model would have been needed."
    )
    workflow_id: Name = ""
    feedback_id: Name = Field("", description="Yours. The same one again changes nothing.")
    repository: Name = ""
    reason: Name = Field("", description="The reason it is about, if it is about one.")
    path: Annotated[str, Field(max_length=1_024, pattern=_NO_NUL)] = ""
    note: Annotated[str, Field(max_length=2_000, pattern=_NO_NUL)] = ""
    requester: Name = ""
    confidence: Share | None = Field(None, description="Of the recommendation it is about.")
    should_escalate: bool | None = Field(None, description="What was recommended.")


# Answers


class ErrorDetail(_Told):
    code: str = Field(description="A word for programs, such as `not_found`.")
    message: str = Field(description="What is wrong and what to do, for a person. Never repeats what was sent.")


class Error(_Told):
    """The one form of every answer with a status of 400 and above."""

    error: ErrorDetail


class Health(_Told):
    status: Literal["ok"] = "ok"
    version: str


class Trigger(_Told):
    """A reason to escalate. `evidence[0]` is the place that matters."""

    trigger_type: str = Field(description="One of the sixteen reasons, or the name of a pattern of your own.")
    title: str
    priority: PriorityName
    confidence: Share
    strength: Share
    question: Question
    description: str
    evidence: list[Evidence]


class Detection(_Told):
    triggers: list[Trigger] = Field(description="The most important first.")
    count: int
    highest_priority: PriorityName | None
    files: list[dict[str, Any]] = Field(description="The files of the change, as `escalation check` has them.")


class Analysis(_Told):
    complexity_level: Complexity
    business_impact: Level
    risk_level: Level
    overall_recommendation: str = Field(description="One sentence for a person.")
    confidence_score: Share = Field(description="In the recommendation.")
    key_factors: list[str] = Field(description="What a person would name first.")
    should_escalate: bool = Field(description="Whether the strong model is recommended.")
    recommended_route: Route
    recommended_model: str = Field(description="The model that leads on this route.")
    fallback_model: str = Field(description="Takes over from a model that stays unavailable.")
    assessment: dict[str, Any] = Field(
        description="The whole judgement, as `escalation check --format json` prints it (docs/check.md)."
    )


class Check(_Told):
    kind: str = Field(description="business, technical, cost, quality, security or history.")
    name: str
    passed: bool
    weight: float
    message: str


class Validation(_Told):
    validation_id: str = Field(description="The same for the same request.")
    trigger_type: str = Field(description="The trigger that holds up best; empty where there is none.")
    overall_result: Validity
    overall_confidence: Share = Field(description="After the checks; what is compared with `min_confidence`.")
    checks_count: int
    checks: list[Check]
    recommendation: str


class Submitted(_Told):
    workflow_id: str
    request_id: str
    status: State
    should_escalate: bool
    confidence: Share
    recommended_model: str
    fallback_model: str
    message: str


class Usage(_Told):
    """Tokens."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_creation: int = 0


class Tier(_Told):
    """One pass of a tier by one model."""

    number: int
    tier: str
    model: str
    started_at: int
    finished_at: int | None = Field(description="Null while it is under way.")
    usage: Usage
    cost: float | None
    ttfc_ms: float | None = Field(description="Milliseconds to the first word.")
    ttc_ms: float | None = Field(description="Milliseconds to the end.")
    requests: int


class Transition(_Told):
    state: State
    at: int
    reason: str


class Reason(_Told):
    reason: str
    priority: str
    confidence: Share
    result: str = Field(description="What validation says of it.")


class Result(_Told):
    diff: str = Field(description="Unified; secrets are masked in it.")
    text: str = Field(description="What the models told the user.")
    files_changed: int
    verified: bool | None


class Summary(_Told):
    """A workflow in a list."""

    workflow_id: str
    request_id: str
    state: State
    cancelling: bool
    execute: bool
    task_description: str
    task_type: str
    priority: str
    requester: str
    repository: str
    created_at: int
    updated_at: int
    finished_at: int | None
    should_escalate: bool | None = Field(description="Null until it is decided.")
    confidence: Share | None
    recommended_route: str | None
    recommended_model: str | None
    fallback_model: str | None
    reasons: list[Reason]
    outcome: Outcome | None = Field(description="Null until it has ended, and where nothing was executed.")
    message: str
    tier: str = Field(description="The passes that began, such as `L3->L4->L3`.")
    usage: Usage
    cost: float | None = Field(description="USD; null where a price is unknown or nothing was executed.")
    files_changed: int


class Status(Summary):
    """A workflow, with everything that is known of it."""

    workspace_root: str
    metadata: dict[str, Any] = Field(description="As it was submitted, with secrets masked.")
    validation: str
    failure_probability: Share | None
    cost_estimate: float | None = Field(description="USD, the middle of the range of the recommended route.")
    signal: str = Field(description="Why L4 took over; empty where it did not.")
    ttfc_ms: float | None
    ttc_ms: float | None
    tiers: list[Tier]
    transitions: list[Transition]
    result: Result | None = Field(description="Null until an execution has ended.")
    assessment: dict[str, Any] = Field(description="The whole judgement (docs/check.md).")
    feedback: list[dict[str, Any]]
    files: dict[str, str | None] | None = Field(
        None, description="With `files=true`: path → text of each file the result changes; null: removed."
    )
    base_digests: dict[str, str] | None = Field(
        None,
        description="With `files=true`: what each file was when the run began, as a digest of its text; empty: it did "
        "not exist.",
    )
    files_complete: bool | None = Field(
        None,
        description="With `files=true`: whether the texts are the true ones. False: masked secrets could not be put "
        "back, because the host was started anew since; do not write them over your files.",
    )


class Workflows(_Told):
    workflows: list[Summary] = Field(description="The newest first.")
    cursor: str = Field(description="Fetches those after them; empty at the end.")


class Cancelled(_Told):
    workflow_id: str
    status: State = Field(description="`cancelled`, or the state it is still in while it ends.")
    cancelling: bool
    message: str


class Recorded(_Told):
    feedback_id: str
    message: str
