"""A producer of profile records as a process of its own: ``python -m bench.producing FEED``, FEED being JSON.

The last line it prints is ``{"records", "first_ns", "last_ns", "cpu_ns"}``: how many it enqueued, monotonic ns of its
first and after its last enqueue, and the CPU time in between. Records are made (validated) inside the measured time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import count, islice

import orjson
from pydantic import BaseModel, ConfigDict, Field

from bench.records import attributes, profile_id
from tercel.connections import connect
from tercel.errors import LaneFull
from tercel.lanes import Lanes
from tercel.messages import STREAM_RUN
from tercel.records import Profile, Urgency

DEPLOYMENT = "bench"
STAMP = "Enqueued_ns"  # attribute of a stamped record: monotonic ns just before it was enqueued
FULL_PAUSE_S = 0.05  # seconds before a full lane is tried again
NS = 1_000_000_000


class Feed(BaseModel):
    """What to enqueue, and how fast. It ends after ``seconds``, or after ``records``, whichever is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    redis: str = Field(description="URL of the Redis")
    urgency: Urgency = Urgency.BULK
    run: str = STREAM_RUN
    seconds: float = 0.0
    records: int = 0
    batch: int = Field(500, description="records an enqueue; what a backfill does")
    multiple: int = Field(1, description="with seconds: it goes on until it has enqueued a multiple of this")
    rate: float = Field(0.0, description="records a second; 0: as fast as it goes")
    high_water: int = Field(5_000_000, description="the producer waits above it; no measurement comes near")
    first: int = Field(0, description="number of the first record")
    pool: int = Field(0, description="start again after so many numbers; 0: never")
    step: int = Field(1, description="distance between two numbers; with a pool, they go round in it")
    apart: int = Field(0, description="added to every other number, to leave the range that others use")
    stamped: bool = Field(False, description="add an attribute with the time")

    def numbers(self) -> Iterator[int]:
        """The numbers of the records, without end."""
        for i in count():
            place = i * self.step
            yield self.first + (place % self.pool if self.pool else place) + (self.apart if i % 2 else 0)


def main() -> None:
    """Enqueue what the argument says."""
    feed = Feed.model_validate_json(sys.argv[1])
    lanes = Lanes(connect(feed.redis))
    numbers = feed.numbers()
    made, first_ns, cpu_ns = 0, time.monotonic_ns(), time.process_time_ns()
    ends_ns = first_ns + int(feed.seconds * NS)
    while made < feed.records if feed.records else (time.monotonic_ns() < ends_ns or made % feed.multiple):
        if feed.rate:
            _sleep_until(first_ns + int(made / feed.rate * NS))
        size = min(feed.batch, feed.records - made) if feed.records else feed.batch
        _enqueue(lanes, feed, [_record(number, stamped=feed.stamped) for number in islice(numbers, size)])
        made += size
    done = {"records": made, "first_ns": first_ns, "last_ns": time.monotonic_ns()}
    print(orjson.dumps(done | {"cpu_ns": time.process_time_ns() - cpu_ns}).decode())


def _record(number: int, *, stamped: bool) -> Profile:
    given = attributes(number)
    if stamped:
        given[STAMP] = time.monotonic_ns()
    return Profile(profile_id=profile_id(number), attributes=given)


def _enqueue(lanes: Lanes, feed: Feed, records: list[Profile]) -> None:
    while True:
        try:
            lanes.enqueue(DEPLOYMENT, feed.urgency, records, run=feed.run, high_water=feed.high_water)
        except LaneFull:
            time.sleep(FULL_PAUSE_S)
        else:
            return


def _sleep_until(at_ns: int) -> None:
    pause_ns = at_ns - time.monotonic_ns()
    if pause_ns > 0:
        time.sleep(pause_ns / NS)


if __name__ == "__main__":
    main()
