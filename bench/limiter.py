"""How much of a strict limit of 60 requests in any second the workers use together, and whether they overrun it.

The calls are profile calls. So that a small machine can want more than 60 of them a second, they are kept small: the
lane's linger is 0 and the feed is steady, so each cut takes what has come since the last one, about a hundred records.

As the throughput, it is measured with everysec, and with always beside it: Redis then answers nobody while the disk
syncs, and what a slow disk takes of a second is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench.applications import Tercel, working
from bench.children import Child, running, wait_for
from bench.holding import fill, held_back
from bench.machine import load_average
from bench.producing import DEPLOYMENT, Feed
from bench.rig import FSYNCS, Fsync, own_redis
from bench.stand_in import CONFIG, RATE, SECOND_NS, Window, tightest_ms, utilisation
from sandbox.talon_one import StandIn, start

LEAD_S: Final = 2.0  # seconds after the first request that do not count: every process gets to its first call
FEED_PER_S: Final = 6_000.0  # records a second, about 100 for each call the limit allows
FEED_BATCH: Final = 50  # records an enqueue: more enqueues than calls, so that no call waits for the next one
FIRST_REQUEST_S: Final = 20.0  # seconds until which the first request must have come
NO_LINGER: Final[Mapping[str, str]] = {"LANES__LINGER_BULK_S": "0"}


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` count, for each policy and number of processes.

    ``full_calls`` records wait for the last part (0: none). The first of ``fsyncs`` is what counts.
    """

    seconds: float
    fsyncs: tuple[Fsync, ...]
    processes: tuple[int, ...]
    full_calls: int


FULL: Final = Plan(20.0, FSYNCS, (1, 2, 4), 1_000_000)
QUICK: Final = Plan(6.0, ("everysec",), (1, 2, 4), 0)


@dataclass(frozen=True, slots=True)
class Limited:
    """What one number of processes did. ``tightest_ms`` is the shortest time in which 61 requests came."""

    fsync: Fsync
    processes: int
    utilisation: float
    answers_429: int
    max_in_any_second: int
    tightest_ms: float | None
    records_per_call: float
    requests: int


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return the figures by name: the worst of all numbers of processes, and each of them."""
    load = load_average()
    found = []
    for fsync in plan.fsyncs:
        for processes in plan.processes:
            found.append(_fed(fsync, processes, plan.seconds))
            _tell(found[-1], say)
    lowest = {fsync: round(min(one.utilisation for one in found if one.fsync == fsync), 4) for fsync in plan.fsyncs}
    figures = {
        "utilisation": lowest[plan.fsyncs[0]],
        "utilisation_by_fsync": lowest,
        "answers_429": sum(one.answers_429 for one in found),
        "max_in_any_second": max(one.max_in_any_second for one in found),
        "by_processes": [asdict(one) for one in found],
        "load_before": load,
    }
    if plan.full_calls:
        full = _backlog(plan.fsyncs[0], 2, plan.full_calls)
        _tell(full, say)
        figures["full_calls"] = asdict(full)
    return figures


def _tell(one: Limited, say: Callable[[str], None]) -> None:
    say(
        f"{one.fsync}, {one.processes} processes, {one.records_per_call:.0f} records a call: "
        f"{one.utilisation:.1%} of the limit, {one.answers_429} x 429, at most {one.max_in_any_second} in a second"
    )


def _fed(fsync: Fsync, processes: int, seconds: float) -> Limited:
    """Feed the lane steadily, a little more than 60 calls a second want."""
    with own_redis(fsync) as redis, start(CONFIG) as stand_in:
        tercel = Tercel(stand_in.url, rate=RATE, settings=NO_LINGER)
        with working(tercel, redis.url, redis.folder, processes=processes) as workers:
            feed = Feed(redis=redis.url, seconds=seconds + LEAD_S, rate=FEED_PER_S, batch=FEED_BATCH)
            with running(tercel.feed(feed), name="feed", folder=redis.folder) as producer:
                first_ns = _first_arrival(stand_in, workers)
                until_ns = producer.answer()["last_ns"]
        return _limited(fsync, processes, stand_in, Window(first_ns + int(LEAD_S * SECOND_NS), until_ns))


def _backlog(fsync: Fsync, processes: int, records: int) -> Limited:
    """Let a backlog go, in calls of a thousand; the limit counts until the lane is empty."""
    with own_redis(fsync) as redis, start(CONFIG) as stand_in:
        tercel = Tercel(stand_in.url, rate=RATE)
        with working(tercel, redis.url, redis.folder, processes=processes) as workers:
            with held_back(redis) as lanes:
                fill(tercel, redis, records)
            first_ns = _first_arrival(stand_in, workers)
            wait_for(
                lambda: not lanes.survey(DEPLOYMENT).lanes,
                timeout_s=records / 1_000,
                what="the lane to run empty",
                watched=workers,
            )
            until_ns = stand_in.admin.arrivals(first_ns)["ns"][-1]
        return _limited(fsync, processes, stand_in, Window(first_ns + int(LEAD_S * SECOND_NS), until_ns))


def _first_arrival(stand_in: StandIn, workers: list[Child]) -> int:
    wait_for(
        lambda: bool(stand_in.admin.arrivals()["ns"]),
        timeout_s=FIRST_REQUEST_S,
        what="the first request",
        watched=workers,
    )
    return int(stand_in.admin.arrivals()["ns"][0])


def _limited(fsync: Fsync, processes: int, stand_in: StandIn, window: Window) -> Limited:
    """Read what came of it, when the workers have ended and nothing more can come."""
    arrivals, stats = stand_in.admin.arrivals(), stand_in.admin.stats()
    admitted = [at_ns for at_ns, passed in zip(arrivals["ns"], arrivals["admitted"], strict=True) if passed]
    return Limited(
        fsync=fsync,
        processes=processes,
        utilisation=utilisation(admitted, window),
        answers_429=sum(outcomes.get("429", 0) for outcomes in stats["counts"].values()),
        max_in_any_second=stats["max_in_any_second"],
        tightest_ms=tightest_ms(arrivals["ns"]),
        records_per_call=sum(stats["items"].values()) / max(1, len(admitted)),
        requests=stats["requests"],
    )
