"""Whether the cost of a record stays flat however many lie in the lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.applications import Tercel, working
from bench.following import NS, follow, reached_ns
from bench.holding import fill, held_back
from bench.passages import MICRO
from bench.rig import Sink, own_redis

WARM_UP: Final = 5_000  # records delivered before anything counts


@dataclass(frozen=True, slots=True)
class Backlog:
    """A backlog of ``records``: what enqueueing and delivering one record of it cost.

    Redis CPU in us a record; rates in records a second, from the first enqueue, or from the moment the lane was
    opened, to the last.
    """

    records: int
    enqueue_per_s: float
    enqueue_redis_us: float
    deliver_per_s: float
    deliver_redis_us: float
    bytes_per_record: float


def measure_backlogs(
    tercel: Tercel, sink: Sink, sizes: Sequence[int], processes: int, say: Callable[[str], None]
) -> list[Backlog]:
    """Fill a lane behind a halt, then open it, for each size; the workers are running and warm."""
    found = []
    with own_redis("everysec") as redis, working(tercel, redis.url, redis.folder, processes=processes) as workers:
        first = 0
        for size in (WARM_UP, *sizes):
            sink.reset()
            start = redis.use()
            with held_back(redis):
                filled = fill(tercel, redis, size, first=first)
                full = redis.use()
            samples = follow(sink.count, lambda size=size: size, watched=workers)  # type: ignore[misc]
            drained = redis.use()
            first += size
            backlog = Backlog(
                records=size,
                enqueue_per_s=size / ((filled["last_ns"] - filled["first_ns"]) / NS),
                enqueue_redis_us=(full.cpu_s - start.cpu_s) / size * MICRO,
                deliver_per_s=size / ((reached_ns(samples, 1.0) - samples[0].at_ns) / NS),
                deliver_redis_us=(drained.cpu_s - full.cpu_s) / size * MICRO,
                bytes_per_record=(full.memory - start.memory) / size,
            )
            found.append(backlog)
            say(f"backlog of {size:,}: delivered {backlog.deliver_per_s:,.0f}/s")
    return found[1:]
