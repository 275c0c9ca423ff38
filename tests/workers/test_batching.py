"""When lanes are cut, how far ahead, and who comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tercel.records import Event, LaneKind, Membership, Urgency
from tests.workers.rig import DEPLOYMENT, Rig, profiles
from workers.batching import Batcher

MakeRig = Callable[..., Rig]
LIVE, BULK = Urgency.LIVE, Urgency.BULK


def events(n: int) -> list[Event]:
    return [Event(profile_id=f"e{i}", type="purchase", event_id=f"e{i}") for i in range(n)]


def joins(n: int) -> list[Membership]:
    return [Membership(profile_id=f"m{i}", action="add", audience_id=7) for i in range(n)]


def calls(rig: Rig, urgency: Urgency) -> int:
    return rig.runtime.lanes.survey(DEPLOYMENT).ready[urgency]


def length(rig: Rig, kind: LaneKind, urgency: Urgency) -> int:
    lanes = rig.runtime.lanes.survey(DEPLOYMENT).lanes
    return sum(lane.length for lane in lanes if (lane.kind, lane.urgency) == (kind, urgency))


@pytest.mark.parametrize("urgency", Urgency)
def test_records_linger_until_their_call_is_full(make_rig: MakeRig, urgency: Urgency) -> None:
    rig = make_rig(lanes={"linger_live_s": 3_600, "linger_bulk_s": 3_600})
    rig.enqueue(profiles(999), urgency)
    rig.look()
    assert calls(rig, urgency) == 0

    rig.enqueue(profiles(1, start=999), urgency)
    rig.look()

    assert calls(rig, urgency) == 1
    assert rig.counts()["in_flight"] == 1_000


@pytest.mark.parametrize("urgency", Urgency)
def test_records_that_have_lingered_long_enough_leave_as_they_are(make_rig: MakeRig, urgency: Urgency) -> None:
    rig = make_rig(lanes={"linger_live_s": 0.0, "linger_bulk_s": 0.0})
    rig.enqueue(profiles(3), urgency)

    rig.look()

    assert (calls(rig, urgency), rig.counts()["in_flight"]) == (1, 3)


def test_what_the_api_cannot_batch_does_not_linger(make_rig: MakeRig) -> None:
    rig = make_rig(lanes={"linger_live_s": 3_600})
    rig.enqueue(events(2), LIVE)

    rig.look()

    assert calls(rig, LIVE) == 2


@pytest.mark.parametrize("urgency", Urgency)
def test_no_more_calls_are_cut_than_the_window_holds(make_rig: MakeRig, urgency: Urgency) -> None:
    rig = make_rig(deployment={"max_window": 5})
    rig.enqueue(events(30), urgency)

    for _ in range(3):
        rig.look()

    assert calls(rig, urgency) == 5


@pytest.mark.parametrize("urgency", Urgency)
def test_a_long_lane_of_events_starves_no_other_kind(make_rig: MakeRig, urgency: Urgency) -> None:
    """Events go one a call: a backlog of them fills every window there is."""
    rig = make_rig(deployment={"max_window": 4})
    rig.enqueue(events(200), urgency)
    rig.look()
    rig.enqueue([*profiles(5), *joins(5)], urgency)

    for _ in range(3):
        rig.one_turn()

    assert length(rig, LaneKind.PROFILE, urgency) == length(rig, LaneKind.MEMBERSHIP, urgency) == 0
    assert length(rig, LaneKind.EVENT, urgency) > 100


def test_a_window_with_room_for_one_call_serves_every_kind_in_turn(make_rig: MakeRig) -> None:
    rig = make_rig(deployment={"max_window": 1, "rate": 0})
    rig.enqueue([*events(50), *profiles(2), *joins(2)], LIVE)

    for _ in range(3):
        rig.one_turn()

    totals = rig.counts()
    assert (totals["profile.delivered"], totals["membership.delivered"], totals["event.delivered"]) == (2, 2, 1)


def test_a_backlog_of_bulk_takes_nothing_of_the_window_of_live(make_rig: MakeRig) -> None:
    rig = make_rig(deployment={"max_window": 4})
    rig.enqueue(events(100), BULK)
    rig.look()

    rig.enqueue(profiles(1), LIVE)
    rig.look()

    assert (calls(rig, BULK), calls(rig, LIVE)) == (4, 1)


def test_live_is_woken_before_bulk(rig: Rig) -> None:
    rig.enqueue(profiles(3), BULK)
    rig.enqueue(profiles(1, start=3), LIVE)
    rig.look()

    first, *_ = rig.wakeups()

    claim = rig.runtime.lanes.claim(DEPLOYMENT, first[0], lease_s=5)
    assert claim is not None
    assert claim.urgency is LIVE


def test_live_passes_bulk_of_its_own_profile(rig: Rig) -> None:
    rig.enqueue(profiles(1), BULK)
    rig.enqueue(profiles(1), LIVE)
    rig.look()

    assert (calls(rig, LIVE), calls(rig, BULK)) == (1, 0)
    rig.pump()
    rig.balance_closes()


def test_too_many_calls_in_backoff_stop_the_cutting(make_rig: MakeRig) -> None:
    rig = make_rig(delivery={"calls_cap": 6})
    rig.enqueue(events(20), BULK)
    for _ in range(5):
        rig.look()
        for call_id, _ in rig.wakeups():
            claim = rig.runtime.lanes.claim(DEPLOYMENT, call_id, lease_s=5)
            if claim is not None:
                rig.runtime.lanes.postpone(claim, delay_s=3_600, answered=True)

    assert rig.counts()["retrying"] == 6


def test_one_deployment_that_hangs_leaves_threads_to_another(make_rig: MakeRig) -> None:
    rig = make_rig(deployments={"slow": {}, "quick": {}}, worker={"threads": 8})
    shares = rig.runtime.shares
    taken = [shares.take("slow", LIVE) for _ in range(8)]

    assert sum(taken) == 6
    assert shares.take("quick", LIVE)


def test_bulk_never_takes_all_threads(rig: Rig) -> None:
    taken = [rig.runtime.shares.take(DEPLOYMENT, BULK) for _ in range(8)]

    assert sum(taken) == 6
    assert rig.runtime.shares.take(DEPLOYMENT, LIVE)


def test_a_share_that_is_given_back_can_be_taken_again(rig: Rig) -> None:
    shares = rig.runtime.shares
    while shares.take(DEPLOYMENT, BULK):
        pass
    shares.give(DEPLOYMENT, BULK)

    assert shares.take(DEPLOYMENT, BULK)
    assert not shares.take(DEPLOYMENT, BULK)


def test_a_process_that_stood_still_does_not_take_its_own_calls_for_those_of_a_dead_one(rig: Rig) -> None:
    rig.enqueue(profiles(3))
    rig.look()
    [(call_id, _)] = rig.wakeups()
    claim = rig.runtime.lanes.claim(DEPLOYMENT, call_id, lease_s=0)
    assert claim is not None
    stopping, now = threading.Event(), 0.0
    batcher = Batcher(rig.runtime, beat=stopping.set, clock=lambda: now)

    now = 3_600.0
    with rig.runtime.held.holding(claim):
        batcher.run(stopping)

    assert rig.wakeups() == []
