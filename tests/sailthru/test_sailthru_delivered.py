"""Records on the lanes become what Sailthru holds: real Redis, the real stand-in over HTTP."""

from __future__ import annotations

import pytest

from sandbox.sailthru import StandIn, Status
from tercel.records import Audience, AudienceRef, Event, Membership, Profile, Session, Urgency
from tests.workers.rig import DEPLOYMENT, Rig


def joins(n: int, name: str = "Gold", action: str = "add") -> list[Membership]:
    return [
        Membership(profile_id=f"p{i}@example.com", action=action, audience_name=name, audience_external_id="17")  # type: ignore[arg-type]
        for i in range(n)
    ]


def calls(standin: StandIn) -> dict[str, int]:
    """Requests by method and path, whatever became of them."""
    return {call: sum(outcomes.values()) for call, outcomes in standin.admin.stats()["counts"].items()}


def test_vars_are_set_and_a_removed_one_is_null(rig: Rig, sailthru: StandIn) -> None:
    rig.enqueue([Profile(profile_id="ana@example.com", attributes={"city": "Zürich", "tier": "gold"})], Urgency.LIVE)
    rig.enqueue([Profile(profile_id="ana@example.com", attributes={"tier": None})], Urgency.LIVE)

    rig.pump()

    [ana] = sailthru.admin.profiles().values()
    assert ana["vars"] == {"city": "Zürich", "tier": None}
    rig.balance_closes()


def test_records_of_one_person_that_wait_for_each_other_travel_together(rig: Rig, sailthru: StandIn) -> None:
    records = [
        Membership(profile_id="ana@example.com", action="add", audience_name=name)
        for name in ("Gold", "Silver", "Lead")
    ]
    rig.enqueue(records, Urgency.LIVE)

    rig.pump()

    assert sorted(sailthru.admin.profiles()["ana@example.com"]["lists"]) == ["Gold", "Lead", "Silver"]
    assert calls(sailthru)["POST /user"] == 1
    assert rig.counts()["merged"] == 2


def test_a_list_is_made_once_however_many_join_it_at_once(rig: Rig, sailthru: StandIn) -> None:
    rig.enqueue(joins(20), Urgency.LIVE)

    rig.pump()

    [gold] = sailthru.admin.lists()
    assert (gold["name"], len(gold["members"])) == ("Gold", 20)
    rig.balance_closes()


def test_a_list_that_is_there_already_is_not_made_again(rig: Rig, sailthru: StandIn) -> None:
    sailthru.admin.configure({"lists": ["Gold"]})
    sailthru.admin.reset()
    rig.enqueue(joins(3), Urgency.LIVE)

    rig.pump()

    assert "POST /list" not in calls(sailthru)
    assert len(sailthru.admin.members("Gold")) == 3


def test_an_audience_is_a_list_and_its_new_name_a_new_one(rig: Rig, sailthru: StandIn) -> None:
    for action, name in (("create", "Big$Spenders"), ("rename", "Whales")):
        rig.enqueue([Audience(action=action, name=name, external_id="17")], Urgency.LIVE)  # type: ignore[arg-type]
        rig.pump()

    assert [one["name"] for one in sailthru.admin.lists()] == ["Big-Spenders", "Whales"]


def test_an_audience_that_is_deleted_takes_its_list_along_and_can_come_again(rig: Rig, sailthru: StandIn) -> None:
    for action in ("create", "delete", "delete", "create"):
        rig.enqueue([Audience(action=action, name="Gold", external_id="17")], Urgency.LIVE)  # type: ignore[arg-type]
        rig.pump()

    assert [one["name"] for one in sailthru.admin.lists()] == ["Gold"]
    assert rig.counts()["delivered"] == 4


def test_many_members_travel_as_one_job_that_is_asked_for_until_it_is_done(rig: Rig, sailthru: StandIn) -> None:
    rig.enqueue(joins(200))

    rig.pump()

    assert len(sailthru.admin.members("Gold")) == rig.counts()["delivered"] == 200
    assert (calls(sailthru)["POST /job"], "POST /user" in calls(sailthru)) == (1, False)
    rig.balance_closes()


def test_a_handful_in_bulk_is_sent_one_by_one(rig: Rig, sailthru: StandIn) -> None:
    rig.enqueue(joins(9))

    rig.pump()

    assert len(sailthru.admin.members("Gold")) == rig.counts()["delivered"] == 9
    assert "POST /job" not in calls(sailthru)
    rig.balance_closes()


def test_whoever_leaves_a_list_in_bulk_is_off_it(rig: Rig, sailthru: StandIn) -> None:
    rig.enqueue(joins(60))
    rig.pump()

    rig.enqueue(joins(30, action="delete"))
    rig.pump()

    assert len(sailthru.admin.members("Gold")) == 30


def test_a_job_that_fails_is_sent_again_in_smaller_ones_and_at_last_one_by_one(rig: Rig, sailthru: StandIn) -> None:
    sailthru.admin.configure({"job_ends": "error"})
    rig.enqueue(joins(60))

    rig.pump()

    assert len(sailthru.admin.members("Gold")) == rig.counts()["delivered"] == 60
    assert rig.rejections() == []
    rig.balance_closes()


def test_lists_vars_and_ids_of_one_record_are_one_call(rig: Rig, sailthru: StandIn) -> None:
    record = Profile(
        profile_id="ana@example.com",
        attributes={"tier": "gold"},
        audiences_add=(AudienceRef(name="Gold"),),
    )
    rig.enqueue([record], Urgency.LIVE)

    rig.pump()

    ana = sailthru.admin.profiles()["ana@example.com"]
    assert (ana["vars"], ana["lists"]) == ({"tier": "gold"}, ["Gold"])
    assert calls(sailthru)["POST /user"] == 1


def test_an_event_arrives_with_its_vars_and_leaves_none_on_the_profile(rig: Rig, sailthru: StandIn) -> None:
    vars_ = {"session_id": "9007199254740993"}
    rig.enqueue(
        [Event(profile_id="ana@example.com", type="mp_session_start", event_id="1", attributes=vars_)], Urgency.LIVE
    )

    rig.pump()

    [event] = sailthru.admin.events()
    assert (event["event"], event["vars"]) == ("mp_session_start", vars_)
    assert sailthru.admin.profiles()["ana@example.com"]["vars"] == {}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (Event(profile_id="ana@example.com", type="purchase", event_id="1"), "T733"),
        (Profile(profile_id="c-7", attributes={"a": 1}), "T730"),
        (Session(session_id="s", profile_id="ana@example.com"), "T734"),
    ],
    ids=["reserved name", "no address", "session"],
)
def test_what_sailthru_cannot_take_is_rejected_with_its_reason(
    rig: Rig, sailthru: StandIn, record: Profile, code: str
) -> None:
    rig.enqueue([record, Profile(profile_id="bo@example.com", attributes={"a": 1})], Urgency.LIVE)

    rig.pump()

    assert [one.code for one in rig.rejections()] == [code]
    assert list(sailthru.admin.profiles()) == ["bo@example.com"]


def test_those_who_may_not_be_reached_never_halt_a_lane(make_sailthru_rig: type[Rig], sailthru: StandIn) -> None:
    rig = make_sailthru_rig(delivery={"surge_records": 4})  # type: ignore[call-arg]
    body = '{"error": 34, "errormsg": "User has opted out"}'
    sailthru.admin.set_faults(Status(path="/user", status=400, body=body, content_type="application/json"))
    rig.enqueue([Profile(profile_id=f"p{i}@example.com", attributes={"a": 1}) for i in range(10)], Urgency.LIVE)

    rig.pump()

    assert {one.code for one in rig.rejections()} == {"T744"}
    assert rig.runtime.lanes.halted(DEPLOYMENT) is None


def test_a_wrong_secret_halts_and_rejects_nothing(make_sailthru_rig: type[Rig], sailthru: StandIn) -> None:
    rig = make_sailthru_rig(deployment={"secret": "of another key"})  # type: ignore[call-arg]
    rig.enqueue([Profile(profile_id="ana@example.com", attributes={"a": 1})], Urgency.LIVE)

    rig.pump(lambda: rig.runtime.lanes.halted(DEPLOYMENT) is not None)

    halted = rig.runtime.lanes.halted(DEPLOYMENT)
    assert halted is not None
    assert halted.code == "T701"
    assert rig.rejections() == []
