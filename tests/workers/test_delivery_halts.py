"""What may end a halt, what must not, and what a halt must never cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.talon_one import StandIn, Status
from tercel.records import Audience, Event, Membership, Urgency
from tests.workers.rig import DEPLOYMENT, Rig, profiles

MakeRig = Callable[..., Rig]
LIVE = Urgency.LIVE


def events(n: int, *, start: int = 0) -> list[Event]:
    return [Event(profile_id=f"p{i}", type="purchase", event_id=f"e{i}") for i in range(start, start + n)]


def age_calls(rig: Rig, seconds: float) -> None:
    base = f"{rig.settings.redis_prefix}tercel:{DEPLOYMENT}:"
    for key in rig.redis.scan_iter(f"{base}call:*"):
        if not key.endswith(b":r"):
            rig.redis.hincrby(key, "created", -int(seconds * 1000))


def test_a_pause_by_hand_stops_everything_until_it_is_resumed_by_hand(rig: Rig, standin: StandIn) -> None:
    rig.runtime.lanes.halt(DEPLOYMENT, code="T313", reason="paused", by_hand=True)
    rig.enqueue(profiles(5), LIVE)
    for _ in range(5):
        rig.one_turn()
    assert standin.admin.stats()["requests"] == 0

    rig.runtime.lanes.resume(DEPLOYMENT)
    rig.pump()

    assert rig.counts()["delivered"] == 5
    rig.balance_closes()


def test_calls_already_cut_wait_too_when_a_deployment_is_paused(rig: Rig, standin: StandIn) -> None:
    rig.enqueue(profiles(5), LIVE)
    rig.look()
    rig.runtime.lanes.halt(DEPLOYMENT, code="T313", reason="paused", by_hand=True)

    rig.one_turn()

    assert standin.admin.stats()["requests"] == 0
    assert rig.counts()["retrying"] == 5


def test_a_call_that_sends_nothing_does_not_end_a_halt(rig: Rig) -> None:
    """A probe shows that the key works again. Creating an audience that is known already sends nothing."""
    rig.runtime.store.save_audience(DEPLOYMENT, 7, "Gold", None)
    rig.enqueue([Audience(action="create", name="Gold")], LIVE)
    rig.look()
    [call] = rig.wakeups()
    rig.runtime.lanes.halt(DEPLOYMENT, code="T401", reason="refused", probed=True)

    rig.deliver(*call)

    assert rig.counts()["delivered"] == 1
    assert rig.runtime.lanes.halted(DEPLOYMENT) is not None


@pytest.mark.parametrize("kind", ["profile", "membership"])
def test_a_key_file_that_cannot_be_read_halts_and_costs_nothing(
    make_rig: MakeRig, standin: StandIn, tmp_path: Path, kind: str
) -> None:
    key_file = tmp_path / "key"
    rig = make_rig(deployment={"key": None, "key_file": str(key_file)})
    joining = [Membership(profile_id=f"p{i}", action="add", audience_name="Gold") for i in range(3)]
    rig.enqueue(profiles(3) if kind == "profile" else joining)
    rig.pump(lambda: rig.runtime.lanes.halted(DEPLOYMENT) is not None)

    key_file.write_text("good-key")
    rig.pump()

    assert rig.counts()["delivered"] == 3
    rig.balance_closes()


def test_a_call_that_grew_old_in_a_halt_gets_another_try(rig: Rig, standin: StandIn) -> None:
    """A key refused over a long weekend must not turn into rejections what was being retried when it began."""
    standin.admin.set_faults(Status(status=503, times=1))
    rig.enqueue(events(1), LIVE)
    rig.one_turn()
    rig.runtime.lanes.halt(DEPLOYMENT, code="T401", reason="refused", probed=True)
    age_calls(rig, 3 * 86_400)

    rig.pump()

    assert rig.rejections() == []
    assert rig.counts()["delivered"] == 1


def test_a_call_that_still_fails_after_the_limit_is_given_up(rig: Rig, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=503))
    rig.enqueue(events(1), LIVE)
    rig.one_turn()
    age_calls(rig, 2 * 86_400)

    rig.pump()

    [rejection] = rig.rejections()
    assert rejection.code == "T310"
    rig.balance_closes()


def test_a_lane_that_is_refused_for_one_reason_halts_and_goes_on_when_that_is_mended(
    make_rig: MakeRig, standin: StandIn
) -> None:
    rig = make_rig(delivery={"surge_records": 200})
    rig.enqueue(profiles(1_000, Shoe=44))
    rig.pump(lambda: rig.runtime.lanes.halted(DEPLOYMENT) is not None)
    halted = rig.runtime.lanes.halted(DEPLOYMENT)
    assert halted is not None
    assert (halted.code, halted.probed) == ("T312", False)
    assert rig.rejections() == []

    standin.admin.configure({"attributes": {"profile": {"Shoe": "number"}}})
    rig.runtime.lanes.resume(DEPLOYMENT)
    rig.pump()

    assert len(standin.admin.profiles()) == rig.counts()["delivered"] == 1_000
    rig.balance_closes()


def test_a_probed_halt_ends_even_where_no_call_is_left_to_probe_with(rig: Rig) -> None:
    rig.runtime.lanes.halt(DEPLOYMENT, code="T401", reason="refused", probed=True)

    rig.enqueue(profiles(5), LIVE)
    rig.pump()

    assert rig.counts()["delivered"] == 5
    assert rig.runtime.lanes.halted(DEPLOYMENT) is None
