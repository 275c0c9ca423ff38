"""Keeps producers from filling Redis to the brim: a full Redis cannot even drain, for claiming needs memory too."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from redis import Redis
from redis.asyncio import Redis as RedisOnLoop

FULL_SHARE: Final = 0.8  # of maxmemory; the rest is for calls, wait lists and settling
ASK_EVERY_S: Final = 1.0  # seconds an answer is good for: INFO is not free, and memory does not fill in a moment


class _Asked:
    """What the last answer was, and whether it still holds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked_at = float("-inf")
        self._full = False

    def _is_due(self) -> bool:
        """Whether it is time to ask again; whoever is told so asks."""
        now = self._clock()
        if now - self._asked_at < ASK_EVERY_S:
            return False
        self._asked_at = now
        return True

    def _note(self, facts: Mapping[str, Any]) -> None:
        most = int(facts.get("maxmemory", 0))
        self._full = most > 0 and int(facts["used_memory"]) > FULL_SHARE * most


class MemoryGuard(_Asked):
    """Says whether Redis is too full to take more records. Thread-safe enough: a late answer does no harm."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._redis = redis

    def is_full(self) -> bool:
        """Return whether used memory is above ``FULL_SHARE`` of ``maxmemory``; never where no maximum is set."""
        if self._is_due():
            self._note(self._redis.info("memory"))
        return self._full


class MemoryGuardOnLoop(_Asked):
    """The same on an event loop."""

    def __init__(self, redis: RedisOnLoop, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._redis = redis

    async def is_full(self) -> bool:
        """As :meth:`MemoryGuard.is_full`."""
        if self._is_due():
            self._note(await self._redis.info("memory"))
        return self._full
