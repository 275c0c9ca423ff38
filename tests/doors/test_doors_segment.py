"""Segment's messages through the whole house: its own test payload, and audiences that Engage fills."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.doors.whole_house import WholeHouse
from tests.receiver.open_doors import OpenDoors
from tests.support.house import House
from tests.support.seed_payload import SEEDS_PAYLOAD

MEMBERS = 300
AT_ONCE = 16  # clients of Engage
CREATE = "POST /v2/audiences"


def test_the_payload_that_segments_page_gives_to_test_with_arrives_as_its_event(whole: WholeHouse) -> None:
    answer = whole.doors.post(SEEDS_PAYLOAD, to="/segment/webhook/tester")
    whole.house.comes_to_rest()

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    found = {one["type"]: one for one in whole.house.standin.admin.events()}
    assert {name: one["profileId"] for name, one in found.items()} == {
        "track-event": "test-user-z65zqk",
        "mySegmentEvent": "a_customer_id",
    }
    assert [one["attributes"] for one in found.values()] == [{"language": "English"}] * 2


def said_by_identify(user: str, audience: str, is_member: bool) -> dict[str, Any]:
    """Engage's message of a change, in its identify form."""
    return {"type": "identify", "userId": user, "traits": {audience: is_member}, **named(audience)}


def said_by_track(user: str, audience: str, is_member: bool) -> dict[str, Any]:
    """The same in its track form."""
    event = "Audience Entered" if is_member else "Audience Exited"
    properties = {"audience_key": audience, audience: is_member}
    return {"type": "track", "event": event, "userId": user, "properties": properties, **named(audience)}


def named(audience: str) -> dict[str, Any]:
    """What both forms say of the audience."""
    personas = {
        "computation_class": "audience",
        "computation_key": audience,
        "computation_id": f"aud_{audience}",
        "external_audience_id": f"outside-{audience}",
    }
    return {"context": {"personas": personas}}


def post_all(doors: OpenDoors, users: Sequence[Sequence[dict[str, Any]]]) -> set[int]:
    """Post the messages of many users at once, those of each in order. Return the statuses of the answers."""

    def post(messages: Sequence[dict[str, Any]]) -> set[int]:
        return {doors.post(message, to="/segment/webhook/engage").status_code for message in messages}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set().union(*pool.map(post, users))


def creations(house: House) -> int:
    """How often an audience was asked to be created."""
    return sum(house.standin.admin.stats()["counts"].get(CREATE, {}).values())


def members(house: House, name: str) -> set[str]:
    """Who is in the only audience of a name."""
    [audience] = [one for one in house.standin.admin.audiences() if one["name"] == name]
    return {profile for number, profile in house.standin.admin.memberships() if number == audience["id"]}


def form_of(number: int) -> Any:
    """Half of all users' changes come in the one form, half in the other."""
    return said_by_identify if number % 2 else said_by_track


def test_hundreds_who_join_a_new_audience_at_once_create_it_once_and_are_all_in_it(whole: WholeHouse) -> None:
    before = creations(whole.house)
    joining = [[form_of(n)(f"joiner-{n}", "first_buyers", True)] for n in range(MEMBERS)]

    assert post_all(whole.doors, joining) == {200}
    whole.house.comes_to_rest()

    assert creations(whole.house) - before == 1
    [audience] = [one for one in whole.house.standin.admin.audiences() if one["name"] == "first_buyers"]
    assert audience["integrationId"] == "outside-first_buyers"
    assert members(whole.house, "first_buyers") == {f"joiner-{n}" for n in range(MEMBERS)}
    whole.house.balance_closes()


@pytest.mark.parametrize(
    ("audience", "changes"),
    [
        ("left", [True, False]),
        ("came_back", [True, False, True]),
        ("left_before_they_joined", [False, True]),
    ],
)
def test_joining_and_leaving_end_as_each_users_last_message_says(
    whole: WholeHouse, audience: str, changes: list[bool]
) -> None:
    before = creations(whole.house)
    users = [f"{audience}-{n}" for n in range(20)]
    messages = [
        [form_of(n + m)(user, audience, joins) for m, joins in enumerate(changes)] for n, user in enumerate(users)
    ]

    assert post_all(whole.doors, messages) == {200}
    whole.house.comes_to_rest()

    assert members(whole.house, audience) == (set(users) if changes[-1] else set())
    assert creations(whole.house) - before == 1
    assert not whole.house.rejected_ids()
