"""The one entry: a pure function from a change to an assessment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.analysis.change import Change, FileChange
from escalation.analysis.facts import Surroundings, examine
from escalation.analysis.source import Source
from escalation.decision.assess import assess
from escalation.decision.dismissals import Dismissal, Dismissals
from escalation.decision.record import record
from escalation.settings.schema import Policy, Settings
from escalation.syntax.language import language_of_path
from escalation.text.document import ByteEdit, Document, Edit, Encoding, Position
from tests.decision.notation import by_reason, change_of, judged
from tests.decision.specification import ROUTINE, SPECIFICATION, edited

EVERY = [case for examples in SPECIFICATION.values() for case in (*examples.fires, *examples.silent)]
TOKENS = SPECIFICATION["critical_security"].fires[0]


@pytest.mark.parametrize("case", EVERY, ids=[case.name for case in EVERY])
def test_the_same_input_gives_the_same_assessment(case):
    first, second = (judged(case.diff, case.task, case.files) for _ in range(2))
    assert first == second
    assert record(first) == record(second)


@pytest.mark.parametrize("case", EVERY, ids=[case.name for case in EVERY])
def test_facts_passed_in_are_facts_computed(case):
    change = change_of(case.diff, case.task, case.files)
    known = {file.path: examine(file) for file in change.files}
    assert assess(change, facts=known) == assess(change)


@pytest.mark.parametrize("case", EVERY, ids=[case.name for case in EVERY])
def test_numbers_lie_where_they_should(case):
    assessment = judged(case.diff, case.task, case.files)
    scores = assessment.scores
    numbers = [scores.consequence, scores.difficulty, scores.risk, scores.overall, assessment.confidence]
    numbers += [number for t in assessment.triggers for number in (t.confidence, t.strength)]
    assert all(0.0 <= number <= 1.0 for number in numbers)
    assert assessment.confidence <= 0.97
    ranks = [trigger.priority.rank for trigger in assessment.triggers]
    assert ranks == sorted(ranks, reverse=True)
    if assessment.should_escalate:
        assert assessment.recommended_route != "L3"
        assert assessment.confidence >= Settings().min_confidence
    else:
        assert assessment.recommended_route == "L3"


def test_what_fires_scores_higher_than_routine():
    lowest = min(judged(c.diff, c.task).scores.overall for c in SPECIFICATION["critical_security"].fires)
    assert lowest > max(judged(c.diff, c.task).scores.overall for c in ROUTINE)


# Incremental equals from scratch

FILES = {
    "shop/auth.py": """import jwt


def verify(token, key):
    return jwt.decode(token, key)


class A:
    def f(self):
        pass
""",
    "web/cart.js": """export function total(items) {
  if (items) {
    return items.length;
  }
  return 0;
}
""",
    "db/1_users.sql": "CREATE TABLE users (id INT);\n",
    "README.md": "# Shop\n",
}
WORDS = ["", "\n", "x", "    ", "if x:\n", "}\n", "{", '"""', "# a\n", "/* ", "é𝄞", "\r\n"]
PIECES = [*WORDS, "def g(a):\n    return a.password\n"]
Edits = st.lists(
    st.tuples(st.sampled_from(sorted(FILES)), st.integers(0, 200), st.integers(0, 30), st.sampled_from(PIECES)),
    min_size=1,
    max_size=6,
)


def document(path: str, text: str) -> Document:
    language = language_of_path(path)
    return Document.of(text, language=language.id if language else "")


@settings(max_examples=60, deadline=None)
@given(Edits)
def test_examined_edit_by_edit_it_is_as_from_scratch(edits):
    bases = {path: document(path, text) for path, text in FILES.items()}
    base_sources = {path: Source.of(base) for path, base in bases.items()}
    sources = dict(base_sources)
    facts = {}
    for path, start, length, text in edits:
        source = sources[path]
        before = source.document.text
        first = min(start, len(before))
        last = min(first + length, len(before))
        document_after, byte_edits = edited_document(source.document, first, last, text)
        sources[path] = source.edited(document_after, byte_edits)
        change = FileChange(path, bases[path], document_after)
        facts[path] = examine(change, sources[path], base_sources[path])
    current = {path: source.document for path, source in sources.items()}
    changed = tuple(FileChange(path, bases[path], current[path]) for path in sorted(facts))
    fresh = tuple(FileChange(path, bases[path], document(path, current[path].text)) for path in sorted(facts))
    assert facts == {file.path: examine(file) for file in fresh}
    assert assess(Change(changed), facts=facts) == assess(Change(fresh))


def edited_document(before: Document, first: int, last: int, text: str) -> tuple[Document, list[ByteEdit]]:
    """The document with a range of characters replaced, as an editor says it."""

    def position(offset: int) -> Position:
        return before.position(len(before.text[:offset].encode()), Encoding.UTF16)

    return before.edit([Edit(position(first), position(last), text)], None, Encoding.UTF16)


# Routes


def test_routes():
    surroundings = Surroundings(files=frozenset({"shop/auth/tokens.py"}))
    assert judged(TOKENS.diff, surroundings=surroundings).recommended_route == "L4->L3"
    two_pass = judged(TOKENS.diff, surroundings=surroundings, settings=Settings(two_pass=True))
    assert two_pass.recommended_route == "L3->L4->L3"
    new = judged(task="Add OAuth2 login", files=("src/login.py",))
    assert (new.recommended_route, new.recommended_model) == ("L4", "claude-opus-5-5")
    plain = judged(edited(["a.py"]))
    assert (plain.recommended_route, plain.recommended_model) == ("L3", "claude-sonnet-5-5")


def test_hard_limits():
    assert judged(TOKENS.diff).should_escalate
    dear = judged(TOKENS.diff, settings=Settings(cost_threshold=0.01))
    assert not dear.should_escalate
    assert "over cost_threshold" in dear.summary
    unsure = judged(TOKENS.diff, settings=Settings(min_confidence=0.99))
    assert not unsure.should_escalate
    assert "below min_confidence" in unsure.summary
    nothing = judged(edited(["a.py"]), settings=Settings(cost_threshold=0.0))
    assert "would be worth it" not in nothing.summary


def test_a_reason_keeps_its_capitals_in_the_sentence():
    said = judged(task="Design a REST API with pagination and OAuth2 login", files=("src/api/orders.py",)).summary
    assert said.endswith(": security-critical change, API contract.")


def test_a_dismissed_reason_is_told_and_does_not_count():
    change = change_of(TOKENS.diff)
    dismissals = Dismissals((Dismissal("critical_security", "file", "shop/auth/tokens.py"),))
    assessment = assess(change, dismissals=dismissals)
    assert (assessment.triggers, assessment.should_escalate) == ((), False)
    assert [trigger.reason for trigger in assessment.dismissed] == ["critical_security"]
    assert assessment.scores.consequence == 0.0
    assert assessment.context.risk_level == "low"


def test_a_change_and_a_task_speak_together():
    both = by_reason(judged(TOKENS.diff, task="Send the invoice"))
    assert set(both) >= {"critical_security", "revenue_critical"}
    task = "Verify the tokens with another key"
    words, together = (by_reason(judged(diff, task=task))["critical_security"].strength for diff in ("", TOKENS.diff))
    assert together > words


def test_routine_words_do_not_dim_what_code_says():
    plain, dimmed = judged(TOKENS.diff), judged(TOKENS.diff, task="Fix a typo")
    assert by_reason(dimmed)["critical_security"].strength == by_reason(plain)["critical_security"].strength


def test_nothing_at_all():
    assessment = assess(Change())
    assert assessment.summary == "Nothing has changed."
    assert (assessment.triggers, assessment.files, assessment.should_escalate) == ((), (), False)
    assert assessment.validation.result == "insufficient_data"


def test_a_file_that_cannot_be_judged_is_told():
    unread = FileChange("big.bin", problem="is a binary file", recorded="modified", counted=(3, 1))
    files = (unread, *change_of(TOKENS.diff).files)
    assessment = assess(Change(files))
    assert [(file.path, file.problem) for file in assessment.files] == [
        ("big.bin", "is a binary file"),
        ("shop/auth/tokens.py", None),
    ]
    assert "critical_security" in by_reason(assessment)


def test_a_policy_may_speak_for_a_file_that_cannot_be_read():
    unread = FileChange("keys.bin", problem="is a binary file", recorded="modified", counted=(3, 1))
    requiring = Settings(policies=(Policy("keys.bin", require=("critical_security",)),))
    assert "critical_security" in by_reason(assess(Change((unread,)), settings=requiring))
