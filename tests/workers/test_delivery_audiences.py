"""Audiences: created once, held where their id is unknown, found by those who bind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.talon_one import StandIn, Status
from tercel.records import Audience, Membership, Urgency
from tests.workers.rig import DEPLOYMENT, Rig
from workers import delivery

MakeRig = Callable[..., Rig]


def joins(n: int, audience: str, *, start: int = 0) -> list[Membership]:
    return [Membership(profile_id=f"p{i}", action="add", audience_name=audience) for i in range(start, start + n)]


def exists_unknown_to_us(standin: StandIn) -> None:
    """Every create is answered as if the audience were there already."""
    body = '{"message": "audience already exists"}'
    standin.admin.set_faults(Status(path="/v2/audiences", method="POST", status=409, body=body))


@pytest.fixture
def hold_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "HOLD_DELAY_S", 0.05)


def test_an_audience_that_memberships_name_is_created_once_by_however_many_calls(
    make_rig: MakeRig, standin: StandIn
) -> None:
    rig = make_rig()
    for i in range(8):
        rig.enqueue(joins(50, "Gold", start=i * 50))
        rig.look()

    rig.pump()

    created = [row for row in standin.admin.audiences() if row["name"] == "Gold"]
    assert len(created) == 1
    assert created[0]["members"] == rig.counts()["delivered"] == 400
    rig.balance_closes()


def test_several_new_audiences_in_one_call_are_all_created(rig: Rig, standin: StandIn) -> None:
    rig.enqueue([one for i in range(10) for one in joins(3, f"A{i}", start=i)])

    rig.pump()

    assert {row["name"]: row["members"] for row in standin.admin.audiences() if row["name"] != "Nine"} == {
        "Seven": 0,
        **{f"A{i}": 3 for i in range(10)},
    }
    rig.balance_closes()


@pytest.mark.usefixtures("hold_briefly")
def test_memberships_of_an_audience_with_an_unknown_id_wait_until_it_is_bound(rig: Rig, standin: StandIn) -> None:
    exists_unknown_to_us(standin)
    rig.enqueue(joins(40, "Gold"))
    rig.pump(lambda: any(one.state == "held" for one in rig.runtime.store.audiences(DEPLOYMENT)))
    assert rig.rejections() == []

    rig.runtime.store.bind_audience(DEPLOYMENT, "Gold", 7)
    rig.pump()

    assert standin.admin.memberships() == {(7, f"p{i}") for i in range(40)}
    rig.balance_closes()


@pytest.mark.usefixtures("hold_briefly")
def test_records_that_are_held_stay_in_few_calls(rig: Rig, standin: StandIn) -> None:
    exists_unknown_to_us(standin)
    rig.enqueue(joins(64, "Gold"))

    for _ in range(40):
        rig.one_turn()

    assert rig.counts()["in_flight"] + rig.counts()["retrying"] == 64
    survey = rig.runtime.lanes.survey(DEPLOYMENT)
    assert sum(survey.ready.values()) + sum(survey.later.values()) <= 4


@pytest.mark.usefixtures("hold_briefly")
@pytest.mark.parametrize("earlier_failures", [0, 1])
def test_a_held_audience_holds_up_no_other_audience(rig: Rig, standin: StandIn, earlier_failures: int) -> None:
    """Whichever comes first in the call, and whatever the call has been through."""
    exists_unknown_to_us(standin)
    known = [Membership(profile_id=f"k{i}", action="add", audience_id=7) for i in range(10)]
    rig.enqueue([*known[:5], *joins(10, "Gold"), *known[5:]])
    if earlier_failures:
        rig.look()
        [(call_id, _)] = rig.wakeups()
        claim = rig.runtime.lanes.claim(DEPLOYMENT, call_id, lease_s=5)
        assert claim is not None
        rig.runtime.lanes.postpone(claim, delay_s=0, answered=True)

    rig.pump(lambda: rig.counts()["delivered"] == 10)

    assert standin.admin.memberships() == {(7, f"k{i}") for i in range(10)}


def test_when_an_audience_cannot_be_created_only_its_own_records_are_rejected(rig: Rig, standin: StandIn) -> None:
    standin.admin.set_faults(Status(path="/v2/audiences", method="POST", status=400, body="{}"))
    known = [Membership(profile_id=f"k{i}", action="add", audience_id=7) for i in range(5)]
    rig.enqueue([*known, *joins(3, "Gold")])

    rig.pump()

    assert {one.record["audience_name"] for one in rig.rejections() if one.record} == {"Gold"}
    assert len(rig.rejections()) == 3
    assert len(standin.admin.memberships()) == 5
    rig.balance_closes()


def test_an_audience_is_created_renamed_and_deleted_by_records(rig: Rig, standin: StandIn) -> None:
    for one in (
        Audience(action="create", name="Gold", external_id="x"),
        Audience(action="rename", name="Platinum", external_id="x"),
    ):
        rig.enqueue([one], Urgency.LIVE)
        rig.pump()
    assert "Platinum" in {row["name"] for row in standin.admin.audiences()}

    rig.enqueue([Audience(action="delete", external_id="x")], Urgency.LIVE)
    rig.pump()

    assert {row["name"] for row in standin.admin.audiences()} == {"Seven", "Nine"}
    assert rig.runtime.store.audiences(DEPLOYMENT) == []
    rig.balance_closes()
