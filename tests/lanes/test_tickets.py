"""What a call remembers for the destination, and how few people a live call may hold."""

from __future__ import annotations

import pytest
from redis import Redis

from tercel import messages
from tercel.lanes import Claim, Lanes
from tercel.records import LaneKind, Profile, Urgency

DEPLOYMENT = "prod"


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    return Lanes(redis_client)


def cut(lanes: Lanes, *, people: int = 0, urgency: Urgency = Urgency.LIVE) -> Claim:
    call_id = messages.new_call_id()
    lanes.cut(DEPLOYMENT, LaneKind.PROFILE, urgency, size=100, window=9, cap=9, people=people, call_id=call_id)
    return claimed(lanes, call_id)


def claimed(lanes: Lanes, call_id: str) -> Claim:
    claim = lanes.claim(DEPLOYMENT, call_id, lease_s=60)
    assert claim is not None
    return claim


def enqueue(lanes: Lanes, *people: str, urgency: Urgency = Urgency.LIVE) -> None:
    lanes.enqueue(DEPLOYMENT, urgency, [Profile(profile_id=one) for one in people])


def held(claim: Claim) -> list[str]:
    return [messages.decode(message).data["profile_id"] for message in claim.messages]


def test_a_call_has_no_ticket_until_it_is_given_one(lanes: Lanes) -> None:
    enqueue(lanes, "ann")

    assert cut(lanes).ticket == ""


def test_a_ticket_stays_in_the_call_whoever_claims_it_and_however_often(lanes: Lanes) -> None:
    enqueue(lanes, "ann")
    claim = cut(lanes)
    lanes.postpone(claim, delay_s=0, answered=True, counted=False, ticket="job 7")

    again = claimed(lanes, claim.call_id)
    lanes.postpone(again, delay_s=0, answered=True)

    assert (again.ticket, claimed(lanes, claim.call_id).ticket) == ("job 7", "job 7")


def test_a_ticket_can_be_replaced_and_taken_away(lanes: Lanes) -> None:
    enqueue(lanes, "ann")
    claim = cut(lanes)
    for ticket in ("job 7", "job 8", ""):
        lanes.postpone(claim, delay_s=0, answered=True, ticket=ticket)
        claim = claimed(lanes, claim.call_id)

        assert claim.ticket == ticket


def test_the_calls_that_a_call_is_split_into_have_no_ticket(lanes: Lanes, redis_client: Redis) -> None:
    enqueue(lanes, "ann", "bob")
    claim = cut(lanes)
    lanes.postpone(claim, delay_s=0, answered=True, ticket="job 7")

    lanes.split(claimed(lanes, claim.call_id), [0])

    parts = [one.decode() for one in redis_client.zrange(f"tercel:{DEPLOYMENT}:ready:l", 0, -1)]
    assert [claimed(lanes, part).ticket for part in parts] == ["", ""]


def test_a_live_call_of_one_person_holds_all_that_waits_for_that_person(lanes: Lanes) -> None:
    enqueue(lanes, "ann", "bob", "ann", "cat", "ann")

    assert held(cut(lanes, people=1)) == ["ann", "ann", "ann"]
    assert held(cut(lanes, people=1)) == ["bob"]


def test_a_live_call_of_two_people_holds_no_third(lanes: Lanes) -> None:
    enqueue(lanes, "ann", "bob", "cat", "ann")

    assert held(cut(lanes, people=2)) == ["ann", "ann", "bob"]


def test_a_bulk_call_holds_whom_it_likes(lanes: Lanes) -> None:
    enqueue(lanes, "ann", "bob", "cat", urgency=Urgency.BULK)

    assert held(cut(lanes, people=1, urgency=Urgency.BULK)) == ["ann", "bob", "cat"]
