"""A past to look at: some hundred workflows of every kind over sixty days, the same ones for the same `now`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from escalation.store.records import (
    FINISHED,
    Attempt,
    Case,
    Completion,
    Decision,
    Feedback,
    Outcome,
    ReasonGiven,
    Request,
    State,
    Told,
    Verdict,
    Workflow,
)

if TYPE_CHECKING:
    from escalation.store.store import Store

NOW = int(datetime(2026, 11, 25, 16, 30, tzinfo=UTC).timestamp() * 1000)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SHOP, LEDGER, LEXER = "/home/jane/work/shop-api", "/home/jane/work/ledger", "/home/jane/work/tiny-lexer"
HOSTILE = "Rename </td><img src=x onerror=\"document.title='owned'\"> in the \u202etemplate"
"""A task that would like to be markup, and hides which way it is written."""
L3, L4, FALLBACK = "claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-5"


@dataclass(frozen=True, slots=True)
class Kind:
    """A task as it comes again and again: how hard it is, 0..1, and the reasons that are found for it."""

    task: str
    repository: str
    hard: float
    reasons: tuple[str, ...] = ()


KINDS = (
    Kind("Lock an account after five failed logins", SHOP, 0.62, ("critical_security",)),
    Kind("Split the orders table by tenant, with a migration that can be rolled back", SHOP, 0.81,
         ("database_schema_changes", "migration_strategy")),
    Kind("Add cursor pagination to GET /orders", SHOP, 0.34, ("api_design",)),
    Kind("Move the discount rules out of the checkout controller", SHOP, 0.7,
         ("multi_file_refactor", "revenue_critical")),
    Kind("Fix the colour of the focus ring", SHOP, 0.05),
    Kind("Bump the copyright year", SHOP, 0.02),
    Kind("Rotate refresh tokens and revoke the family on reuse", SHOP, 0.78, ("critical_security", "api_design")),
    Kind("Round interest half to even on every booking path", LEDGER, 0.73,
         ("revenue_critical", "algorithm_complexity")),
    Kind("Write the audit trail for changed limits", LEDGER, 0.52, ("compliance_related",)),
    Kind("Rename Posting to Entry", LEDGER, 0.28, ("multi_file_refactor",)),
    Kind("Explain why the nightly balance differs by one cent", LEDGER, 0.66, ("debug_complex_issues",)),
    Kind("Describe the settings in the README", LEDGER, 0.03),
    Kind("Cache the exchange rates for the length of a request", LEDGER, 0.37, ("performance_critical",)),
    Kind("Recognise nested comments", LEXER, 0.55, ("algorithm_complexity",)),
    Kind("Name the token kinds consistently", LEXER, 0.12),
    Kind("Property tests for the escapes in strings", LEXER, 0.3, ("testing_strategy",)),
)  # fmt: skip
DIFF = """\
diff --git a/src/orders.py b/src/orders.py
--- a/src/orders.py
+++ b/src/orders.py
@@ -12,9 +12,14 @@ class Orders:
     def page(self, limit: int, cursor: str = "") -> Page:
-        rows = self._rows()
-        return Page(rows[:limit])
+        after = Cursor.parse(cursor) if cursor else None
+        rows = self._rows(after=after, limit=limit + 1)
+        return Page(rows[:limit], cursor=str(Cursor.of(rows[limit - 1])) if len(rows) > limit else "")

     def one(self, id: str) -> Order | None:
-        return self._by_id.get(id)
+        found = self._by_id.get(id)
+        if found is None:
+            log.info("no order %s", id)
+        return found
"""
HOSTILE_DIFF = """\
diff --git a/templates/row.html b/templates/row.html
--- a/templates/row.html
+++ b/templates/row.html
@@ -1,3 +1,3 @@
 <tr>
-  <td>{{ name }}</td>
+  <td><script>document.title = "owned"</script>{{ label }}\u202e</td>
 </tr>
"""


def seed(store: Store, now: int = NOW) -> tuple[Case, ...]:
    """Effect: the store holds `cases(now)`, which are returned."""
    every = tuple(cases(now))
    for case in every:
        workflow = case.workflow
        if workflow is not None:
            request = workflow.request
            store.begin(request, workflow.decision, state="initialized", host="seeded", at=request.created)
            for attempt in case.attempts:
                store.attempt(attempt)
            if workflow.completion is not None:
                store.complete(workflow.id, workflow.completion, workflow.finished or request.created)
            store.tell(told(workflow))
        for feedback in case.feedback:
            store.add_feedback(feedback)
    return every


def cases(now: int = NOW) -> Iterator[Case]:
    """Sixty days up to `now`, the oldest first; the last one is under way."""
    chance = Random(2026)
    number = 0
    for ago in range(60, -1, -1):
        midnight = now - now % DAY - ago * DAY
        weekend = datetime.fromtimestamp(midnight / 1000, UTC).weekday() >= 5
        for _ in range(chance.randint(0, 2) if weekend else chance.randint(5, 11)):
            at = midnight + 8 * HOUR + chance.randrange(9 * HOUR)
            if at < now - HOUR:
                number += 1
                yield _case(number, at, chance.choice(KINDS), chance)
    hostile = Kind(HOSTILE, LEXER, 0.4, ("multi_file_refactor",))
    yield _case(number + 1, now - 50 * MINUTE, hostile, chance, outcome="success", diff=HOSTILE_DIFF)
    yield _running(number + 2, now - 2 * MINUTE)


def told(workflow: Workflow) -> tuple[Told, ...]:
    """The states that a workflow passed."""
    passed: list[tuple[State, str]] = [
        ("detecting", "reasons for the strong model are looked for"),
        ("analyzing", "the change and its surroundings are measured"),
        ("deciding", "the reasons are validated and the routes weighed"),
    ]
    completion, decision = workflow.completion, workflow.decision
    if workflow.request.execute and decision is not None:
        passed.append(("executing", f"pass 1: L3, {decision.default_model}"))
        if workflow.state in FINISHED:
            passed.append(("validating", "the result of L3 is verified"))
    if workflow.state in FINISHED:
        reason = completion.message if completion is not None and completion.message else "decided"
        passed.append((workflow.state, reason))
    at, end = workflow.request.created, workflow.finished or workflow.updated
    times = [at + 12, at + 31, at + 40, at + 300, end - 900, end][: len(passed) - 1]
    return tuple(
        Told(workflow.id, number, min(when, end), "state", {"state": state, "reason": reason})
        for number, (when, (state, reason)) in enumerate(zip([*times, end], passed, strict=True), 1)
    )


def _case(
    number: int, at: int, kind: Kind, chance: Random, *, outcome: Outcome | None = None, diff: str = DIFF
) -> Case:
    id = f"{number:08x}-5eed-4000-8000-{number:012x}"
    decision = _decision(kind, chance)
    request = _request(id, at, kind, execute=outcome is not None or chance.random() < 0.72)
    if not request.execute:
        workflow = Workflow(
            request=request, decision=decision, state="completed", completion=Completion(), updated=at, finished=at + 40
        )
        return Case(workflow, (), _feedback(workflow, kind, "", chance))
    default = "glm-4.5" if kind.repository == LEXER and chance.random() < 0.5 else L3
    solved_by_l3 = chance.random() > kind.hard * (0.9 if default == "glm-4.5" else 0.7)
    strong = decision.should_escalate or not solved_by_l3
    route = ("L4->L3" if decision.should_escalate else "L3->L4->L3") if strong else "L3"
    outcome = outcome or _outcome(strong, kind, chance)
    attempts = tuple(_attempts(id, at, chance, route=route, default=default, kind=kind, outcome=outcome))
    finished = max(attempt.finished or at for attempt in attempts) + 900
    state: State = (
        "cancelled" if outcome == "cancelled" else "failed" if outcome in ("failed", "timeout") else "completed"
    )
    workflow = Workflow(
        request=request,
        decision=decision,
        state=state,
        completion=_completion(outcome, route, attempts, decision.should_escalate, diff),
        updated=finished,
        finished=finished,
        host="seeded",
    )
    return Case(workflow, attempts, _feedback(workflow, kind, outcome, chance))


def _request(id: str, at: int, kind: Kind, *, execute: bool) -> Request:
    return Request(
        id=id,
        request_id=f"request-{id[:8]}",
        created=at,
        repository=kind.repository,
        root=kind.repository,
        requester="jane",
        task=kind.task,
        execute=execute,
    )


def _decision(kind: Kind, chance: Random) -> Decision:
    confidence = min(0.98, max(0.05, kind.hard + chance.gauss(0.04, 0.2)))
    strong = confidence >= 0.52 and bool(kind.reasons)
    given = tuple(
        ReasonGiven(reason, "high" if confidence > 0.7 else "medium", round(confidence, 3), "valid" if strong else
                    "requires_review")
        for reason in kind.reasons
    )  # fmt: skip
    return Decision(
        should_escalate=strong,
        confidence=round(confidence, 3),
        route="L4->L3" if strong else "L3",
        recommended_model=L4 if strong else L3,
        fallback_model=FALLBACK,
        default_model=L3,
        reasons=given,
        validation="valid" if strong else "insufficient_data",
        failure_probability=round(kind.hard, 3),
        cost_estimate=round(0.25 if strong else 0.05, 3),
        assessment={
            "summary": "As it was judged.",
            "costs": {
                "routes": [
                    {
                        "route": route,
                        "models": [L4, L3] if route.startswith("L4") else [L3, L4],
                        "p10": p10,
                        "p50": p10 * 3,
                        "p90": p10 * 10,
                    }
                    for route, p10 in (("L3", 0.02), ("L4", 0.1), ("L4->L3", 0.15), ("L3->L4->L3", 0.2))
                ]
            },
        },
    )


def _outcome(strong: bool, kind: Kind, chance: Random) -> Outcome:
    roll = chance.random()
    if roll < 0.03:
        return "cancelled"
    if roll < 0.05:
        return "timeout"
    if roll < 0.05 + 0.16 * kind.hard:
        return "failed"
    if roll < 0.06 + 0.28 * kind.hard:
        return "partial_success"
    return "fallback_success" if strong and roll > 0.97 else "success"


def _attempts(
    id: str, at: int, chance: Random, *, route: str, default: str, kind: Kind, outcome: Outcome
) -> Iterator[Attempt]:
    start = at + 300
    for number, tier in enumerate(route.split("->"), 1):
        model = (FALLBACK if outcome == "fallback_success" else L4) if tier == "L4" else default
        took = round((8_000 + 50_000 * kind.hard) * (1.6 if tier == "L4" else 1.0) * chance.uniform(0.6, 1.5))
        given, made = round(9_000 + 30_000 * kind.hard * chance.random()), round(400 + 3_500 * kind.hard)
        price = {L3: 3.0, L4: 12.0, FALLBACK: 12.0, "glm-4.5": 0.6}[model]
        yield Attempt(
            workflow=id,
            number=number,
            tier=tier,
            model=model,
            endpoint="zai" if model == "glm-4.5" else "anthropic",
            started=start,
            finished=start + took,
            input_tokens=given,
            output_tokens=made,
            cache_read=given * 2,
            cost=round((given + 5 * made + 0.2 * given) * price / 1e6, 6),
            ttfc_ms=round(took * 0.08, 1),
            ttc_ms=float(took),
            requests=chance.randint(2, 6),
        )
        start += took + 400


def _completion(
    outcome: Outcome, route: str, attempts: tuple[Attempt, ...], recommended: bool, diff: str
) -> Completion:
    kept = outcome in ("success", "partial_success", "fallback_success")
    return Completion(
        outcome=outcome,
        message={
            "success": "the result passed its verification",
            "partial_success": "the check failed: 1 test of 212",
            "fallback_success": "claude-opus-5 took over",
            "failed": "no edit could be made to apply",
            "timeout": "300 s were over",
            "cancelled": "cancelled by jane",
        }[outcome],
        tier=route,
        signal="" if route == "L3" else "recommended" if recommended else "verification",
        verified=outcome != "partial_success" if kept else None,
        input_tokens=sum(attempt.input_tokens for attempt in attempts),
        output_tokens=sum(attempt.output_tokens for attempt in attempts),
        cache_read=sum(attempt.cache_read for attempt in attempts),
        cost=round(sum(attempt.cost or 0.0 for attempt in attempts), 6),
        ttfc_ms=attempts[0].ttfc_ms,
        ttc_ms=sum(attempt.ttc_ms or 0.0 for attempt in attempts),
        files=diff.count("\n+++ ") if kept else 0,
        diff=diff if kept else "",
        text="The change is made where the rows are read; callers stay as they are." if kept else "",
    )


def _feedback(workflow: Workflow, kind: Kind, outcome: str, chance: Random) -> tuple[Feedback, ...]:
    decision = workflow.decision
    if decision is None or chance.random() > 0.6:
        return ()
    hard = chance.random() < 0.8 * kind.hard
    verdict: Verdict
    if workflow.request.execute:
        verdict = "accepted" if outcome.endswith("success") and chance.random() < 0.85 else "discarded"
    elif decision.should_escalate:
        verdict = "accepted" if hard else "dismissed"
    else:
        verdict = "needed_opus" if hard else "accepted"
    said = Feedback(
        id=f"feedback-{workflow.id[:8]}",
        at=(workflow.finished or 0) + 5 * MINUTE,
        verdict=verdict,
        workflow=workflow.id,
        repository=workflow.request.repository,
        requester="jane",
        confidence=decision.confidence,
        should_escalate=decision.should_escalate,
    )
    return (said,)


def _running(number: int, at: int) -> Case:
    id = f"{number:08x}-5eed-4000-8000-{number:012x}"
    kind = KINDS[0]
    decision = _decision(kind, Random(1))
    workflow = Workflow(
        request=_request(id, at, kind, execute=True),
        decision=decision,
        state="executing",
        completion=None,
        updated=at + 20_000,
        host="seeded",
    )
    attempt = Attempt(workflow=id, number=1, tier="L3", model=L3, endpoint="anthropic", started=at + 300)
    return Case(workflow, (attempt,), ())
