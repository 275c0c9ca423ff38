"""What became of each record of a run that asks: whatever happens to its call, one receipt, and the right one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.talon_one import StandIn, Status
from tercel.lanes import Receipt
from tercel.messages import row_record_id
from tercel.records import Membership, Profile, Record, Urgency
from tests.workers.rig import DEPLOYMENT, Rig, profiles
from workers.delivery import revoke

RUN = "8f2c91d0"


def enqueue(rig: Rig, records: Sequence[Record], *, first: int = 1) -> None:
    """Enqueue the rows of a run that asks for receipts; their numbers begin with ``first``."""
    ids = [row_record_id(RUN, 0, seq) for seq in range(first, first + len(records))]
    rig.runtime.lanes.ask_receipts(RUN)
    rig.runtime.lanes.enqueue(DEPLOYMENT, Urgency.BULK, records, run=RUN, record_ids=ids)


def receipts(rig: Rig) -> list[Receipt]:
    return sorted(rig.runtime.lanes.receipts(RUN))


def hat(n: int, **attributes: Any) -> Profile:
    """A profile with an attribute that the deployment does not know."""
    return Profile(profile_id=f"p{n}", attributes={"Points": n, "Hat": 1, **attributes})


def test_rows_delivered_in_one_call_leave_their_receipts(rig: Rig) -> None:
    enqueue(rig, profiles(5))

    rig.pump()

    assert receipts(rig) == [Receipt(seq, True) for seq in range(1, 6)]


def test_the_rows_refused_by_the_api_are_the_ones_rejected(rig: Rig) -> None:
    enqueue(rig, [*profiles(3), hat(3), *profiles(2, start=4), hat(6)])

    rig.pump()

    assert [one.seq for one in receipts(rig) if not one.delivered] == [4, 7]
    assert [one.seq for one in receipts(rig) if one.delivered] == [1, 2, 3, 5, 6]
    assert {one.record_id for one in rig.rejections()} == {row_record_id(RUN, 0, seq) for seq in (4, 7)}


def test_a_row_merged_into_another_was_delivered(rig: Rig) -> None:
    enqueue(rig, [Profile(profile_id="ada", attributes={"Points": n}) for n in range(3)])

    rig.pump()

    assert rig.counts()["merged"] == 2
    assert receipts(rig) == [Receipt(seq, True) for seq in (1, 2, 3)]


def test_a_refused_row_that_was_merged_is_rejected_alone(rig: Rig) -> None:
    name_is_text = Profile(profile_id="ada", attributes={"Name": 5})
    enqueue(rig, [Profile(profile_id="ada", attributes={"Points": 1}), name_is_text, *profiles(1)])

    rig.pump()

    assert receipts(rig) == [Receipt(1, True), Receipt(2, False), Receipt(3, True)]


def test_rows_split_off_until_the_bad_one_stands_alone_have_one_receipt_each(rig: Rig) -> None:
    records: list[Record] = [Membership(profile_id=f"p{n}", action="add", audience_id=7) for n in range(8)]
    records[5] = Membership(profile_id="p5", action="add", audience_id=12_345)
    enqueue(rig, records)

    rig.pump()

    assert receipts(rig) == [Receipt(seq, seq != 6) for seq in range(1, 9)]


def test_a_call_tried_again_leaves_its_receipts_when_it_ends(rig: Rig, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=503, times=2))
    enqueue(rig, profiles(3))
    rig.one_turn()
    assert receipts(rig) == []

    rig.pump()

    assert receipts(rig) == [Receipt(seq, True) for seq in (1, 2, 3)]


def test_a_revoked_call_s_rows_are_rejected(rig: Rig) -> None:
    enqueue(rig, profiles(2))
    rig.look()
    [(call_id, _)] = rig.wakeups()

    revoke(rig.runtime, DEPLOYMENT, call_id)

    assert receipts(rig) == [Receipt(1, False), Receipt(2, False)]


@pytest.mark.parametrize(
    ("spoil", "known"),
    [
        pytest.param(lambda m: m[:-30], True, id="its end is cut off"),
        pytest.param(lambda m: m.replace(b'"id":"', b'"ID":"')[:-30], True, id="its head is changed"),
        pytest.param(lambda m: m.replace(RUN.encode() + b"00", b"????????00")[:-30], False, id="its id is gone"),
    ],
)
def test_a_message_spoilt_by_hand_is_rejected_by_its_number_where_that_is_left(
    rig: Rig, spoil: Any, known: bool
) -> None:
    enqueue(rig, profiles(3))
    lane = f"{rig.settings.redis_prefix}{DEPLOYMENT}.profile.bulk"
    rig.redis.lset(lane, 1, spoil(rig.redis.lindex(lane, 1)))

    rig.pump()

    assert rig.counts()["rejected"] == 1
    assert [one for one in receipts(rig) if not one.delivered] == ([Receipt(2, False)] if known else [])
    assert [one.seq for one in receipts(rig) if one.delivered] == [1, 3]


def test_rows_that_travel_with_streamed_records_have_receipts_and_those_have_none(rig: Rig) -> None:
    enqueue(rig, profiles(2))
    rig.enqueue(profiles(2, start=2))
    enqueue(rig, profiles(2, start=4), first=3)

    rig.pump()

    assert receipts(rig) == [Receipt(seq, True) for seq in (1, 2, 3, 4)]
    assert rig.counts()["delivered"] == 6


def test_every_row_has_one_receipt_and_they_agree_with_counters_and_rejections(rig: Rig, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=503, share=0.3))
    enqueue(rig, [hat(n) if n % 7 == 0 else profiles(1, start=n % 150)[0] for n in range(600)])

    rig.pump()

    found = receipts(rig)
    assert Counter(one.seq for one in found) == Counter(range(1, 601))
    counts = rig.runtime.lanes.run_counts(RUN)
    assert sum(one.delivered for one in found) == counts["delivered"] + counts["merged"]
    assert {row_record_id(RUN, 0, one.seq) for one in found if not one.delivered} == {
        one.record_id for one in rig.rejections()
    }


def test_after_a_cancellation_the_calls_under_way_deliver_and_the_rest_was_never_sent(
    rig: Rig, standin: StandIn
) -> None:
    enqueue(rig, profiles(1_500))
    rig.runtime.lanes.cut(DEPLOYMENT, profiles(1)[0].lane_kind, Urgency.BULK, size=1_000, window=9, cap=9)

    assert rig.runtime.lanes.cancel(DEPLOYMENT, RUN) == 500
    rig.pump()

    assert [one.seq for one in receipts(rig)] == list(range(1, 1_001))
    assert len(standin.admin.profiles()) == 1_000
    rig.balance_closes()
