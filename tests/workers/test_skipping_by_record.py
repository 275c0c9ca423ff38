"""Records that say themselves whether their unknown attributes are left out, in one call with those that do not."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.talon_one import StandIn
from tercel.records import Event, Profile, Urgency
from tests.workers.rig import Rig

MakeRig = Callable[..., Rig]


def hats(start: int, n: int, *, skip: bool | None) -> list[Profile]:
    """Profiles with an attribute that the deployment does not know."""
    many = range(start, start + n)
    return [Profile(profile_id=f"p{i}", attributes={"Points": i, "Hat": 1}, skip_unknown=skip) for i in many]


def test_of_one_call_some_are_stripped_and_others_rejected(rig: Rig, standin: StandIn) -> None:
    rig.enqueue([*hats(0, 5, skip=True), *hats(5, 3, skip=False), *hats(8, 2, skip=None)])

    rig.pump()

    assert set(standin.admin.profiles()) == {f"p{i}" for i in range(5)}
    assert {one.code for one in rig.rejections()} == {"T450"}
    assert (rig.counts()["delivered"], rig.counts()["rejected"]) == (5, 5)
    assert standin.admin.stats()["requests"] == 2
    rig.balance_closes()


def test_a_record_may_insist_where_its_deployment_skips(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(deployment={"skip_unknown_attributes": True})
    rig.enqueue([*hats(0, 2, skip=None), *hats(2, 1, skip=False)])

    rig.pump()

    assert set(standin.admin.profiles()) == {"p0", "p1"}
    assert rig.counts()["rejected"] == 1
    rig.balance_closes()


def test_of_merged_records_that_disagree_only_the_one_that_insists_is_rejected(rig: Rig, standin: StandIn) -> None:
    rig.enqueue(
        [
            Profile(profile_id="ada", attributes={"Points": 1, "Hat": 1}, skip_unknown=True),
            Profile(profile_id="ada", attributes={"Points": 2, "Hat": 1}),
            Profile(profile_id="ada", attributes={"Name": "Ada", "Hat": 1}, skip_unknown=True),
        ]
    )

    rig.pump()

    assert standin.admin.profiles()["ada"] == {"Points": 1, "Name": "Ada"}
    assert (rig.counts()["rejected"], [one.code for one in rig.rejections()]) == (1, ["T450"])
    rig.balance_closes()


def test_an_event_is_stripped_where_it_says_so(rig: Rig, standin: StandIn) -> None:
    events = [
        Event(profile_id="p", type="purchase", event_id=f"e{i}", attributes={"Hat": 1}, skip_unknown=skip)
        for i, skip in enumerate((True, None))
    ]
    rig.enqueue(events, Urgency.LIVE)

    rig.pump()

    assert len(standin.admin.events()) == 1
    assert rig.counts()["rejected"] == 1
    rig.balance_closes()
