"""Whatever is told, however often and in whatever order: the store is what the rules of `Store` make of it."""

from __future__ import annotations

import random
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.store.records import FINISHED, Attempt, Completion, Feedback, Request, Told
from tests.store.made import request, workflow

fresh = count().__next__
"""One store serves all examples: each has workflows of its own."""
examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
numbers = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**63 - 1)
figures = st.none() | st.floats(allow_nan=False)
# What a database can hold; what it cannot has a test of its own.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
states = st.sampled_from(["detecting", "executing", "retrying", *sorted(FINISHED)])
spent = {
    **dict.fromkeys(("input_tokens", "output_tokens", "cache_read", "cache_creation"), counts),
    **dict.fromkeys(("cost", "ttfc_ms", "ttc_ms"), figures),
}


@st.composite
def tellings(draw):
    """Events in the order of their numbers, and batches in which they are told, some more than once."""
    kinds = draw(st.lists(st.tuples(st.sampled_from(["state", "usage"]), states), min_size=1, max_size=8))
    events = [
        Told("", number, 1_000 + number, kind, {"state": state} if kind == "state" else {})
        for number, (kind, state) in enumerate(kinds, 1)
    ]
    batches = draw(st.lists(st.lists(st.sampled_from(events), max_size=6), max_size=8))
    return events, batches


@examples
@given(tellings())
def test_events_are_told_in_any_order_any_number_of_times(store, telling):
    events, batches = telling
    name = f"told {fresh()}"
    workflow(store, name)
    named = {event.number: Told(name, event.number, event.at, event.type, event.body) for event in events}
    told: set[int] = set()
    for batch in batches:
        store.tell([named[event.number] for event in batch])
        told |= {event.number for event in batch}
    assert store.events(name) == tuple(named[number] for number in sorted(told))
    assert store.last_event(name) == max(told, default=0)
    moved = [named[number] for number in sorted(told) if named[number].type == "state"]
    found = store.workflow(name)
    assert found.state == (moved[-1].body["state"] if moved else "initialized")
    assert found.finished == (moved[-1].at if moved and found.state in FINISHED else None)
    assert (found in store.unfinished()) is (found.finished is None)


@examples
@given(
    st.lists(
        st.builds(
            Attempt,
            workflow=st.just(""), number=st.integers(1, 2), tier=texts, model=st.sampled_from("ab"), endpoint=texts,
            started=numbers, finished=st.none() | numbers, requests=counts, **spent,
        ),
        max_size=6,
    )
)  # fmt: skip
def test_of_attempts_the_last_that_finished_stands_else_the_last(store, attempts):
    name = f"attempted {fresh()}"
    workflow(store, name)
    expected: dict[tuple[int, str], Attempt] = {}
    for each in attempts:
        attempt = Attempt(**{field: getattr(each, field) for field in Attempt.__slots__} | {"workflow": name})
        store.attempt(attempt)
        key = attempt.number, attempt.model
        if key not in expected or expected[key].finished is None or attempt.finished is not None:
            expected[key] = attempt
    assert {(attempt.number, attempt.model): attempt for attempt in store.attempts(name)} == expected


@examples
@given(
    st.lists(
        st.builds(
            Completion,
            outcome=st.sampled_from([None, "success", "timeout"]), message=texts, tier=texts, signal=texts,
            verified=st.none() | st.booleans(), files=counts, diff=texts, text=texts, **spent,
        ),
        min_size=1,
        max_size=3,
    )
)  # fmt: skip
def test_of_completions_the_first_stands(store, completions):
    name = f"completed {fresh()}"
    workflow(store, name)
    for completion in completions:
        store.complete(name, completion, 1)
    assert store.workflow(name).completion == completions[0]


@examples
@given(
    st.builds(
        Feedback,
        id=st.just(""), at=numbers, verdict=st.sampled_from(["accepted", "dismissed"]), repository=texts, reason=texts,
        path=texts, note=texts, requester=texts, confidence=figures, should_escalate=st.none() | st.booleans(),
    ),
    st.integers(1, 3),
)  # fmt: skip
def test_feedback_counts_once(store, each, times):
    name = f"judged {fresh()}"
    workflow(store, name)
    said = Feedback(**{field: getattr(each, field) for field in Feedback.__slots__} | {"id": name, "workflow": name})
    assert [store.add_feedback(said) for _ in range(times)] == [True] + [False] * (times - 1)
    assert store.feedback(name) == (said,)


@examples
@given(st.lists(texts, min_size=7, max_size=7), numbers, st.booleans(), json)
def test_what_is_stored_comes_back(store, words, created, execute, body):
    name = f"kept {fresh()}"
    names = ("repository", "root", "requester", "task", "task_type", "priority")
    submitted = Request(
        id=name, request_id=name + words[-1], created=created, execute=execute, **dict(zip(names, words, strict=False))
    )
    store.begin(submitted, None, state="detecting", host="", at=created)
    store.tell([Told(name, 1, created, "usage", {"body": body})])
    assert store.by_request_id(name + words[-1]).request == submitted
    assert store.events(name)[0].body == {"body": body}


@examples
@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 5), st.randoms())
def test_pages_show_each_workflow_once(store, created, limit, shuffler: random.Random):
    repository = f"repository {fresh()}"
    names = [f"{repository} {number}" for number in range(len(created))]
    shuffler.shuffle(names)
    for name, at in zip(names, created, strict=True):
        store.begin(request(name, created=at, repository=repository), None, state="detecting", host="", at=at)
    page = store.workflows(limit=limit, repository=repository)
    seen = [*page.workflows]
    while page.cursor:
        page = store.workflows(limit=limit, repository=repository, cursor=page.cursor)
        seen += page.workflows
    order = [(w.request.created, w.id) for w in seen]
    assert order == sorted(zip(created, names, strict=True), reverse=True)
    cases = [case.workflow.id for case in store.cases(repository=repository)]
    assert cases == [w.id for w in reversed(seen)]
