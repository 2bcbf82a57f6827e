from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import sys
from datetime import date

import pytest

from escalation.flow.spending import OverBudget
from escalation.repository.spending import DayLedger

RACER = """
from escalation.repository.spending import DayLedger
ledger = DayLedger()
for _ in range(50):
    reservation = ledger.reserve(1.0, 100.0)
    if reservation:
        ledger.settle(reservation, 0.5)
        print("spent", flush=True)
"""
VICTIM = """
import time
from escalation.repository.spending import DayLedger
DayLedger().reserve(2.5, 100.0)
print("reserved", flush=True)
time.sleep(60)
"""


def today(home):
    return home / "spending" / f"{date.today().isoformat()}.jsonl"


def test_a_reservation_counts_until_it_is_settled(hermetic):
    ledger = DayLedger()
    assert ledger.spent_today() == 0
    first = ledger.reserve(3.0, 5.0)
    assert ledger.spent_today() == 3.0
    assert ledger.reserve(2.5, 5.0) is None
    ledger.settle(first, 0.25)
    assert ledger.spent_today() == 0.25
    assert ledger.reserve(4.75, 5.0)


def test_what_is_no_amount_is_never_spent_and_never_forgotten(hermetic):
    ledger = DayLedger()
    assert ledger.reserve(float("nan"), 5.0) is None
    assert ledger.reserve(float("inf"), 5.0) is None
    reservation = ledger.reserve(1.0, 5.0)
    ledger.settle(reservation, float("nan"))
    assert ledger.spent_today() == 1.0
    ledger.settle(reservation, -3.0)
    assert ledger.spent_today() == 0.0


def test_processes_that_race_never_pass_the_ceiling(hermetic):
    racers = [subprocess.Popen([sys.executable, "-c", RACER], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    spent = sum(racer.communicate(timeout=60)[0].count("spent") for racer in racers)
    assert DayLedger().spent_today() == spent * 0.5
    # 200 calls of 0.50: the ceiling of 100 leaves no room for the worst case of the last ones.
    assert 100.0 - 4.0 <= DayLedger().spent_today() <= 100.0


def test_the_reservation_of_a_killed_process_counts_in_full(hermetic):
    victim = subprocess.Popen([sys.executable, "-c", VICTIM], stdout=subprocess.PIPE, text=True)
    assert victim.stdout.readline() == "reserved\n"
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    assert DayLedger().spent_today() == 2.5
    assert DayLedger().reserve(1.0, 3.0) is None
    assert DayLedger().reserve(0.5, 3.0)


def test_damaged_lines_are_passed_over_and_told(hermetic, caplog):
    ledger = DayLedger()
    ledger.reserve(1.0, 9.0)
    with today(hermetic).open("ab") as file:
        file.write(b'\xff\xfe\n[1]\n{"id": "x", "usd": "NaN"}\n{"id": 1}\n{"id": "y", "us')
    ledger.reserve(2.0, 9.0)
    with caplog.at_level(logging.WARNING):
        assert DayLedger().spent_today() == 3.0
    assert "5 damaged lines" in caplog.text


def test_yesterday_does_not_count_but_is_settled_there(hermetic):
    ledger = DayLedger()
    ledger.reserve(1.0, 2.0)
    today(hermetic).rename(today(hermetic).with_name("2020-01-01.jsonl"))
    assert ledger.spent_today() == 0.0
    ledger.settle("2020-01-01/abc", 0.5)
    assert ledger.spent_today() == 0.0
    assert json.loads(today(hermetic).with_name("2020-01-01.jsonl").read_text().splitlines()[-1])["usd"] == 0.5


def test_the_files_are_the_users_own(hermetic):
    DayLedger().reserve(1.0, 2.0)
    assert stat.S_IMODE(today(hermetic).stat().st_mode) == 0o600
    assert stat.S_IMODE((hermetic / "spending").stat().st_mode) == 0o700


def test_where_nothing_can_be_recorded_nothing_is_spent(hermetic):
    (hermetic / "spending").write_text("in the way")
    with pytest.raises(OverBudget, match="cannot be recorded"):
        DayLedger().reserve(1.0, 2.0)
