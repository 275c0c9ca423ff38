"""A backlog to measure with: the lane is filled while the deployment is halted, and let go all at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from bench.applications import Tercel
from bench.children import running
from bench.producing import DEPLOYMENT, Feed
from bench.rig import RedisRig
from tercel.lanes import Lanes

CODE: Final = "bench"
REASON: Final = "the backlog is being filled"


@contextlib.contextmanager
def held_back(redis: RedisRig) -> Iterator[Lanes]:
    """Nothing is cut while the context lasts."""
    lanes = Lanes(redis.client)
    lanes.halt(DEPLOYMENT, code=CODE, reason=REASON, by_hand=True)
    yield lanes
    lanes.resume(DEPLOYMENT)


def fill(tercel: Tercel, redis: RedisRig, records: int, *, first: int = 0) -> dict[str, int]:
    """Enqueue a backlog in bulk, and return what the producer said."""
    feed = Feed(redis=redis.url, records=records, first=first, high_water=0)
    with running(tercel.feed(feed), name="filling", folder=redis.folder) as producer:
        return producer.answer()
