"""The receiver ends under load: what it answered is delivered, and what it did not is taken once if it comes again."""

from __future__ import annotations

import pytest

from tests.doors.conftest import OpenHouse
from tests.doors.whole_house import wait_until_it_listens
from tests.receiver.stream import NO_ANSWER, Stream
from tests.support.house import DEPLOYMENT, PATIENT

ENOUGH = 200  # answers before the end, so that many messages are under way


def test_whatever_the_receiver_answered_before_its_end_is_delivered_and_it_leaves_with_status_0(
    open_house_of_my_own: OpenHouse,
) -> None:
    house, doors = open_house_of_my_own(workers=1, receivers=2, supervised=True, **PATIENT)
    with Stream(doors.port) as stream:
        stream.has_more(ENOUGH, 200)
        doors.process.terminate()
    assert doors.process.wait() == 0, doors.process.describe()
    house.comes_to_rest()

    assert set(stream.answers.values()) <= {200, NO_ANSWER}
    assert set(house.standin.admin.profiles()) == stream.with_status(200)
    assert house.lanes.totals(DEPLOYMENT)["received"] == len(stream.with_status(200))
    assert "Traceback" not in doors.process.output
    house.balance_closes()


@pytest.mark.chaos
def test_a_receiver_that_is_killed_has_lost_nothing_that_it_answered(open_house_of_my_own: OpenHouse) -> None:
    house, doors = open_house_of_my_own(workers=1, **PATIENT)
    with Stream(doors.port) as stream:
        stream.has_more(ENOUGH, 200)
        doors.process.kill9()
    wait_until_it_listens(house.launch_receiver(doors.port))
    house.comes_to_rest()
    arrived = set(house.standin.admin.profiles())
    assert set(stream.answers.values()) == {200, NO_ANSWER}
    assert stream.with_status(200) <= arrived

    for name in stream.with_status(NO_ANSWER):
        known = "duplicate" if name in arrived else "accepted"
        assert doors.post(stream.messages[name]).json()[known] == 1
    house.comes_to_rest()

    assert sorted(one.profile for one in house.standin.admin.order()) == sorted(stream.messages)
    house.balance_closes()
