"""SIGTERM and Ctrl-C: a worker goes, and what it had in hand ends well or goes to another at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.talon_one import Hang
from tercel.records import Event, Urgency
from tests.support.house import DEPLOYMENT, EVENT_TYPE, House
from tests.support.processes import Process
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

IN_FLIGHT = 16
FAR_S = 3_600.0  # seconds ahead that slots are booked, where calls are to wait
SOON_S = 120.0  # seconds: far less than a lease or the time between two slots, far more than giving back takes
LONG_LEASE = {"TERCEL_DELIVERY__LEASE_S": "600", "TERCEL_DEPLOYMENTS__PROD__TIMEOUT_S": "600"}
SIGNALS = pytest.mark.parametrize("stop", [Process.terminate, Process.interrupt], ids=["SIGTERM", "Ctrl-C"])


def put_events(house: House, n: int) -> None:
    events = [
        Event(profile_id=f"p{i}", type=EVENT_TYPE, event_id=f"e{i}", attributes={"Seq": i}) for i in range(1, n + 1)
    ]
    house.lanes.enqueue(DEPLOYMENT, Urgency.LIVE, events)


@SIGNALS
def test_requests_in_progress_finish_and_the_worker_leaves_with_status_0(
    make_house: Callable[..., House], stop: Callable[[Process], None]
) -> None:
    house = make_house(TERCEL_WORKER__THREADS=str(IN_FLIGHT), **(LONG_LEASE | {"TERCEL_WORKER__GRACE_S": "600"}))
    house.standin.admin.set_faults(Hang(apply=True))
    (worker,) = house.start_workers()
    put_events(house, IN_FLIGHT)
    eventually(lambda: house.standin.admin.stats()["hung"] == IN_FLIGHT, describe=worker.describe)

    stop(worker)
    eventually(lambda: "worker_stopping" in worker.output, describe=worker.describe)
    house.standin.admin.release()

    assert worker.wait() == 0, worker.describe()
    assert len(house.standin.admin.events()) == IN_FLIGHT
    assert house.lanes.totals(DEPLOYMENT)["delivered"] == IN_FLIGHT
    house.balance_closes()
    assert not house.left_over()


def fence_of(house: House, call_id: str) -> bytes | None:
    fence: bytes | None = house.client.hget(f"tercel:{DEPLOYMENT}:call:{call_id}", "fence")  # type: ignore[assignment]
    return fence


@SIGNALS
def test_waiting_calls_are_given_back_at_once(
    make_house: Callable[..., House], stop: Callable[[Process], None]
) -> None:
    house = make_house(
        TERCEL_DEPLOYMENTS__PROD__RATE="0.005",
        TERCEL_LIMITER__MAX_WAIT_S=str(FAR_S),
        TERCEL_WORKER__GRACE_S=str(FAR_S),
        **LONG_LEASE,
    )
    (leaving,) = house.start_workers()
    put_events(house, 4)
    eventually(lambda: len(house.fences()) >= 2)
    waiting = house.fences()

    stop(leaving)
    eventually(lambda: house.moved_on(waiting) == set(waiting), SOON_S, leaving.describe)
    assert leaving.wait() == 0, leaving.describe()
    given_back = {i: fence_of(house, i) for i in waiting}
    (staying,) = house.start_workers()

    def taken_up() -> bool:
        """Whether the other worker has had each of them in hand: its slot may be far, so it may have put it off."""
        return all(fence_of(house, i) != fence for i, fence in given_back.items() if fence is not None)

    eventually(taken_up, SOON_S, staying.describe)


def test_a_request_that_does_not_finish_within_its_grace_is_given_back(make_house: Callable[..., House]) -> None:
    house = make_house(**(LONG_LEASE | {"TERCEL_WORKER__GRACE_S": "0.5"}))
    house.standin.admin.set_faults(Hang(apply=False))
    (worker,) = house.start_workers()
    put_events(house, 3)
    eventually(lambda: house.standin.admin.stats()["hung"] == 3, describe=worker.describe)

    worker.terminate()
    assert worker.wait() == 0, worker.describe()
    assert not house.fences(), "the calls are still in the hands of a worker that is gone"

    house.standin.admin.clear_faults()
    house.start_workers()
    house.comes_to_rest(SOON_S)
    assert len(house.standin.admin.events()) == 3
    assert not house.left_over()
