"""Whatever ends a host, no run is lost, none is stuck, and nothing that was kept is paid again. The large version is
`python -m bench recovery`."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalation.scripted.script import text
from escalation.scripted.server import running
from tests.repository.checkout import Checkout
from tests.workflow.hosting import APP, POLITE, crash, hosts, recorded, submission, three_tiers, until
from tests.workflow.serving import SECRET

RUNS = 8


@pytest.fixture
def start() -> Iterator[Any]:
    with hosts() as start:
        yield start


@pytest.fixture(params=["", pytest.param("postgresql", marks=pytest.mark.postgresql)], ids=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Empty: files."""
    return str(request.getfixturevalue("postgresql_url")) if request.param else ""


@pytest.mark.parametrize("progress", [0.05, 0.4, 0.8])
def test_a_host_that_is_killed_loses_no_run_and_pays_nothing_twice_that_it_kept(start, database, tmp_path, progress):
    with running(three_tiers(0.05)) as server:

        def instant() -> None:
            until(lambda: len(server.calls) >= progress * RUNS * 6)
            time.sleep(random.uniform(0, 0.05))

        found = crash(start, tmp_path, server, instant, database=database, runs=RUNS)
        assert list(found.wrong()) == []
        assert found.paid_twice <= 5  # those that were under way
        assert "Traceback" not in found.log


def test_a_host_that_is_killed_again_and_again_ends_its_run(start, tmp_path):
    given = {"submissions": [submission("run-0")]}
    with running(three_tiers(0.2)) as server:
        for answered in range(1, 5):
            host = start(tmp_path, server, **given)
            until(lambda answered=answered: sum(recorded(tmp_path).values()) >= answered)
            host.kill()
        host = start(tmp_path, server, follow=True, **given)
        outcome = host.read("outcomes")["outcomes"]["run-0"]
        assert (outcome["outcome"], outcome["files"]) == ("success", {"app.py": POLITE})
        told = [line for line in host.lines if "run" in line]
        numbers = [line["id"] for line in told if "." not in line["id"]]
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
        assert [line["type"] for line in told].count("host.resumed") == 4
        assert [line["type"] for line in told].count("tier.start") == 3
        assert len(server.calls) <= 6 + 4


def test_who_followed_a_host_that_was_killed_hears_the_rest(start, tmp_path):
    given = {"submissions": [submission("run-0")], "follow": True}
    with running(three_tiers(0.2)) as server:
        first = start(tmp_path, server, **given)
        until(lambda: len(server.calls) >= 4)
        first.kill()
        heard = [json.loads(line) for line in first.process.stdout]
        before = [line for line in (*first.lines, *heard) if "run" in line]
        second = start(tmp_path, server, **given)
        second.read("outcomes")
        after = {line["id"]: line for line in second.lines if "run" in line and "." not in line["id"]}
        assert all(after[line["id"]] == line for line in before if "." not in line["id"])  # nothing is told otherwise


# ---- time


def test_a_host_that_is_stopped_for_longer_than_a_run_may_take_goes_on_and_finishes(start, tmp_path):
    with running(three_tiers(0.1)) as server:
        host = start(tmp_path, server, submissions=[submission("run-0", timeout=12.0)])
        until(lambda: len(server.calls) >= 3)
        host.signal(signal.SIGSTOP)
        time.sleep(13.0)
        host.signal(signal.SIGCONT)
        assert host.read("outcomes")["outcomes"]["run-0"]["outcome"] == "success"


def test_a_host_that_was_away_for_longer_than_a_run_may_take_goes_on_and_finishes(start, tmp_path):
    given = {"submissions": [submission("run-0", timeout=12.0)]}
    with running(three_tiers(0.2)) as server:
        host = start(tmp_path, server, **given)
        until(lambda: sum(recorded(tmp_path).values()) >= 3)
        host.kill()
        time.sleep(13.0)
        host = start(tmp_path, server, **given)
        assert host.read("outcomes")["outcomes"]["run-0"]["outcome"] == "success"
        assert len(server.calls) <= 7


def test_what_a_run_worked_before_the_kill_counts_against_its_time(start, tmp_path):
    def slow(request):
        return text("Done.", wait=6.0)

    given = {"submissions": [submission("run-0", timeout=11.0)]}
    with running(slow) as server:
        host = start(tmp_path, server, **given)
        until(lambda: sum(recorded(tmp_path).values()) >= 1)
        host.kill()
        outcome = start(tmp_path, server, **given).read("outcomes")["outcomes"]["run-0"]
        assert outcome["outcome"] == "timeout"


# ---- secrets


def secret_files() -> dict[str, str]:
    return {"app.py": f'TOKEN = "{SECRET}"\n\n\n{APP}'}


def killed_and_ended(start, folder: Path, **fields: Any) -> dict[str, Any]:
    """The outcome of a run whose host was killed."""
    given = {"submissions": [submission("run-0", **fields)]}
    with running(three_tiers(0.2)) as server:
        host = start(folder, server, **given)
        until(lambda: sum(recorded(folder).values()) >= 3)
        host.kill()
        for file in folder.glob("*.db*"):
            assert SECRET.encode() not in file.read_bytes()
        found = start(folder, server, **given).read("outcomes")["outcomes"]["run-0"]
        assert len(server.calls) <= 7
        return found


def test_the_secrets_of_a_workspace_are_found_again(start, tmp_path):
    checkout = Checkout.create(tmp_path / "work")
    checkout.commit(secret_files())
    outcome = killed_and_ended(start, tmp_path / "state", contents={}, files=["app.py"], root=str(checkout.root))
    assert outcome["outcome"] == "success"
    assert outcome["complete"]
    assert outcome["files"] == {"app.py": f'TOKEN = "{SECRET}"\n\n\n{POLITE}'}


def test_those_of_texts_that_were_only_sent_are_lost_and_that_is_said(start, tmp_path):
    outcome = killed_and_ended(start, tmp_path, contents=secret_files())
    assert outcome["outcome"] == "success"
    assert not outcome["complete"]
    assert "REDACTED_" in outcome["files"]["app.py"]
    assert SECRET not in outcome["files"]["app.py"]


def test_those_of_a_file_that_has_changed_meanwhile_are_lost(start, tmp_path):
    checkout = Checkout.create(tmp_path / "work")
    checkout.commit({"app.py": APP})
    sent = secret_files()
    outcome = killed_and_ended(start, tmp_path / "state", contents=sent, root=str(checkout.root))
    assert outcome["outcome"] == "success"
    assert not outcome["complete"]
