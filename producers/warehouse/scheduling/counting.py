"""From where the due times of each sync are counted: a word in Redis that only one process moves on.

Whoever moves it from what it was has the run; everybody else comes too late. So two beats, a message that comes twice
and an outage of ten due times all end in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self, cast

import orjson
from redis import Redis

from tercel.schedules import Schedule

KEPT_S: Final = 30  # seconds after which a beat that says nothing more is gone


@dataclass(frozen=True, slots=True)
class Counted:
    """Since when due times count, and by which schedule: those of another one say nothing."""

    since: datetime
    schedule: str

    @classmethod
    def read(cls, value: bytes) -> Self:
        """Make one of what is kept."""
        said = orjson.loads(value)
        return cls(datetime.fromisoformat(said["since"]), said["schedule"])

    def kept(self) -> bytes:
        """Return what is kept."""
        return orjson.dumps({"since": self.since.isoformat(), "schedule": self.schedule})


def named(schedule: Schedule) -> str:
    """Return what tells one schedule from another."""
    return f"{schedule.text} ({schedule.zone.key})"


class Counts:
    """The words of all syncs, on the Redis of the lanes. redis-py's errors are not translated."""

    def __init__(self, redis: Redis, *, prefix: str = "") -> None:
        self._redis, self._prefix = redis, prefix

    def of(self, syncs: Iterable[str]) -> dict[str, bytes | None]:
        """Return the words as they are kept, by sync; None for one that was never counted."""
        names = list(syncs)
        found = cast("list[bytes | None]", self._redis.mget(map(self._key, names))) if names else []
        return dict(zip(names, found, strict=True))

    def move(self, sync: str, before: bytes | None, after: Counted) -> bool:
        """Move a word on from what it was. False: it is not that any more, and was left as it is."""
        key = self._key(sync)

        def moved(pipe: Any) -> bool:
            if pipe.get(key) != before:
                pipe.multi()
                return False
            pipe.multi()
            pipe.set(key, after.kept())
            return True

        transaction = cast("Callable[..., bool]", self._redis.transaction)
        return transaction(moved, key, value_from_callable=True)

    def keep(self) -> None:
        """Say that somebody keeps the schedules."""
        self._redis.set(f"{self._prefix}tercel:schedules:kept", 1, ex=KEPT_S)

    def are_kept(self) -> bool:
        """Whether somebody has said so lately."""
        return bool(self._redis.exists(f"{self._prefix}tercel:schedules:kept"))

    def _key(self, sync: str) -> str:
        return f"{self._prefix}tercel:sync:{sync}:counted"
