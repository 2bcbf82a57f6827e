"""The detector: from facts to triggers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from escalation.analysis.evidence import Evidence
from escalation.analysis.facts import ChangeFacts
from escalation.decision.assessment import Trigger
from escalation.decision.dismissals import NONE, Dismissals
from escalation.decision.policies import Policies
from escalation.decision.reasons import Priority, Reason, is_reason, table
from escalation.decision.rules import RULES
from escalation.decision.strength import strength
from escalation.decision.terms import TASK, evidence_by_reason, matches
from escalation.settings.schema import Settings

CUSTOM_WEIGHT = 0.75
"""What one keyword of a user's own pattern weighs: high priority by itself, critical with two."""
_CUSTOM_PRIORITY = {Priority.MEDIUM: 0.3, Priority.HIGH: 0.6, Priority.CRITICAL: 0.86}
_KEPT = 12


@dataclass
class EscalationDetector:
    """Finds the reasons to escalate a change.

    `custom_patterns` adds reasons of your own: name -> keywords, looked for in the task and in the changed lines. The
    setting of the same name fills it; what is assigned here comes on top.
    """

    settings: Settings = field(default_factory=Settings)
    custom_patterns: dict[str, Sequence[str]] = field(default_factory=dict)

    def detect(self, facts: ChangeFacts, dismissals: Dismissals = NONE) -> tuple[Trigger, ...]:
        """The triggers of a change, most important first."""
        return self.triggers(self.evidence(facts), dismissals)

    def evidence(self, facts: ChangeFacts) -> Mapping[str, tuple[Evidence, ...]]:
        """All evidence by reason, also where it is too weak for a trigger; places in code first, strongest first."""
        policies = Policies.of(self.settings)
        found: dict[str, list[Evidence]] = {}
        for name, evidence in self._seen(facts):
            if name not in self.settings.disabled_reasons:
                found.setdefault(name, []).extend(
                    e for e in evidence if e.path == TASK or not policies.ignores(name, e.path)
                )
        for name, required in policies.required(facts):
            found.setdefault(name, []).append(required)
        return {name: _ordered(evidence) for name, evidence in found.items()}

    def _seen(self, facts: ChangeFacts) -> Iterator[tuple[str, Iterable[Evidence]]]:
        said = evidence_by_reason(facts.task.description) if facts.task else {}
        for reason in Reason:
            yield reason, (*RULES[reason](facts, self.settings), *said.get(reason, ()))
        patterns: Mapping[str, Sequence[str]] = {**self.settings.custom_patterns, **self.custom_patterns}
        for name, keywords in patterns.items():
            yield name, _keyword_evidence(facts, keywords)

    def triggers(
        self, evidence: Mapping[str, tuple[Evidence, ...]], dismissals: Dismissals = NONE
    ) -> tuple[Trigger, ...]:
        """The reasons whose evidence, less what was dismissed, is strong enough; most important first."""
        found = [
            trigger
            for reason, seen in evidence.items()
            if (trigger := _trigger(reason, tuple(e for e in seen if not dismissals.covers(reason, e))))
        ]
        return tuple(sorted(found, key=lambda t: (-t.priority.rank, -t.strength, t.reason)))


def _keyword_evidence(facts: ChangeFacts, keywords: Sequence[str]) -> Iterator[Evidence]:
    weights = {keyword.lower(): CUSTOM_WEIGHT for keyword in keywords if keyword.strip()}
    if facts.task:
        yield from matches(facts.task.description, weights)
    for file in facts.files:
        if file.role not in ("lock", "generated", "vendored"):
            for hit in matches(_in_words(file.changed_text), weights, what="a changed line says"):
                line = file.line_in_file(hit.start_line)
                yield replace(hit, path=file.path, start_line=line, end_line=line)


def _in_words(text: str) -> str:
    """The text with its identifiers split into words: `audit log` stands in `writeAuditLog`, too."""
    return _CAMEL.sub(" ", text).replace("_", " ")


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _ordered(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Places in code first, each group strongest first: the first evidence is where a diagnostic stands."""
    return tuple(sorted(evidence, key=lambda e: (e.path == TASK, -e.weight)))[:_KEPT]


def _trigger(reason: str, evidence: tuple[Evidence, ...]) -> Trigger | None:
    row = table().get(Reason(reason)) if is_reason(reason) else None
    force = round(strength(evidence), 4)
    reached = [priority for priority, least in (row.priority if row else _CUSTOM_PRIORITY).items() if force >= least]
    if not reached:
        return None
    return Trigger(
        reason=reason,
        priority=max(reached, key=lambda p: p.rank),
        confidence=min(force, 0.97),
        description=row.description if row else f"The pattern “{reason}” of your settings matches.",
        evidence=evidence,
        question=row.question if row else "consequence",
        strength=force,
    )
