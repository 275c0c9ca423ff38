"""The supervisor: what dies is started again, what is told to end ends once, nothing is left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tercel.cli.supervising import LONGEST_PAUSE_S, Program, Supervisor, pause_before_restart
from tests.support.processes import Processes, alive
from tests.support.waiting import eventually

# Says its pid, once for each signal that it got; ends by itself on the first.
OBEDIENT = """
import os, pathlib, signal, sys
notes = pathlib.Path(sys.argv[1])
def end(*_):
    with notes.open("a") as file: print("told", file=file)
    raise SystemExit(0)
signal.signal(signal.SIGTERM, end)
with notes.open("a") as file: print(os.getpid(), file=file)
while True: signal.pause()
"""
DEAF = OBEDIENT.replace("raise SystemExit(0)", "return")


class Clock:
    """A clock that every look moves on, so that pauses cost a test no time."""

    def __init__(self, step_s: float) -> None:
        self.now, self._step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now += self._step_s
        return self.now


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    file = tmp_path / "notes"
    file.touch()
    return file


def pids(notes: Path) -> list[int]:
    return [int(line) for line in notes.read_text().split() if line.isdecimal()]


def program(source: str, notes: Path, **options: object) -> Program:
    return Program("child", (sys.executable, "-c", source, str(notes)), **options)  # type: ignore[arg-type]


def run_until(supervisor: Supervisor, condition: Callable[[], bool]) -> int:
    """Run in this, the main thread; another one looks whether the condition holds and then asks for the end."""

    def stop() -> None:
        try:
            eventually(condition)
        finally:
            supervisor.stop()

    watcher = threading.Thread(target=stop)
    watcher.start()
    status = supervisor.run()
    watcher.join()
    return status


def test_a_child_is_told_once_and_the_exit_status_is_0(notes: Path) -> None:
    supervisor = Supervisor([program(OBEDIENT, notes)], grace_s=10, say=lambda text: None)

    status = run_until(supervisor, lambda: len(pids(notes)) == 1)

    assert status == 0
    assert notes.read_text().count("told") == 1
    assert not alive(pids(notes)[0])


def test_a_child_that_dies_is_started_again_and_it_is_said(notes: Path) -> None:
    said: list[str] = []
    killed: set[int] = set()
    supervisor = Supervisor([program(OBEDIENT, notes)], grace_s=60, say=said.append, clock=Clock(0.05))

    def kill_the_first() -> bool:
        found = pids(notes)
        if found and not killed:
            killed.add(found[0])
            os.kill(found[0], signal.SIGKILL)
        return len(found) == 2

    status = run_until(supervisor, kill_the_first)

    assert status == 0
    assert said == ["child was ended by SIGKILL; starting it again in 1 s"]
    assert not any(alive(pid) for pid in pids(notes))


def test_a_child_that_does_not_listen_is_killed_and_the_exit_status_says_so(notes: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([program(DEAF, notes)], grace_s=0.5, say=said.append)

    status = run_until(supervisor, lambda: len(pids(notes)) == 1)

    assert status == 1
    assert "did not end by itself and is killed" in said[0]
    assert not alive(pids(notes)[0])


def test_what_cannot_work_at_all_ends_everything(notes: Path) -> None:
    said: list[str] = []
    hopeless = program("raise SystemExit(7)", notes, most_failures=2)
    supervisor = Supervisor([program(OBEDIENT, notes), hopeless], grace_s=60, say=said.append, clock=Clock(0.05))

    status = supervisor.run()

    assert status == 1
    assert said[-1] == "child ended unexpectedly with exit status 7, 2 times in a row: giving up"
    assert not any(alive(pid) for pid in pids(notes))


def test_what_others_need_ends_after_them(tmp_path: Path) -> None:
    order = tmp_path / "order"
    source = OBEDIENT.replace('print("told"', "print(sys.argv[2]")
    programs = [
        Program(name, (sys.executable, "-c", source, str(order), name), ends_last=name == "needed")
        for name in ("needed", "first")
    ]
    order.touch()

    run_until(Supervisor(programs, grace_s=10, say=lambda text: None), lambda: len(pids(order)) == 2)

    assert [line for line in order.read_text().split() if not line.isdecimal()] == ["first", "needed"]


def test_pauses_grow_to_a_bound() -> None:
    pauses = [pause_before_restart(failures) for failures in range(1, 2_000)]

    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_S


def test_children_end_when_the_supervisor_is_killed(processes: Processes, notes: Path) -> None:
    source = (
        "import sys; from tercel.cli.supervising import Program, Supervisor; "
        f"Supervisor([Program('child', (sys.executable, '-c', {OBEDIENT!r}, {str(notes)!r}))], "
        "grace_s=10, say=print).run()"
    )
    supervisor = processes.python("-c", source)
    child = eventually(lambda: pids(notes)[0], describe=supervisor.describe)

    supervisor.kill9()

    eventually(lambda: not alive(child), describe="the child to end")
    assert "told" in notes.read_text()
