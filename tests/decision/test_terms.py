"""Phrases found in a task description."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.decision.reasons import Reason, table
from escalation.decision.terms import TASK, evidence_by_reason, matches, pattern, routine

PATTERNS = [
    ("auth", "the auth module", True),
    ("auth", "the author", False),
    ("auth", "reauth", False),
    ("auth", "src/auth", False),  # a path names a file, not what the task is about
    ("authenticat*", "Authentication", True),
    ("authenticat*", "authenticate", True),
    ("access token*", "access-tokens", True),
    ("access token*", "access_token", True),
    ("access token*", "access\n  token", True),
    ("access token*", "access the token", False),
    ("zero-downtime", "zero downtime", True),
    ("replace * with", "replace mysql with postgres", True),
    ("http/2", "HTTP/2 frames", True),
    ("asn.1", "asnx1", False),
    ("c++", "port to C++", True),
    ("größe", "die Größe der Datei", True),
]


@pytest.mark.parametrize(("phrase", "text", "found"), PATTERNS)
def test_a_phrase_matches_whole_words(phrase, text, found):
    assert bool(pattern(phrase).search(text.lower())) is found
    assert bool(matches(text, {phrase: 0.5})) is found


def test_evidence_tells_the_line_and_the_words():
    found = matches("Rewrite the page.\nUse  JSON Web\n Tokens.", {"json web tokens": 0.8})
    assert [(e.path, e.start_line, e.end_line, e.what, e.weight) for e in found] == [
        (TASK, 2, 2, "the task says “json web tokens”", 0.8)
    ]


def test_the_strongest_comes_first_and_a_part_of_it_does_not_count_again():
    found = matches("rotate the access token of the session", {"token": 0.4, "access token": 0.7, "session": 0.5})
    assert [e.what for e in found] == ["the task says “access token”", "the task says “session”"]


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert 0.0 <= routine(text) <= 1.0
    for found in evidence_by_reason(text).values():
        assert all(0 < e.weight <= 1 and 1 <= e.start_line <= text.count("\n") + 1 for e in found)


@pytest.mark.parametrize("reason", Reason)
def test_every_term_of_the_table_is_found(reason):
    for phrase, weight in table()[reason].terms.items():
        assert 0 < weight < 1
        text = f"we {phrase.replace('*', '')} it"
        assert matches(text, {phrase: weight}), phrase


@pytest.mark.parametrize(
    ("text", "sounds_routine"),
    [
        ("Fix a typo in the README", True),
        ("Change the hover effect and the button colours", True),
        ("Bump dependencies", False),  # alone it is weak: a major version may break
        ("Migrate the user schema", False),
        ("", False),
    ],
)
def test_routine(text, sounds_routine):
    assert (routine(text) >= 0.6) is sounds_routine


def test_routine_words_dim_what_a_task_says_but_do_not_silence_it():
    plain = evidence_by_reason("Change the payment form")[Reason.REVENUE_CRITICAL]
    dimmed = evidence_by_reason("Change the colour of the payment form")[Reason.REVENUE_CRITICAL]
    assert [e.what for e in plain] == [e.what for e in dimmed]
    assert 0 < dimmed[0].weight < 0.5 * plain[0].weight


def test_routine_words_dim_their_own_clause_only():
    alone = evidence_by_reason("implement JWT rotation")["critical_security"]
    beside = evidence_by_reason("Fix a typo, and implement JWT rotation")["critical_security"]
    assert [e.weight for e in beside] == [e.weight for e in alone]
    assert evidence_by_reason("fix the typo in the JWT docs")["critical_security"][0].weight < alone[0].weight / 2
