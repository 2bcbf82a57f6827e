"""From evidence to triggers."""

from __future__ import annotations

import pytest

from escalation.analysis.evidence import Evidence
from escalation.analysis.facts import gather
from escalation.decision.detector import EscalationDetector
from escalation.decision.dismissals import Dismissal, Dismissals
from escalation.decision.reasons import Priority, Reason, page, table
from escalation.settings.schema import Settings
from tests.decision.notation import change_of
from tests.decision.specification import edited


def seen(reason: str, *weights: float) -> dict[str, tuple[Evidence, ...]]:
    return {reason: tuple(Evidence("a.py", n + 1, n + 1, f"sign {n}", weight) for n, weight in enumerate(weights))}


@pytest.mark.parametrize("reason", Reason)
def test_priorities_follow_the_table(reason):
    detector, thresholds = EscalationDetector(), table()[reason].priority
    lowest = min(thresholds.values())
    assert detector.triggers(seen(reason, lowest - 0.001)) == ()
    for priority, least in thresholds.items():
        assert detector.triggers(seen(reason, least))[0].priority == priority
    ranks = [priority.rank for priority in sorted(thresholds, key=lambda p: thresholds[p])]
    assert ranks == sorted(ranks)


def test_the_most_important_reason_comes_first():
    evidence = seen("api_design", 0.5) | seen("critical_security", 0.9) | seen("revenue_critical", 0.6, 0.1)
    triggers = EscalationDetector().triggers(evidence)
    assert [t.reason for t in triggers] == ["critical_security", "revenue_critical", "api_design"]
    assert [t.priority for t in triggers] == [Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM]


def test_confidence_is_the_strength_but_never_certainty():
    trigger = EscalationDetector().triggers(seen("critical_security", 1.0))[0]
    assert (trigger.strength, trigger.confidence) == (1.0, 0.97)
    trigger = EscalationDetector().triggers(seen("critical_security", 0.6))[0]
    assert (trigger.strength, trigger.confidence) == (0.6, 0.6)


def test_places_in_code_come_before_the_words_of_the_task():
    diff = "--- shop/a.py\n+++ shop/a.py\n-def f(x): ...\n+def f(x):\n+    return x.unit_price\n"
    evidence = EscalationDetector().evidence(gather(change_of(diff, task="Add the invoice and the refund")))
    assert [e.path for e in evidence["revenue_critical"]][:2] == ["shop/a.py", "shop/a.py"]
    assert evidence["revenue_critical"][-1].path == "<task>"


def test_dismissed_evidence_no_longer_speaks():
    evidence, detector = seen("api_design", 0.9), EscalationDetector()
    assert detector.triggers(evidence, Dismissals((Dismissal("api_design", "file", "b.py"),)))
    assert detector.triggers(evidence, Dismissals((Dismissal("api_design", "file", "a.py"),))) == ()
    assert detector.triggers(evidence, Dismissals((Dismissal("api_design", "project"),))) == ()


CUSTOM = {"games": ("matchmaking", "score board", "leader*")}
FOUND = [
    ("def start():\n    matchmaking()\n", 2),
    ("x = 1\ny = 2\nstart_matchmaking_now()\n", 3),
    ("writeScoreBoard(entry)\n", 1),
    ("SCORE_BOARD = 1\n", 1),
    ('say("the score-board")\n', 1),
    ("leaders = []\n", 1),
]
NOT_FOUND = ["rematchmakings()\n", "score.boards()\n", "cheerleader = 1\n", "/matchmaking\n"]


@pytest.mark.parametrize(("text", "line"), FOUND)
def test_keywords_are_found_in_changed_lines_at_their_place(text, line):
    added = "".join(f"+{row}\n" for row in text.splitlines())
    diff = f"--- a.py\n+++ a.py\n first = 0\n-second = 0\n{added} last = 0\n"
    triggers = EscalationDetector(Settings(custom_patterns=CUSTOM)).detect(gather(change_of(diff)))
    assert [(t.reason, t.priority, t.question) for t in triggers] == [("games", "high", "consequence")]
    assert [(e.path, e.start_line, e.end_line) for e in triggers[0].evidence] == [("a.py", line + 1, line + 1)]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_keywords_are_whole_words(text):
    diff = f"--- a.py\n+++ a.py\n-x = 0\n+{text}"
    assert EscalationDetector(Settings(custom_patterns=CUSTOM)).detect(gather(change_of(diff))) == ()


def test_a_keyword_is_found_at_its_line_behind_other_hunks():
    context = "".join(f" line_{n} = 0\n" for n in range(5))
    diff = f"--- a.py\n+++ a.py\n+one = 1\n+two = 2\n{context}-three = 3\n{context}+matchmaking()\n"
    triggers = EscalationDetector(Settings(custom_patterns=CUSTOM)).detect(gather(change_of(diff)))
    assert [e.start_line for e in triggers[0].evidence] == [13]


def test_two_keywords_make_it_critical_and_unchanged_lines_say_nothing():
    detector = EscalationDetector(Settings(custom_patterns=CUSTOM))
    diff = "--- a.py\n+++ a.py\n-x = 0\n+matchmaking(leaders)\n"
    assert [t.priority for t in detector.detect(gather(change_of(diff)))] == ["critical"]
    diff = "--- a.py\n+++ a.py\n matchmaking(leaders)\n-x = 0\n+x = 1\n"
    assert detector.detect(gather(change_of(diff))) == ()


@pytest.mark.parametrize("path", ["uv.lock", "vendor/a.py", "a_pb2.py"])
def test_nobody_writes_these_files(path):
    diff = f"--- {path}\n+++ {path}\n-x = 0\n+matchmaking()\n"
    assert EscalationDetector(Settings(custom_patterns=CUSTOM)).detect(gather(change_of(diff))) == ()


def test_patterns_may_be_assigned_and_come_on_top():
    detector = EscalationDetector(Settings(custom_patterns={"games": ("matchmaking",)}))
    detector.custom_patterns = {"maps": ["tiles"], "api_design": ["tiles"]}
    found = {t.reason for t in detector.detect(gather(change_of(task="Draw the tiles of the matchmaking page")))}
    assert found == {"games", "maps", "api_design"}


def test_a_custom_reason_can_be_disabled_and_dismissed():
    off = Settings(custom_patterns=CUSTOM, disabled_reasons=("games",))
    facts = gather(change_of(edited(["a.py"]), task="matchmaking"))
    assert EscalationDetector(off).detect(facts) == ()
    detector = EscalationDetector(Settings(custom_patterns=CUSTOM))
    assert detector.detect(facts, Dismissals((Dismissal("games", "project"),))) == ()


@pytest.mark.parametrize("keyword", ["", "  ", "-", "*", "C++", "@audit", "(", "[a-z]", "größe", "a" * 5000])
def test_any_keyword_can_be_looked_for(keyword):
    detector = EscalationDetector(Settings(custom_patterns={"odd": (keyword,)}))
    detector.detect(gather(change_of(edited(["a.py"]), task=f"the {keyword} thing")))


def test_keywords_of_symbols_are_found():
    detector = EscalationDetector(Settings(custom_patterns={"odd": ("C++", "@audit")}))
    assert len(detector.detect(gather(change_of(task="port to C++, with @audit")))[0].evidence) == 2


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_page(reason):
    assert page(reason).startswith("file:///")
    assert page(reason).endswith(f"/{reason}.md")
