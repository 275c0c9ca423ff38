"""How long the calls of a killed worker lie still, with the time constants of production."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from sandbox.talon_one import Hang
from tercel.records import Event, Urgency
from tests.support.house import DEPLOYMENT, EVENT_TYPE, House
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

IN_FLIGHT = 8
WITHIN_S = 30.0  # seconds: what issue 2 promises


def test_a_killed_workers_calls_are_in_flight_again_within_thirty_seconds_at_the_defaults(
    make_house: Callable[..., House], record_property: Callable[[str, object], None]
) -> None:
    house = make_house(shrunk=False)
    house.standin.admin.set_faults(Hang(apply=False))
    (worker,) = house.start_workers()
    events = [Event(profile_id=f"p{i}", type=EVENT_TYPE, event_id=f"e{i}") for i in range(IN_FLIGHT)]
    house.lanes.enqueue(DEPLOYMENT, Urgency.LIVE, events)
    eventually(lambda: house.standin.admin.stats()["hung"] == IN_FLIGHT)
    held = house.fences()
    house.start_workers()

    worker.kill9(group=True)
    house.standin.admin.clear_faults()
    killed_at = time.monotonic()
    eventually(lambda: house.moved_on(held) == set(held), WITHIN_S, lambda: f"{len(held)} calls to be taken in hand")
    record_property("seconds", round(time.monotonic() - killed_at, 1))

    house.comes_to_rest()
    assert len(house.standin.admin.events()) == IN_FLIGHT
    assert not house.left_over()
