"""Live records get onto their lanes from an event loop, once, whatever happens to the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tercel.connections import connect, connect_on_loop
from tercel.embedded import EmbeddedRedis
from tercel.errors import LaneFull
from tercel.lanes import Enqueued, Lanes, LanesOnLoop, Parcel
from tercel.messages import decode
from tercel.records import LaneKind, Profile, Urgency
from tests.support.cutting_proxy import CuttingProxy
from tests.support.redis_server import DurableRedis

Scenario = Callable[[LanesOnLoop], Coroutine[Any, Any, None]]
SEEN = b"1" * 12


def run(url: str, scenario: Scenario, *, retries: int = 1) -> None:
    """Run a scenario with lanes on a loop of its own."""

    async def on_a_loop() -> None:
        async with connect_on_loop(url, retries=retries) as client:
            await scenario(LanesOnLoop(client, prefix="pre."))

    asyncio.run(asyncio.wait_for(on_a_loop(), 30))


def profiles(*names: str) -> list[Profile]:
    return [Profile(profile_id=name) for name in names]


def on_lane(client: Redis) -> list[str]:
    lying: Any = client.lrange("pre.prod.profile.live", 0, -1)
    return [decode(message).data["profile_id"] for message in reversed(lying)]


@pytest.fixture(params=["unix", "tcp"])
def proxy(request: pytest.FixtureRequest, redis_server: EmbeddedRedis, tmp_path: Path) -> Iterator[CuttingProxy]:
    """A way to Redis that can be cut, by either kind of address."""
    found = CuttingProxy(redis_server.socket, tmp_path, tcp=request.param == "tcp")
    yield found
    found.close()


def test_records_get_onto_their_lanes_in_order_and_are_counted(
    redis_server: EmbeddedRedis, redis_client: Redis
) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        assert await lanes.enqueue("prod", Urgency.LIVE, profiles("a", "b")) == Enqueued(2)
        assert await lanes.enqueue("prod", Urgency.LIVE, profiles("c")) == Enqueued(1)

    run(redis_server.url, scenario)
    assert on_lane(redis_client) == ["a", "b", "c"]
    assert Lanes(redis_client, prefix="pre.").totals("prod")["waiting"] == 3


def test_what_came_before_is_told_by_its_place(redis_server: EmbeddedRedis, redis_client: Redis) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        parcels = [Parcel(1), Parcel(1, SEEN), Parcel(1, SEEN)]
        done = await lanes.enqueue("prod", Urgency.LIVE, profiles("a", "b", "b"), parcels=parcels, window_s=60)
        assert done == Enqueued(2, duplicates=(2,))

    run(redis_server.url, scenario)
    assert on_lane(redis_client) == ["a", "b"]


def test_a_full_lane_is_named_by_its_kind(redis_server: EmbeddedRedis, redis_client: Redis) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        await lanes.enqueue("prod", Urgency.LIVE, profiles("a"), high_water=1)
        with pytest.raises(LaneFull) as refused:
            await lanes.enqueue("prod", Urgency.LIVE, profiles("b"), high_water=1)
        assert refused.value.kind is LaneKind.PROFILE

    run(redis_server.url, scenario)
    assert on_lane(redis_client) == ["a"]


def test_a_redis_over_80_percent_full_takes_no_more(redis_server: EmbeddedRedis, redis_client: Redis) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        with pytest.raises(LaneFull, match="80%") as refused:
            await lanes.enqueue("prod", Urgency.LIVE, profiles("a"), high_water=1_000)
        assert refused.value.kind is None

    used = int(redis_client.info("memory")["used_memory"])
    redis_client.config_set("maxmemory", int(used * 1.1))
    try:
        run(redis_server.url, scenario)
    finally:
        redis_client.config_set("maxmemory", 0)
    assert on_lane(redis_client) == []


def test_an_enqueue_whose_answer_was_lost_is_sent_again_and_done_once(redis_client: Redis, proxy: CuttingProxy) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        await lanes.enqueue("prod", Urgency.LIVE, profiles("first"))
        proxy.cut_next("EVALSHA")
        done = await lanes.enqueue("prod", Urgency.LIVE, profiles("a", "b"), parcels=[Parcel(2, SEEN)], window_s=60)
        assert done == Enqueued(2, repeated=True)

    run(proxy.url, scenario)
    assert proxy.cuts == 1
    assert on_lane(redis_client) == ["first", "a", "b"]
    counts = Lanes(redis_client, prefix="pre.").totals("prod")
    assert (counts["received"], counts["duplicate"]) == (3, 0)


def test_a_connection_that_broke_between_two_enqueues_is_opened_again(redis_client: Redis, proxy: CuttingProxy) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        await lanes.enqueue("prod", Urgency.LIVE, profiles("a"))
        proxy.cut_all()
        await lanes.enqueue("prod", Urgency.LIVE, profiles("b"))

    run(proxy.url, scenario)
    assert on_lane(redis_client) == ["a", "b"]


def test_a_redis_that_forgot_the_script_is_given_it_again(redis_server: EmbeddedRedis, redis_client: Redis) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        await lanes.enqueue("prod", Urgency.LIVE, profiles("a"))
        redis_client.script_flush()
        assert await lanes.enqueue("prod", Urgency.LIVE, profiles("b")) == Enqueued(1)

    run(redis_server.url, scenario)
    assert on_lane(redis_client) == ["a", "b"]


def test_a_redis_that_was_killed_is_an_error_until_it_is_back(durable_redis: DurableRedis) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        await lanes.enqueue("prod", Urgency.LIVE, profiles("a"))
        durable_redis.kill9()
        with pytest.raises((RedisConnectionError, OSError)):
            await lanes.enqueue("prod", Urgency.LIVE, profiles("b"))
        durable_redis.restart()
        await lanes.enqueue("prod", Urgency.LIVE, profiles("c"))

    run(durable_redis.url, scenario, retries=0)
    with connect(durable_redis.url) as client:
        assert on_lane(client) == ["a", "c"]


def test_a_redis_that_cuts_whoever_comes_is_an_error_until_it_has_room_again(durable_redis: DurableRedis) -> None:
    with connect(durable_redis.url) as client:
        client.config_set("maxclients", 1)

        async def scenario(lanes: LanesOnLoop) -> None:
            with pytest.raises(RedisConnectionError):
                await lanes.enqueue("prod", Urgency.LIVE, profiles("a"), high_water=10)
            client.config_set("maxclients", 100)
            await lanes.enqueue("prod", Urgency.LIVE, profiles("b"), high_water=10)

        run(durable_redis.url, scenario)
        assert on_lane(client) == ["b"]


def test_a_loop_and_a_thread_put_the_same_onto_a_lane(redis_server: EmbeddedRedis, redis_client: Redis) -> None:
    async def scenario(lanes: LanesOnLoop) -> None:
        await lanes.enqueue("prod", Urgency.LIVE, profiles("a"))

    run(redis_server.url, scenario)
    Lanes(redis_client, prefix="pre.").enqueue("prod", Urgency.LIVE, profiles("b"))
    lying: Any = redis_client.lrange("pre.prod.profile.live", 0, -1)
    later, earlier = map(decode, lying)
    assert later._replace(record_id="", key="", at_ms=0, data={}) == earlier._replace(
        record_id="", key="", at_ms=0, data={}
    )
