"""Receipts: each record of a run that asks leaves one when it ends, and it stays until it was written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from redis import Redis

from tercel import messages
from tercel.lanes import Change, Claim, Lanes, Receipt
from tercel.lanes.receipts import SEQ_BYTES, written
from tercel.records import LaneKind, Profile, Urgency

RUN, OTHER = "8f2c91d0", "0000abcd"
CALL = "c" * 16


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    return Lanes(redis_client)


def enqueue(lanes: Lanes, seqs: Sequence[int], run: str = RUN) -> None:
    ids = [messages.row_record_id(run, 0, seq) for seq in seqs]
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id=f"{run}{n}") for n in seqs], run=run, record_ids=ids)


def claim(lanes: Lanes, call_id: str = CALL, size: int = 1_000) -> Claim:
    lanes.cut("prod", LaneKind.PROFILE, Urgency.BULK, size=size, window=99, cap=99, call_id=call_id)
    found = lanes.claim("prod", call_id, lease_s=60)
    assert found is not None
    return found


def settle(lanes: Lanes, one: Claim, *, delivered: bool = True, leaving: Sequence[int] = ()) -> Change:
    chosen = [one.messages[i] for i in leaving] if leaving else one.messages
    field = "delivered" if delivered else "rejected"
    counts = {(run, field): sum(messages.decode(m).run == run for m in chosen) for run in (RUN, OTHER)}
    receipts = written(one.receipts, chosen, delivered=delivered)
    return lanes.settle(one, counts=counts, leaving=leaving, receipts=receipts)


def deliver(lanes: Lanes, seqs: Sequence[int], call_id: str = CALL) -> None:
    """Have some records of the run delivered, in one call."""
    enqueue(lanes, seqs)
    settle(lanes, claim(lanes, call_id))


def deliver_calls(lanes: Lanes, calls: Sequence[Sequence[int]]) -> None:
    for n, seqs in enumerate(calls):
        deliver(lanes, seqs, f"{n:016x}")


def test_a_run_that_asks_gets_a_receipt_for_each_record(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, range(1, 6))
    one = claim(lanes)

    settle(lanes, one, delivered=False, leaving=[1, 3])
    settle(lanes, replace(one, messages=tuple(one.messages[i] for i in (0, 2, 4))))

    assert sorted(lanes.receipts(RUN)) == [Receipt(seq, seq not in (2, 4)) for seq in range(1, 6)]


def test_a_run_that_does_not_ask_leaves_nothing(lanes: Lanes) -> None:
    deliver(lanes, range(1, 4))

    assert not lanes.receipts(RUN)
    assert not lanes.redis.keys("*receipts*")


def test_of_a_call_with_records_of_several_runs_each_gets_its_own(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, [1, 2])
    enqueue(lanes, [1, 2, 3], run=OTHER)
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="streamed")])

    one = claim(lanes)
    settle(lanes, one)

    assert one.receipts == {RUN}
    assert list(lanes.receipts(RUN)) == [Receipt(1, True), Receipt(2, True)]
    assert not lanes.receipts(OTHER)


def test_a_run_s_numbers_may_be_as_large_as_a_row_s(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    largest = 2**40 - 1

    deliver(lanes, [1, largest])

    assert list(lanes.receipts(RUN).delivered) == [1, largest]


def test_receipts_stay_until_they_are_dropped(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    deliver(lanes, [1, 2])

    first, again = lanes.receipts(RUN), lanes.receipts(RUN)
    lanes.drop_receipts(RUN, again)

    assert list(first) == list(again)
    assert not lanes.receipts(RUN)


def test_what_comes_while_receipts_are_written_down_is_not_dropped_with_them(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    deliver(lanes, [1, 2])
    read = lanes.receipts(RUN)
    deliver(lanes, [3])

    lanes.drop_receipts(RUN, read)

    assert list(lanes.receipts(RUN).delivered) == [3]


def test_a_second_reader_of_the_same_receipts_drops_none_that_it_has_not_read(lanes: Lanes) -> None:
    """A runner that was taken for dead wakes up and goes on where it was."""
    lanes.ask_receipts(RUN)
    deliver_calls(lanes, [[1], [2]])
    taken_for_dead, successor = lanes.receipts(RUN, most=1), lanes.receipts(RUN, most=1)

    lanes.drop_receipts(RUN, successor)
    lanes.drop_receipts(RUN, taken_for_dead)

    assert list(lanes.receipts(RUN).delivered) == [2]


@pytest.mark.parametrize("most", [1, 2, 999, 1_000, 1_500, 3_000, 100_000])
def test_they_are_read_in_portions_and_each_comes_once(lanes: Lanes, most: int) -> None:
    lanes.ask_receipts(RUN)
    deliver_calls(lanes, [range(1, 1_001), [1_001], range(1_002, 1_500), [1_500], range(1_501, 2_001)])

    found: list[int] = []
    while portion := lanes.receipts(RUN, most=most):
        found += portion.delivered
        lanes.drop_receipts(RUN, portion)
        assert len(portion) < most + 1_000, "a call's receipts stay together; no more than that above what was asked"

    assert found == list(range(1, 2_001))


def test_dropping_what_was_empty_drops_nothing(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    nothing = lanes.receipts(RUN)
    deliver(lanes, [1])

    lanes.drop_receipts(RUN, nothing)

    assert len(lanes.receipts(RUN)) == 1


def test_a_call_that_is_settled_twice_leaves_its_receipts_once(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, [1, 2])
    one = claim(lanes)

    assert [settle(lanes, one), settle(lanes, one)] == [Change.DONE, Change.GONE]

    assert len(lanes.receipts(RUN)) == 2


def test_a_worker_that_was_overtaken_writes_no_receipt(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, [1])
    overtaken = claim(lanes)
    lanes.redis.hset(f"tercel:prod:call:{CALL}", "not_before", 0)
    lanes.claim("prod", CALL, lease_s=60)

    assert settle(lanes, overtaken) is Change.STALE

    assert not lanes.receipts(RUN)


def test_both_halves_of_a_split_call_know_who_asks(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, [1, 2])

    lanes.split(claim(lanes), [0])

    ids = [name.decode() for name in lanes.redis.zrange("tercel:prod:ready:b", 0, -1)]  # type: ignore[union-attr]
    halves = [lanes.claim("prod", name, lease_s=60) for name in ids]
    assert [half and half.receipts for half in halves] == [frozenset({RUN})] * 2


def test_nobody_waits_any_more_so_late_receipts_are_not_kept(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    deliver(lanes, [1])
    enqueue(lanes, [2])
    late = claim(lanes)

    lanes.end_receipts(RUN)
    settle(lanes, late)

    assert not lanes.redis.keys("*receipts*")
    assert lanes.run_counts(RUN)["delivered"] == 2


def test_asking_is_no_counter(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, [1])

    assert "receipts" not in lanes.run_counts(RUN)


def test_a_replayed_rejection_has_no_receipt_for_it_has_no_row(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="again")], run=RUN)

    settle(lanes, claim(lanes))

    assert not lanes.receipts(RUN)
    assert lanes.run_counts(RUN)["delivered"] == 1


@pytest.mark.parametrize("spoilt", [b"wxyz", b" 1 2", b"\xff\xff\xff\xff"])
def test_a_message_whose_number_was_spoilt_takes_no_other_s_receipt(spoilt: bytes) -> None:
    head, id_at = b"x" * messages.RECORD_ID.start, messages.row_record_id
    good = [head + id_at(RUN, 0, seq).encode() for seq in (1, 2)]
    bad = head + id_at(RUN, 0, 3).encode()[:-4] + spoilt

    [found] = written({RUN}, [good[0], bad, good[1]], delivered=True)

    assert [int.from_bytes(found.seqs[i : i + SEQ_BYTES]) for i in range(0, len(found.seqs), SEQ_BYTES)] == [1, 2]
