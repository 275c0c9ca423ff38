"""The heartbeat file: it says that a worker's own loop still turns. ``ops/heartbeat.py`` judges it in the same way."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from workers.watching import instruments
from workers.watching.events import HeartbeatFailed, emit

EVERY_S: Final = 5.0  # seconds between two writes; a probe asks for less than 30


class Heartbeat:
    """Writes the file every ``every_s`` seconds at most, and the metric with it. For one thread: the worker's loop.

    ``path`` None writes the metric alone. A file that cannot be written is logged once and tried again: a worker whose
    disk is full still delivers.
    """

    def __init__(
        self,
        path: Path | None,
        every_s: float = EVERY_S,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._every_s = path, every_s
        self._clock, self._monotonic = clock, monotonic
        self._next = float("-inf")
        self._failed = False

    def beat(self) -> None:
        """Show a sign of life, where it is time for one. Cheap enough for every turn of a loop."""
        now = self._monotonic()
        if now < self._next:
            return
        self._next = now + self._every_s
        at_s = self._clock()
        instruments.alive(at_s)
        if self._path is not None:
            self._write(self._path, at_s)

    def _write(self, path: Path, at_s: float) -> None:
        # Several processes of one host may share the file: each writes one of its own and puts it in place whole.
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps({"pid": os.getpid(), "time": at_s}), encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            if not self._failed:
                emit(HeartbeatFailed(path=str(path), error=error.strerror or type(error).__name__))
            self._failed = True
        else:
            self._failed = False


def is_alive(path: Path, max_age_s: float, *, clock: Callable[[], float] = time.time) -> bool:
    """Say whether the file was written within ``max_age_s`` seconds; False where there is none, or none to be read."""
    try:
        return clock() - path.stat().st_mtime <= max_age_s
    except OSError:
        return False
