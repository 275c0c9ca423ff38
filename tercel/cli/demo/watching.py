"""Looking at a running demo: each look reads the runs' counters in Redis, and asks the stand-in what it saw."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from tercel.balance import balance
from tercel.cli.alive import workers_alive
from tercel.cli.demo.example import Load
from tercel.cli.demo.house import WORKERS, House
from tercel.cli.demo.snapshot import RunView, Snapshot

SECOND_NS: Final = 1_000_000_000
FLOWER_TIMEOUT_S: Final = 2.0  # seconds for one answer of Flower's


@dataclass(slots=True)
class Course:
    """How far one file is: its run's id (empty before it began), and the rows read."""

    load: Load
    run: str = ""
    read: int = 0


def look(house: House, courses: Sequence[Course], *, elapsed_s: float) -> Snapshot:
    """Look once. Raises RedisUnavailable; httpx's errors where the stand-in is gone."""
    with house.redis.guard():
        counts = [house.redis.lanes.run_counts(course.run) if course.run else {} for course in courses]
    arrivals = house.standin.arrivals(time.monotonic_ns() - SECOND_NS)
    return Snapshot(
        elapsed_s=elapsed_s,
        runs=tuple(
            RunView(
                title=course.load.title,
                run=course.run,
                rows=course.load.rows,
                per_call=course.load.per_call,
                read=course.read,
                balance=balance(found),
            )
            for course, found in zip(courses, counts, strict=True)
        ),
        calls=int(house.standin.stats()["requests"]),
        last_second=len(arrivals["ns"]),
        limit=float(house.standin_config.rate.per_second),
    )


def flower_sees_workers(house: House) -> bool:
    """Whether Flower answers and has heard of every worker: what they do from now on shows on its pages."""
    try:
        answer = httpx.get(f"{house.flower_url}/workers?json=1", timeout=FLOWER_TIMEOUT_S, trust_env=False)
        return answer.is_success and sum(bool(one["status"]) for one in answer.json()["data"]) >= WORKERS
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def workers_answer(house: House) -> bool:
    """Whether every worker answers a ping."""
    return len(workers_alive(house.settings)) >= WORKERS
