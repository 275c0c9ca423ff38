"""Processes of a benchmark: output kept in a folder, ended by pid whatever happens, and never outliving the bench."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.errors import BenchError
from tercel.embedded.process import ChildProcess

ROOT = Path(__file__).resolve().parents[1]
GRACE_S = 10.0  # seconds a process gets to end after SIGTERM before it is killed
TAIL_CHARACTERS = 2_000  # of output, shown when a process failed
POLL_S = 0.05  # seconds between two looks at whatever is waited for


@dataclass(slots=True)
class Child:
    """One started process and the file that holds what it prints."""

    name: str
    process: ChildProcess
    log: Path
    asked_to_end: bool = False

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def ask_to_end(self) -> None:
        """Send SIGTERM, the first time only: to Celery a second one means something else."""
        if not self.asked_to_end:
            self.asked_to_end = True
            self.process.send(signal.SIGTERM)

    def check(self) -> None:
        """Raise BenchError, with its last words, if it has ended."""
        if not self.process.running:
            raise BenchError(f"{self.name} ended with status {self.process.returncode}: {self._tail()}")

    def answer(self) -> dict[str, int]:
        """Return the JSON object on its last line, once it has ended well. Raises BenchError where there is none."""
        try:
            if self.process.wait() == 0:
                found: dict[str, int] = orjson.loads(self.log.read_bytes().splitlines()[-1])
                return found
        except (IndexError, orjson.JSONDecodeError):
            pass
        raise BenchError(f"{self.name} ended with status {self.process.returncode}: {self._tail()}")

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-TAIL_CHARACTERS:].strip() or "it printed nothing"


@contextlib.contextmanager
def running(
    program: Sequence[str | Path], *, name: str, folder: Path, env: Mapping[str, str] | None = None
) -> Iterator[Child]:
    """Run a program (an absolute path and arguments) while the context lasts; SIGTERM, then SIGKILL, end it.

    It runs in ``folder``, with our own ``TERCEL_*`` variables left out: only ``env`` configures it.
    """
    log = folder / f"{name.replace(' ', '-')}.log"
    log.write_bytes(b"")
    process = ChildProcess(program, output=log, env=clean_environment() | dict(env or {}), cwd=folder)
    child = Child(name, process, log)
    try:
        yield child
    finally:
        child.ask_to_end()
        if process.wait(GRACE_S) is None:
            process.send_to_group(signal.SIGKILL)
            process.wait()
        else:
            process.send_to_group(signal.SIGKILL)  # whatever it left in its group


def clean_environment() -> dict[str, str]:
    """Return our environment as a child needs it: the checkout importable, no ``TERCEL_*`` variable of the user's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TERCEL_") or name == "TERCEL_REDIS_SERVER"
    }
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def wait_for(done: Callable[[], bool], *, timeout_s: float, what: str, watched: Sequence[Child] = ()) -> None:
    """Look until ``done`` is true.

    Raises BenchError after ``timeout_s`` seconds, or as soon as one of the ``watched`` processes has ended.
    """
    deadline = time.monotonic() + timeout_s
    while not done():
        for child in watched:
            child.check()
        if time.monotonic() > deadline:
            raise BenchError(f"waited {timeout_s:g} s for {what}")
        time.sleep(POLL_S)
