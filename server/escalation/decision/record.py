"""The assessment as a record: the JSON that the command line, CI and the API share. Documented in `docs/check.md`."""

from __future__ import annotations

from typing import Any

import msgspec

from escalation.decision.assessment import Assessment

SCHEMA_VERSION = 1


def record(assessment: Assessment) -> dict[str, Any]:
    """Plain JSON types. Lines count from 1, scores and confidences lie in 0..1, costs are USD."""
    plain: dict[str, Any] = msgspec.to_builtins(assessment)
    return {"schema_version": SCHEMA_VERSION, **plain}
