from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import venv
from contextlib import suppress
from pathlib import Path

import pytest

from escalation.flow.diff import changed_paths
from escalation.flow.events import Result
from escalation.repository.checking import MAX_OUTPUT, run_check, shortened
from escalation.repository.files import decode
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot


@pytest.fixture(autouse=True)
def copies(tmp_path, monkeypatch) -> Path:
    """Where the copies are made; empty again after each test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def work(checkout):
    checkout.commit(
        {"app.py": "x = 1\n", "tools/run.sh": "#!/bin/sh\necho ran\n", ".gitignore": ".env\nnode_modules\nmade.py\n"}
    )
    return checkout


def result(root: Path, **changes: str | None) -> Result:
    paths = {name.replace("__", "/").replace("_", "."): text for name, text in changes.items()}
    there = {path: decode((root / path).read_bytes(), path).document for path in paths if (root / path).is_file()}
    base = snapshot = Snapshot(there)
    for path, text in paths.items():
        snapshot = snapshot.without(path) if text is None else snapshot.with_document(path, Document.of(text))
    return Result(base, snapshot, changed_paths(base, snapshot))


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


async def test_the_command_sees_the_result_and_the_users_tree_stays_as_it_is(work):
    before = tree(work.root)
    made = result(work.root, app_py="x = 2\n", new__b_py="b\n", tools__run_sh=None)
    outcome = await run_check(
        work.root, made, "cat app.py new/b.py; ls tools; echo dirt > app.py; echo dirt > junk", 30
    )
    assert (outcome.status, outcome.exit_code) == ("passed", 0)
    assert outcome.output == "x = 2\nb"
    assert tree(work.root) == before


async def test_a_failing_command_says_why(work):
    outcome = await run_check(work.root, result(work.root), "echo out; echo err >&2; exit 3", 30)
    assert (outcome.status, outcome.exit_code, outcome.output) == ("failed", 3, "out\nerr")


async def test_a_command_that_does_not_exist_was_not_run(work):
    outcome = await run_check(work.root, result(work.root), "no-such-program-here", 30)
    assert outcome.status == "not_run"
    assert "not found" in outcome.output


async def test_what_a_run_needs_is_there_though_git_ignores_it(work):
    work.write(".env", "A=1\n")
    work.write("made.py", "made = 1\n")
    work.write("untracked.py", "u\n")
    work.write("node_modules/left/index.js", "left\n")
    work.write("packages/a/node_modules/right.js", "right\n")
    command = (
        "cat .env made.py untracked.py node_modules/left/index.js packages/a/node_modules/right.js; sh tools/run.sh"
    )
    outcome = await run_check(work.root, result(work.root), command, 30)
    assert outcome.output == "A=1\nmade = 1\nu\nleft\nright\nran"


async def test_a_link_inside_the_workspace_is_one_in_the_copy(work):
    (work.root / "link.py").symlink_to("app.py")
    (work.root / "out.py").symlink_to("../out.py")
    work.commit()
    outcome = await run_check(work.root, result(work.root, app_py="x = 9\n"), "cat link.py; test -e out.py", 30)
    assert (outcome.status, outcome.output) == ("failed", "x = 9")


async def test_a_result_is_not_written_through_a_folder_that_is_only_linked(work):
    work.write("node_modules/a.js", "theirs\n")
    outcome = await run_check(work.root, result(work.root, node__modules__a_js="x\n"), "true", 30)
    made = Snapshot({"node_modules/a.js": Document.of("ours\n")})
    outcome = await run_check(work.root, Result(Snapshot(), made, ("node_modules/a.js",)), "true", 30)
    assert outcome.status == "not_run"
    assert (work.root / "node_modules/a.js").read_text() == "theirs\n"


@pytest.mark.parametrize("path", ["../escaped.py", "/tmp/escaped.py", ".git/hooks/x"])
async def test_a_result_that_leads_out_is_not_checked(work, path):
    outcome = await run_check(work.root, Result(Snapshot(), Snapshot({path: Document.of("x")}), (path,)), "true", 30)
    assert outcome.status == "not_run"


async def test_the_keys_are_not_handed_over(work, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "sk-canary")
    monkeypatch.setenv("OTHER", "seen")
    monkeypatch.setenv("GIT_DIR", str(work.root / ".git"))
    outcome = await run_check(work.root, result(work.root), "env", 30, without=("SOME_API_KEY",))
    assert "canary" not in outcome.output
    assert "GIT_DIR" not in outcome.output
    assert "OTHER=seen" in outcome.output
    assert "PYTHONDONTWRITEBYTECODE=1" in outcome.output


@pytest.mark.parametrize("layout", ["src", "server", "."])
async def test_an_editable_install_does_not_hide_the_result(work, layout, monkeypatch):
    """As `pip install -e` does it: a `.pth` in the environment names the folder of the sources."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    sources = work.root / layout
    work.write(f"{layout}/thing/__init__.py", "VALUE = 'original'\n")
    work.write(".gitignore", ".venv\n")
    venv.create(work.root / ".venv", symlinks=True)
    (packages,) = (work.root / ".venv").glob("lib/python*/site-packages")
    (packages / "thing.pth").write_text(f"{sources}\n")
    path = (Path(layout) / "thing/__init__.py").as_posix()
    base = Snapshot({path: Document.of("VALUE = 'original'\n")})
    made = Result(base, Snapshot({path: Document.of("VALUE = 'result'\n")}), (path,))
    command = "cd / && exec \"$OLDPWD\"/.venv/bin/python -c 'import thing; print(thing.VALUE)'"
    original = subprocess.run(
        [work.root / ".venv/bin/python", "-c", "import thing; print(thing.VALUE)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert original.stdout == "original\n"
    assert (await run_check(work.root, made, command, 30)).output == "result"


def running(marker: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if marker.encode() in (folder / "cmdline").read_bytes() and folder.name != str(os.getpid()):
                found.append(folder.name)
    return found


CHILDREN = (
    "{python} -c 'import time; time.sleep(60); \"{marker}\"' & {python} -c 'import time; time.sleep(60); \"{marker}\"'"
)


async def test_out_of_time_everything_is_ended(work):
    command = "echo begun; " + CHILDREN.format(python=sys.executable, marker="marker-of-timeout")
    outcome = await run_check(work.root, result(work.root), command, 1.0)
    assert (outcome.status, outcome.exit_code, outcome.output) == ("timeout", None, "begun")
    assert running("marker-of-timeout") == []


async def test_cancelling_ends_everything(work, copies):
    command = "touch begun; " + CHILDREN.format(python=sys.executable, marker="marker-of-cancel")
    task = asyncio.create_task(run_check(work.root, result(work.root), command, 60))
    while not running("marker-of-cancel"):
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 0.5)
    await asyncio.sleep(0.05)
    assert running("marker-of-cancel") == []


async def test_cancelling_while_the_copy_is_made_leaves_nothing(work, copies):
    for number in range(300):
        work.write(f"many/{number}.py", "x\n")
    task = asyncio.create_task(run_check(work.root, result(work.root), "true", 60))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_a_command_leaves_running_is_ended_with_it(work):
    command = CHILDREN.format(python=sys.executable, marker="marker-of-daemon").split(" & ")[0] + " & echo done"
    outcome = await run_check(work.root, result(work.root), command, 30)
    assert (outcome.status, outcome.output) == ("passed", "done")
    await asyncio.sleep(0.05)
    assert running("marker-of-daemon") == []


async def test_the_output_is_readable_and_speaks_of_the_workspace(work):
    command = r"""printf '\033[31mred\033[0m\n10%%\r100%%\n'; echo "File $PWD/app.py"; echo "in $PWD" """
    outcome = await run_check(work.root, result(work.root), command, 30)
    assert outcome.output == "red\n100%\nFile app.py\nin ."


async def test_endless_output_is_held_in_bounds(work):
    command = f"{sys.executable} -c \"print('first'); [print('y' * 99) for _ in range(50_000)]; print('last')\""
    outcome = await run_check(work.root, result(work.root), command, 30)
    assert outcome.output.startswith("first\n")
    assert outcome.output.endswith("last")
    assert len(outcome.output) < MAX_OUTPUT + 100


def test_of_a_long_report_the_failures_come_first():
    noise = "".join(f"tests/test_{n}.py ....\n" for n in range(1_000))
    report = noise + "=========== FAILURES ===========\nE   assert 1 == 2\n" + "more\n" * 200 + "1 failed\n"
    text = shortened(report)
    assert text.startswith("[...]\n=========== FAILURES ===========\nE   assert 1 == 2\n")
    assert text.endswith("1 failed\n")
    assert len(text) <= MAX_OUTPUT


async def test_a_file_keeps_its_encoding_in_the_copy(work):
    work.write("latin.txt", b"\xe4\n")
    made = result(work.root, latin_txt="ä\nö\n")
    outcome = await run_check(work.root, made, "od -An -tx1 latin.txt", 30)
    assert outcome.output == "e4 0a f6 0a"


async def test_outside_git(tmp_path):
    root = tmp_path / "plain"
    root.mkdir()
    (root / "a.py").write_text("1\n")
    (root / ".env").write_text("A\n")
    assert (await run_check(root, result(root, a_py="2\n"), "cat a.py .env", 30)).output == "2\nA"
