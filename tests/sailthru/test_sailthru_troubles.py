"""Lost answers, changed addresses, jobs whose worker died, and limits: order is kept and nothing is sent needlessly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.sailthru import Hang, Reset, StandIn, Status
from tercel.records import Event, Identities, LaneKind, Membership, Profile, Record, Urgency
from tests.workers.rig import DEPLOYMENT, Rig
from workers.destinations.sailthru import destination

MakeRig = Callable[..., Rig]
OLD, NEW = "old@example.com", "new@example.com"


@pytest.fixture
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in's reads show at once what was done."""
    monkeypatch.setattr(destination, "LOOK_AFTER_S", 0.0)


def numbered(email: str, n: int) -> Profile:
    return Profile(profile_id=email, person="7", attributes={"n": n})


def move(old: str, new: str) -> Profile:
    change = Identities(was={"email": old}, now={"email": new})
    return Profile(profile_id=new, person="7", identities=change)


def a_life() -> list[Record]:
    """Attributes, a change of address, attributes under the new one; twice."""
    third = "third@example.com"
    return [
        numbered(OLD, 1),
        numbered(OLD, 2),
        move(OLD, NEW),
        numbered(NEW, 3),
        Membership(profile_id=NEW, person="7", action="add", audience_name="Gold"),
        numbered(NEW, 4),
        move(NEW, third),
        numbered(third, 5),
    ]


def numbers(standin: StandIn, email: str) -> list[Any]:
    """The values of ``n`` that the profile was given, oldest first."""
    return [one.content["n"] for one in standin.admin.history(email) if one.kind == "vars" and "n" in one.content]


def in_order(found: list[Any]) -> bool:
    """Whether nothing older came after something newer; a repeat of the last one is no harm."""
    return found == sorted(found)


def test_a_change_of_address_keeps_the_profile_its_history_and_the_order(rig: Rig, sailthru: StandIn) -> None:
    rig.enqueue(a_life(), Urgency.LIVE)

    rig.pump()

    [only] = sailthru.admin.profiles().values()
    assert only["keys"]["email"] == "third@example.com"
    assert only["emails"] == [OLD, NEW, "third@example.com"]
    assert (only["vars"], only["lists"]) == ({"n": 5}, ["Gold"])
    assert in_order(numbers(sailthru, "third@example.com"))
    rig.balance_closes()


@pytest.mark.usefixtures("look_at_once")
@pytest.mark.parametrize(
    "fault",
    [
        Reset(path="/user", apply=True, share=0.4),
        Reset(path="/user", apply=False, share=0.4),
        Status(path="/user", status=503, share=0.4),
        Status(path="/user", status=503, apply=True, share=0.4),
        Status(path="/user", status=429, share=0.3),
    ],
    ids=["answer lost", "request lost", "failed", "failed but done", "throttled"],
)
def test_a_change_of_address_keeps_history_and_order_whatever_fails(
    make_sailthru_rig: MakeRig, sailthru: StandIn, fault: Reset | Status
) -> None:
    rig = make_sailthru_rig(delivery={"breaker_failures": 1_000, "split_after_failures": 1_000})
    rig.enqueue([numbered(OLD, 0)], Urgency.LIVE)
    rig.pump()
    [sid] = [one["sid"] for one in sailthru.admin.profiles().values()]
    sailthru.admin.set_faults(fault)

    for _ in range(2):
        rig.enqueue([*a_life(), move("third@example.com", OLD)], Urgency.LIVE)
    rig.pump()

    sailthru.admin.clear_faults()
    [only] = sailthru.admin.profiles().values()
    assert (only["sid"], only["keys"]["email"]) == (sid, OLD)
    assert (only["vars"], only["lists"]) == ({"n": 5}, ["Gold"])
    written = numbers(sailthru, OLD)
    first, second = written[1 : written.index(5) + 1], written[written.index(5) + 1 :]
    assert in_order(first)
    assert in_order([n for n in second if n != 5] + [5])
    assert rig.rejections() == []
    rig.balance_closes()


def test_a_job_whose_worker_died_is_asked_for_and_not_sent_again(make_sailthru_rig: MakeRig, sailthru: StandIn) -> None:
    sailthru.admin.configure({"job_delay_s": 3600.0})
    rig = make_sailthru_rig(delivery={"lease_s": 0.05})
    people = [Profile(profile_id=f"p{i}@example.com", attributes={"a": i}) for i in range(40)]
    rig.enqueue(people)
    rig.pump(lambda: len(sailthru.admin.jobs()) == 1)
    rig.pump(lambda: bool(rig.told) and "under way" in rig.told[-1])
    rig.look()
    for call_id, deployment in rig.wakeups():
        rig.runtime.lanes.claim(deployment, call_id, lease_s=0.05)  # taken in hand by a worker that dies

    sailthru.admin.configure({"job_delay_s": 0.0})
    rig.pump()

    assert len(sailthru.admin.jobs()) == 1
    assert rig.counts()["delivered"] == 40
    rig.balance_closes()


def test_a_live_record_waits_for_the_job_that_has_its_profile(rig: Rig, sailthru: StandIn) -> None:
    sailthru.admin.configure({"job_delay_s": 3600.0})
    rig.enqueue([Profile(profile_id=f"p{i}@example.com", attributes={"n": 1}) for i in range(40)])
    rig.pump(lambda: len(sailthru.admin.jobs()) == 1)
    rig.enqueue([Profile(profile_id="p7@example.com", attributes={"n": 2})], Urgency.LIVE)

    sailthru.admin.configure({"job_delay_s": 0.0})
    rig.pump()

    assert sailthru.admin.profiles()["p7@example.com"]["vars"] == {"n": 2}
    assert [one.content["n"] for one in sailthru.admin.order("p7@example.com") if one.kind == "vars"] == [1, 2]


def signed_up() -> Event:
    return Event(profile_id="ana@example.com", type="Signed Up", event_id="1")


def test_an_event_without_an_answer_is_sent_again_once_and_then_rejected(
    make_sailthru_rig: MakeRig, sailthru: StandIn
) -> None:
    rig = make_sailthru_rig(deployment={"timeout_s": 0.5})
    sailthru.admin.set_faults(Hang(path="/event", apply=True))
    rig.enqueue([signed_up()], Urgency.LIVE)

    rig.pump()

    assert [one.code for one in rig.rejections()] == ["T713"]
    assert len(sailthru.admin.events()) == 2


def test_an_event_whose_answer_is_lost_once_is_delivered_the_second_time(rig: Rig, sailthru: StandIn) -> None:
    sailthru.admin.set_faults(Reset(path="/event", times=1))
    rig.enqueue([signed_up()], Urgency.LIVE)

    rig.pump()

    assert (rig.rejections(), len(sailthru.admin.events())) == ([], 1)


def test_an_event_is_not_sent_again_where_that_is_not_wanted(make_sailthru_rig: MakeRig, sailthru: StandIn) -> None:
    rig = make_sailthru_rig(deployment={"event_after_timeout": "reject"})
    sailthru.admin.set_faults(Reset(path="/event", apply=True))
    rig.enqueue([signed_up()], Urgency.LIVE)

    rig.pump()

    assert [one.code for one in rig.rejections()] == ["T713"]
    assert len(sailthru.admin.events()) == 1


def test_an_event_that_was_throttled_first_still_has_its_second_attempt(rig: Rig, sailthru: StandIn) -> None:
    sailthru.admin.set_faults(Status(path="/event", status=503, times=3), Reset(path="/event", times=1))
    rig.enqueue([signed_up()], Urgency.LIVE)

    rig.pump()

    assert (rig.rejections(), len(sailthru.admin.events())) == ([], 1)


def test_each_endpoint_has_a_limit_of_its_own(make_sailthru_rig: MakeRig, sailthru: StandIn) -> None:
    """Events at their limit do not hold profiles up, and nothing is ever refused."""
    sailthru.admin.configure({"rates": {"post_user": 300, "post": 60, "get": 300, "delete": 40}})
    rig = make_sailthru_rig(deployment={"rate": 300.0})
    rig.enqueue([Event(profile_id=f"e{i}@example.com", type="Seen", event_id=str(i)) for i in range(60)], Urgency.LIVE)
    rig.enqueue([Profile(profile_id=f"p{i}@example.com", attributes={"a": i}) for i in range(100)], Urgency.LIVE)

    rig.pump()

    most = sailthru.admin.stats()["max_in_any_second"]
    assert len(sailthru.admin.events()) == 60
    assert most["POST /event"] <= 60
    assert not [one for one in sailthru.admin.arrivals() if not one["admitted"]]
    rig.balance_closes()


def test_a_backlog_of_one_endpoint_leaves_the_window_to_the_others(make_sailthru_rig: MakeRig) -> None:
    rig = make_sailthru_rig(deployment={"rate": 300.0})
    rig.enqueue([Event(profile_id=f"e{i}@example.com", type="Seen", event_id=str(i)) for i in range(200)], Urgency.LIVE)
    rig.enqueue([Profile(profile_id=f"p{i}@example.com", attributes={"a": i}) for i in range(20)], Urgency.LIVE)

    rig.look()

    left = {lane.kind: lane.length for lane in rig.runtime.lanes.survey(DEPLOYMENT).lanes}
    assert LaneKind.PROFILE not in left
    assert left[LaneKind.EVENT] >= 190


def test_while_a_budget_waits_for_its_reset_no_call_is_cut_for_it(make_sailthru_rig: MakeRig) -> None:
    rig = make_sailthru_rig(deployment={"rate": 300.0})
    rig.runtime.limiter.pace(DEPLOYMENT, rate=0, for_s=60, budget="POST /event")
    rig.enqueue([Event(profile_id=f"e{i}@example.com", type="Seen", event_id=str(i)) for i in range(5)], Urgency.LIVE)

    rig.look()

    assert rig.counts()["waiting"] == 5


def test_a_limit_that_the_headers_tell_is_obeyed(make_sailthru_rig: MakeRig, sailthru: StandIn) -> None:
    """An account with far less than the published numbers: after the first answers, hardly any request is refused."""
    sailthru.admin.configure({"rates": {"window_s": 2, "post_user": 20}})
    rig = make_sailthru_rig(deployment={"rate": 300.0})
    rig.enqueue([Profile(profile_id=f"p{i}@example.com", attributes={"a": i}) for i in range(50)], Urgency.LIVE)

    rig.pump()

    assert rig.counts(DEPLOYMENT)["delivered"] == 50
    assert rig.rejections() == []
    rig.balance_closes()
