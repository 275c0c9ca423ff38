"""What mParticle tells, all the way to what Sailthru holds: translation, lanes, the worker's code, the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from producers.mparticle.feed import read_batch
from producers.mparticle.normal import MembershipChange, Person, Subscription
from producers.mparticle.sailthru import SailthruOptions, to_sailthru
from sandbox.sailthru import Reset, StandIn, Status
from tercel.records import Urgency
from tests.workers.rig import Rig
from workers.destinations.sailthru import destination

NOW_MS = 1_790_000_000_000
OPTIONS = SailthruOptions(extid=True, all_attributes=True)
ANA = Person("77", {"email": "ana@example.com", "customer_id": "c-7"})


def tell(rig: Rig, *told: Any) -> None:
    """Put what batches of the Events API, or changes of audiences, become on live lanes, one after the other."""
    for number, one in enumerate(told):
        what = read_batch(one, NOW_MS, f"told-{number}").batch if isinstance(one, dict) else one
        made = to_sailthru(what, OPTIONS, NOW_MS)
        assert made.refused == ()
        rig.enqueue(made.records, Urgency.LIVE)


def batch(email: str = "ana@example.com", *events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"mpid": 77, "user_identities": {"email": email}, "events": list(events), **fields}


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"event_type": kind, "data": data}


def moved(old: str, new: str) -> dict[str, Any]:
    sides = {side: {"identity_type": "email", "identity": address} for side, address in (("old", old), ("new", new))}
    return event("user_identity_change", **sides)


def set_to(n: int) -> dict[str, Any]:
    return event("user_attribute_change", user_attribute_name="$N", new=n, old=None)


def a_life() -> list[dict[str, Any]]:
    """Attributes, a change of address, attributes under the new one, another change: in several messages."""
    a, b, c = "a@example.com", "b@example.com", "c@example.com"
    return [
        batch(a, set_to(1)),
        batch(a, set_to(2)),
        batch(b, moved(a, b), set_to(3)),
        batch(b, user_attributes={"$N": 4}),
        batch(c, set_to(5), moved(b, c), set_to(6)),
        batch(c, set_to(7)),
    ]


def numbers(standin: StandIn, email: str) -> list[Any]:
    """The values of ``N`` that the profile was given, oldest first."""
    return [one.content["N"] for one in standin.admin.history(email) if one.kind == "vars" and "N" in one.content]


def test_attributes_are_vars_and_a_removed_one_is_null(rig: Rig, sailthru: StandIn) -> None:
    gone = event("user_attribute_change", user_attribute_name="$City", new=None, deleted=True)
    tell(rig, batch(user_attributes={"$FirstName": "Brian", "$City": "Boca Raton"}), batch("ana@example.com", gone))

    rig.pump()

    assert sailthru.admin.profiles()["ana@example.com"]["vars"] == {"FirstName": "Brian", "City": None}
    rig.balance_closes()


def test_events_and_sessions_come_in_order(rig: Rig, sailthru: StandIn) -> None:
    bought = event("custom_event", event_name="Bought", custom_event_type="other", custom_attributes={"sku": "x"})
    start, end = event("session_start", session_id=5), event("session_end", session_id=5, session_duration_ms=61_000)
    tell(rig, batch("ana@example.com", start, bought, end))

    rig.pump()

    assert [(one["event"], one["vars"]) for one in sailthru.admin.events()] == [
        ("mp_session_start", {"session_id": "5"}),
        ("Bought", {"sku": "x"}),
        ("mp_session_end", {"session_id": "5", "session_length_ms": 61_000}),
    ]


def test_a_new_customer_id_is_given_to_the_profile_with_the_address(rig: Rig, sailthru: StandIn) -> None:
    new = {"identity_type": "customer_id", "identity": "c-7", "timestamp_unixtime_ms": NOW_MS}
    tell(rig, batch("ana@example.com", set_to(1), event("user_identity_change", new=new, old=None)))

    rig.pump()

    assert sailthru.admin.profiles()["ana@example.com"]["keys"]["extid"] == "c-7"


def test_an_audience_is_a_list_with_its_members_and_their_vars(rig: Rig, sailthru: StandIn) -> None:
    tell(
        rig,
        Subscription("12", "Big $penders", "add"),
        MembershipChange(ANA, "12", "Big $penders", "add", attributes={"$City": "Rome"}),
        MembershipChange(Person("78", {"email": "ben@example.com"}), "12", "Big $penders", "add"),
        MembershipChange(Person("78", {"email": "ben@example.com"}), "12", "Big $penders", "delete"),
    )

    rig.pump()

    assert [one["name"] for one in sailthru.admin.lists()] == ["Big -penders"]
    assert sailthru.admin.members("Big -penders") == {"ana@example.com"}
    assert sailthru.admin.profiles()["ana@example.com"]["vars"] == {"City": "Rome"}
    rig.balance_closes()


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Status(path="/user", status=503, share=0.4),
        Status(path="/user", status=503, apply=True, share=0.4),
        Reset(path="/user", apply=True, share=0.4),
    ],
    ids=["no fault", "503 before", "503 after", "answer lost"],
)
def test_a_change_of_address_keeps_order_and_history_under_retries(
    make_sailthru_rig: Callable[..., Rig], sailthru: StandIn, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destination, "LOOK_AFTER_S", 0.0)
    rig = make_sailthru_rig(delivery={"breaker_failures": 1_000, "split_after_failures": 1_000})
    if fault is not None:
        sailthru.admin.set_faults(fault)
    tell(rig, *a_life())

    rig.pump()

    [only] = sailthru.admin.profiles().values()
    assert only["emails"] == ["a@example.com", "b@example.com", "c@example.com"]
    assert only["vars"] == {"N": 7}
    found = numbers(sailthru, "c@example.com")
    assert found == sorted(found)
    rig.balance_closes()
