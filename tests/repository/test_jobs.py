from __future__ import annotations

import pytest

from escalation.flow.context import context_block
from escalation.repository.jobs import prepare
from escalation.repository.workspace import Workspace

CANARY = "canary-of-a-private-file"


@pytest.fixture
def work(checkout):
    private = {"secrets.yml": f"a: {CANARY}\nb: 1\nc: 1\nd: 1\n", "server.pem": f"{CANARY}\n"}
    checkout.commit({"app.py": "x = 1\n", **private})
    checkout.write("app.py", "x = 2\n")
    return checkout


def context_of(work) -> str:
    job = prepare(Workspace.open(work.root, env={}), "Do it").job
    assert "app.py" in job.snapshot
    return context_block(job.snapshot, change=job.change, graph=job.graph, budget_tokens=10_000)


def test_the_pending_change_of_a_private_file_is_not_sent(work):
    work.write("secrets.yml", f"a: {CANARY} 2\n")
    work.write(".env", f"A={CANARY}\n")
    assert CANARY not in context_of(work)


def test_a_private_file_that_was_renamed_or_removed_is_not_sent(work):
    work.git("mv", "secrets.yml", "public.yml")
    work.write("public.yml", f"a: {CANARY} 2\nb: 1\nc: 1\nd: 1\n")
    work.git("rm", "-q", "server.pem")
    assert f"-a: {CANARY}" not in context_of(work)
