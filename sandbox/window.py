"""The rate limit as a true sliding window, and the busiest second that was seen. Time is in nanoseconds, monotonic."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request got a place; if not, ``free_in_ns`` is the time until the oldest place is free again."""

    admitted: bool
    free_in_ns: int = 0


ADMITTED = Verdict(True)


class SlidingWindow:
    """Admits at most ``limit`` requests in any second: the half-open span [t, t + 1 s) wherever it is laid."""

    def __init__(self, limit: int, *, count_rejected: bool = False) -> None:
        """``limit`` 0 admits all; with ``count_rejected`` a refused request takes a place as well."""
        self._limit = limit
        self._count_rejected = count_rejected
        self._places: deque[int] = deque()

    def admit(self, now_ns: int) -> Verdict:
        """Decide about a request that arrives now. Call it in the order of arrival."""
        if self._limit == 0:
            return ADMITTED
        places = self._places
        while places and places[0] <= now_ns - SECOND_NS:
            places.popleft()
        if len(places) < self._limit:
            places.append(now_ns)
            return ADMITTED
        if self._count_rejected:
            places.append(now_ns)
        return Verdict(False, places[-self._limit] + SECOND_NS - now_ns)


class BusiestSecond:
    """The largest number of moments in any one second, kept up to date as they come."""

    def __init__(self) -> None:
        self.largest = 0
        self._recent: deque[int] = deque()

    def add(self, now_ns: int) -> None:
        """Count one more moment, not earlier than the last one."""
        recent = self._recent
        recent.append(now_ns)
        while recent[0] <= now_ns - SECOND_NS:
            recent.popleft()
        self.largest = max(self.largest, len(recent))
