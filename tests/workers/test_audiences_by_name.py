"""Audiences named by profiles, announced by producers, and held: created once, asked for once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.talon_one import Latency, StandIn, Status
from tercel.records import Audience, AudienceRef, Membership, Profile, Record, Urgency
from tests.workers.rig import DEPLOYMENT, Rig
from workers import delivery

MakeRig = Callable[..., Rig]
GOLD = AudienceRef(external_id="gold", name="Gold")
GOLD_ALONE = AudienceRef(external_id="gold")


def creations(standin: StandIn) -> int:
    return sum(row["call"] == "POST /v2/audiences" for row in standin.admin.requests())


def members(standin: StandIn, name: str) -> int:
    [audience] = [row for row in standin.admin.audiences() if row["name"] == name]
    return int(audience["members"])


def joins(n: int) -> list[Membership]:
    return [Membership(profile_id=f"p{i}", action="add", audience_external_id="gold") for i in range(n)]


def exists_unknown_to_us(standin: StandIn) -> None:
    body = '{"message": "audience already exists"}'
    standin.admin.set_faults(Status(path="/v2/audiences", method="POST", status=409, body=body))


def announce(rig: Rig, external_id: str = "gold", name: str = "Gold") -> None:
    rig.runtime.store.announce_audience(DEPLOYMENT, name=name, external_id=external_id)


def states(rig: Rig) -> list[str]:
    return [one.state for one in rig.runtime.store.audiences(DEPLOYMENT)]


@pytest.fixture
def hold_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "HOLD_DELAY_S", 0.0)


@pytest.mark.parametrize("run_rules", [True, False])
def test_an_audience_that_profiles_name_is_created_once_and_joined(rig: Rig, standin: StandIn, run_rules: bool) -> None:
    rig.enqueue([Profile(profile_id=f"p{i}", run_rules=run_rules, audiences_add=(GOLD, 7)) for i in range(12)])

    rig.pump()

    assert creations(standin) == 1
    assert (members(standin, "Gold"), members(standin, "Seven")) == (12, 12)
    assert rig.counts()["delivered"] == 12
    rig.balance_closes()


def test_a_profile_leaves_an_audience_by_its_name(rig: Rig, standin: StandIn) -> None:
    rig.enqueue([Profile(profile_id="p1", run_rules=True, audiences_add=(GOLD,))])
    rig.pump()

    rig.enqueue([Profile(profile_id="p1", run_rules=True, audiences_delete=(GOLD_ALONE,))])
    rig.pump()

    assert members(standin, "Gold") == 0


def test_joining_an_audience_that_nobody_knows_is_a_rejection(rig: Rig) -> None:
    rig.enqueue([Profile(profile_id="p1", run_rules=True, audiences_add=(GOLD_ALONE,))])

    rig.pump()

    assert [one.code for one in rig.rejections()] == ["T456"]
    rig.balance_closes()


def test_leaving_an_audience_that_nobody_knows_needs_no_request(rig: Rig, standin: StandIn) -> None:
    rig.enqueue([Profile(profile_id="p1", audiences_delete=(GOLD_ALONE,))])

    rig.pump()

    assert rig.counts()["delivered"] == 1
    assert standin.admin.stats()["requests"] == 0
    rig.balance_closes()


def test_an_announced_audience_is_created_by_the_first_that_names_it(rig: Rig, standin: StandIn) -> None:
    announce(rig)
    records: list[Record] = [*joins(5), Profile(profile_id="q", run_rules=True, audiences_add=(GOLD_ALONE,))]
    rig.enqueue(records, Urgency.LIVE)
    rig.pump()
    assert (members(standin, "Gold"), rig.rejections()) == (6, [])

    rig.enqueue([Audience(action="create", name="Gold", external_id="gold")], Urgency.LIVE)
    rig.pump()

    assert creations(standin) == 1
    assert states(rig) == ["created"]
    rig.balance_closes()


def test_a_create_record_and_memberships_that_come_with_it_create_one_audience_and_hold_nothing(
    make_rig: MakeRig, standin: StandIn
) -> None:
    rig = make_rig()
    standin.admin.set_faults(Latency(path="/v2/audiences", method="POST", delay_s=0.1))
    announce(rig)
    rig.enqueue([Audience(action="create", name="Gold", external_id="gold"), *joins(5)], Urgency.LIVE)

    rig.pump()

    assert creations(standin) == 1
    assert states(rig) == ["created"]
    assert members(standin, "Gold") == 5
    rig.balance_closes()


@pytest.mark.parametrize("record", [joins(1)[0], Profile(profile_id="p0", audiences_add=(GOLD_ALONE,))])
def test_what_was_announced_a_moment_ago_is_known_before_anything_is_rejected(
    rig: Rig, standin: StandIn, record: Record
) -> None:
    rig.runtime.learned.about(DEPLOYMENT)  # what this process goes on believing for a while
    announce(rig)

    rig.enqueue([record], Urgency.LIVE)
    rig.pump()

    assert rig.rejections() == []
    assert members(standin, "Gold") == 1


def test_what_was_bound_a_moment_ago_is_left(rig: Rig, standin: StandIn) -> None:
    rig.enqueue([Membership(profile_id="p1", action="add", audience_id=7)])
    rig.pump()
    rig.runtime.learned.about(DEPLOYMENT)
    rig.runtime.store.bind_audience(DEPLOYMENT, "gold", 7, external_id="gold")

    rig.enqueue([Profile(profile_id="p1", audiences_delete=(GOLD_ALONE,))])
    rig.pump()

    assert standin.admin.memberships() == set()


def test_deleting_an_audience_that_was_only_announced_forgets_it(rig: Rig, standin: StandIn) -> None:
    announce(rig)
    rig.runtime.store.save_audience(DEPLOYMENT, 7, "Gold", "another")

    rig.enqueue([Audience(action="delete", external_id="gold", name="Gold")], Urgency.LIVE)
    rig.pump()

    assert [one.external_id for one in rig.runtime.store.audiences(DEPLOYMENT)] == ["another"]
    assert (standin.admin.stats()["requests"], rig.rejections()) == (0, [])


@pytest.mark.usefixtures("hold_briefly")
@pytest.mark.parametrize(
    "record",
    [
        Membership(profile_id="p1", action="add", audience_external_id="gold", audience_name="Gold"),
        Membership(profile_id="p1", action="add", audience_external_id="gold"),
        Profile(profile_id="p1", run_rules=True, audiences_add=(GOLD,)),
        Audience(action="create", name="Gold", external_id="gold"),
    ],
    ids=["membership", "membership, announced", "profile", "audience"],
)
def test_an_audience_that_is_held_is_asked_for_once_and_goes_on_when_it_is_bound(
    rig: Rig, standin: StandIn, record: Record
) -> None:
    exists_unknown_to_us(standin)
    announce(rig)
    rig.enqueue([record], Urgency.LIVE)

    for _ in range(10):
        rig.one_turn()

    assert creations(standin) == 1
    assert states(rig) == ["held"]
    rig.runtime.store.bind_audience(DEPLOYMENT, "Gold", 7)
    rig.runtime.learned.forget_cache(DEPLOYMENT)
    rig.pump()
    assert (rig.counts()["delivered"], rig.rejections()) == (1, [])
    rig.balance_closes()


@pytest.mark.usefixtures("hold_briefly")
def test_why_an_audience_is_held_stays_what_it_was_found_to_be(rig: Rig, standin: StandIn) -> None:
    exists_unknown_to_us(standin)
    rig.enqueue([Audience(action="create", name="Gold")], Urgency.LIVE)
    rig.one_turn()
    [before] = rig.runtime.store.audiences(DEPLOYMENT)

    for _ in range(5):
        rig.one_turn()

    assert rig.runtime.store.audiences(DEPLOYMENT) == [before]


def test_when_its_audience_cannot_be_created_a_profile_is_rejected(rig: Rig, standin: StandIn) -> None:
    standin.admin.set_faults(Status(path="/v2/audiences", method="POST", status=400, body="{}"))
    rig.enqueue([Profile(profile_id="p1", run_rules=True, audiences_add=(7, GOLD))])

    rig.pump()

    assert [one.code for one in rig.rejections()] == ["T453"]
    rig.balance_closes()


def test_audience_changes_travel_as_the_deployment_says(make_rig: MakeRig, standin: StandIn) -> None:
    rig = make_rig(deployment={"audience_changes": "run_rules"})
    rig.enqueue([Profile(profile_id="p1", attributes={"Points": 1}, audiences_add=(7,))])

    rig.pump()

    assert standin.admin.profiles()["p1"] == {"Points": 1}
    assert standin.admin.memberships() == {(7, "p1")}
