"""The assessment as JSON, and as Markdown."""

from __future__ import annotations

import json

import pytest

from escalation.analysis.change import Change, FileChange
from escalation.decision.assess import assess
from escalation.decision.record import SCHEMA_VERSION, record
from tests.decision.notation import judged
from tests.decision.specification import SPECIFICATION

CASES = [case for examples in SPECIFICATION.values() for case in examples.fires]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_is_plain_json(case):
    found = record(judged(case.diff, case.task, case.files))
    read = json.loads(json.dumps(found))
    assert read["triggers"] == json.loads(json.dumps(found["triggers"]))
    assert next(iter(read)) == "schema_version"
    assert found["schema_version"] == SCHEMA_VERSION == 1
    for trigger in found["triggers"]:
        assert type(trigger["reason"]) is str
        assert type(trigger["priority"]) is str


def test_names_that_are_not_utf8_are_kept():
    path = "caf\udce9.py"
    found = record(assess(Change((FileChange(path, problem="x", recorded="added"),))))
    assert json.loads(json.dumps(found))["files"][0]["path"] == path
