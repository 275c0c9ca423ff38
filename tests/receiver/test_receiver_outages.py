"""What is answered when something the receiver needs is away, and that nothing answered well is lost by it."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tercel.embedded import EmbeddedRedis
from tercel.messages import decode
from tercel.records import LaneKind
from tests.receiver.open_doors import SETTINGS, OpenDoors, identify, open_doors, records_on
from tests.receiver.stream import CLIENTS, NO_ANSWER, Stream
from tests.support.cutting_proxy import CuttingProxy
from tests.support.redis_server import DurableRedis
from tests.support.waiting import eventually

ENOUGH = 150  # answers in each phase, so that many are under way at the moment of the kill


@pytest.fixture
def durable(durable_redis: DurableRedis) -> Iterator[OpenDoors]:
    """A receiver on a Redis that may be killed."""
    with open_doors(durable_redis.url) as doors:
        yield doors


def users_on_lane(doors: OpenDoors) -> list[str]:
    lying: Any = doors.redis.lrange("prod.profile.live", 0, -1)
    return [decode(message).data["profile_id"] for message in lying]


def test_every_message_answered_well_survives_a_killed_redis_and_every_other_was_put_off(
    durable: OpenDoors, durable_redis: DurableRedis
) -> None:
    with Stream(durable.port) as stream:
        stream.has_more(ENOUGH, 200)
        durable_redis.kill9()
        stream.has_more(CLIENTS, 503)
        durable_redis.restart()
        stream.has_more(ENOUGH, 200)

    lying = users_on_lane(durable)
    assert set(stream.answers.values()) == {200, 503}
    assert stream.with_status(200) <= set(lying)
    assert len(lying) == len(set(lying))


def test_a_message_that_was_put_off_is_taken_once_when_it_comes_again(
    durable: OpenDoors, durable_redis: DurableRedis
) -> None:
    durable_redis.kill9()
    refused = durable.post(identify("c-7", "m-1"))
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (503, "T201", "5")

    durable_redis.restart()
    assert durable.post(identify("c-7", "m-1")).json()["accepted"] == 1
    assert durable.post(identify("c-7", "m-1")).json()["duplicate"] == 1
    assert users_on_lane(durable) == ["c-7"]


def test_a_message_whose_enqueue_was_sent_twice_lies_on_its_lane_once(
    redis_server: EmbeddedRedis, redis_client: Redis, cutting_proxy: Callable[..., CuttingProxy]
) -> None:
    proxy = cutting_proxy(redis_server.socket)
    with open_doors(proxy.url) as doors:
        doors.post(identify("c-6"))
        proxy.cut_next("EVALSHA")
        assert doors.post(identify("c-7", "m-1")).json()["accepted"] == 1
        assert proxy.cuts == 1
        assert doors.post(identify("c-7", "m-1")).json()["duplicate"] == 1
        assert [one["profile_id"] for one in records_on(redis_client, LaneKind.PROFILE)] == ["c-6", "c-7"]


def test_a_redis_that_forgot_the_scripts_takes_messages_on(durable: OpenDoors) -> None:
    durable.post(identify("c-6"))
    durable.redis.script_flush()
    assert durable.post(identify("c-7")).status_code == 200
    assert sorted(users_on_lane(durable)) == ["c-6", "c-7"]


def test_it_is_not_ready_while_redis_is_away_and_ready_when_it_is_back(
    durable: OpenDoors, durable_redis: DurableRedis
) -> None:
    durable_redis.kill9()
    eventually(lambda: durable.http.get("/readyz").status_code == 503)
    assert durable.http.get("/healthz").status_code == 200
    durable_redis.restart()
    eventually(lambda: durable.http.get("/readyz").status_code == 200)


def test_a_call_of_the_third_party_api_is_put_off_in_the_originals_shape(
    durable: OpenDoors, durable_redis: DurableRedis
) -> None:
    durable_redis.kill9()
    answer = durable.call("PUT", "/segment/v2/customer_profiles/c-7", {"attributes": {"a": 1}})
    assert (answer.status_code, answer.json()["StatusCode"]) == (503, 503)
    assert "Retry-After" in answer.headers


def test_a_full_lane_is_answered_503_and_the_other_lanes_take_on(durable_redis: DurableRedis) -> None:
    with open_doors(durable_redis.url, settings=f"{SETTINGS}\n[lanes]\nhigh_water = 2\n") as doors:
        for n in range(2):
            assert doors.post(identify(f"c-{n}")).status_code == 200
        refused = doors.post(identify("c-3"))
        assert (refused.status_code, refused.json()["code"]) == (503, "T301")
        track = {"type": "track", "event": "Seen", "userId": "c-4", "properties": {}}
        assert doors.post(track).status_code == 200
        assert len(doors.records(LaneKind.EVENT)) == 1


def test_whatever_was_taken_in_is_answered_before_the_receiver_ends(durable_redis: DurableRedis) -> None:
    with open_doors(durable_redis.url, variables={"TERCEL_RECEIVER__REDIS_ANSWER_S": "60"}) as doors:
        with Stream(doors.port) as stream:
            stream.has_more(ENOUGH, 200)
            doors.process.terminate()

        assert set(stream.answers.values()) <= {200, NO_ANSWER}
        assert doors.process.wait() == 0
        assert stream.with_status(200) == set(users_on_lane(doors))


def test_a_redis_that_hangs_is_answered_503_before_senders_give_up(
    durable: OpenDoors, durable_redis: DurableRedis
) -> None:
    assert durable_redis.pid is not None
    durable.post(identify("c-6"))
    os.kill(durable_redis.pid, signal.SIGSTOP)
    try:
        assert durable.post(identify("c-7", "m-1")).status_code == 503
    finally:
        os.kill(durable_redis.pid, signal.SIGCONT)
    eventually(lambda: durable.post(identify("c-7", "m-1")).status_code == 200)
    assert sorted(users_on_lane(durable)) == ["c-6", "c-7"]


def test_what_needs_the_store_is_put_off_while_that_is_away_and_nothing_else_is(durable: OpenDoors) -> None:
    folder = Path(durable.store.name.removeprefix("the SQLite file ")).parent
    with sqlite3.connect(folder / "store.db", isolation_level=None) as holding:
        holding.execute("BEGIN EXCLUSIVE")
        good, bad = identify("c-7"), {"type": "track", "event": "Seen", "messageId": "m-1"}
        assert durable.post(good).status_code == 200
        answer = durable.post([good, bad])
        assert (answer.status_code, answer.json()["code"]) == (503, "T202")
        holding.execute("ROLLBACK")
    assert durable.post([good, bad]).status_code == 200
