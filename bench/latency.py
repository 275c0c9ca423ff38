"""How long a live record takes from its enqueue to the stand-in's answer: alone, and while a backfill takes the limit.

Every live record carries the monotonic time of its enqueue; the stand-in, on the same machine and so on the same clock,
knows when it answered the request that the record came in. Under the backfill, every other live record is for a profile
of the backfill, and so may have to wait for a call that holds this profile's turn; the rest are for other profiles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench.answers import latencies_ms
from bench.applications import Tercel, working
from bench.children import Child, running, wait_for
from bench.errors import BenchError
from bench.holding import fill, held_back
from bench.limiter import FEED_BATCH, FEED_PER_S, NO_LINGER
from bench.machine import load_average
from bench.producing import Feed
from bench.records import profile_number
from bench.rig import RedisRig, own_redis
from bench.spread import percentile
from bench.stand_in import CONFIG, RATE, SECOND_NS, Window, utilisation
from sandbox.talon_one import StandIn, start
from tercel.lanes import Lanes
from tercel.messages import new_run_id
from tercel.records import Urgency

PROCESSES: Final = 2
LIVE_PER_S: Final = 200.0  # live records a second, each enqueued by itself as a receiver does
BULK_POOL: Final = 20_000  # profiles that the backfill goes round in
LIVE_STEP: Final = 7_919  # coprime to the pool: the shared live records spread evenly over it, none comes twice
APART: Final = 10_000_000  # added to the number of every other live record: its profile is not in the backfill
LEAD_S: Final = 3.0  # seconds the backfill goes before live records come: its window is full by then
WARM_UP_S: Final = 1.0  # seconds of live records before anything counts
DRAIN_S: Final = 60.0  # seconds the last live records get to be answered
NUMBERS_WARM_UP, NUMBERS_ALONE = 90_000_000, 80_000_000  # first record numbers, apart from all others


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds of live records in each part; ``full_calls`` records wait for the last part (0: there is none)."""

    seconds: float
    full_calls: int


FULL: Final = Plan(30.0, 1_500_000)
QUICK: Final = Plan(10.0, 0)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from enqueue to answer."""

    records: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    def __str__(self) -> str:
        return f"p50 {self.p50_ms:.0f} ms, p99 {self.p99_ms:.0f} ms, max {self.max_ms:.0f} ms"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a part's live records: ms by profile id, and the share of the limit used while they were sent."""

    times_ms: Mapping[str, float]
    utilisation: float


@dataclass(frozen=True, slots=True)
class Rig:
    """The running processes that live records are sent through."""

    tercel: Tercel
    redis: RedisRig
    stand_in: StandIn
    workers: list[Child]

    def send(self, seconds: float, **numbers: int) -> Sent:
        """Send live records for so long, wait until all are answered, and forget everything at the stand-in.

        ``numbers`` says which records, by the names of :class:`Feed`. Raises BenchError where one of them is missing.
        """
        run = new_run_id()
        feed = Feed(
            redis=self.redis.url,
            urgency=Urgency.LIVE,
            run=run,
            seconds=seconds,
            rate=LIVE_PER_S,
            batch=1,
            stamped=True,
            **numbers,
        )
        with running(self.tercel.feed(feed), name="live", folder=self.redis.folder) as producer:
            answer = producer.answer()
        sent = answer["records"]
        lanes = Lanes(self.redis.client)
        wait_for(
            lambda: lanes.run_counts(run)["delivered"] == sent,
            timeout_s=DRAIN_S,
            what=f"{sent} live records to be delivered",
            watched=self.workers,
        )
        times = latencies_ms(self.stand_in.admin.order(), self.stand_in.admin.requests())
        if len(times) != sent:
            raise BenchError(f"{sent} live records were sent, {len(times)} were answered")
        arrivals = self.stand_in.admin.arrivals()
        admitted = [at for at, passed in zip(arrivals["ns"], arrivals["admitted"], strict=True) if passed]
        return Sent(times, utilisation(admitted, Window(answer["first_ns"], answer["last_ns"])))


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return the figures by name."""
    load = load_average()
    with _rig(NO_LINGER) as rig:
        rig.send(WARM_UP_S, first=NUMBERS_WARM_UP)
        rig.stand_in.admin.reset()
        alone = summarise(rig.send(plan.seconds, first=NUMBERS_ALONE).times_ms.values())
        say(f"live alone: {alone}")
        rig.stand_in.admin.reset()
        sent = _under_a_feed(rig, plan.seconds)
    under = by_sharing(sent.times_ms)
    say(f"live while a backfill takes {sent.utilisation:.1%} of the limit: {under['all']}")
    figures = {
        "live_p50_ms": round(alone.p50_ms, 1),
        "live_p99_ms": round(alone.p99_ms, 1),
        "live_p50_ms_under_bulk": round(under["all"].p50_ms, 1),
        "live_p99_ms_under_bulk": round(under["all"].p99_ms, 1),
        "live_p99_ms_under_bulk_shared": round(under["shared"].p99_ms, 1),
        "live_p99_ms_under_bulk_disjoint": round(under["disjoint"].p99_ms, 1),
        "utilisation_under_bulk": round(sent.utilisation, 4),
        "alone": asdict(alone),
        "under_bulk": {name: asdict(latency) for name, latency in under.items()},
        "load_before": load,
    }
    if plan.full_calls:
        with _rig({}) as rig:
            sent = _under_full_calls(rig, plan)
        full = by_sharing(sent.times_ms)
        say(f"live under calls of a thousand, {sent.utilisation:.1%} of the limit: {full['all']}")
        figures["under_full_calls"] = {name: asdict(latency) for name, latency in full.items()}
        figures["utilisation_under_full_calls"] = round(sent.utilisation, 4)
    return figures


def summarise(times_ms: Collection[float]) -> Latency:
    """Return what the report says of so many times."""
    times = sorted(times_ms)
    return Latency(len(times), percentile(times, 0.5), percentile(times, 0.99), times[-1])


def by_sharing(times_ms: Mapping[str, float]) -> dict[str, Latency]:
    """Summarise all times, those of profiles that the backfill has too, and those of the others."""
    shared = {made_id: ms for made_id, ms in times_ms.items() if profile_number(made_id) < APART}
    apart = {made_id: ms for made_id, ms in times_ms.items() if made_id not in shared}
    return {
        "all": summarise(times_ms.values()),
        "shared": summarise(shared.values()),
        "disjoint": summarise(apart.values()),
    }


def _under_a_feed(rig: Rig, seconds: float) -> Sent:
    """Send live records while a steady feed of bulk records wants more calls than the limit allows."""
    feed = Feed(redis=rig.redis.url, seconds=seconds + 2 * LEAD_S, rate=FEED_PER_S, batch=FEED_BATCH, pool=BULK_POOL)
    with running(rig.tercel.feed(feed), name="bulk", folder=rig.redis.folder):
        _wait_until_busy(rig)
        return rig.send(seconds, pool=BULK_POOL, step=LIVE_STEP, apart=APART)


def _under_full_calls(rig: Rig, plan: Plan) -> Sent:
    """Send live records while a backlog is delivered in calls of a thousand, by as much CPU as there is."""
    with held_back(rig.redis):
        fill(rig.tercel, rig.redis, plan.full_calls)
    _wait_until_busy(rig)
    return rig.send(plan.seconds, pool=plan.full_calls, step=LIVE_STEP, apart=APART)


def _wait_until_busy(rig: Rig) -> None:
    """Return when bulk calls have been delivered for a while."""

    def busy() -> bool:
        arrivals = rig.stand_in.admin.arrivals()["ns"]
        return bool(arrivals) and time.monotonic_ns() - arrivals[0] > LEAD_S * SECOND_NS

    wait_for(busy, timeout_s=DRAIN_S, what="the first bulk calls", watched=rig.workers)


@contextmanager
def _rig(settings: Mapping[str, str]) -> Iterator[Rig]:
    with own_redis("always") as redis, start(CONFIG) as stand_in:
        tercel = Tercel(stand_in.url, rate=RATE, settings=settings)
        with working(tercel, redis.url, redis.folder, processes=PROCESSES) as workers:
            yield Rig(tercel, redis, stand_in, workers)
