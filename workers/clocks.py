"""What Redis' clock says, on this process's own: a slot that Redis grants must be met here to the millisecond."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

KEEP_S: Final = 10.0  # seconds an observation counts; clocks drift apart by far less than a millisecond in that time


class RedisClock:
    """Tells Redis' time here. Thread-safe.

    An answer says what Redis' clock showed at some instant between asking and hearing. The quicker the answer, the less
    is left open, so the quickest one of late decides: an answer alone may have been on its way, or its thread not have
    been woken, for longer than a request may be late.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[tuple[float, float, float]] = deque()  # heard, seconds on the way, offset; ways grow

    def observe(self, asked: float, heard: float, shown: float) -> None:
        """Note that Redis' clock showed ``shown`` (seconds since 1970) between two instants of ``time.monotonic``."""
        way, offset = heard - asked, shown - (asked + heard) / 2
        with self._lock:
            seen = self._seen
            if seen and abs(offset - seen[0][2]) > (way + seen[0][1]) / 2 + KEEP_S / 1000:
                seen.clear()  # Redis' clock was put right: what was seen before says nothing any more
            while seen and seen[-1][1] >= way:
                seen.pop()
            seen.append((heard, way, offset))
            while seen[0][0] < heard - KEEP_S:
                seen.popleft()

    def here(self, shown: float) -> float:
        """Return when, in ``time.monotonic`` seconds, Redis' clock shows this. Something must have been observed."""
        with self._lock:
            return shown - self._seen[0][2]
