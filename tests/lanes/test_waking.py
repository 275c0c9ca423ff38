"""Where the wake-up of a call goes: a bulk call that nobody took up is not left behind live ones."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from redis import Redis

from tercel.lanes import STREAM_RUN, Lanes
from tercel.records import LaneKind, Profile, Urgency

LIVE, BULK = Urgency.LIVE, Urgency.BULK


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    """Lanes that take an unread wake-up for lost at once."""
    return Lanes(redis_client, wake_s=0)


def cut(lanes: Lanes, urgency: Urgency, name: str) -> str:
    """Have a call of one record; its first wake-up lies in its queue."""
    call_id = f"{name:0>16}"
    lanes.enqueue("prod", urgency, [Profile(profile_id=name)])
    assert lanes.cut("prod", LaneKind.PROFILE, urgency, size=1, window=100, cap=100, call_id=call_id) == 1
    return call_id


def lost(lanes: Lanes, *queues: str) -> None:
    """Lose every wake-up, as a broker may."""
    lanes.redis.delete("calls.live", "calls.bulk", *queues)


def woken(lanes: Lanes, queue: str) -> list[str]:
    messages: Any = lanes.redis.lrange(queue, 0, -1)
    return [orjson.loads(message)["headers"]["id"] for message in reversed(messages)]


@pytest.mark.parametrize("urgency", Urgency)
def test_a_call_that_nobody_took_up_is_woken_among_the_live_ones(lanes: Lanes, urgency: Urgency) -> None:
    call_id = cut(lanes, urgency, "a")
    lost(lanes)

    assert lanes.wake("prod", urgency) == (1, 0)

    assert (woken(lanes, "calls.live"), woken(lanes, "calls.bulk")) == ([call_id], [])


def test_a_bulk_call_behind_a_full_live_queue_is_woken_before_that_is_empty(lanes: Lanes) -> None:
    """Its first wake-up is not lost, but behind live ones that are read first."""
    live = [cut(lanes, LIVE, f"{n}") for n in range(3)]
    bulk = cut(lanes, BULK, "b")

    lanes.wake("prod", BULK)

    assert woken(lanes, "calls.live") == [*live, bulk]


def test_there_are_never_more_wake_ups_than_calls(lanes: Lanes) -> None:
    for n in range(3):
        cut(lanes, LIVE, f"l{n}")
        cut(lanes, BULK, f"b{n}")

    for _ in range(10):
        lanes.wake("prod", BULK)
        lanes.wake("prod", LIVE)

    assert len(woken(lanes, "calls.live")) <= 6
    assert len(woken(lanes, "calls.bulk")) <= 3


def test_a_bulk_call_whose_worker_died_is_woken_among_the_live_ones(lanes: Lanes) -> None:
    call_id = cut(lanes, BULK, "a")
    lost(lanes)
    assert lanes.claim("prod", call_id, lease_s=0) is not None

    assert lanes.wake("prod", BULK) == (1, 1)

    assert woken(lanes, "calls.live") == [call_id]


def test_a_bulk_call_in_backoff_is_woken_among_its_own(lanes: Lanes) -> None:
    call_id = cut(lanes, BULK, "a")
    lost(lanes)
    claim = lanes.claim("prod", call_id, lease_s=60)
    assert claim is not None
    lanes.postpone(claim, delay_s=0, answered=True)

    lanes.wake("prod", BULK)

    assert (woken(lanes, "calls.live"), woken(lanes, "calls.bulk")) == ([], [call_id])


def test_a_bulk_call_put_off_is_woken_among_its_own(lanes: Lanes) -> None:
    call_id = cut(lanes, BULK, "a")
    lost(lanes)
    lanes.put_off("prod", call_id, BULK, delay_s=0)

    lanes.wake("prod", BULK)

    assert (woken(lanes, "calls.live"), woken(lanes, "calls.bulk")) == ([], [call_id])


def test_putting_off_a_call_that_has_ended_leaves_nothing_behind(lanes: Lanes) -> None:
    before: Any = lanes.redis.keys("*")

    lanes.put_off("prod", "0" * 16, BULK, delay_s=0)

    assert lanes.redis.keys("*") == before


@pytest.mark.parametrize(
    ("run", "text"),
    [("8f2c91d0", "1 profile record, live, run 8f2c91d0"), (STREAM_RUN, "1 profile record, live")],
)
def test_what_people_read_of_a_call_names_its_run_where_there_is_one(lanes: Lanes, run: str, text: str) -> None:
    # given
    lanes.enqueue("prod", LIVE, [Profile(profile_id="a")], run=run)

    # when
    lanes.cut("prod", LaneKind.PROFILE, LIVE, size=1, window=100, cap=100, call_id="1" * 16)

    # then
    [message] = lanes.redis.lrange("calls.live", 0, -1)
    assert orjson.loads(message)["headers"]["argsrepr"] == text
