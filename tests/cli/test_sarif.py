"""SARIF that code scanning can take."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from escalation.cli.sarif import sarif
from escalation.decision.reasons import Reason
from tests.cli.conftest import BROKEN_TOKENS
from tests.decision.notation import judged
from tests.decision.specification import ROUTINE, SPECIFICATION, Case

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

CASES: list[Case] = [examples.fires[0] for examples in SPECIFICATION.values()]
CASES += [next(case for case in examples.fires if case.task) for examples in SPECIFICATION.values()]
CASES += ROUTINE[:3]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_validates_against_the_schema_of_oasis(case):
    document = json.loads(json.dumps(sarif(judged(case.diff, case.task, case.files))))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_each_trigger_is_a_result_at_its_place(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    answer = run("check", "--format", "sarif", cwd=shop.root)
    assert answer.status == 1
    only = answer.json["runs"][0]
    result = only["results"][0]
    assert (result["ruleId"], result["level"]) == ("critical_security", "error")
    assert only["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "critical_security"
    place = result["locations"][0]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "shop/tokens.py", "uriBaseId": "%SRCROOT%"}
    assert place["physicalLocation"]["region"]["startLine"] == 4
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "verify_access_token"


def test_every_reason_is_a_rule():
    document = sarif(judged(task="Add OAuth2 login"))
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [str(reason) for reason in Reason]
    assert all(rule["shortDescription"]["text"] and rule["fullDescription"]["text"] for rule in rules)


def test_the_fingerprint_survives_edits_above():
    first = CASES[0].diff
    head = "".join("+# a line\n" for _ in range(9))
    moved = first.replace(" import jwt\n", f"{head} import jwt\n")
    assert moved != first
    before, after = (sarif(judged(diff))["runs"][0]["results"][0] for diff in (first, moved))
    assert before["locations"] != after["locations"]
    assert before["partialFingerprints"] == after["partialFingerprints"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/größe #1%.py", "a%20b/gr%C3%B6%C3%9Fe%20%231%25.py"),
        ("app/[id]/page.py", "app/%5Bid%5D/page.py"),
        ("caf\udce9.py", "caf%E9.py"),
    ],
)
def test_paths_become_uris(path, uri):
    diff = CASES[0].diff.replace("shop/auth/tokens.py", path)
    document = sarif(judged(diff))
    place = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    json.dumps(document).encode()
