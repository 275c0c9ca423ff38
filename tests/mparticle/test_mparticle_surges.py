"""An audience that fills up goes bulk, and stays so until nothing of it can be overtaken."""

from __future__ import annotations

from redis import Redis

from producers.mparticle.surge import Surges
from tercel import messages
from tercel.lanes import Lanes
from tercel.records import LaneKind, Membership, Urgency
from tests.support.waiting import eventually

DEPLOYMENT = "prod"
SHORT_S = 0.3  # seconds of a window that a test can wait out
LONG_S = 600.0  # seconds of a window that ends in no test


def urgency(surges: Surges, n: int = 1, audience: str = "a", above: int = 10) -> Urgency:
    return surges.urgencies(DEPLOYMENT, {audience: n}, above=above)[audience]


def join(lanes: Lanes, user: str, how: Urgency) -> None:
    lanes.enqueue(DEPLOYMENT, how, [Membership(profile_id=user, action="add", audience_id=7)])


def deliver_one(lanes: Lanes, redis: Redis) -> None:
    """Cut a bulk call of memberships and settle it."""
    assert lanes.cut(DEPLOYMENT, LaneKind.MEMBERSHIP, Urgency.BULK, size=10, window=10, cap=10, call_id="c1") == 1
    claim = lanes.claim(DEPLOYMENT, "c1", lease_s=60)
    assert claim is not None
    lanes.settle(claim, counts={(claim.run, "delivered"): 1})


def test_few_changes_travel_live(redis_client: Redis) -> None:
    surges = Surges(redis_client, Lanes(redis_client), window_s=LONG_S)

    assert [urgency(surges) for _ in range(10)] == [Urgency.LIVE] * 10


def test_the_message_that_makes_them_too_many_is_the_first_to_travel_as_bulk(redis_client: Redis) -> None:
    surges = Surges(redis_client, Lanes(redis_client), window_s=LONG_S)

    assert [urgency(surges, 5) for _ in range(4)] == [Urgency.LIVE, Urgency.LIVE, Urgency.BULK, Urgency.BULK]


def test_each_audience_is_counted_by_itself(redis_client: Redis) -> None:
    surges = Surges(redis_client, Lanes(redis_client), window_s=LONG_S)

    found = surges.urgencies(DEPLOYMENT, {"a": 11, "b": 1}, above=10)

    assert found == {"a": Urgency.BULK, "b": Urgency.LIVE}


def test_several_receivers_count_together(redis_client: Redis) -> None:
    receivers = [Surges(redis_client, Lanes(redis_client), window_s=LONG_S) for _ in range(2)]

    assert [urgency(receivers[n % 2], 4) for n in range(4)] == [Urgency.LIVE, Urgency.LIVE, Urgency.BULK, Urgency.BULK]


def test_a_single_change_right_after_a_surge_is_bulk_too(redis_client: Redis) -> None:
    surges = Surges(redis_client, Lanes(redis_client), window_s=LONG_S)
    urgency(surges, 11)

    assert urgency(surges) is Urgency.BULK


def test_a_surge_is_over_when_nothing_waits_and_the_window_has_passed(redis_client: Redis) -> None:
    surges = Surges(redis_client, Lanes(redis_client), window_s=SHORT_S)
    urgency(surges, 11)

    eventually(lambda: _quiet(redis_client), describe="a window to pass")

    assert urgency(surges) is Urgency.LIVE


def test_a_surge_is_not_over_while_something_waits_however_long(redis_client: Redis) -> None:
    lanes = Lanes(redis_client)
    surges = Surges(redis_client, lanes, window_s=SHORT_S)
    urgency(surges, 11)
    join(lanes, "ada", Urgency.BULK)

    eventually(lambda: _quiet(redis_client), describe="a window to pass")
    assert urgency(surges) is Urgency.BULK


def test_a_surge_is_not_over_while_a_call_is_under_way(redis_client: Redis) -> None:
    lanes = Lanes(redis_client)
    surges = Surges(redis_client, lanes, window_s=SHORT_S)
    urgency(surges, 11)
    join(lanes, "ada", Urgency.BULK)
    lanes.cut(DEPLOYMENT, LaneKind.MEMBERSHIP, Urgency.BULK, size=10, window=10, cap=10)

    eventually(lambda: _quiet(redis_client), describe="a window to pass")
    assert urgency(surges) is Urgency.BULK


def test_once_all_is_delivered_changes_are_live_again(redis_client: Redis) -> None:
    lanes = Lanes(redis_client)
    surges = Surges(redis_client, lanes, window_s=SHORT_S)
    urgency(surges, 11)
    join(lanes, "ada", Urgency.BULK)
    deliver_one(lanes, redis_client)

    eventually(lambda: _quiet(redis_client), describe="a window to pass")
    assert urgency(surges) is Urgency.LIVE


def test_who_leaves_right_after_the_surge_cannot_be_overtaken_by_having_joined(redis_client: Redis) -> None:
    lanes = Lanes(redis_client)
    surges = Surges(redis_client, lanes, window_s=SHORT_S)
    urgency(surges, 11)
    join(lanes, "ada", Urgency.BULK)

    eventually(lambda: _quiet(redis_client), describe="a window to pass")
    lanes.enqueue(DEPLOYMENT, urgency(surges), [Membership(profile_id="ada", action="delete", audience_id=7)])
    lanes.cut(DEPLOYMENT, LaneKind.MEMBERSHIP, Urgency.LIVE, size=10, window=10, cap=10, call_id="live")
    lanes.cut(DEPLOYMENT, LaneKind.MEMBERSHIP, Urgency.BULK, size=10, window=10, cap=10, call_id="bulk")

    claim = lanes.claim(DEPLOYMENT, "bulk", lease_s=60)
    assert lanes.claim(DEPLOYMENT, "live", lease_s=60) is None
    assert claim is not None
    assert [messages.decode(message).data["action"] for message in claim.messages] == ["add", "delete"]


def test_what_is_kept_of_a_surge_does_not_run_out(redis_client: Redis) -> None:
    urgency(Surges(redis_client, Lanes(redis_client), window_s=LONG_S), 11)

    [key] = redis_client.keys("*mparticle-fill*")
    assert redis_client.ttl(key) == -1


def test_what_is_kept_of_few_changes_goes_by_itself(redis_client: Redis) -> None:
    urgency(Surges(redis_client, Lanes(redis_client), window_s=LONG_S))

    [key] = redis_client.keys("*mparticle-fill*")
    assert redis_client.ttl(key) > 0


def _quiet(redis: Redis) -> bool:
    """Whether a short window has passed since something went as bulk."""
    seconds, micros = redis.time()
    last = redis.hget(f"tercel:{DEPLOYMENT}:mparticle-fill:a", "bulk")
    return last is not None and seconds * 1000 + micros / 1000 - int(last) > SHORT_S * 1000
