"""Looking at a running demo: each look reads the runs' counters in Redis, and asks the stand-in what it saw."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from tercel.balance import balance
from tercel.cli.alive import workers_alive
from tercel.cli.demo.example import Load
from tercel.cli.demo.house import WORKERS, House
from tercel.cli.demo.snapshot import RunView, Snapshot
from tercel.cli.flower_pages import shows_lanes
from tercel.cli.sandbox_file import DEPLOYMENT
from tercel.errors import DestinationUnavailable

SECOND_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Course:
    """How far one file is: its run's id (empty before it began), and the rows read."""

    load: Load
    run: str = ""
    read: int = 0


def look(house: House, courses: Sequence[Course], *, elapsed_s: float) -> Snapshot:
    """Look once. Raises RedisUnavailable, and DestinationUnavailable where the stand-in is gone."""
    with house.redis.guard():
        counts = [house.redis.lanes.run_counts(course.run) if course.run else {} for course in courses]
    with standin_guard(house):
        arrivals = house.standin.arrivals(time.monotonic_ns() - SECOND_NS)
        calls = int(house.standin.stats()["requests"])
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
        calls=calls,
        last_second=len(arrivals["ns"]),
        limit=float(house.standin_config.rate.per_second),
    )


@contextmanager
def standin_guard(house: House) -> Iterator[None]:
    """Say in a sentence that the stand-in does not answer. Raises DestinationUnavailable."""
    try:
        yield
    except httpx.HTTPError as error:
        raise DestinationUnavailable(
            f"The Talon.One stand-in does not answer ({type(error).__name__}); see {house.logs / 'stand-in.log'}."
        ) from error


def flower_is_ready(house: House) -> bool:
    """Whether Flower has heard of every worker and knows the lanes: what they do from now on shows on its pages."""
    return shows_lanes(house.flower_url, DEPLOYMENT, workers=WORKERS)


def workers_answer(house: House) -> bool:
    """Whether every worker answers a ping."""
    return len(workers_alive(house.settings)) >= WORKERS
