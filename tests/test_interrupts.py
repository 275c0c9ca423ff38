"""Ctrl-C reaches a process also while it finalizes an object, where Python drops exceptions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

HEARS = """
import os, signal, time
from tercel.interrupts import hear_interrupts

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

hear_interrupts(signal.SIGTERM)
try:
    {at}
    time.sleep(600)
except KeyboardInterrupt:
    print("heard")
"""
IGNORES = """
import os, signal
from tercel.interrupts import hear_interrupts
signal.signal(signal.SIGINT, signal.SIG_IGN)
hear_interrupts()
os.kill(os.getpid(), signal.SIGINT)
print("goes on")
"""


def test_an_interrupt_in_a_finalizer_is_heard_after_it(processes: Processes) -> None:
    process = processes.python("-c", HEARS.format(at="Dying()"))

    assert process.wait() == 0
    assert process.output == "heard\n"


@pytest.mark.parametrize("end", [Process.terminate, Process.interrupt])
def test_an_interrupt_anywhere_else_is_heard_at_once(processes: Processes, end: Callable[[Process], None]) -> None:
    process = processes.python("-c", HEARS.format(at='print("waits", flush=True)'))
    eventually(lambda: "waits" in process.output, describe=process.describe)

    end(process)

    assert process.wait() == 0
    assert process.output == "waits\nheard\n"


def test_a_background_job_goes_on_ignoring_ctrl_c(processes: Processes) -> None:
    process = processes.python("-c", IGNORES)

    assert process.wait() == 0
    assert process.output == "goes on\n"
