"""Keeps producers from filling Redis to the brim: a full Redis cannot even drain, for claiming needs memory too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from redis import Redis

FULL_SHARE: Final = 0.8  # of maxmemory; the rest is for calls, wait lists and settling
ASK_EVERY_S: Final = 1.0  # seconds an answer is good for: INFO is not free, and memory does not fill in a moment


class MemoryGuard:
    """Says whether Redis is too full to take more records. Thread-safe enough: a late answer does no harm."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._clock = clock
        self._asked_at = float("-inf")
        self._full = False

    def is_full(self) -> bool:
        """Return whether used memory is above ``FULL_SHARE`` of ``maxmemory``; never where no maximum is set."""
        now = self._clock()
        if now - self._asked_at >= ASK_EVERY_S:
            self._asked_at = now
            facts = self._redis.info("memory")
            most = int(facts.get("maxmemory", 0))
            self._full = most > 0 and int(facts["used_memory"]) > FULL_SHARE * most
        return self._full
