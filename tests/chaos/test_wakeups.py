"""The Celery messages around the lanes: lost by the broker, revoked in Flower, or written by somebody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from celery import Celery

from sandbox.talon_one import Status
from tercel import messages
from tercel.connections import broker_url
from tercel.messages import PLAIN_QUEUE, enqueue_task_name, lane_name
from tercel.records import LaneKind, Profile, Urgency
from tests.support.house import DEPLOYMENT, PATIENT, House
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

TASK = enqueue_task_name(LaneKind.PROFILE)


def put(house: House, *people: str) -> None:
    house.lanes.enqueue(DEPLOYMENT, Urgency.LIVE, [Profile(profile_id=who, attributes={"S1": 1}) for who in people])


def cut_by_hand(house: House) -> str:
    """Do what a worker does that dies right after its cut."""
    call_id = messages.new_call_id()
    assert house.lanes.cut(
        DEPLOYMENT, LaneKind.PROFILE, Urgency.LIVE, size=1_000, window=9, cap=9, call_id=call_id
    )  # fmt: skip
    return call_id


def client_of(house: House) -> Celery:
    return Celery("elsewhere", broker=broker_url(house.redis.url))


def arrived(house: House) -> set[str]:
    return set(house.standin.admin.profiles())


def test_a_wake_up_that_the_broker_lost_is_sent_again(house: House) -> None:
    put(house, "ann")
    cut_by_hand(house)
    assert house.client.delete(messages.CALL_QUEUES[Urgency.LIVE]) == 1

    house.start_workers()
    house.comes_to_rest()
    assert arrived(house) == {"ann"}
    assert not house.left_over()


def test_a_call_revoked_by_hand_becomes_rejections(make_house: Callable[..., House]) -> None:
    """It waits for its next try when it is revoked, as one would that somebody watches in Flower."""
    house = make_house(TERCEL_DELIVERY__SPLIT_AFTER_FAILURES="1000", **PATIENT)  # however late the message comes
    house.standin.admin.set_faults(Status(status=503))
    house.start_workers()
    put(house, "ann", "bob")
    call_id = eventually(lambda: next(iter(house.fences()), None), describe="the call to be tried")

    client_of(house).control.revoke(call_id)
    house.comes_to_rest()

    rejected = list(house.store.rejections())
    assert {one.record["profile_id"] for one in rejected if one.record} == {"ann", "bob"}
    assert {one.code for one in rejected} == {"T311"}
    assert not arrived(house)
    house.balance_closes()
    assert not house.left_over()


def test_another_celery_client_enqueues_by_the_tasks_name(house: House) -> None:
    house.start_workers()
    args = [DEPLOYMENT, "live", {"profile_id": "ann", "attributes": {"S1": 7}}]
    client_of(house).send_task(TASK, args=args, queue=PLAIN_QUEUE)

    eventually(lambda: arrived(house) == {"ann"})
    house.comes_to_rest()
    assert house.standin.admin.profiles()["ann"] == {"S1": 7}
    assert house.lanes.totals(DEPLOYMENT)["received"] == 1


@pytest.mark.parametrize("urgency", Urgency)
def test_a_message_on_a_lane_that_is_not_ours_goes_to_the_plain_queue_and_is_enqueued(
    house: House, urgency: Urgency
) -> None:
    lane = lane_name(DEPLOYMENT, LaneKind.PROFILE, urgency)
    house.lanes.enqueue(DEPLOYMENT, urgency, [Profile(profile_id="ann")])
    args = [DEPLOYMENT, urgency.value, {"profile_id": "bob"}]
    client_of(house).send_task(TASK, args=args, queue=lane)

    house.start_workers()
    eventually(lambda: arrived(house) == {"ann", "bob"})
    house.comes_to_rest()
    assert house.lanes.totals(DEPLOYMENT)["received"] == 2
    house.balance_closes()
    assert not house.left_over()


def test_a_client_is_not_told_of_a_full_lane_but_its_record_waits(make_house: Callable[..., House]) -> None:
    house = make_house(TERCEL_LANES__HIGH_WATER="1")
    house.lanes.halt(DEPLOYMENT, code="T300", reason="paused for the test", by_hand=True)
    house.start_workers()
    put(house, "ann")
    for who in ("bob", "cat"):
        client_of(house).send_task(TASK, args=[DEPLOYMENT, "live", {"profile_id": who}], queue=PLAIN_QUEUE)

    house.lanes.resume(DEPLOYMENT)
    eventually(lambda: arrived(house) == {"ann", "bob", "cat"})
    house.comes_to_rest()
    house.balance_closes()
