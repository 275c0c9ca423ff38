"""Producers stop before Redis is full."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from tercel.errors import LaneFull
from tercel.lanes import Lanes
from tercel.records import Profile, Urgency


@pytest.fixture
def small_redis(redis_client: Redis) -> Iterator[Redis]:
    used = int(redis_client.info("memory")["used_memory"])
    redis_client.config_set("maxmemory", int(used * 1.1))
    yield redis_client
    redis_client.config_set("maxmemory", 0)


def test_a_redis_over_80_percent_full_takes_no_more_records(small_redis: Redis) -> None:
    lanes = Lanes(small_redis)

    with pytest.raises(LaneFull, match="80%"):
        lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="a")], high_water=1_000)

    assert not lanes.survey("prod").lanes


def test_a_redis_without_a_maximum_is_never_full(redis_client: Redis) -> None:
    lanes = Lanes(redis_client)

    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="a")], high_water=1_000)

    assert lanes.survey("prod").lanes[0].length == 1
