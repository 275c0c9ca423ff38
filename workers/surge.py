"""Notices when most records of a lane are suddenly rejected for one and the same reason.

Then it is a setting that is wrong, not the records: somebody forgot to create an attribute and wants to go on when it
exists, instead of finding a million rejections.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from redis import Redis

from tercel.records import LaneKind


@dataclass(frozen=True, slots=True)
class SurgeRule:
    """A lane halts when ``share`` of at least ``records`` records within ``window_s`` seconds have one reason."""

    share: float
    records: int
    window_s: float


class Surge:
    """Counts, over all workers, what lately became of each lane's records."""

    def __init__(self, redis: Redis, rule: SurgeRule, *, prefix: str = "") -> None:
        self._redis = redis
        self._rule = rule
        self._prefix = prefix
        self._lock = threading.Lock()
        self._delivered: Counter[tuple[str, LaneKind]] = Counter()

    def settled(self, deployment: str, kind: LaneKind, records: int) -> None:
        """Note records that were delivered. They count from the next :meth:`share` on, which is due within moments."""
        with self._lock:
            self._delivered[deployment, kind] += records

    def share(self) -> None:
        """Count what was delivered since the last time, for all workers to see."""
        with self._lock:
            delivered, self._delivered = self._delivered, Counter()
        for (deployment, kind), records in delivered.items():
            self._count(deployment, kind, {"all": records})

    def would_halt(self, deployment: str, kind: LaneKind, code: str, records: int) -> bool:
        """Count records about to be rejected for one reason; True where the lane should halt instead."""
        self.share()
        seen, alike = self._count(deployment, kind, {"all": records, code: records}, code)
        return seen >= self._rule.records and alike >= self._rule.share * seen

    def forget(self, deployment: str, kind: LaneKind) -> None:
        """Start counting anew: the lane was halted, and whoever resumes it has mended what was wrong."""
        self._redis.delete(*self._windows(deployment, kind))

    def _count(self, deployment: str, kind: LaneKind, counts: dict[str, int], code: str = "") -> tuple[int, int]:
        now_key, before_key = self._windows(deployment, kind)
        with self._redis.pipeline(transaction=False) as pipe:
            for field, n in counts.items():
                pipe.hincrby(now_key, field, n)
            pipe.pexpire(now_key, int(self._rule.window_s * 2_000))
            if code:
                pipe.hmget(now_key, ["all", code])
                pipe.hmget(before_key, ["all", code])
            answers = pipe.execute()
        if not code:
            return 0, 0
        (all_now, alike_now), (all_before, alike_before) = answers[-2:]
        return int(all_now or 0) + int(all_before or 0), int(alike_now or 0) + int(alike_before or 0)

    def _windows(self, deployment: str, kind: LaneKind) -> tuple[str, str]:
        seconds, _ = self._redis.time()
        window = int(seconds / self._rule.window_s)
        base = f"{self._prefix}tercel:{deployment}:surge:{kind.value}:"
        return f"{base}{window}", f"{base}{window - 1}"
