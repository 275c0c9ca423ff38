"""Putting records on lanes: all or none, once however often it is sent, and counted."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from redis import Redis

from tercel import messages
from tercel.errors import CheckpointMoved, LaneFull
from tercel.lanes import Lanes
from tercel.records import Event, LaneKind, Membership, Profile, Record, Urgency

RUN = "8f2c91d0"
BULK, LIVE = Urgency.BULK, Urgency.LIVE


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    return Lanes(redis_client)


def profiles(n: int) -> list[Record]:
    return [Profile(profile_id=f"p{i}") for i in range(n)]


def everything(redis: Redis) -> dict[bytes, bytes]:
    """All of Redis, to see that nothing has changed."""
    return {key: redis.dump(key) for key in redis.keys("*")}  # type: ignore[misc]


@pytest.mark.parametrize("urgency", Urgency)
def test_records_of_several_kinds_lie_in_order_on_their_lanes(lanes: Lanes, urgency: Urgency) -> None:
    joins = Membership(profile_id="x", action="add", audience_id=1)
    lanes.enqueue("prod", urgency, [*profiles(2), joins, Profile(profile_id="p2")])

    lane: Any = lanes.redis.lrange(f"prod.profile.{urgency.value}", 0, -1)
    assert [messages.decode(one).data["profile_id"] for one in reversed(lane)] == ["p0", "p1", "p2"]
    assert lanes.redis.llen(f"prod.membership.{urgency.value}") == 1


@pytest.mark.parametrize("urgency", Urgency)
def test_a_full_lane_takes_nothing_of_the_batch(lanes: Lanes, urgency: Urgency) -> None:
    lanes.enqueue("prod", urgency, profiles(5), high_water=5)
    before = everything(lanes.redis)

    with pytest.raises(LaneFull, match="holds 5 records, its high-water mark is 5") as full:
        lanes.enqueue("prod", urgency, [Event(profile_id="e", type="t", event_id="1"), *profiles(1)], high_water=5)

    assert full.value.kind is LaneKind.PROFILE
    assert everything(lanes.redis) == before


def test_records_that_wait_for_their_turn_count_towards_the_high_water_mark(lanes: Lanes) -> None:
    for _ in range(5):
        lanes.enqueue("prod", LIVE, profiles(1))
    assert lanes.redis.llen("prod.profile.live") == 1

    with pytest.raises(LaneFull):
        lanes.enqueue("prod", LIVE, profiles(1), high_water=5)


@pytest.mark.parametrize("urgency", Urgency)
def test_a_batch_sent_again_changes_nothing(lanes: Lanes, urgency: Urgency) -> None:
    lanes.enqueue("prod", urgency, profiles(3), batch_id="one", tally={"filtered": 2}, run=RUN)
    before = lanes.run_counts(RUN)

    again = lanes.enqueue("prod", urgency, profiles(3), batch_id="one", tally={"filtered": 2}, run=RUN)

    assert again.repeated
    assert lanes.run_counts(RUN) == before
    assert lanes.redis.llen(f"prod.profile.{urgency.value}") == 3


def test_the_checkpoint_moves_with_the_records(lanes: Lanes) -> None:
    lanes.enqueue("prod", BULK, profiles(3), run=RUN, checkpoint=("", "row 3"))
    lanes.enqueue("prod", BULK, profiles(3), run=RUN, checkpoint=("row 3", "row 6"))

    assert lanes.checkpoint(RUN) == "row 6"
    assert lanes.redis.llen("prod.profile.bulk") == 6


def test_a_producer_that_was_overtaken_enqueues_nothing(lanes: Lanes) -> None:
    lanes.enqueue("prod", BULK, profiles(3), run=RUN, checkpoint=("", "row 3"))
    before = everything(lanes.redis)

    with pytest.raises(CheckpointMoved):
        lanes.enqueue("prod", BULK, profiles(3), run=RUN, checkpoint=("row 1", "row 4"))

    assert everything(lanes.redis) == before


def test_a_step_taken_already_is_a_success_that_changes_nothing(lanes: Lanes) -> None:
    lanes.enqueue("prod", BULK, profiles(3), run=RUN, checkpoint=("", "row 3"))
    before = everything(lanes.redis)

    assert lanes.enqueue("prod", BULK, profiles(3), run=RUN, checkpoint=("", "row 3")).repeated
    assert everything(lanes.redis) == before


def test_input_that_became_no_record_is_counted_as_received_too(lanes: Lanes) -> None:
    lanes.enqueue("prod", BULK, profiles(2), run=RUN, tally={"rejected": 3, "filtered": 1})

    counts = lanes.run_counts(RUN)
    assert (counts["received"], counts["waiting"], counts["rejected"], counts["filtered"]) == (6, 2, 3, 1)


def test_no_records_at_all_move_the_checkpoint_all_the_same(lanes: Lanes) -> None:
    lanes.enqueue("prod", BULK, [], run=RUN, checkpoint=("", "row 9"), tally={"filtered": 9})

    assert lanes.checkpoint(RUN) == "row 9"
    assert lanes.run_counts(RUN)["received"] == 9


@pytest.mark.parametrize("urgency", Urgency)
def test_a_message_that_is_not_ours_goes_to_the_plain_queue_as_it_is(lanes: Lanes, urgency: Urgency) -> None:
    lane = f"prod.profile.{urgency.value}"
    foreign = orjson.dumps({"body": "[[], {}, {}]", "headers": {"task": "enqueue.profile", "id": "x"}})
    lanes.enqueue("prod", urgency, profiles(1))
    lanes.redis.lpush(lane, foreign)
    lanes.enqueue("prod", urgency, [Profile(profile_id="after")])

    taken = lanes.cut("prod", LaneKind.PROFILE, urgency, size=10, window=9, cap=9)

    assert taken == 2
    assert lanes.redis.lrange(messages.PLAIN_QUEUE, 0, -1) == [foreign]


def test_a_wake_up_never_makes_more_unread_ones_than_there_are_calls(redis_client: Redis) -> None:
    lanes = Lanes(redis_client, wake_s=0)
    for i in range(5):
        lanes.enqueue("prod", LIVE, [Event(profile_id=f"e{i}", type="t", event_id="1")])
        lanes.cut("prod", LaneKind.EVENT, LIVE, size=1, window=9, cap=9)

    for _ in range(10):
        lanes.wake("prod", LIVE)
    assert redis_client.llen("calls.live") == 5

    redis_client.delete("calls.live")
    assert lanes.wake("prod", LIVE) == (5, 0)


def test_what_waited_behind_a_purged_lane_goes_on_after_a_repair(lanes: Lanes) -> None:
    for i in range(3):
        lanes.enqueue("prod", LIVE, [Profile(profile_id="ada", attributes={"N": i})])
    lanes.enqueue("prod", LIVE, [Profile(profile_id="bob")])
    lanes.redis.delete("prod.profile.live")
    assert lanes.cut("prod", LaneKind.PROFILE, LIVE, size=9, window=9, cap=9) == 0

    before, after, waiting = lanes.repair("prod")

    assert (before, after, waiting) == (2, 1, 2)
    assert lanes.cut("prod", LaneKind.PROFILE, LIVE, size=9, window=9, cap=9) == 2
    lanes.enqueue("prod", LIVE, [Profile(profile_id="bob")])
    assert lanes.redis.llen("prod.profile.live") == 1


def test_deployments_and_prefixes_share_nothing(redis_client: Redis) -> None:
    one, other = Lanes(redis_client, prefix="a:"), Lanes(redis_client, prefix="b:")
    one.enqueue("prod", LIVE, profiles(2))

    assert other.survey("prod").lanes == one.survey("test").lanes == ()
    keys: Any = redis_client.keys("*")
    assert all(key.startswith(b"a:") for key in keys)
