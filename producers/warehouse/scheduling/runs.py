"""Scheduled runs, each in a process of its own: ``tercel sync run NAME --scheduled``, as a timer would start it.

A process of its own, because a run may take an hour of one core; and because it then ends like any other, also with
``kill -9``, and is resumed like any other. It does not outlive the one who started it.
"""

from __future__ import annotations

import signal
import sys
import threading
from typing import Final

from tercel.embedded.process import ChildProcess

STOPPED: Final = "stopped"
_ENDINGS: Final = {0: "completed", 1: "failed", 3: "failed", 4: "completed with errors", 130: "interrupted"}


class ScheduledRuns:
    """The runs that this process has going."""

    def __init__(self, program: tuple[str, ...] = (sys.executable, "-m", "tercel")) -> None:
        self._program = program
        self._lock = threading.Lock()
        self._going: set[ChildProcess] = set()
        self._stopping = False

    def run(self, sync: str) -> str:
        """Run a sync, and return how that ended in a word or two. Raises OSError where it cannot be started."""
        with self._lock:
            if self._stopping:
                return STOPPED
            child = ChildProcess([*self._program, "sync", "run", sync, "--scheduled", "--json"], output=None)
            self._going.add(child)
        try:
            status = child.wait()
        finally:
            with self._lock:
                self._going.discard(child)
        return _ENDINGS.get(-1 if status is None else status, f"exit status {status}")

    def stop(self) -> None:
        """Have every run stop in good order, and begin none any more."""
        with self._lock:
            self._stopping = True
            for child in self._going:
                child.send(signal.SIGTERM)
