"""Redis is killed under load: what was answered 2xx is delivered, what was refused is taken once if it comes again."""

from __future__ import annotations

import pytest

from tests.doors.conftest import OpenHouse
from tests.doors.whole_house import identify_numbered, track_numbered
from tests.receiver.stream import CLIENTS, Message, Stream
from tests.support.house import DEPLOYMENT, House

pytestmark = pytest.mark.chaos

ENOUGH = 100  # answers in each phase, so that many messages are under way at the moment of the kill


def in_pairs(client: int, number: int) -> Message:
    """Of each user an identify with number 1, then a track with number 2."""
    user = f"u-{client}-{number // 2}"
    make = track_numbered if number % 2 else identify_numbered
    return make(user, number % 2 + 1, f"{user}:{number % 2 + 1}")


def delivered(house: House) -> list[str]:
    """The ids of the messages that are at the stand-in; an event that was kept twice is there twice."""
    profiles = house.standin.admin.profiles()
    events = [f"{one['profileId']}:{one['attributes']['Seq']}" for one in house.standin.admin.events()]
    return sorted([f"{user}:1" for user, attributes in profiles.items() if attributes.get("S1") == 1] + events)


def test_every_message_answered_well_is_delivered_and_every_other_is_taken_once_when_it_comes_again(
    open_house_of_my_own: OpenHouse,
) -> None:
    house, doors = open_house_of_my_own()
    with Stream(doors.port, in_pairs) as stream:
        stream.has_more(ENOUGH, 200)
        house.redis.kill9()
        stream.has_more(CLIENTS, 503)
        house.redis.restart()
        stream.has_more(ENOUGH, 200)
    house.comes_to_rest()

    assert set(stream.answers.values()) == {200, 503}
    assert stream.with_status(200) <= set(delivered(house))
    first_time = set(delivered(house))

    for name in stream.with_status(503):
        answer = doors.post(stream.messages[name])
        known = "duplicate" if name in first_time else "accepted"
        assert (answer.status_code, answer.json()[known]) == (200, 1)
    house.comes_to_rest()

    assert delivered(house) == sorted(stream.messages)
    assert house.lanes.totals(DEPLOYMENT)["rejected"] == 0
    house.balance_closes()
    assert not house.left_over()
