"""What becomes of loads that are enqueued together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from redis import Redis

from producers.receiver.enqueueing import Enqueuer
from producers.receiver.values import Fate, Load
from tercel.connections import connect_on_loop
from tercel.embedded import EmbeddedRedis
from tercel.lanes import Lanes, LanesOnLoop
from tercel.records import Event, LaneKind, Profile, Record
from tests.receiver.open_doors import records_on


class Puts:
    """An enqueuer for tests that have no loop: each call runs one."""

    def __init__(self, url: str, *, high_water: int = 1_000, window_s: float = 3_600, retries: int = 1) -> None:
        self._url, self._high_water, self._window_s, self._retries = url, high_water, window_s, retries

    def put(self, deployment: str, loads: Sequence[Load]) -> list[Fate]:
        async def on_a_loop() -> list[Fate]:
            async with connect_on_loop(self._url, retries=self._retries) as client:
                puts = Enqueuer(LanesOnLoop(client), high_water=self._high_water, window_s=self._window_s)
                return await puts.put(deployment, loads)

        return asyncio.run(on_a_loop())


@pytest.fixture
def url(redis_server: EmbeddedRedis, redis_client: Redis) -> str:
    """The URL of a Redis with an empty database."""
    return redis_server.url


def profile(name: str) -> Record:
    return Profile(profile_id=name)


def event(name: str) -> Record:
    return Event(profile_id=name, type="seen", event_id=name)


def load(*records: Record, seen_id: bytes = b"") -> Load:
    return Load("prod", records, seen_id)


def ids_on(client: Redis, kind: LaneKind) -> list[str]:
    return [record["profile_id"] for record in records_on(client, kind)]


def test_loads_get_onto_their_lanes_in_order(redis_client: Redis, url: str) -> None:
    fates = Puts(url).put("prod", [load(profile("a"), profile("b")), load(profile("c"))])
    assert fates == [Fate.ACCEPTED] * 2
    assert ids_on(redis_client, LaneKind.PROFILE) == ["a", "b", "c"]


def test_a_load_that_came_before_is_a_duplicate_and_nothing_of_it_gets_in(redis_client: Redis, url: str) -> None:
    puts = Puts(url)
    assert puts.put("prod", [load(profile("a"), seen_id=b"1" * 12)]) == [Fate.ACCEPTED]
    fates = puts.put("prod", [load(profile("b")), load(profile("a"), seen_id=b"1" * 12)])
    assert fates == [Fate.ACCEPTED, Fate.DUPLICATE]
    assert ids_on(redis_client, LaneKind.PROFILE) == ["a", "b"]


def test_what_became_no_record_is_counted(redis_client: Redis, url: str) -> None:
    fates = Puts(url).put("prod", [Load("prod", filtered=2), Load("prod", rejected=1)])
    assert fates == [Fate.ACCEPTED] * 2
    totals = Lanes(redis_client).totals("prod")
    assert (totals["received"], totals["filtered"], totals["rejected"]) == (3, 2, 1)


def test_a_full_lane_refuses_only_what_goes_to_it(redis_client: Redis, url: str) -> None:
    puts = Puts(url, high_water=2)
    puts.put("prod", [load(event("x")), load(event("y"))])

    fates = puts.put(
        "prod",
        [
            load(profile("a")),
            load(event("b")),
            load(profile("c"), event("c")),
            load(profile("d")),
            Load("prod", filtered=1),
        ],
    )

    assert fates == [Fate.ACCEPTED, Fate.LANE_FULL, Fate.LANE_FULL, Fate.ACCEPTED, Fate.ACCEPTED]
    assert ids_on(redis_client, LaneKind.PROFILE) == ["a", "d"]
    assert ids_on(redis_client, LaneKind.EVENT) == ["x", "y"]


def test_what_follows_something_that_a_full_lane_refused_does_not_overtake_it(redis_client: Redis, url: str) -> None:
    puts = Puts(url, high_water=1)
    puts.put("prod", [load(event("x"))])

    fates = puts.put("prod", [load(profile("u")), load(event("u")), load(profile("u")), load(profile("other"))])

    assert fates == [Fate.ACCEPTED, Fate.LANE_FULL, Fate.LANE_FULL, Fate.ACCEPTED]
    assert ids_on(redis_client, LaneKind.PROFILE) == ["u", "other"]


def test_several_full_lanes_are_found_one_after_the_other(redis_client: Redis, url: str) -> None:
    puts = Puts(url, high_water=1)
    puts.put("prod", [load(event("x"), profile("x"))])
    assert puts.put("prod", [load(profile("a")), load(event("b"))]) == [Fate.LANE_FULL] * 2


def test_a_redis_that_is_full_refuses_everything_and_the_question_ends(redis_client: Redis, url: str) -> None:
    redis_client.config_set("maxmemory", 1_000_000)
    try:
        fates = Puts(url).put("prod", [load(profile("a")), Load("prod", filtered=1)])
    finally:
        redis_client.config_set("maxmemory", 0)
    assert fates == [Fate.LANE_FULL] * 2


def test_a_redis_that_is_away_is_no_error_but_a_fate(tmp_path: Path) -> None:
    puts = Puts(f"unix://{tmp_path}/nobody.sock", retries=0)
    assert puts.put("prod", [load(profile("a"))] * 2) == [Fate.REDIS_AWAY] * 2


@pytest.mark.parametrize("window_s", [0, 3_600])
def test_a_window_of_nothing_switches_deduplication_off(url: str, window_s: int) -> None:
    puts = Puts(url, high_water=0, window_s=window_s)
    one = load(profile("a"), seen_id=b"1" * 12)
    expected = Fate.DUPLICATE if window_s else Fate.ACCEPTED
    assert puts.put("prod", [one, one]) == [Fate.ACCEPTED, expected]
