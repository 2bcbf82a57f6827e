"""What was answered before is answered from memory, which is bounded."""

from __future__ import annotations

from escalation.api.answers import Answers
from escalation.decision.validation import get_trigger_validator
from tests.api.test_judging import CHANGE


def test_the_least_recently_used_goes_first():
    answers = Answers(most_bytes=10)
    for key in (b"a", b"b", b"c"):
        answers.keep(key, b"1234")
    assert [answers.get(key) for key in (b"a", b"b", b"c")] == [None, b"1234", b"1234"]
    answers.get(b"b")
    answers.keep(b"d", b"1234")
    assert [answers.get(key) for key in (b"b", b"c", b"d")] == [b"1234", None, b"1234"]


def test_an_answer_kept_twice_takes_its_room_once():
    answers = Answers(most_bytes=10)
    for _ in range(5):
        answers.keep(b"a", b"12345678")
    assert answers.get(b"a") == b"12345678"


def test_one_that_is_larger_than_the_memory_is_not_kept():
    answers = Answers(most_bytes=10)
    answers.keep(b"a", b"1" * 11)
    assert answers.get(b"a") is None


def test_a_rule_that_is_appended_counts_from_then_on(host):
    def checks() -> int:
        return host.post("validate", CHANGE).json["checks_count"]

    before = checks()
    rules = get_trigger_validator().business_rules
    rules.append({"name": "office", "description": "in office hours", "condition": "priority == 'low'", "weight": 0.5})
    try:
        assert checks() == before + 1
    finally:
        rules.pop()
    assert checks() == before
