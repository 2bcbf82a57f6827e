"""From a judgement to the store, from there to what the next judgement is made with."""

from __future__ import annotations

import time

from escalation.decision.assess import assess
from escalation.history.digest import digest
from escalation.history.learning import learned
from escalation.settings.schema import Settings
from escalation.store.opening import open_store, sqlite_url
from escalation.store.records import Completion, Feedback, Request
from escalation.workflow.recorder import decided
from tests.decision.notation import change_of
from tests.decision.specification import SPECIFICATION
from tests.history.cases import OPUS, SONNET

CHANGE = change_of(SPECIFICATION["critical_security"].fires[0].diff)


def test_what_people_say_reaches_the_next_judgement(tmp_path):
    before, now = assess(CHANGE), int(time.time() * 1000)
    store = open_store(sqlite_url(tmp_path))
    try:
        for n in range(12):
            request = Request(id=f"w{n}", request_id=f"r{n}", created=now, repository="/work/shop", execute=True)
            store.begin(request, decided(before, Settings(), str), state="completed", host="h", at=now)
            done = Completion(outcome="success", tier="L4->L3", signal="recommended", verified=True, cost=0.2)
            store.complete(f"w{n}", done, now)
            store.add_feedback(Feedback(id=f"f{n}", at=now, verdict="dismissed", workflow=f"w{n}"))
        cases = tuple(store.cases(repository="/work/shop"))
    finally:
        store.close()
    one = digest(cases[0])
    assert (one.run.default, one.run.escalation, one.run.begins) == (SONNET, OPUS, "L4")
    assert one.stated == before.costs.failure_uncalibrated
    assert one.in_range is not None
    taught = learned(cases, repository="/work/shop", now=now)
    assert taught.reasons["critical_security"].wrong == 12
    after = assess(CHANGE, history=taught)
    assert (before.should_escalate, after.should_escalate) == (True, False)
    assert "calibrated on 12 outcomes of this repository (beta-binomial)" in after.summary
