"""A task that only asks goes to the strong model at once; one that wants a change never counts as a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.flow.question import is_question

QUESTIONS = [
    "Why does the login fail?",
    "why does the login fail",
    "Explain the cache.",
    "Please explain how `add` works",
    "What is the difference between create and update?",
    "How do I add a flag to the parser?",
    "How does retry work in app.py?",
    "Where is the session stored?",
    "Which of these functions is slow?",
    "Can you explain why the tests fail?",
    "Could you tell me what this does?",
    "Is this thread-safe?",
    "Are there tests for the parser?",
    "Does this leak memory?",
    "Should we rename this module?",
    "Can I rename a table without downtime?",
    "The login test fails on CI since yesterday. Why?",
    "Hi, what does `remove()` return?",
    "Describe the architecture of this project",
    "Walk me through the request handling.",
    "I want to understand how tokens are renewed",
    "I don't understand the locking here.",
    "Summarize what this module does.",
    "What would it take to migrate to PostgreSQL?",
    "Compare the two parsers",
    "Tell me where errors are handled",
    "What’s the purpose of this class?",
    "Help me understand the scheduler",
    "Warum schlägt der Test fehl?",
    "Pourquoi ce test échoue-t-il ?",
    "Explain how to add and remove users.",
    "Why?",
    "Which tests cover the parser, and where are they?",
    "```\nfix the bug\n```\nWhat does this output mean?",
]
CHANGES = [
    "",
    "   ",
    "Add a flag to the parser",
    "Can you add a test?",
    "Could you please fix the login?",
    "Would you mind adding a docstring?",
    "Can we drop Python 3.8?",
    "Why does the login fail? Fix it.",
    "Explain why the login fails and fix it",
    "Is there a bug in the parser? If so, fix it.",
    "What does this do? Please add a comment.",
    "How about adding a cache?",
    "Why not use a set here?",
    "What about renaming the module?",
    "Why don't we cache it?",
    "Refactor the session module; why is it so slow?",
    "I want you to explain and then simplify the parser.",
    "I would like to rename the module. Is that hard?",
    "We need to support OAuth. How hard is it?",
    "Explain the algorithm in a comment",
    "Document how the cache works",
    "Write an explanation of the cache",
    "The button is misaligned",
    "Fix: why does it say “None”?",
    "Let's split the module, shall we?",
    "Kannst du einen Test hinzufügen?",
    "Peux-tu corriger ce test ?",
    "Make it faster",
    "Improve error handling in login",
    "Implement what the README describes",
    "Tests fail",
    "Can you optimise this query?",
    "Could you stop logging passwords?",
]


@pytest.mark.parametrize("task", QUESTIONS)
def test_asks(task):
    assert is_question(task)


@pytest.mark.parametrize("task", CHANGES)
def test_wants_a_change(task):
    assert not is_question(task)


@given(st.sampled_from(QUESTIONS), st.sampled_from(["Fix it.", "Please add a test for it.", "Then rename the class."]))
def test_a_question_with_a_wish_is_a_wish(question, wish):
    assert not is_question(f"{question}\n{wish}")


@given(st.text())
def test_any_text_has_an_answer(task):
    assert is_question(task) in (True, False)


def test_a_long_text_is_more_than_a_question():
    assert not is_question("Why? " + "x " * 100_000)
