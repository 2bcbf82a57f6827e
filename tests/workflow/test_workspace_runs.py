"""Runs in a workspace: what is taken from it, what never is, and what a check sees."""

from __future__ import annotations

import json
import os

import pytest

from escalation.scripted.script import Reply, text, tool
from escalation.workflow.submission import BadSubmission, Submission
from tests.repository.checkout import Checkout
from tests.workflow.hosting import APP, POLITE
from tests.workflow.serving import SECRET, finished, heard, serving, task


@pytest.fixture
def work(tmp_path) -> Checkout:
    checkout = Checkout.create(tmp_path / "work")
    checkout.commit(
        {"app.py": APP, "other.py": "import app\n", ".gitignore": ".env\n", "notes.txt": "a note of mine\n"}
    )
    return checkout


def sent(server) -> str:
    return json.dumps([request.body for request in server.calls])


def edit(words: str = "") -> Reply:
    return tool("mutate_entity", {"action": "update", "entity": "app.py::greet", "text": POLITE}, words)


def script(*begun: Reply):
    """L4 alone: these answers, then an edit, then its end."""
    answers = [*begun, edit(), text("Done.")]
    return lambda request: answers[request.turn]


async def done(service, work: Checkout, **fields):
    given = {"contents": {}, "root": str(work.root), "requested": "L4", **fields}
    return await finished(service, (await service.submit(task(**given))).id)


async def test_the_files_of_the_workspace_are_worked_on(tmp_path, work):
    async with serving(tmp_path / "state", script(tool("read_entity", {"entity": "notes.txt"}))) as (service, server):
        ended = await done(service, work, files=("app.py",))
        assert ended.completion.outcome == "success"
        assert ended.request.repository == str(work.root)
        assert (await service.result(ended.id)).files == {"app.py": POLITE}
        assert "other.py" in sent(server)  # what is around it is named
        assert "a note of mine" in sent(server)  # what the model opened was read
        assert (work.root / "app.py").read_text() == APP  # nothing is written


async def test_what_an_editor_has_open_counts_instead_of_the_disk(tmp_path, work):
    opened = APP + "\n\ndef unsaved():\n    pass\n"
    async with serving(tmp_path / "state", script()) as (service, server):
        ended = await done(service, work, contents={"app.py": opened}, base={"app.py": APP})
        result = await service.result(ended.id)
        assert result.files == {"app.py": POLITE + opened.removeprefix(APP)}
        assert "unsaved" in sent(server)


async def test_without_texts_the_pending_change_is_what_git_says(tmp_path, work):
    work.write("app.py", APP + "\n\ndef pending():\n    pass\n")
    async with serving(tmp_path / "state") as (service, _):
        found = await service.submit(Submission(task="Look.", root=str(work.root)))
        assert [file["path"] for file in found.decision.assessment["files"]] == ["app.py"]


async def test_private_files_are_never_taken_and_that_is_told(tmp_path, work):
    canary = "canary-of-a-private-file"
    work.write(".env", f"A={canary}\n")
    reading = tool("read_entity", {"entity": ".env"})
    async with serving(tmp_path / "state", script(reading)) as (service, server):
        ended = await done(service, work, contents={"app.py": APP, ".env": f"A={canary}\n"}, base={".env": None})
        assert canary not in sent(server)
        events = await heard(service, ended.id)
        (left_out,) = [event.body for event in events if event.type == "host.left_out"]
        assert [file["path"] for file in left_out["files"]] == [".env"]
        for file in (tmp_path / "state").rglob("*.db*"):
            assert canary.encode() not in file.read_bytes()


async def test_nothing_outside_the_workspace_is_read(tmp_path, work):
    canary = "canary_of_another_folder"
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.py").write_text(f"def {canary}():\n    pass\n")
    os.symlink(tmp_path / "outside", work.root / "link")
    os.symlink(tmp_path / "outside" / "secret.py", work.root / "linked.py")
    reading = tool("read_entity", {"entity": "link/secret.py"})
    async with serving(tmp_path / "state", script(reading)) as (service, server):
        ended = await done(service, work, files=("app.py",))
        assert canary not in sent(server)
        for path in ("link/secret.py", "linked.py"):
            found = await service.submit(Submission(task="Look.", files=(path,), root=str(work.root)))
            assert canary not in json.dumps(found.decision.assessment)
        assert canary not in str(service.store.events(ended.id))


async def test_only_allowed_folders_are_workspaces(tmp_path, work):
    async with serving(tmp_path / "state", roots=[tmp_path / "elsewhere"]) as (service, _):
        with pytest.raises(BadSubmission, match="outside the folders"):
            await service.submit(task(root=str(work.root)))


async def test_a_repository_is_named_by_its_own_folder(tmp_path, work):
    (work.root / "sub").mkdir()
    async with serving(tmp_path / "state", roots=[work.root / "sub"]) as (service, _):
        with pytest.raises(BadSubmission, match="inside the repository"):
            await service.submit(task(root=str(work.root / "sub")))


async def test_a_check_sees_the_true_texts_and_what_it_says_is_masked(tmp_path, work):
    app = f'TOKEN = "{SECRET}"\n\n\n{APP}'
    work.commit({"app.py": app})
    check = f"grep -q {SECRET} app.py && grep Dear app.py && cat app.py && exit 3"
    async with serving(tmp_path / "state", script()) as (service, server):
        ended = await done(service, work, files=("app.py",), check=check)
        events = await heard(service, ended.id)
        verdicts = [event.body["verdict"] for event in events if event.type == "meta.verification"]
        said = [verdict["check"] for verdict in verdicts if verdict]
        assert [(one["status"], one["exit_code"]) for one in said] == [("failed", 3)]
        assert "Dear" in said[0]["output"]
        assert ended.completion.verified is False
        assert SECRET not in str(events)
        assert SECRET not in sent(server)
        for file in (tmp_path / "state").rglob("*.db*"):
            assert SECRET.encode() not in file.read_bytes()
        assert SECRET in (await service.result(ended.id)).files["app.py"]


async def test_a_secret_of_a_file_that_the_model_opened_comes_back_too(tmp_path, work):
    work.commit({"more.py": f'KEY = "{SECRET}"\n\n\ndef greet(name):\n    return name\n'})
    answers = [
        tool("read_entity", {"entity": "more.py"}),
        tool("mutate_entity", {"action": "update", "entity": "more.py::greet", "text": POLITE}),
        text("Done."),
    ]
    async with serving(tmp_path / "state", lambda request: answers[request.turn]) as (service, server):
        ended = await done(service, work, contents={"app.py": APP})
        result = await service.result(ended.id)
        assert result.files == {"more.py": f'KEY = "{SECRET}"\n\n\n{POLITE}'}
        assert result.complete
        assert SECRET not in sent(server)
        for file in (tmp_path / "state").rglob("*.db*"):
            assert SECRET.encode() not in file.read_bytes()


async def test_a_file_whose_name_is_no_text_is_left_out(tmp_path, work):
    with open(os.path.join(os.fsencode(work.root), b"caf\xe9.py"), "w") as file:
        file.write("def f():\n    return 1\n")
    async with serving(tmp_path / "state", script()) as (service, server):
        ended = await done(service, work, files=("app.py",))
        assert ended.completion.outcome == "success"
        assert "caf" not in sent(server)
        found = await service.submit(Submission(task="Look.", root=str(work.root)))
        assert [file["path"] for file in found.decision.assessment["files"]] == ["caf\\xe9.py"]
