"""The clock counts work, not what passes while nobody can work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from escalation.flow.clock import Clock

WORKER = """
import asyncio
from escalation.flow.clock import Clock

async def main():
    try:
        async with Clock({seconds}).limit():
            print("working", flush=True)
            for _ in range(6):
                await asyncio.sleep(0.1)
        print("done")
    except TimeoutError:
        print("out of time")

asyncio.run(main())
"""


async def test_work_that_fits_is_not_disturbed():
    clock = Clock(60.0)
    async with clock.limit():
        await asyncio.sleep(0)
    assert 0 < clock.left() <= 60.0


async def test_work_that_does_not_fit_is_ended():
    with pytest.raises(TimeoutError):
        async with Clock(0.1).limit():
            await asyncio.Event().wait()


async def test_what_an_earlier_life_worked_is_gone():
    clock = Clock(100.0)
    clock.charge(99.95)
    assert clock.charged == 99.95
    with pytest.raises(TimeoutError):
        async with clock.limit():
            await asyncio.Event().wait()


async def test_the_time_before_the_work_begins_is_none():
    clock = Clock(0.2)
    await asyncio.sleep(0.4)
    async with clock.limit():
        await asyncio.sleep(0)


async def test_a_cancelled_task_is_cancelled_and_not_out_of_time():
    async def work() -> None:
        async with Clock(60.0).limit():
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def worker(seconds: float) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", WORKER.format(seconds=seconds)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals that stop a process")
def test_a_process_that_was_stopped_for_longer_than_its_time_goes_on_and_finishes():
    with worker(seconds=4.0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(5.0)
        os.kill(process.pid, signal.SIGCONT)
        assert process.stdout.read() == "done\n"


def test_one_that_works_for_longer_does_not():
    with worker(seconds=0.3) as process:
        assert process.stdout is not None
        assert process.stdout.read() == "working\nout of time\n"
