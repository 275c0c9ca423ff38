"""Many keys at once: their turns lie in a hash that Redis searches by hashing, and which goes with the last of them."""

from __future__ import annotations

import pytest
from redis import Redis

from tercel.lanes import Claim, Lanes
from tercel.records import LaneKind, Profile, Urgency

TURN = "tercel:prod:turn"
MANY = [Profile(profile_id=f"p{n}") for n in range(300)]


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    return Lanes(redis_client)


def cut(lanes: Lanes, size: int, call_id: str) -> Claim:
    lanes.cut("prod", LaneKind.PROFILE, Urgency.BULK, size=size, window=9, cap=9, call_id=call_id)
    claim = lanes.claim("prod", call_id, lease_s=60)
    assert claim is not None
    return claim


def settle(lanes: Lanes, claim: Claim) -> None:
    lanes.settle(claim, counts={(claim.run, "delivered"): len(claim.messages)})


def test_many_turns_are_hashed_from_the_first_on(lanes: Lanes, redis_client: Redis) -> None:
    lanes.enqueue("prod", Urgency.BULK, MANY)
    cut(lanes, 100, "one")
    assert redis_client.object("encoding", TURN) == b"hashtable"


def test_nothing_is_left_of_them_once_they_are_settled(lanes: Lanes, redis_client: Redis) -> None:
    lanes.enqueue("prod", Urgency.BULK, MANY)
    claims = [cut(lanes, 150, f"c{n}") for n in range(2)]
    settle(lanes, claims[0])
    assert redis_client.hlen(TURN) > 150

    settle(lanes, claims[1])

    assert not redis_client.exists(TURN)


def test_the_turn_of_a_last_single_key_stays_until_it_is_settled(lanes: Lanes, redis_client: Redis) -> None:
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="alone")])
    alone = cut(lanes, 1, "alone")
    lanes.enqueue("prod", Urgency.BULK, MANY)
    settle(lanes, cut(lanes, 300, "many"))
    assert set(redis_client.hkeys(TURN)) == {b"-", alone.messages[0][19:35]}

    settle(lanes, alone)

    assert not redis_client.exists(TURN)


def test_a_repair_counts_keys_alone(lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, MANY)
    cut(lanes, 300, "many")
    assert tuple(lanes.repair("prod"))[:2] == (300, 300)
