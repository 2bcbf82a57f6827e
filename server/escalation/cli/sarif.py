"""The assessment as SARIF 2.1.0 (OASIS), for code scanning in CI."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from escalation import __version__
from escalation.analysis.evidence import Evidence
from escalation.decision.assessment import Assessment, Trigger
from escalation.decision.reasons import Reason, is_reason, table, title
from escalation.decision.terms import TASK

_LEVEL = {"critical": "error", "high": "warning", "medium": "note", "low": "note"}


def sarif(assessment: Assessment) -> dict[str, Any]:
    """One run with one result per trigger. Paths are relative to `%SRCROOT%`."""
    reasons = [str(reason) for reason in Reason]
    reasons += [t.reason for t in assessment.triggers if t.reason not in reasons]
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "opus-escalation",
                        "semanticVersion": __version__,
                        "rules": [_rule(reason) for reason in reasons],
                    }
                },
                "columnKind": "utf16CodeUnits",
                "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
                "results": [_result(trigger, reasons.index(trigger.reason)) for trigger in assessment.triggers],
                "properties": {
                    "should_escalate": assessment.should_escalate,
                    "recommended_route": assessment.recommended_route,
                    "recommended_model": assessment.recommended_model,
                },
            }
        ],
    }


def _rule(reason: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": reason, "shortDescription": {"text": title(reason)}}
    if is_reason(reason):
        rule["fullDescription"] = {"text": table()[Reason(reason)].description}
    return rule


def _result(trigger: Trigger, index: int) -> dict[str, Any]:
    places = [e for e in trigger.evidence if e.path != TASK]
    result: dict[str, Any] = {
        "ruleId": trigger.reason,
        "ruleIndex": index,
        "level": _LEVEL[trigger.priority],
        "message": {"text": f"{trigger.description} {trigger.evidence[0].what}."},
        "partialFingerprints": {"reasonAndPlace/v1": _fingerprint(trigger, places)},
        "properties": {"priority": str(trigger.priority), "confidence": trigger.confidence},
        "locations": [_location(places[0])] if places else [],
    }
    if places[1:]:
        result["relatedLocations"] = [_location(e) | {"message": {"text": e.what}} for e in places[1:]]
    return result


def _location(evidence: Evidence) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {
                "uri": quote(evidence.path.encode("utf-8", "surrogateescape")),
                "uriBaseId": "%SRCROOT%",
            },
            "region": {
                "startLine": evidence.start_line,
                "endLine": max(evidence.start_line, evidence.end_line),
            },
        }
    }
    if evidence.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": evidence.symbol, "kind": "function"}]
    return location


def _fingerprint(trigger: Trigger, places: list[Evidence]) -> str:
    """The same for the same reason at the same symbol, wherever its lines have moved."""
    place = (places[0].path, places[0].symbol or "") if places else ("", "")
    return hashlib.blake2b(
        "\0".join((trigger.reason, *place)).encode("utf-8", "surrogateescape"), digest_size=16
    ).hexdigest()
