"""`escalation stats`: the host's figures, or those of its store where none runs."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation.host.client import PREFIX
from escalation.settings.home import state
from escalation.store.opening import open_store, sqlite_url
from tests.host.processes import SERVE, Hosts
from tests.seeded import LEDGER, SHOP, seed


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the history of sixty days."""
    folder = tmp_path_factory.mktemp("seeded")
    store = open_store(sqlite_url(folder))
    seed(store, time.time_ns() // 1_000_000)
    store.close()
    return folder


@pytest.fixture
def past(seeded: Path) -> None:
    """That history, as this user's own."""
    shutil.copytree(seeded, state(), dirs_exist_ok=True)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.close()


def without_times(found: dict[str, object]) -> dict[str, object]:
    """Two answers are of two instants."""
    return {name: value for name, value in found.items() if name not in ("since", "until")}


# ---- where they come from


def test_without_a_history_it_says_how_one_begins_and_makes_no_store(run):
    answer = run("stats")
    assert answer.status == 0
    assert "Nothing has been recorded yet" in answer.out
    assert 'escalation run --task "' in answer.out
    assert not (state() / "history.db").exists()


def test_for_programs_no_history_is_one_of_nothing(run):
    found = run("stats", "--json").json
    assert (found["decisions"], found["runs"], found["repositories"]) == (0, 0, [])


@pytest.mark.usefixtures("past")
def test_without_a_host_the_store_is_read_and_none_is_started(run):
    found = run("stats", "--json").json
    assert found["decisions"] > 100
    assert not (state() / "host.json").exists()


@pytest.mark.usefixtures("past")
def test_where_a_host_runs_it_says_the_same(run, hosts):
    before = run("stats", "--json", "--days", "90").json
    here = hosts.serve()
    asked = here.client.request("GET", f"{PREFIX}/statistics?days=90").body
    found = run("stats", "--json", "--days", "90").json
    assert without_times(found) == without_times(asked) == without_times(before)


@pytest.mark.usefixtures("past")
def test_the_link_to_the_dashboard_is_shown_to_a_person_only(run, hosts):
    here = hosts.serve()
    link = f"{here.client.base}/?token={here.client.token}"
    assert here.client.token not in run("stats").out
    assert f"Dashboard: {link}" in on_a_terminal("stats")


def on_a_terminal(*arguments: str) -> str:
    """What the program says to a person."""
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env=os.environ
    )
    os.close(terminal)
    said = b""
    while True:
        try:
            part = os.read(screen, 4096)
        except OSError:  # Linux's way to say that nobody writes any more
            part = b""
        if not part:
            break
        said += part
    os.close(screen)
    assert process.wait(60) == 0
    return said.decode()


# ---- what they are of


@pytest.mark.usefixtures("past")
def test_the_days_and_the_repository_are_chosen(run):
    everything = run("stats", "--json", "--days", "90").json
    week = run("stats", "--json", "--days", "7").json
    ledger = run("stats", "--json", "--days", "90", "--repository", LEDGER).json
    assert 0 < week["decisions"] < everything["decisions"]
    assert 0 < ledger["decisions"] < everything["decisions"]
    assert (week["days"], ledger["repository"]) == (7, LEDGER)


@pytest.mark.usefixtures("past")
def test_a_repository_is_known_by_its_last_name_too(run):
    assert run("stats", "--json", "--repository", "ledger").json["repository"] == LEDGER


@pytest.mark.usefixtures("past")
def test_an_unknown_repository_is_refused_with_those_there_are(run):
    answer = run("stats", "--repository", "nothing")
    assert answer.status == 2
    assert answer.err.startswith("escalation: nothing is no repository of the history; there is ")
    assert LEDGER in answer.err
    assert SHOP in answer.err


@pytest.mark.usefixtures("past")
def test_a_time_without_anything_is_no_error(run):
    store = open_store(sqlite_url(state()))
    store.prune(time.time_ns() // 1_000_000)
    store.close()
    answer = run("stats", "--days", "1", "--repository", SHOP)
    assert answer.status == 0  # one is under way there still
    assert "1 change was judged" in answer.out


@pytest.mark.parametrize("days", ["0", "-1", "3651", "many"])
def test_days_are_a_number_of_days(run, days):
    answer = run("stats", f"--days={days}")
    assert answer.status == 2
    assert "days are a number from 1 to 3650" in answer.err


# ---- how they are written


@pytest.mark.usefixtures("past")
def test_the_report_has_the_figures_of_the_record(run):
    found, text = run("stats", "--json", "--days", "90").json, run("stats", "--days", "90").out
    assert text.startswith("The last 90 days  all repositories\n")
    for name, title in (("escalation", "escalation"), ("success", "success"), ("false_negatives", "false negatives")):
        rate = found["rates"][name]
        line = re.search(rf"^  {title} .*$", text, re.M)[0]
        assert f" {rate['hits']} of {rate['n']} " in line
        assert f" {rate['rate']:.0%} " in line
        assert f"{rate['low'] * 100:.0f}–{rate['high']:.0%}" in line
    assert f"${found['spending']['total']:.2f}" in text
    for row in found["reasons"]:
        assert re.search(rf"^  {row['title'][:20]}.* {row['seen']} +{row['spoke']} +{row['right']} ", text, re.M)
    for words in found["suggestions"]:
        assert f"  • {words}" in text


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("columns", [60, 80, 160])
def test_every_figure_fits_on_the_terminal(run, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    text = run("stats", "--days", "90").out
    tables = text.split("\nRates\n")[1].split("\nWhat the figures suggest")[0]
    assert max(len(line.rstrip()) for line in tables.splitlines()) <= columns
    assert columns < 80 or "…" not in text
