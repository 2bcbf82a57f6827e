"""A store of revision 0001, as that version wrote it. `python -m tests.store.old` makes `data/0001.db` anew; the file
is kept as it is, so that no later change of ours alters what old stores look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, column, create_engine, insert, table

FILE = Path(__file__).with_name("data") / "0001.db"
_SPENT = {
    "input_tokens": 12_000, "output_tokens": 800, "cache_read": 9_000, "cache_creation": 2_000,
    "cost": 0.0123, "ttfc_ms": 812.5, "ttc_ms": 9_120.25,
}  # fmt: skip


def _workflow(id: str, state: str, finished: int | None, **others: Any) -> dict[str, Any]:
    return {
        "id": id, "request_id": f"request of {id}", "created": 1_764_000_000_000,
        "repository": "/srv/shop", "root": "/srv/shop", "requester": "jane",
        "task": "Lock the account 🦑", "task_type": "security", "priority": "high",
        "execute": True, "state": state, "updated": 1_764_000_009_000, "finished": finished, "host": "slot1",
        "cancelling": False, **others,
    }  # fmt: skip


def _told(workflow: str, number: int, type: str, body: str) -> dict[str, Any]:
    return {"workflow": workflow, "number": number, "at": 1_764_000_000_000 + number, "type": type, "body": body}


ROWS: dict[str, list[dict[str, Any]]] = {
    "workflow": [
        _workflow("done", "completed", 1_764_000_009_000),
        _workflow("running", "executing", None, cancelling=True, repository="", root=""),
        _workflow("decided", "completed", 1_764_000_009_001, execute=False),
    ],
    "decision": [
        {
            "workflow": id, "should_escalate": True, "confidence": 0.86, "route": "L4->L3",
            "recommended_model": "claude-opus-5-5", "fallback_model": "claude-sonnet-5-5",
            "default_model": "claude-sonnet-5-5",
            "reasons": '[{"reason":"critical_security","priority":"high","confidence":0.86,"result":"valid"}]',
            "validation": "valid", "failure_probability": 0.31, "cost_estimate": None,
            "assessment": '{"schema":1,"costs":{"routes":[]}}',
        }
        for id in ("done", "decided")
    ],
    "completion": [
        {
            "workflow": "done", "at": 1_764_000_009_000, "outcome": "success", "message": "", "tier": "L4->L3",
            "signal": "", "verified": True, **_SPENT, "files": 1, "diff": "--- a\n+++ b\n", "text": "Done.",
        },
        {
            "workflow": "decided", "at": 1_764_000_009_001, "outcome": None, "message": "", "tier": "", "signal": "",
            "verified": None, **dict.fromkeys(_SPENT, 0), "files": 0, "diff": "", "text": "",
        },
    ],
    "attempt": [
        {
            "workflow": "done", "number": number, "model": model, "tier": tier, "endpoint": "anthropic",
            "started": 1_764_000_001_000, "finished": 1_764_000_002_000, **_SPENT, "requests": 2,
        }
        for number, tier, model in ((1, "L4", "claude-opus-5-5"), (2, "L3", "claude-sonnet-5-5"))
    ],
    "event": [
        _told("done", 1, "state", '{"state":"executing","reason":""}'),
        _told("done", 2, "tier.start", '{"tier":"L4"}'),
        _told("done", 3, "state", '{"state":"completed","reason":""}'),
        _told("done", 4, "usage", "{}"),
        _told("running", 1, "state", '{"state":"executing","reason":""}'),
    ],
    "feedback": [
        {
            "id": id, "at": 1_764_000_010_000, "verdict": verdict, "workflow": workflow, "repository": "/srv/shop",
            "reason": "critical_security", "path": "auth.py", "note": "fine", "requester": "jane", "confidence": 0.8,
            "should_escalate": True,
        }
        for id, verdict, workflow in (("f1", "accepted", "done"), ("f2", "dismissed", None))
    ],
}  # fmt: skip


def fill(connection: Connection) -> None:
    for name, rows in ROWS.items():
        connection.execute(insert(table(name, *map(column, rows[0]))), rows)


def make(file: Path) -> None:
    from escalation.store.schema import upgrade

    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.begin() as connection:
        upgrade(connection, "0001")
        fill(connection)


if __name__ == "__main__":
    FILE.unlink(missing_ok=True)
    make(FILE)
