"""Calls that are not as they should be: taken over meanwhile, unreadable, revoked, or refused without a culprit."""

from __future__ import annotations

import pytest

from sandbox.talon_one import StandIn
from tercel.lanes import Claim
from tercel.messages import KEY
from tercel.records import Urgency
from tests.workers.rig import DEPLOYMENT, Rig, profiles
from workers import call as calls
from workers.claimed import Claimed, Later
from workers.delivery import revoke
from workers.outcomes import Reason

WHY = Reason("T453", "refused")


def claimed(rig: Rig, n: int = 4) -> Claimed:
    rig.enqueue(profiles(n), Urgency.LIVE)
    rig.look()
    [(call_id, _)] = rig.wakeups()
    claim = rig.runtime.lanes.claim(DEPLOYMENT, call_id, lease_s=60)
    assert claim is not None
    return Claimed(rig.runtime, claim)


def take_over(rig: Rig, claim: Claim) -> Claim:
    """Let the lease run out, and another worker claim the call."""
    rig.redis.hset(f"{rig.settings.redis_prefix}tercel:{DEPLOYMENT}:call:{claim.call_id}", "not_before", 0)
    other = rig.runtime.lanes.claim(DEPLOYMENT, claim.call_id, lease_s=60)
    assert other is not None
    return other


def test_a_worker_that_was_overtaken_splits_nothing_and_says_so(rig: Rig) -> None:
    call = claimed(rig)
    halves = calls.halves(call.claim)
    assert halves is not None
    take_over(rig, call.claim)

    with pytest.raises(Later, match="another worker"):
        call.split(halves, WHY)


def test_a_worker_that_was_overtaken_settles_nothing(rig: Rig) -> None:
    call = claimed(rig)
    other = take_over(rig, call.claim)

    with pytest.raises(Later, match="another worker"):
        call.settle([(i,) for i in range(4)])

    assert rig.counts()["delivered"] == 0
    assert len(other.messages) == 4


def test_rejecting_nobody_takes_nobody_out(rig: Rig) -> None:
    call = claimed(rig)

    call.reject({})

    assert len(call.contents) == rig.counts()["in_flight"] == 4


def test_records_rejected_one_after_the_other_leave_the_right_ones(rig: Rig) -> None:
    call = claimed(rig, 5)

    call.reject({1: WHY, 3: WHY})
    call.reject({1: WHY})
    call.settle([(i,) for i in range(2)])

    assert sorted(one.record["profile_id"] for one in rig.rejections() if one.record) == ["p1", "p2", "p3"]
    assert (rig.counts()["delivered"], rig.counts()["rejected"]) == (2, 3)
    rig.balance_closes()


@pytest.mark.parametrize(
    "spoil", [lambda m: m[:-30], lambda m: m.replace(b"profile_id", b"profile\xffid")], ids=["cut", "bytes"]
)
def test_a_message_spoilt_by_hand_is_kept_as_a_rejection_and_the_others_arrive(
    rig: Rig, standin: StandIn, spoil: object
) -> None:
    rig.enqueue(profiles(5))
    lane = f"{rig.settings.redis_prefix}{DEPLOYMENT}.profile.bulk"
    message = rig.redis.lindex(lane, 2)
    rig.redis.lset(lane, 2, spoil(message))  # type: ignore[operator]

    rig.pump()

    assert [one.code for one in rig.rejections()] == ["T320"]
    assert set(standin.admin.profiles()) == {"p0", "p1", "p3", "p4"}
    rig.balance_closes()


def test_a_message_whose_key_is_no_text_does_not_stop_the_others(rig: Rig, standin: StandIn) -> None:
    rig.enqueue(profiles(3))
    lane = f"{rig.settings.redis_prefix}{DEPLOYMENT}.profile.bulk"
    message = rig.redis.lindex(lane, 1)
    assert isinstance(message, bytes)
    rig.redis.lset(lane, 1, message[: KEY.start] + b"\xff" * 16 + message[KEY.stop : -9])  # type: ignore[arg-type]

    rig.pump()

    assert [one.code for one in rig.rejections()] == ["T320"]
    assert len(standin.admin.profiles()) == 2


def test_a_revoked_call_becomes_rejections(rig: Rig, standin: StandIn) -> None:
    rig.enqueue(profiles(3))
    rig.look()
    [(call_id, _)] = rig.wakeups()

    revoke(rig.runtime, DEPLOYMENT, call_id)

    assert {one.code for one in rig.rejections()} == {"T311"}
    assert standin.admin.profiles() == {}
    assert rig.counts()["rejected"] == 3
    rig.balance_closes()


def test_a_call_already_settled_is_nothing_to_do(rig: Rig) -> None:
    rig.enqueue(profiles(1))
    rig.look()
    [call] = rig.wakeups()
    rig.deliver(*call)

    assert rig.deliver(*call) == "nothing to do: settled"
    assert rig.counts()["delivered"] == 1


def test_a_call_of_a_deployment_that_was_taken_out_of_the_settings_is_left_alone(rig: Rig) -> None:
    assert "no deployment gone" in rig.deliver("0" * 16, "gone")
