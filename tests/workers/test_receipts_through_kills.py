"""Workers are killed while they deliver a run: each of its rows still has one receipt, and the right one."""

from __future__ import annotations

from collections import Counter

from sandbox.talon_one import Latency
from tercel.messages import row_record_id
from tercel.records import Profile, Urgency
from tests.support.house import DEPLOYMENT, House
from tests.support.waiting import eventually

RUN = "8f2c91d0"
ROWS = 8_000
ENQUEUED_AT_ONCE = 500
KILLS = 3
BAD = range(1_500, 1_510)  # rows with an attribute that does not exist


def enqueue(house: House) -> None:
    house.lanes.ask_receipts(RUN)
    for start in range(1, ROWS + 1, ENQUEUED_AT_ONCE):
        rows = range(start, start + ENQUEUED_AT_ONCE)
        records = [Profile(profile_id=f"p{n}", attributes={"Hat" if n in BAD else "Row": n}) for n in rows]
        ids = [row_record_id(RUN, 0, n) for n in rows]
        house.lanes.enqueue(DEPLOYMENT, Urgency.BULK, records, run=RUN, record_ids=ids)


def test_every_row_has_one_receipt_whoever_is_killed(house: House) -> None:
    house.standin.admin.set_faults(Latency(delay_s=0.2))
    house.start_workers(2)
    enqueue(house)

    for kill in range(KILLS):
        eventually(lambda: house.fences() or not house.unfinished(), describe="a call in somebody's hands")
        house.replace(kill % 2)
    house.comes_to_rest()

    found = list(house.lanes.receipts(RUN))
    assert Counter(one.seq for one in found) == Counter(range(1, ROWS + 1))
    assert {one.seq for one in found if not one.delivered} == set(BAD)
    assert len(house.standin.admin.profiles()) == ROWS - len(BAD)
    house.balance_closes()
