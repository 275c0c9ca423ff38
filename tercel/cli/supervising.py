"""Keeping processes alive, and ending them in good order: the heart of ``worker``, ``up`` and ``flower``.

Children lead sessions of their own, so a Ctrl-C in the terminal reaches only us; we tell them, once, with SIGTERM. They
are started by the main thread through ``tercel/embedded/launch.py``: if we are killed, the kernel tells them instead.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from tercel.embedded.process import LAUNCHER
from tercel.errors import UsageError

POLL_S: Final = 0.1  # seconds between two looks at the children
FIRST_PAUSE_S: Final = 1.0  # seconds before a child that died is started again; doubled for each death in a row
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 60.0  # seconds a child must have run for its death not to count as one in a row
IMPATIENT_AFTER_S: Final = 1.0  # seconds after which a second signal is a person's, not the echo of the first
KILL_WAIT_S: Final = 5.0  # seconds that the kernel gets to end a killed child


@dataclass(frozen=True, slots=True)
class Program:
    """What to keep running. ``log`` takes its output; without one it shares ours.

    ``most_failures`` in a row end everything: for what cannot do its work at all, such as a server whose port is taken.
    ``ends_last`` programs are told to stop when the others have ended, because those still need them.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = field(default=None, repr=False)
    log: Path | None = None
    most_failures: int | None = None
    ends_last: bool = False


def pause_before_restart(failures: int) -> float:
    """Return the seconds to wait before a restart after so many deaths in a row: 1, 2, 4, ... at most 30."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))


class _Child:
    """One program and the process that runs it now."""

    def __init__(self, program: Program, clock: Callable[[], float]) -> None:
        self.program = program
        self.failures = 0
        self.restart_at: float | None = None
        self._clock = clock
        self._started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.restart_at = None
        self._started_at = self._clock()
        self._process = spawn(self.program)

    def look(self) -> str | None:
        """Note a death and return what to say about it; start again what is due."""
        if self.restart_at is not None:
            if self._clock() >= self.restart_at:
                self.start()
            return None
        if self.running or self._process is None:
            return None
        steady = self._clock() - self._started_at >= STEADY_S
        self.failures = 1 if steady else self.failures + 1
        pause = pause_before_restart(self.failures)
        self.restart_at = self._clock() + pause
        log = f"; see {self.program.log}" if self.program.log else ""
        return f"{self.program.name} {_ending(self._process.returncode)}; starting it again in {pause:g} s{log}"

    @property
    def hopeless(self) -> bool:
        return self.program.most_failures is not None and self.failures >= self.program.most_failures

    def send(self, number: signal.Signals) -> None:
        if self.running and self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it and every process it started, unless it has ended."""
        if self.running and self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(KILL_WAIT_S)


class Supervisor:
    """Runs programs until told to stop. Use it from the main thread."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        grace_s: float,
        say: Callable[[str], None],
        tick: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``grace_s`` seconds are what children get to end by themselves; ``tick`` is called at every look."""
        self._children = [_Child(program, clock) for program in programs]
        self._grace_s, self._say, self._tick, self._clock = grace_s, say, tick, clock
        self._stop, self._now = threading.Event(), False
        self._asked_at = 0.0

    def stop(self) -> None:
        """Ask for the end; asked again after a moment, for the end at once. Safe in a signal handler."""
        if not self._stop.is_set():
            self._asked_at = self._clock()
            self._stop.set()
        elif self._clock() - self._asked_at > IMPATIENT_AFTER_S:
            self._now = True

    def run(self) -> int:
        """Run until :meth:`stop`, or until a program is past hope. Return the exit status: 0 for a stop in good order.

        Whatever happens, no child is left behind.
        """
        hopeless = False
        try:
            for child in self._children:
                child.start()
            while not hopeless and not self._stop.wait(POLL_S):
                for child in self._children:
                    said = child.look()
                    if said and child.hopeless:
                        hopeless = True
                        self._say(f"{said.partition(';')[0]}, {child.failures} times in a row: giving up{_log(child)}")
                        break
                    if said:
                        self._say(said)
                self._tick()
        finally:
            in_time = self._end_all()
        return 0 if in_time and not hopeless else 1

    def _end_all(self) -> bool:
        """End every child, those that others need last. False: some had to be killed."""
        in_time = True
        for last in (False, True):
            some = [child for child in self._children if child.program.ends_last is last]
            in_time = self._end(some) and in_time
        return in_time

    def _end(self, children: Sequence[_Child]) -> bool:
        for child in children:
            child.send(signal.SIGTERM)
        deadline = self._clock() + self._grace_s
        while not self._now and any(child.running for child in children) and self._clock() < deadline:
            time.sleep(POLL_S / 4)
        stragglers = [child for child in children if child.running]
        for child in stragglers:
            self._say(f"{child.program.name} did not end by itself and is killed; nothing that was accepted is lost")
            child.kill()
        return not stragglers


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start a program that gets SIGTERM when this process dies. Raises UsageError where it cannot be started."""
    command = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(signal.SIGTERM)), "auto"]
    try:
        if program.log is None:
            return _popen([*command, *program.command], program.env, None)
        program.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with program.log.open("ab") as sink:
            return _popen([*command, *program.command], program.env, sink.fileno())
    except OSError as error:
        raise UsageError(f"{program.name} cannot be started: {error.strerror or error}.") from error


def _popen(command: Sequence[str], env: Mapping[str, str] | None, output: int | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True
    )


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` for SIGTERM, SIGINT and SIGHUP (the terminal was closed) while the context lasts."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ending(returncode: int) -> str:
    if returncode < 0:
        return f"was ended by {_signal_name(-returncode)}"
    return f"ended unexpectedly with exit status {returncode}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _log(child: _Child) -> str:
    return f"; see {child.program.log}" if child.program.log else ""
