"""A commission says all that a run begins with, is the same after it was kept, and holds no secret."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from escalation.flow.redaction import Redactor
from escalation.workflow.commission import Commission, derived, digest
from escalation.workflow.masking import missing, rebuilt
from escalation.workflow.submission import Submission
from escalation.workflow.taking import Taken, take
from tests.repository.checkout import Checkout
from tests.workflow.hosting import APP
from tests.workflow.serving import SECRET

OTHER = "AKIA" + "QWERTZUIOPASDFGH"
FILES = {
    "app.py": f'TOKEN = "{SECRET}"\n\n\n{APP}',
    "aws.py": f'import app\n\nKEY = "{OTHER}"\n',
    "plain.py": "x = 'é'\n",
}


@pytest.fixture
def work(tmp_path) -> Checkout:
    checkout = Checkout.create(tmp_path / "work")
    checkout.commit(dict(FILES))
    return checkout


def taken(work: Checkout, **fields) -> Taken:
    given = {"task": "Make greet polite.", "files": ("app.py",), "root": str(work.root), "execute": True, **fields}
    return take(Submission(**given), None, os.environ, lambda _: ())


def commission(work: Checkout, **fields) -> Commission:
    found = taken(work, **fields).commission
    assert found is not None
    return found


def test_it_is_the_same_after_it_was_kept(work):
    work.write("app.py", FILES["app.py"] + "\n\ndef more():\n    pass\n")
    found = commission(work, check="make test", budget=1.5, timeout=60.0)
    again = Commission.loads(found.dumps())
    assert again == found
    assert again.dumps() == found.dumps()
    job, twice = found.job(), again.job()
    assert dict(job.snapshot) == dict(twice.snapshot)
    assert (job.change, job.assessment, job.focus, job.seed) == (
        twice.change,
        twice.assessment,
        twice.focus,
        twice.seed,
    )
    assert job.assessment is not None
    assert (again.settings.flow.budget, again.settings.flow.timeout) == (1.5, 60.0)
    assert set(again.workspace_paths()) == set(FILES)


def test_it_holds_no_secret(work):
    found = commission(work, task=f"Put {SECRET} in its place.", check=f"grep {OTHER} aws.py")
    assert SECRET not in found.dumps()
    assert OTHER not in found.dumps()
    assert len(found.masked) >= 2


def test_the_imports_around_its_files_are_those_of_the_submission(work):
    graph = commission(work).job().graph
    assert graph is not None
    assert graph.dependents("app.py") == ("aws.py",)


def test_a_run_makes_placeholders_that_are_none_of_the_door(work):
    found = commission(work)
    assert found.job().seed not in (bytes.fromhex(found.seed), derived(found.seed, "result"))


def test_its_secrets_are_found_again_in_the_workspace(work):
    found = commission(work)
    secrets = rebuilt(Commission.loads(found.dumps()), ())
    assert not secrets.lost
    for path, masked in found.snapshot().items():
        assert secrets.restore(masked.text) == FILES[path]


def test_but_only_if_the_files_are_still_those(work):
    found = commission(work)
    work.write("app.py", f'TOKEN = "{SECRET[:-1]}x"\n')
    secrets = rebuilt(found, ())
    assert secrets.lost
    masked = found.snapshot()["app.py"].text
    assert secrets.restore(masked) == masked
    assert missing(masked, secrets.placeholders)


def test_a_file_without_secrets_may_change(work):
    found = commission(work)
    work.write("plain.py", "y = 2\n")
    assert not rebuilt(found, ()).lost


def test_those_that_only_the_task_named_are_lost(work):
    found = commission(work, task="Use the token ghp_" + "An0therT0ken1" * 3 + ".")
    secrets = rebuilt(found, ())
    assert secrets.lost
    masked = found.snapshot()["app.py"].text
    assert secrets.restore(masked) == FILES["app.py"]  # those of the files are known


def test_without_secrets_nothing_can_be_lost(work):
    found = replace(commission(work), masked=())
    assert not rebuilt(found, ()).lost


def test_the_redactor_of_the_door_restores_what_it_masked(work):
    given = taken(work)
    assert given.secrets is not None
    assert isinstance(given.secrets.door, Redactor)
    assert given.commission is not None
    assert given.secrets.restore(given.commission.snapshot()["app.py"].text) == FILES["app.py"]
    assert given.commission.digests["app.py"] == digest(FILES["app.py"])


def test_the_same_request_has_the_same_id(work):
    one, other = taken(work, request_id="mine"), taken(work, request_id="mine")
    assert one.request.id == other.request.id != taken(work, request_id="yours").request.id
    assert one.commission is not None
    assert other.commission is not None
    assert one.commission.seed != other.commission.seed
