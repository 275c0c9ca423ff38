"""The store does not answer for a long time: calls that need it wait, and nobody takes that for dead workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pytest

from tercel import messages
from tercel.errors import StoreUnavailable
from tercel.records import LaneKind, Profile, Urgency
from tercel.settings import Settings
from tests.support.house import DEPLOYMENT, PATIENT, House
from workers.delivery import CRASHES_TO_REJECT, Later, deliver
from workers.runtime import Runtime


class Away:
    """A store whose database is down."""

    def add_rejections(self, _: object) -> NoReturn:
        raise StoreUnavailable("the database does not answer")


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """A house in which no answer comes too late."""
    return make_house(**PATIENT)


@pytest.fixture
def runtime(house: House) -> Runtime:
    return Runtime.build(Settings.load(environ=house.environment))


def test_a_call_that_needs_the_store_waits_for_it_however_long_it_is_away(
    house: House, runtime: Runtime, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(runtime.sender.close)
    good, bad = Profile(profile_id="ann", attributes={"S1": 1}), Profile(profile_id="bob", attributes={"S1": "x"})
    house.lanes.enqueue(DEPLOYMENT, Urgency.BULK, [good, bad])
    call_id = messages.new_call_id()
    house.lanes.cut(DEPLOYMENT, LaneKind.PROFILE, Urgency.BULK, size=9, window=9, cap=9, call_id=call_id)
    call = f"tercel:{DEPLOYMENT}:call:{call_id}"
    store = runtime.store

    runtime.store = Away()  # type: ignore[assignment]
    for _ in range(CRASHES_TO_REJECT + 1):
        with pytest.raises(Later, match="store"):
            deliver(runtime, DEPLOYMENT, call_id)
        house.client.hset(call, "not_before", 0)
    runtime.store = store
    deliver(runtime, DEPLOYMENT, call_id)

    (rejected,) = house.store.rejections()
    assert rejected.record is not None
    assert rejected.record["profile_id"] == "bob"
    assert rejected.code != "T314", "the store's absence was taken for dead workers"
    assert set(house.standin.admin.profiles()) == {"ann"}
    house.balance_closes()
