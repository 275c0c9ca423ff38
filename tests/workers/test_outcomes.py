"""What becomes of a call, for every row of the table of outcomes: against the stand-in, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.talon_one import Admin, Assumptions, Drip, Hang, Malformed, Reset, StandIn, Status
from tercel.records import Event, LaneKind, Membership, Profile, Urgency
from tests.workers.rig import DEPLOYMENT, Rig, points_in_order, profiles

MakeRig = Callable[..., Rig]
LIVE, BULK = Urgency.LIVE, Urgency.BULK


def assume(admin: Admin, **values: Any) -> None:
    admin.configure({"assumptions": Assumptions(**values).model_dump()})


def updates(profile: str, n: int) -> list[Profile]:
    """``n`` updates of one profile, oldest first."""
    return [Profile(profile_id=profile, attributes={"Points": i}) for i in range(n)]


def event(n: int = 0, *, profile: str = "ada") -> Event:
    return Event(profile_id=profile, type="purchase", event_id=f"e{n}", attributes={"Amount": n})


def test_a_2xx_delivers_every_record(rig: Rig, standin: StandIn) -> None:
    rig.enqueue(profiles(1_200))

    rig.pump()

    assert len(standin.admin.profiles()) == rig.counts()["delivered"] == 1_200
    rig.balance_closes()


def test_updates_of_one_profile_travel_merged_and_are_counted_so(rig: Rig, standin: StandIn) -> None:
    rig.enqueue([*updates("ada", 3), *profiles(2)])

    rig.pump()

    assert (rig.counts()["delivered"], rig.counts()["merged"]) == (3, 2)
    assert standin.admin.profiles()["ada"] == {"Points": 2}
    rig.balance_closes()


def test_a_429_pauses_and_slows_the_whole_deployment(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(deployment={"rate": 1000})
    standin.admin.set_faults(Status(status=429, times=1, retry_after="30"))
    rig.enqueue(profiles(1), LIVE)
    rig.one_turn()
    asked = standin.admin.stats()["requests"]

    rig.enqueue(profiles(1, start=1), LIVE)
    rig.one_turn()

    state = rig.runtime.limiter.state(DEPLOYMENT, rig.runtime.limits(DEPLOYMENT))
    assert (state.paused, state.slowed) == (True, 1)
    assert state.rate_allowed == pytest.approx(700, rel=0.1)
    assert standin.admin.stats()["requests"] == asked == 1


def test_calls_answered_429_arrive_later_once_each(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(deployment={"rate": 1000})
    standin.admin.set_faults(Status(status=429, times=3, retry_after="0"))
    rig.enqueue(profiles(5), LIVE)

    rig.pump()

    assert rig.counts()["delivered"] == 5
    rig.balance_closes()


def test_a_409_for_parallel_requests_is_tried_again_and_slows_nobody(rig: Rig, standin: StandIn) -> None:
    body = '{"message": "too many requests for this profile at the same time"}'
    standin.admin.set_faults(Status(status=409, times=2, body=body))
    rig.enqueue([event()], LIVE)

    rig.pump()

    assert rig.counts()["delivered"] == 1
    assert rig.runtime.limiter.state(DEPLOYMENT, rig.runtime.limits(DEPLOYMENT)).slowed == 0
    rig.balance_closes()


def test_a_v3_event_that_exists_already_counts_as_delivered(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(deployment={"events_api": "v3"})
    rig.enqueue([event(1)], LIVE)
    rig.pump()

    rig.enqueue([event(1)], LIVE)
    rig.pump()

    assert (rig.counts()["delivered"], len(standin.admin.events())) == (2, 1)
    rig.balance_closes()


@pytest.mark.parametrize(
    "fault",
    [
        Status(status=503, times=3),
        Status(status=500, times=3, apply=True),
        Reset(times=3),
        Reset(times=3, apply=True),
        Malformed(times=3, form="not_http"),
        Malformed(times=3, form="cut_short"),
    ],
    ids=lambda fault: f"{fault.fault}-{getattr(fault, 'form', '') or getattr(fault, 'apply', '')}",
)
def test_a_failing_server_costs_retries_and_no_record(rig: Rig, standin: StandIn, fault: Any) -> None:
    standin.admin.set_faults(fault)
    rig.enqueue(profiles(3))

    rig.pump()

    assert len(standin.admin.profiles()) == rig.counts()["delivered"] == 3
    assert standin.admin.faults() == [] or standin.admin.faults()[0]["hits"] <= 3
    rig.balance_closes()


@pytest.mark.parametrize("fault", [Hang(times=1), Drip(times=1, interval_s=0.1)], ids=["hangs", "drips"])
def test_a_server_that_takes_too_long_is_asked_again(make_rig: MakeRig, standin: StandIn, fault: Any) -> None:
    rig = make_rig(deployment={"timeout_s": 0.4})
    standin.admin.set_faults(fault)
    rig.enqueue([event()], LIVE)

    rig.pump()

    assert any("No answer came in time" in said for said in rig.told)
    assert len(standin.admin.events()) == rig.counts()["delivered"] == 1
    rig.balance_closes()


def test_failures_in_a_row_open_the_breaker_and_stop_the_cutting(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(delivery={"breaker_failures": 3, "breaker_open_s": 60, "breaker_max_s": 60})
    standin.admin.set_faults(Status(status=503))
    rig.enqueue([event(n, profile=f"p{n}") for n in range(3)], LIVE)
    rig.one_turn()

    rig.enqueue(profiles(1))
    rig.one_turn()

    assert rig.runtime.limiter.state(DEPLOYMENT, rig.runtime.limits(DEPLOYMENT)).breaker_open
    assert rig.counts()["waiting"] == 1


def test_an_open_breaker_closes_by_itself_when_the_server_is_back(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(delivery={"breaker_failures": 3})
    standin.admin.set_faults(Status(status=503, times=12))
    rig.enqueue([event(n, profile=f"p{n}") for n in range(6)], LIVE)

    rig.pump()

    assert rig.counts()["delivered"] == 6
    assert not rig.runtime.limiter.state(DEPLOYMENT, rig.runtime.limits(DEPLOYMENT)).breaker_open
    rig.balance_closes()


def test_a_call_that_keeps_failing_while_others_pass_is_split(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(delivery={"split_after_failures": 2, "breaker_failures": 50})
    standin.admin.write_scripts({"p3": [500] * 4_000})
    rig.enqueue(profiles(8))

    rig.pump(lambda: len(standin.admin.profiles()) == 7)

    assert "p3" not in standin.admin.profiles()


@pytest.mark.parametrize("applied", ["nothing", "good_items", "items_before"])
def test_one_bad_record_of_a_thousand_is_the_only_one_rejected(rig: Rig, standin: StandIn, applied: str) -> None:
    assume(standin.admin, a1_bad_item=applied)
    bad = Profile(profile_id="bad", attributes={"Points": "many"})
    rig.enqueue([*profiles(700), bad, *profiles(299, start=700)])

    rig.pump()

    [rejection] = rig.rejections()
    assert (rejection.record, rejection.code) == (bad.data(), "T451")
    assert len(standin.admin.profiles()) == rig.counts()["delivered"] == 999
    rig.balance_closes()


@pytest.mark.parametrize("pointer", ["plain", "no_errors"])
def test_without_pointers_the_bad_records_are_searched_until_they_stand_alone(
    rig: Rig, standin: StandIn, pointer: str
) -> None:
    assume(standin.admin, a2_pointer=pointer)
    bad = [Profile(profile_id=f"bad{n}", attributes={"Points": "many"}) for n in range(2)]
    rig.enqueue([*profiles(20), bad[0], *profiles(30, start=20), bad[1]])

    rig.pump()

    assert {one.record["profile_id"] for one in rig.rejections() if one.record} == {"bad0", "bad1"}
    assert len(standin.admin.profiles()) == rig.counts()["delivered"] == 50
    rig.balance_closes()


def test_a_call_too_large_is_halved_until_it_passes(rig: Rig, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=413, times=3))
    rig.enqueue(profiles(16))

    rig.pump()

    assert len(standin.admin.profiles()) == rig.counts()["delivered"] == 16
    rig.balance_closes()


def test_unknown_attributes_reject_their_records(rig: Rig, standin: StandIn) -> None:
    rig.enqueue([*profiles(5), *profiles(2, start=5, Shoe=44)])

    rig.pump()

    assert {one.code for one in rig.rejections()} == {"T450"}
    assert (len(standin.admin.profiles()), rig.counts()["rejected"]) == (5, 2)
    rig.balance_closes()


def test_unknown_attributes_are_left_out_where_the_deployment_says_so(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(deployment={"skip_unknown_attributes": True})
    rig.enqueue([*profiles(5), *profiles(2, start=5, Shoe=44)])
    rig.pump()
    asked = standin.admin.stats()["requests"]

    rig.enqueue(profiles(2, start=7, Shoe=45))
    rig.pump()

    assert standin.admin.profiles()["p6"] == {"Points": 6}
    assert (len(standin.admin.profiles()), rig.counts()["rejected"]) == (9, 0)
    assert standin.admin.stats()["requests"] == asked + 1, "what was learned is not asked again"
    rig.balance_closes()


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("pointer", ["indexed", "no_errors"])
def test_of_merged_updates_only_the_bad_one_is_rejected_and_the_others_arrive_in_order(
    rig: Rig, standin: StandIn, pointer: str, urgency: Urgency
) -> None:
    assume(standin.admin, a2_pointer=pointer)
    good = updates("ada", 5)
    bad = Profile(profile_id="ada", attributes={"Name": 5})
    rig.enqueue([*good[:2], bad, *good[2:], *profiles(3)], urgency)
    rig.enqueue(updates("ada", 7)[5:], urgency)

    rig.pump()

    [rejection] = rig.rejections()
    assert rejection.record == bad.data()
    seen = points_in_order(standin.admin, "ada")
    assert seen == sorted(seen)
    assert standin.admin.profiles()["ada"] == {"Points": 6}
    assert rig.counts()["delivered"] + rig.counts()["merged"] == 10
    rig.balance_closes()


def test_a_bad_last_update_does_not_hide_the_good_ones_before_it(rig: Rig, standin: StandIn) -> None:
    bad = Profile(profile_id="ada", attributes={"Points": "many"})
    rig.enqueue([Profile(profile_id="ada", attributes={"Name": "Ada"}), *updates("ada", 2), bad])

    rig.pump()

    assert standin.admin.profiles()["ada"] == {"Name": "Ada", "Points": 1}
    assert rig.counts()["rejected"] == 1
    rig.balance_closes()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_halts_and_rejects_nothing(rig: Rig, standin: StandIn, status: int) -> None:
    standin.admin.set_faults(Status(status=status))
    rig.enqueue(profiles(1_500))

    for _ in range(5):
        rig.one_turn()

    halted = rig.runtime.lanes.halted(DEPLOYMENT)
    assert halted is not None
    assert (halted.code, halted.probed) == ("T401", True)
    assert rig.rejections() == []
    assert rig.counts()["waiting"] + rig.counts()["in_flight"] + rig.counts()["retrying"] == 1_500


def test_delivery_resumes_by_itself_when_the_key_works_again(
    make_rig: MakeRig, standin: StandIn, tmp_path: Path
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("old-key")
    rig = make_rig(deployment={"key": None, "key_file": str(key_file)})
    rig.enqueue(profiles(1_500))
    rig.pump(lambda: rig.runtime.lanes.halted(DEPLOYMENT) is not None)

    key_file.write_text("good-key\n")
    rig.pump()

    assert rig.runtime.lanes.halted(DEPLOYMENT) is None
    assert len(standin.admin.profiles()) == rig.counts()["delivered"] == 1_500
    rig.balance_closes()


def test_a_halted_deployment_is_probed_once_a_period(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(delivery={"halt_probe_s": 60})
    standin.admin.set_faults(Status(status=401))
    rig.enqueue([event(n, profile=f"p{n}") for n in range(10)], LIVE)
    rig.look()
    calls = rig.wakeups()
    rig.deliver(*calls[0])

    for call in calls[1:]:
        rig.deliver(*call)

    assert standin.admin.stats()["requests"] == 2, "the one that found out, and one probe"


def test_memberships_of_an_audience_that_does_not_exist_are_rejected_and_the_others_arrive(
    rig: Rig, standin: StandIn
) -> None:
    here = [Membership(profile_id=f"p{n}", action="add", audience_id=7 if n % 2 else 9) for n in range(20)]
    gone = [Membership(profile_id=f"p{n}", action="add", audience_id=404) for n in range(5, 15)]
    rig.enqueue([*here, *gone])

    rig.pump()

    assert {one.code for one in rig.rejections()} == {"T455"}
    assert len(rig.rejections()) == 10
    assert len(standin.admin.memberships()) == 20
    rig.balance_closes()


@pytest.mark.parametrize("urgency", Urgency)
def test_nothing_is_left_behind_by_any_kind(rig: Rig, standin: StandIn, urgency: Urgency) -> None:
    rig.enqueue(
        [
            Profile(profile_id="ada", attributes={"Points": 1}),
            Membership(profile_id="ada", action="add", audience_id=7),
            event(profile="ada"),
            Profile(profile_id="ada", attributes={"Points": 2}, run_rules=True),
        ],
        urgency,
    )

    rig.pump()

    totals = rig.counts()
    assert all(totals[f"{kind.value}.delivered"] == 1 for kind in LaneKind if kind.letter in "pmer")
    rig.balance_closes()


def test_a_retry_of_the_same_body_carries_the_same_idempotency_key(rig: Rig, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=500, times=2, apply=True))
    rig.enqueue([event(1, profile="ada"), event(2, profile="bob")], LIVE)

    rig.pump()

    keys = [one["idempotency_key"] for one in standin.admin.requests()]
    assert all(keys)
    assert (len(keys), len(set(keys))) == (4, 2)
    assert len(standin.admin.events()) == 2, "what was applied before the 500 was not applied again"


def test_a_deployment_that_hangs_does_not_starve_another(make_rig: MakeRig, standin: StandIn) -> None:
    """The one asks for another path, which hangs; both share threads and connections."""
    rig = make_rig(deployments={"slow": {}, "quick": {}})
    standin.admin.set_faults(Hang(path="/v2/events"))
    rig.enqueue([event(n, profile=f"p{n}") for n in range(30)], LIVE, deployment="slow")
    rig.pump(lambda: standin.admin.stats()["hung"] >= 6)

    rig.enqueue(profiles(50), BULK, deployment="quick")
    rig.pump(lambda: rig.counts("quick")["delivered"] == 50)

    assert rig.counts("slow")["delivered"] == 0
