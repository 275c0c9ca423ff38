"""What people and probes do with a deployment: halt, resume, count, repair. Part of :class:`tercel.lanes.Lanes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from redis import Redis

from tercel import messages
from tercel.lanes.scripts import Scripts
from tercel.lanes.values import RUN_FIELDS, Halted, halted_of
from tercel.records import LANE_KIND_OF_LETTER, LaneKind, Urgency

NOT_COUNTED: Final = (b"checkpoint", b"receipts")  # what a run's hash holds beside its counters


class Managed:
    """The deployments on one Redis, under ``prefix``. ``clock`` gives seconds since the epoch."""

    def __init__(self, redis: Redis, prefix: str, clock: Callable[[], float]) -> None:
        self.redis = redis
        self.prefix = prefix
        self._scripts = Scripts(redis)
        self._shared = f"{prefix}tercel:"
        self._clock = clock

    def halt(self, deployment: str, *, code: str, reason: str, by_hand: bool = False, probed: bool = False) -> None:
        """Stop cutting for a deployment until :meth:`resume`. A halt by hand is not replaced by one of ours.

        ``probed``: workers send one call a period all the same, and resume when it goes through.
        """
        since_ms = int(self._clock() * 1000)
        self._scripts.run("halt", self._keys(deployment), [code, reason, int(by_hand), int(probed), since_ms])

    def halted(self, deployment: str) -> Halted | None:
        """Return why a deployment is halted, None if it is not."""
        fields: dict[bytes, bytes] = self.redis.hgetall(f"{self._base(deployment)}state")  # type: ignore[assignment]
        return halted_of(fields)

    def take_probe(self, deployment: str, every_s: float) -> bool:
        """Ask to be the one who probes a halted deployment in this period of ``every_s`` seconds."""
        key = f"{self._base(deployment)}probe"
        return bool(self.redis.set(key, b"1", nx=True, px=max(1, int(every_s * 1000))))

    def resume(self, deployment: str, *, probed: bool = False) -> bool:
        """End a halt; with ``probed`` only one that workers probe, never a pause by hand. False: there was none."""
        return bool(self._scripts.run("resume", self._keys(deployment), [int(probed)]))

    def run_counts(self, run: str) -> dict[str, int]:
        """Return a run's counters, in records: every name in ``RUN_FIELDS``."""
        return self._counts(f"{self._shared}run:{run}")

    def totals(self, deployment: str) -> dict[str, int]:
        """Return a deployment's counters since it was first used; also by kind, as ``profile.delivered``."""
        return self._counts(f"{self._base(deployment)}totals")

    def arrivals(self, deployment: str) -> dict[LaneKind, float]:
        """Return how many live records a second came in over the last minute, for every kind of lane.

        Bulk records are no stream: what a file has put on the lanes is backlog.
        """
        looked_at_ms, *flat = self._scripts.run("arrivals", self._keys(deployment), [])
        found = {LANE_KIND_OF_LETTER[flat[i].decode()]: flat[i + 1] for i in range(0, len(flat), 2)}
        return {kind: found.get(kind, 0) * 1000 / looked_at_ms for kind in LaneKind}

    def add_counts(self, deployment: str, run: str, counts: Mapping[str, int]) -> None:
        """Move counters by hand, e.g. a discarded rejection: ``{"rejected": -1, "discarded": 1}``."""
        with self.redis.pipeline(transaction=True) as pipe:
            for field, n in counts.items():
                pipe.hincrby(f"{self._shared}run:{run}", field, n)
                pipe.hincrby(f"{self._base(deployment)}totals", field, n)
            pipe.execute()

    def repair(self, deployment: str) -> tuple[int, int, int]:
        """Rebuild every key's turn from lanes, wait lists and calls; for use after a lane was purged by hand.

        Return (marks before, marks after, records found waiting).
        """
        before, after, found = self._scripts.run("repair", self._keys(deployment), [])
        return before, after, found

    # -- names ----------------------------------------------------------------------------------------------------

    def _base(self, deployment: str) -> str:
        return f"{self._shared}{deployment}:"

    def _keys(self, deployment: str) -> list[str]:
        return [self._base(deployment), f"{self.prefix}{deployment}.", self._shared]

    def _queue(self, urgency: Urgency) -> str:
        return self.prefix + messages.CALL_QUEUES[urgency]

    def _counts(self, key: str) -> dict[str, int]:
        stored: dict[bytes, Any] = self.redis.hgetall(key)  # type: ignore[assignment]
        counts = dict.fromkeys(RUN_FIELDS, 0)
        for field, n in stored.items():
            if field not in NOT_COUNTED:
                counts[field.decode()] = int(n)
        return counts
