"""Pausing a sync: a word in Redis that outlives every process. A paused sync is not run, by hand or by a timer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import orjson
from redis import Redis

from tercel.store.values import utc_now


@dataclass(frozen=True, slots=True)
class Paused:
    """Since when a sync is paused, by whom, and why (empty: nobody said)."""

    since: datetime
    by: str
    reason: str


class Pauses:
    """Which syncs are paused, on the Redis of their lanes. redis-py's errors are not translated."""

    def __init__(self, redis: Redis, *, prefix: str = "", now: Callable[[], datetime] = utc_now) -> None:
        self._redis = redis
        self._key = f"{prefix}tercel:syncs:paused"
        self._now = now

    def pause(self, sync: str, *, by: str, reason: str = "") -> Paused:
        """Pause a sync and return what holds now: a sync that was paused before stays as it was."""
        value = orjson.dumps({"since": self._now().isoformat(), "by": by, "reason": reason})
        self._redis.hsetnx(self._key, sync, value)
        found = self.of(sync)
        return found or Paused(self._now(), by, reason)  # somebody has just resumed it

    def resume(self, sync: str) -> bool:
        """Let a sync run again. False: it was not paused."""
        return bool(self._redis.hdel(self._key, sync))

    def of(self, sync: str) -> Paused | None:
        """Return how a sync is paused; None where it is not."""
        value = cast("bytes | None", self._redis.hget(self._key, sync))
        return None if value is None else _paused(value)

    def all(self) -> dict[str, Paused]:
        """Return every paused sync by name, those that are no longer configured included."""
        found = cast("dict[bytes, bytes]", self._redis.hgetall(self._key))
        return {name.decode(): _paused(value) for name, value in found.items()}


def _paused(value: bytes) -> Paused:
    said = orjson.loads(value)
    return Paused(datetime.fromisoformat(said["since"]), said["by"], said["reason"])
